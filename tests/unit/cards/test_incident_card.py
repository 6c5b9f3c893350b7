"""The incident card: everything at a glance, and what somebody must do now."""

from datetime import timedelta

from bot.domain.events import (
    ActionAdded,
    AlertsAttached,
    ImpactRecorded,
    IncidentResolved,
    PageAcknowledged,
    PageStarted,
    PersonPaged,
    Role,
    RoleAssigned,
    TargetsReserved,
    TitleChanged,
    UpdatePosted,
)
from bot.values import Severity, Untrusted
from cards import incident_card, plain
from cards.context import Freeze
from cards.model import Card, Tone
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
    run_started,
)


def text_of(story: Story, minutes: int = 15, *freezes: Freeze) -> str:
    card = incident_card.build(story.incident, context(minutes, *freezes))
    return plain.render(card, today=START.date())


def card_of(story: Story) -> Card:
    return incident_card.build(story.incident, context())


def test_a_fresh_incident_asks_for_a_commander() -> None:
    assert (
        text_of(declared())
        == """\
■ SEV2 INC-2026-1121-001 Checkout is down

▲ Nobody commands. Press Claim command, or /incident claim commander

Severity     SEV2
Status       investigating
Age          15 min, since 10:00 UTC
Commander    nobody
Services     checkout
Impact       not known yet: /incident impact <text>
Next update  10:30 UTC

[Claim command]: makes you commander

as of 10:15 UTC · /incident help"""
    )


def test_roles_impact_update_alerts_and_actions_are_shown() -> None:
    story = declared().tell(
        RoleAssigned(role=Role.COMMANDER, person=ANN, previous=None),
        RoleAssigned(role=Role.SCRIBE, person=BOB, previous=None),
        ImpactRecorded(text=Untrusted("Nobody can pay"), users=Untrusted("all")),
        UpdatePosted(text=Untrusted("we look"), next_at=START + timedelta(minutes=40)),
        AlertsAttached(group="g", firing=3, resolved=1, first=()),
        ActionAdded(n=1, text=Untrusted("restart"), owner=BOB),
    )
    text = text_of(story)
    assert "Commander    Ann\n" in text
    assert "Roles        scribe Bob\n" in text
    assert "Impact       Nobody can pay; users: all\n" in text
    assert "Last update  10:04 UTC: we look\n" in text
    assert "Next update  10:40 UTC\n" in text
    assert "Alerts       2 firing of 3 alerts\n" in text
    assert "Current actions:\n  1. restart — Bob" in text
    assert "Claim command" not in text


def test_open_questions_runs_and_reservations_are_shown() -> None:
    story = declared().tell(
        run_started(), TargetsReserved(run=RUN, targets=("host:web-1",)), asked()
    )
    text = text_of(story)
    assert "Card 1 (change): Clean up the disk of web-1 — expires 11:00 UTC" in text
    assert "disk-full: waiting for approval" in text
    assert "reserved by disk-full: host:web-1" in text


def test_an_overdue_update_is_said() -> None:
    assert "▲ An update is overdue since 10:30 UTC: /incident update <text>" in text_of(
        declared(), minutes=31
    )


def test_a_freeze_comes_first() -> None:
    freeze = Freeze(scope="*", reason=Untrusted("bad deploy"), by=BOB, at=START + MINUTE)
    card = incident_card.build(declared().incident, context(15, freeze))
    assert plain.headline(card, today=START.date()).startswith(
        "■ SEV2 INC-2026-1121-001 Checkout is down — FROZEN: no change may start anywhere. "
        "bad deploy — Bob at 10:01 UTC. An approver ends it: /incident unfreeze"
    )


def test_paging_shows_who_was_told_and_offers_to_acknowledge() -> None:
    story = declared().tell(
        PageStarted(
            page="p",
            reason=Untrusted("SEV2: down"),
            escalation="oncall",
            order=(ANN, BOB),
            every=5 * MINUTE,
        ),
        PersonPaged(page="p", person=ANN, level=1, next_at=None),
    )
    text = text_of(story)
    assert "◷ Not acknowledged yet; next Bob at 10:07 UTC — SEV2: down" in text
    assert "10:02 UTC Ann" in text
    assert [b.option for b in card_of(story).buttons] == ["ack", "claim"]
    story.tell(PageAcknowledged(page="p", person=BOB))
    assert "✔ Acknowledged by Bob at 10:03 UTC — SEV2: down" in text_of(story)
    assert [b.option for b in card_of(story).buttons] == ["claim"]


def test_a_resolved_incident_says_how_long_it_took_and_what_is_due() -> None:
    story = declared().tell(
        IncidentResolved(
            summary=Untrusted("logs removed"),
            open_points=(),
            override=Untrusted(""),
            still_firing=0,
        )
    )
    text = text_of(story, minutes=90)
    assert text.startswith("✔ SEV2 INC-2026-1121-001")
    assert "Status     resolved at 10:01 UTC: logs removed\n" in text
    assert "Age        lasted 1 min, since 10:00 UTC\n" in text
    assert "A postmortem is due: /incident close postmortem=<url>" in text
    assert card_of(story).buttons == ()


def test_a_drill_a_private_and_a_provisional_one_are_marked() -> None:
    assert card_of(declared(drill=True)).drill
    assert "Visible to   Ann\n" in text_of(declared(private=True))
    hurried = declared(provisional=True)
    assert "▲ The title is provisional: /incident title <text>" in text_of(hurried)
    assert "provisional" not in text_of(hurried.tell(TitleChanged(title=Untrusted("DB down"))))


def test_the_tone_follows_severity_and_status() -> None:
    assert card_of(declared(severity=Severity.SEV1)).tone is Tone.DANGER
    assert card_of(declared(severity=Severity.SEV3)).tone is Tone.WARNING
    assert card_of(declared()).pinned
