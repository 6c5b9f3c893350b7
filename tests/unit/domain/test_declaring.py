"""Opening an incident by hand: it never refuses in an emergency, and asks for the rest later."""

from datetime import timedelta

from bot.domain.effects import Invite, OpenRoom
from bot.domain.events import (
    CardKind,
    ImpactRecorded,
    IncidentDeclared,
    Role,
    ServicesNamed,
    SeverityChanged,
    TitleChanged,
)
from bot.domain.intents import AddNote, Declare
from bot.domain.packet import DetailsPacket
from bot.values import Severity, Untrusted
from tests.unit.domain.people import ana, dan, eve
from tests.unit.domain.policy import ANA
from tests.unit.domain.story import Story


def hurried(severity: Severity | None = Severity.SEV2) -> Story:
    story = Story()
    story.does(Declare(by=ana, severity=severity, title=Untrusted(" ")))
    return story


def test_a_declared_incident_has_its_room_its_commander_and_its_first_update_due() -> None:
    story = Story().declared(Severity.SEV2)
    assert story.kinds() == ["IncidentDeclared", "RoleAssigned"]
    assert story.incident.commander == ANA
    assert OpenRoom(platform="console") in story.last
    assert Invite(platform="console", person=ANA) in story.last
    assert story.timers == {"update": story.now + timedelta(minutes=30)}
    assert story.answer == "INC-2026-1121-001 is open at SEV2. You are its commander."


def test_the_room_is_asked_for_before_anything_is_told_to_it() -> None:
    story = Story().declared()
    assert isinstance(story.last[0], OpenRoom)
    assert story.posted() == [
        "IncidentDeclared -> console/room",
        "IncidentDeclared -> console/channel:announcements",
        "RoleAssigned -> console/room",
    ]


def test_a_severity_alone_opens_at_once_under_a_provisional_title() -> None:
    story = hurried()
    declared = story.events(IncidentDeclared)[0]
    assert (declared.provisional, declared.title) == (True, Untrusted("SEV2 declared by Ana"))
    asked = story.card(CardKind.DETAILS)
    assert asked.card.packet == DetailsPacket(missing=("title", "impact", "services"))


def test_without_a_severity_the_default_holds_and_the_severity_is_asked_for() -> None:
    story = hurried(None)
    assert story.incident.severity is Severity.SEV3
    assert story.card(CardKind.DETAILS).card.packet == DetailsPacket(
        missing=("title", "severity", "impact", "services")
    )


def test_the_details_card_fills_in_what_was_missing() -> None:
    story = hurried()
    story.presses(
        story.card(CardKind.DETAILS),
        ana,
        "save",
        values={
            "title": "checkout is down",
            "impact": "nobody can pay",
            "services": "checkout, database",
            "severity": "sev1",
        },
    )
    assert story.events(TitleChanged) == [TitleChanged(title=Untrusted("checkout is down"))]
    assert story.events(ImpactRecorded) == [ImpactRecorded(text=Untrusted("nobody can pay"))]
    assert story.events(ServicesNamed) == [ServicesNamed(services=("checkout", "database"))]
    assert story.events(SeverityChanged)[0].severity is Severity.SEV1
    assert not story.incident.provisional
    assert story.open_kinds() == []


def test_a_severity_that_does_not_exist_is_refused_and_the_card_stays_open() -> None:
    story = hurried()
    story.presses(story.card(CardKind.DETAILS), ana, "save", values={"severity": "sev9"})
    assert story.open_kinds() == [CardKind.DETAILS]
    assert story.events(SeverityChanged) == []


def test_whoever_may_not_change_the_severity_cannot_do_so_through_the_details() -> None:
    story = hurried()
    writer = type(dan)(
        person=dan.person,
        name=dan.name,
        groups=frozenset({"communications"}),
        platform="console",
        account="dan",
        standing=dan.standing,
    )
    story.presses(story.card(CardKind.DETAILS), writer, "save", values={"severity": "sev1"})
    assert story.incident.severity is Severity.SEV2
    assert story.open_kinds() == [CardKind.DETAILS]
    story.presses(story.card(CardKind.DETAILS), writer, "save", values={"title": "no payments"})
    assert story.incident.title == Untrusted("no payments")


def test_details_can_be_put_off() -> None:
    story = hurried()
    story.presses(story.card(CardKind.DETAILS), ana, "later")
    assert story.open_kinds() == []
    assert story.incident.provisional


def test_a_reader_may_declare_too() -> None:
    story = Story().declared(by=eve)
    assert story.incident.roles == {Role.COMMANDER: eve.person}


def test_an_incident_cannot_be_declared_twice_in_one_stream() -> None:
    story = Story().declared()
    again = Declare(by=ana, severity=Severity.SEV1, title=Untrusted("again"))
    assert story.refused(again) == "This incident exists already."


def test_a_private_incident_is_announced_nowhere_and_absent_for_others() -> None:
    story = Story()
    story.does(Declare(by=ana, severity=Severity.SEV2, title=Untrusted("x"), private=True))
    assert story.posted() == [
        "IncidentDeclared -> console/room",
        "RoleAssigned -> console/room",
    ]
    note = AddNote(by=dan, text=Untrusted("who let me in?"))
    assert story.refused(note) == Story().refused(note) == "There is no such incident."
