"""investigating -> identified -> monitoring -> resolved -> closed, and what may not be skipped."""

import pytest

from bot.domain.events import CardKind, IncidentClosed, Role, Status, StatusChanged
from bot.domain.intents import (
    AddAction,
    AddLink,
    AddNote,
    AssignRole,
    Close,
    CompleteAction,
    RecordImpact,
    RecordStart,
    Reopen,
    Resolve,
    SetStatus,
    SetTitle,
)
from bot.values import PersonId, Severity, Untrusted
from tests.unit.domain.people import ana, ben
from tests.unit.domain.policy import BEN, MINUTE
from tests.unit.domain.story import T0, Story

POINTS = ("cause", "fix", "systems", "metrics", "alerts", "customers", "owner")


def resolved(severity: Severity = Severity.SEV3) -> Story:
    story = Story().declared(severity)
    story.does(Resolve(by=ana, summary=Untrusted("rolled back")))
    story.presses(
        story.card(CardKind.CHECKLIST), ana, "resolve", values=dict.fromkeys(POINTS, "yes")
    )
    return story


def test_a_status_may_jump_forward() -> None:
    story = Story().declared()
    story.does(SetStatus(by=ana, status=Status.MONITORING))
    assert story.events(StatusChanged) == [
        StatusChanged(status=Status.MONITORING, previous=Status.INVESTIGATING)
    ]


@pytest.mark.parametrize(
    ("status", "reason"),
    [
        (Status.INVESTIGATING, "It is identified already; an incident moves forward only."),
        (Status.IDENTIFIED, "It is identified already."),
        (Status.RESOLVED, "Use /incident resolve for that."),
        (Status.CLOSED, "Use /incident close for that."),
    ],
)
def test_a_status_neither_goes_back_nor_skips_resolve_and_close(
    status: Status, reason: str
) -> None:
    story = Story().declared()
    story.does(SetStatus(by=ana, status=Status.IDENTIFIED))
    assert story.refused(SetStatus(by=ana, status=status)) == reason


def test_a_resolved_incident_can_be_opened_again() -> None:
    story = resolved()
    story.does(Reopen(by=ben, reason=Untrusted("it is back")))
    assert story.incident.status is Status.INVESTIGATING
    assert story.incident.next_update_at == story.now + 60 * MINUTE
    assert "flap" not in story.timers


def test_an_open_incident_cannot_be_closed() -> None:
    story = Story().declared()
    close = Close(by=ana)
    assert story.refused(close) == "It is investigating; /incident resolve comes first."


def test_a_severity_with_a_mandatory_postmortem_needs_one_or_a_reason() -> None:
    story = resolved(Severity.SEV2)
    assert story.refused(Close(by=ana)) == (
        "SEV2 needs a postmortem: "
        "/incident close postmortem=<url>, or /incident close override=<reason>"
    )
    story.does(Close(by=ana, override=Untrusted("duplicate")))
    assert story.events(IncidentClosed) == [
        IncidentClosed(postmortem=Untrusted(""), override=Untrusted("duplicate"))
    ]
    assert story.timers["close-room"] == story.now + 24 * 60 * MINUTE


def test_a_closed_incident_stays_closed() -> None:
    story = resolved()
    story.does(Close(by=ana))
    assert story.incident.status is Status.CLOSED
    assert story.refused(Close(by=ana)).startswith("It is closed")
    assert story.refused(Reopen(by=ana)) == (
        "It is closed; declare a new incident and link this one."
    )
    assert story.refused(Resolve(by=ana, summary=Untrusted("x"))) == "It is closed already."
    assert story.refused(SetStatus(by=ana, status=Status.MONITORING)) == (
        "The incident is closed; /incident reopen first."
    )


def test_what_people_say_of_it_is_recorded() -> None:
    story = Story().declared()
    story.does(SetTitle(by=ana, title=Untrusted("no payments")))
    story.does(RecordImpact(by=ana, text=Untrusted("nobody can pay"), users=Untrusted("all")))
    story.does(RecordStart(by=ana, started_at=T0 - 20 * MINUTE))
    story.does(AddLink(by=ana, kind=Untrusted("graph"), url=Untrusted("https://g.example/1")))
    story.does(AddNote(by=ana, text=Untrusted("it began with the deploy")))
    assert story.incident.title == Untrusted("no payments")
    assert story.incident.impact is not None
    assert story.incident.impact.users == Untrusted("all")
    assert story.incident.started_at == T0 - 20 * MINUTE
    assert [link.url.text for link in story.incident.links] == ["https://g.example/1"]


def test_nothing_empty_is_recorded() -> None:
    story = Story().declared()
    nothing = Untrusted("  ")
    assert story.refused(SetTitle(by=ana, title=nothing)).startswith("A title needs words")
    assert story.refused(AddNote(by=ana, text=nothing)).startswith("A note needs words")
    assert story.refused(AddAction(by=ana, text=nothing)).startswith("An action needs words")
    assert story.refused(RecordImpact(by=ana, text=nothing)).startswith("An impact needs words")
    assert story.refused(AddLink(by=ana, kind=nothing, url=Untrusted("javascript:1"))).startswith(
        "A link starts with https://"
    )
    assert story.refused(RecordStart(by=ana, started_at=T0 + MINUTE)) == (
        "It cannot have started in the future."
    )


def test_actions_count_from_one_and_are_done_once() -> None:
    story = Story().declared()
    story.does(AddAction(by=ana, text=Untrusted("call the provider"), owner=BEN))
    story.does(AddAction(by=ana, text=Untrusted("write to customers")))
    story.does(CompleteAction(by=ben, n=1))
    assert [(a.n, a.owner, a.done) for a in story.incident.actions] == [
        (1, BEN, True),
        (2, None, False),
    ]
    assert story.refused(CompleteAction(by=ben, n=1)) == "Action 1 is done already."
    assert story.refused(CompleteAction(by=ben, n=7)) == ("There is no action 7; open ones: 2.")


def test_a_role_goes_to_a_person_of_the_policy_who_is_invited() -> None:
    story = Story().alerted()
    assert "no-commander" in story.timers
    story.does(AssignRole(by=ana, role=Role.COMMANDER, person=BEN))
    assert story.incident.commander == BEN
    assert "no-commander" not in story.timers
    assert story.refused(AssignRole(by=ana, role=Role.COMMANDER, person=BEN)) == (
        "ben is commander already."
    )
    stranger = AssignRole(by=ana, role=Role.SCRIBE, person=PersonId("zoe"))
    assert story.refused(stranger) == "Nobody called zoe is known; see the policy's people."
