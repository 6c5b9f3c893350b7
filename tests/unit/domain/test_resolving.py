"""Resolving walks through a checklist; open points take a reason, running repairs take patience."""

import pytest

from bot.domain.closing import CHECKLIST
from bot.domain.decided import Refusal
from bot.domain.events import CardKind, IncidentResolved, Status
from bot.domain.intents import PrepareNotice, Resolve
from bot.values import Untrusted
from tests.unit.domain.disk import DISK_FULL, approved, asked
from tests.unit.domain.people import ana, eve
from tests.unit.domain.policy import MINUTE
from tests.unit.domain.story import Story, alerts

EVERYTHING = {name: "yes" for name, _ in CHECKLIST}


def asks(story: Story) -> Story:
    story.does(Resolve(by=ana, summary=Untrusted("rolled back")))
    return story


def test_resolving_asks_the_seven_points_first() -> None:
    story = asks(Story().declared())
    assert story.incident.status is Status.INVESTIGATING
    assert [name for name, _ in CHECKLIST] == [
        "cause",
        "fix",
        "systems",
        "metrics",
        "alerts",
        "customers",
        "owner",
    ]
    assert story.answer == "The checklist is card 1 in the room."


def test_with_every_point_ticked_it_is_resolved_without_a_reason() -> None:
    story = asks(Story().declared())
    story.presses(story.card(CardKind.CHECKLIST), ana, "resolve", values=EVERYTHING)
    assert story.events(IncidentResolved) == [
        IncidentResolved(
            summary=Untrusted("rolled back"),
            open_points=(),
            override=Untrusted(""),
            still_firing=0,
        )
    ]
    assert "update" not in story.timers
    assert story.timers["flap"] == story.now + 5 * MINUTE


def test_the_summary_may_be_written_anew_on_the_card() -> None:
    story = asks(Story().declared())
    values = {**EVERYTHING, "summary": "rolled back to 1.2"}
    story.presses(story.card(CardKind.CHECKLIST), ana, "resolve", values=values)
    assert story.events(IncidentResolved)[0].summary == Untrusted("rolled back to 1.2")


def test_an_open_point_takes_a_reason_and_the_reason_is_recorded() -> None:
    story = asks(Story().declared())
    values = {**EVERYTHING, "customers": ""}
    card = story.card(CardKind.CHECKLIST)
    assert story.presses(card, ana, "resolve", values=values) == Refusal(
        reason="Still open: Customers have been told. Tick them, or give a reason to override."
    )
    story.presses(card, ana, "resolve", "no customer noticed", values)
    resolved = story.events(IncidentResolved)[0]
    assert resolved.open_points == ("Customers have been told",)
    assert resolved.override == Untrusted("no customer noticed")


def test_alerts_that_still_fire_are_an_open_point_although_somebody_ticked_it() -> None:
    story = asks(Story().alerted())
    card = story.card(CardKind.CHECKLIST)
    assert story.answer == "The checklist is card 1 in the room. 1 alert still firing."
    assert story.presses(card, ana, "resolve", values=EVERYTHING) == Refusal(
        reason="Still open: 1 alert(s) still fire. Tick them, or give a reason to override."
    )
    story.presses(card, ana, "resolve", "a known false alarm", EVERYTHING)
    assert story.events(IncidentResolved)[0].still_firing == 1


def test_alerts_that_ended_while_the_checklist_was_open_need_no_reason() -> None:
    story = asks(Story().alerted())
    story.does(alerts(firing=0, resolved=1))
    story.presses(story.card(CardKind.CHECKLIST), ana, "resolve", values=EVERYTHING)
    assert story.incident.status is Status.RESOLVED


def test_alerts_that_began_while_the_checklist_was_open_are_an_open_point() -> None:
    story = asks(Story().alerted())
    story.does(alerts(firing=0, resolved=1))
    story = asks(story)
    story.does(alerts(firing=2))
    decision = story.presses(story.card(CardKind.CHECKLIST), ana, "resolve", values=EVERYTHING)
    assert isinstance(decision, Refusal)


def test_keeping_it_open_changes_nothing() -> None:
    story = asks(Story().declared())
    story.presses(story.card(CardKind.CHECKLIST), ana, "keep-open")
    assert story.incident.open
    assert story.open_kinds() == []


def test_a_second_resolve_replaces_the_checklist() -> None:
    story = asks(asks(Story().declared()))
    assert story.open_kinds() == [CardKind.CHECKLIST]
    assert story.card(CardKind.CHECKLIST).card.number == 2


def test_a_run_that_still_goes_stands_in_the_way() -> None:
    story = Story().declared()
    asked(story)
    assert story.refused(Resolve(by=ana, summary=Untrusted(""))) == (
        "A run is still going: wait for it, or /runbook abort it first."
    )


def test_a_run_that_began_after_the_checklist_stands_in_the_way_too() -> None:
    story = asks(Story().declared())
    approved(story)
    decision = story.presses(story.card(CardKind.CHECKLIST), ana, "resolve", values=EVERYTHING)
    assert decision == Refusal(
        reason="A run is still going: wait for it, or /runbook abort it first."
    )
    assert story.incident.open
    assert story.run.ended is None


def test_resolving_takes_back_every_other_question() -> None:
    story = Story().declared()
    story.does(PrepareNotice(by=ana, audience="stakeholders", text=Untrusted("soon")))
    asks(story)
    story.presses(story.card(CardKind.CHECKLIST), ana, "resolve", values=EVERYTHING)
    assert story.open_kinds() == []


def test_a_resolved_incident_starts_no_run() -> None:
    story = asks(Story().declared())
    story.presses(story.card(CardKind.CHECKLIST), ana, "resolve", values=EVERYTHING)
    with pytest.raises(AssertionError, match="reopen it first"):
        story.starts(DISK_FULL)
    assert story.incident.runs == {}


def test_a_reader_cannot_resolve() -> None:
    story = asks(Story().declared())
    assert story.refused(Resolve(by=eve, summary=Untrusted(""))).startswith("resolve is for")
    decision = story.presses(story.card(CardKind.CHECKLIST), eve, "resolve", values=EVERYTHING)
    assert isinstance(decision, Refusal)
    assert story.incident.open
