"""Severity goes up and down, and the policy is applied again each time."""

from datetime import timedelta

from bot.domain.events import CardKind, CardWithdrawn, SeverityChanged
from bot.domain.intents import PostUpdate, Resolve, SetSeverity
from bot.values import Severity, Untrusted
from tests.unit.domain.disk import asked
from tests.unit.domain.people import ana, cleo
from tests.unit.domain.story import T0, Story


def test_a_worse_severity_brings_its_cadence_and_its_postmortem() -> None:
    story = Story().declared(Severity.SEV3)
    story.passes(timedelta(minutes=5))
    story.does(SetSeverity(by=ana, severity=Severity.SEV1, reason=Untrusted("all regions")))
    assert story.events(SeverityChanged) == [
        SeverityChanged(
            severity=Severity.SEV1,
            previous=Severity.SEV3,
            reason=Untrusted("all regions"),
            cadence=timedelta(minutes=15),
            postmortem=True,
        )
    ]
    assert story.incident.postmortem
    assert story.timers["update"] == T0 + timedelta(minutes=15)
    assert story.posted() == [
        "SeverityChanged -> console/room",
        "SeverityChanged -> console/channel:announcements",
    ]


def test_a_milder_severity_gives_more_time_from_the_last_update_on() -> None:
    story = Story().declared(Severity.SEV1)
    story.passes(timedelta(minutes=10))
    story.does(PostUpdate(by=ana, text=Untrusted("looking")))
    story.does(SetSeverity(by=ana, severity=Severity.SEV3))
    assert story.timers["update"] == T0 + timedelta(minutes=70)
    assert not story.incident.postmortem


def test_a_severity_without_updates_stops_the_clock() -> None:
    story = Story().declared(Severity.SEV3)
    story.does(SetSeverity(by=ana, severity=Severity.SEV5))
    assert "update" not in story.timers
    assert story.incident.next_update_at is None


def test_the_same_severity_again_is_refused() -> None:
    story = Story().declared(Severity.SEV3)
    assert story.refused(SetSeverity(by=ana, severity=Severity.SEV3)) == "It is SEV3 already."


def test_a_stricter_rule_replaces_the_open_question() -> None:
    story = Story().declared(Severity.SEV3)
    first = asked(story)
    story.does(SetSeverity(by=ana, severity=Severity.SEV1))
    second = story.card(CardKind.CHANGE)
    assert story.events(CardWithdrawn)[0].card == first.card.card
    assert (second.card.number, second.card.replaces) == (2, first.card.card)
    assert [q.count for q in second.rule.quorums] == [2]
    assert story.open_kinds() == [CardKind.CHANGE]


def test_lowering_the_severity_does_not_loosen_an_open_question() -> None:
    story = Story().declared(Severity.SEV1)
    card = asked(story)
    story.does(SetSeverity(by=ana, severity=Severity.SEV3))
    assert story.card(CardKind.CHANGE).card.card == card.card.card
    story.votes(cleo)
    assert story.open_kinds() == [CardKind.CHANGE]


def test_a_stricter_rule_that_was_lifted_again_still_holds() -> None:
    story = Story().declared(Severity.SEV3)
    asked(story)
    story.does(SetSeverity(by=ana, severity=Severity.SEV1))
    story.does(SetSeverity(by=ana, severity=Severity.SEV3))
    story.votes(cleo)
    assert story.open_kinds() == [CardKind.CHANGE]
    assert story.answer == "Your vote for “Approve” counts: 1 of 2."


def test_a_resolved_incident_has_no_update_due_whatever_its_severity_becomes() -> None:
    story = Story().declared(Severity.SEV3)
    story.does(Resolve(by=ana, summary=Untrusted("over")))
    story.presses(story.card(CardKind.CHECKLIST), ana, "resolve", "so be it")
    story.does(SetSeverity(by=ana, severity=Severity.SEV1))
    story.does(PostUpdate(by=ana, text=Untrusted("an afterthought")))
    assert story.incident.next_update_at is None
    assert "update" not in story.timers
