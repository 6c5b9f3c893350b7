"""What a woken person gets, and what a new commander gets."""

import json

from bot.domain.events import (
    ActionAdded,
    ActionCompleted,
    Ending,
    PageAcknowledged,
    PageExhausted,
    PageStarted,
    PersonPaged,
    ReadFinished,
    Role,
    RoleAssigned,
    RunEnded,
    UpdatePosted,
)
from bot.values import IncidentId, RunId, Untrusted
from cards import handover_card, page_body, page_card, plain
from cards.model import Tone
from cards.pressing import (
    AbortTheRun,
    AcknowledgePages,
    ClaimCommand,
    incident_card_id,
    page_card_id,
    run_card_id,
    wish_of,
)
from tests.support.incidents import (
    ANN,
    BOB,
    MINUTE,
    RUN,
    START,
    Story,
    asked,
    context,
    declared,
    outcome,
    run_started,
)


def paged() -> Story:
    read = ReadFinished(
        run=RUN, turn=0, phase="triage", path="triage.disk", host="web-1", outcome=outcome(0, "97%")
    )
    return declared().tell(
        run_started(),
        read,
        RunEnded(run=RUN, ending=Ending.STOPPED, because=Untrusted("no idea"), commands_ran=0),
        PageStarted(
            page="p",
            reason=Untrusted("the run stopped"),
            escalation="oncall",
            order=(ANN, BOB),
            every=5 * MINUTE,
        ),
        PersonPaged(page="p", person=ANN, level=1, next_at=None),
    )


def page_text(story: Story) -> str:
    page = story.incident.pages["p"]
    return plain.render(
        page_card.build(story.incident, page, context(10), (("10:00 UTC declared",),)),
        today=START.date(),
    )


def test_a_page_carries_everything_that_a_woken_person_needs() -> None:
    assert (
        page_text(paged())
        == """\
■ PAGE SEV2 INC-2026-1121-001 Checkout is down

◷ Not acknowledged yet; next Bob at 10:10 UTC — the run stopped

10:05 UTC Ann

SEV2 INC-2026-1121-001: Checkout is down
Why you: the run stopped
Needed from you: acknowledge, open the room, take command: /incident claim commander
Open for 10 min, no commander
Tried:
- disk-full: stopped, 0 commands ran — no idea

Timeline:
  10:00 UTC declared

Diagnostics:
  triage.disk on web-1
      97%

[Acknowledge] (recommended): says that you have it; nobody further is woken for this"""
    )


def test_a_page_names_the_card_that_waits() -> None:
    assert "Needed from you: acknowledge, open the room, answer card 1\n" in page_text(
        paged().tell(asked())
    )


def test_an_acknowledged_page_has_no_button() -> None:
    story = paged().tell(PageAcknowledged(page="p", person=ANN))
    card = page_card.build(story.incident, story.incident.pages["p"], context())
    assert (card.tone, card.buttons) == (Tone.GOOD, ())
    assert "✔ Acknowledged by Ann at 10:06 UTC — the run stopped" in page_text(story)


def test_an_exhausted_page_is_loud() -> None:
    assert "■ NOBODY HAS ACKNOWLEDGED: everyone was told" in page_text(
        paged().tell(PageExhausted(page="p"))
    )


def test_a_webhook_gets_the_facts_by_name() -> None:
    story = paged()
    body = json.loads(page_body.build(story.incident, story.incident.pages["p"], context(10)))
    assert (body["version"], body["page"], body["state"]) == (1, "p", "open")
    assert body["incident"]["number"] == "INC-2026-1121-001"
    assert body["paged"] == [
        {"person": "ann", "level": 1, "at": "2026-11-21T10:05:00+00:00"},
    ]
    assert body["text"].startswith("■ PAGE SEV2 INC-2026-1121-001 Checkout is down")


def test_a_hand_over_is_built_from_what_was_recorded() -> None:
    story = declared().tell(
        RoleAssigned(role=Role.COMMANDER, person=ANN, previous=None),
        UpdatePosted(text=Untrusted("we look"), next_at=START + 30 * MINUTE),
        ActionAdded(n=1, text=Untrusted("call vendor"), owner=BOB),
        ActionAdded(n=2, text=Untrusted("restart"), owner=None),
        ActionCompleted(n=1),
        run_started(),
        asked(),
    )
    handed = RoleAssigned(role=Role.COMMANDER, person=BOB, previous=ANN, handover=True)
    card = handover_card.build(story.tell(handed).incident, handed, context(20))
    assert (
        plain.render(card)
        == """\
■ [10:20 UTC] Ann hands INC-2026-1121-001 over to Bob.

SEV2 Checkout is down: investigating, open for 20 min
What changed:
- [10:02 UTC] we look
- done: 1. call vendor
What was tried:
- disk-full: waiting for approval
What is being done:
- 2. restart
What needs a decision:
- Card 1: Clean up the disk of web-1
Next update by 2026-11-21 10:30 UTC"""
    )


def test_a_press_says_what_it_wishes_for() -> None:
    incident, run = IncidentId("i1"), RunId("r1")
    assert wish_of(incident_card_id(incident), "claim") == ClaimCommand(incident=incident)
    assert wish_of(incident_card_id(incident), "ack") == AcknowledgePages(incident=incident)
    assert wish_of(page_card_id(incident, "p"), "ack") == AcknowledgePages(
        incident=incident, page="p"
    )
    assert wish_of(run_card_id(incident, run), "abort") == AbortTheRun(incident=incident, run=run)


def test_any_other_press_wishes_for_nothing() -> None:
    incident = IncidentId("i1")
    assert wish_of(incident_card_id(incident), "approve") is None
    assert wish_of(page_card_id(incident, "p"), "claim") is None
    assert wish_of(incident_card_id(IncidentId("")), "claim") is None
    assert wish_of(run_card_id(incident, RunId("")), "abort") is None
