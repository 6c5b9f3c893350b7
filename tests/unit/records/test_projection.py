"""Read models follow the events: what lists, searches and other runs see."""

from datetime import timedelta

from bot.domain.actor import FIREWARDEN
from bot.domain.events import CardKind, Envelope, Event, Frozen, Unfrozen
from bot.domain.intents import Close, Resolve, RoomIsOpen, TryReserve
from bot.domain.person import LinkMade, LinkUsed, SeatAdded, SeatRevoked, TokenMade
from bot.records.projection import exclusive_rows, person_rows, system_rows
from bot.records.rows import (
    AlertGroupRow,
    CardRow,
    FreezeRow,
    IncidentRow,
    Put,
    Remove,
    ReservationRow,
    RoomRow,
    RunRow,
    SeatRow,
    TimelineRow,
    TokenRow,
    WaitingRow,
)
from bot.values import ConversationRef, PersonId, StreamRef, Untrusted
from tests.unit.domain.disk import Disk, approved, asked
from tests.unit.domain.people import ana, ben
from tests.unit.domain.policy import MINUTE
from tests.unit.domain.story import T0, Story, alerts, exited
from tests.unit.records.tables import Tables

EVERYTHING = dict.fromkeys(
    ("cause", "fix", "systems", "metrics", "alerts", "customers", "owner"), "yes"
)


def tables(story: Story) -> Tables:
    return Tables.of(story.history)


def resolved() -> Story:
    story = Story().alerted()
    story.does(Resolve(by=ana, summary=Untrusted("over")))
    story.presses(story.card(CardKind.CHECKLIST), ana, "resolve", "so be it", EVERYTHING)
    return story


def test_an_incident_is_one_row_that_follows_it() -> None:
    story = Story().declared()
    row = tables(story).all(IncidentRow)
    assert row == [
        IncidentRow(
            id="i1",
            number="INC-2026-1121-001",
            title="checkout is down",
            severity="SEV3",
            status="investigating",
            private=False,
            drill=False,
            members='["ana"]',
            commander="ana",
            opened_at=T0,
            next_update_at=T0 + timedelta(hours=1),
        )
    ]
    story = resolved()
    assert [r.resolved_at for r in tables(story).all(IncidentRow)] == [T0]
    story.does(Close(by=ana, override=Untrusted("x")))
    assert [r.status for r in tables(story).all(IncidentRow)] == ["closed"]


def test_every_event_has_a_line_on_the_timeline() -> None:
    story = Story().declared()
    asked(story)
    lines = tables(story).all(TimelineRow)
    assert sorted(line.seq for line in lines) == list(range(1, story.incident.seq + 1))
    assert lines[0].text == "declared INC-2026-1121-001 at SEV3: checkout is down"
    assert (lines[0].kind, lines[0].actor) == ("incident declared", "ana")


def test_a_card_is_listed_with_its_state() -> None:
    story = Story().declared()
    card = asked(story).card
    assert tables(story).all(CardRow) == [
        CardRow(
            id=card.card,
            incident="i1",
            number=1,
            kind="change",
            state="open",
            expires_at=card.expires_at,
            asked_at=story.incident.cards[card.card].asked_at,
        )
    ]
    story.votes(ben)
    assert [row.state for row in tables(story).all(CardRow)] == ["decided"]


def test_a_run_is_listed_with_its_state_and_its_targets_are_its_own() -> None:
    story = Story().declared()
    run = approved(story)
    story.begins()
    found = tables(story)
    assert found.all(RunRow) == [
        RunRow(id=run, incident="i1", runbook="disk-full", state="changing")
    ]
    assert found.all(ReservationRow) == [
        ReservationRow(target="host:web-1", run=run, incident="i1"),
        ReservationRow(target="service:checkout", run=run, incident="i1"),
    ]
    story.ends(exited(1))
    assert len(tables(story).all(ReservationRow)) == 2


def test_taking_targets_asks_that_nobody_else_has_them() -> None:
    story = Story().declared()
    seq = story.incident.seq
    run = approved(story)
    fresh = [envelope for envelope in story.history if envelope.seq > seq]
    assert exclusive_rows(story.incident, fresh) == (
        ReservationRow(target="host:web-1", run=run, incident="i1"),
        ReservationRow(target="service:checkout", run=run, incident="i1"),
    )


def test_a_run_that_waits_keeps_its_place_whoever_holds_the_target() -> None:
    story = Story().declared()
    story.held = {"host:web-1": "run r1"}
    run = approved(story)
    story.held = {"host:web-1": "run r2"}
    story.passes(MINUTE)
    waiting = tables(story).all(WaitingRow)
    assert [(w.run, w.target, w.since) for w in waiting] == [
        (run, "host:web-1", T0),
        (run, "service:checkout", T0),
    ]
    story.held = {}
    story.does(TryReserve(by=FIREWARDEN, run=run))
    assert tables(story).all(WaitingRow) == []


def test_nothing_waits_or_is_reserved_once_a_run_has_ended_well() -> None:
    story = Story().declared()
    asked(story)
    story.votes(ben)
    story.looks(Disk(used=10))
    found = tables(story)
    assert found.all(ReservationRow) == []
    assert found.all(WaitingRow) == []
    assert [row.state for row in found.all(RunRow)] == ["resolved"]


def test_an_alert_group_belongs_to_its_incident_until_that_is_closed() -> None:
    story = Story().alerted()
    group = AlertGroupRow(group_key="rest/checkout", incident="i1")
    assert tables(story).all(AlertGroupRow) == [group]
    story = resolved()
    assert [row.resolved_at for row in tables(story).all(AlertGroupRow)] == [T0]
    story.does(Close(by=ana, override=Untrusted("x")))
    assert tables(story).all(AlertGroupRow) == []


def test_an_echo_leaves_the_group_resolved_so_that_a_later_repeat_is_news_again() -> None:
    story = resolved()
    story.passes(MINUTE)
    story.does(alerts(reopening=True))
    assert [row.resolved_at for row in tables(story).all(AlertGroupRow)] == [T0]
    story.passes(10 * MINUTE)
    assert [row.resolved_at for row in tables(story).all(AlertGroupRow)] == [None]


def test_a_room_is_found_by_its_conversation() -> None:
    story = Story().declared()
    room = ConversationRef(platform="console", id="room-1")
    story.does(RoomIsOpen(by=FIREWARDEN, room=room))
    assert tables(story).all(RoomRow) == [
        RoomRow(incident="i1", platform="console", conversation="room-1")
    ]


def envelopes(kind: str, *events: Event) -> list[Envelope]:
    stream = StreamRef(kind=kind, id="x")
    return [
        Envelope(stream=stream, seq=n, at=T0, actor=PersonId("ana"), event=event)
        for n, event in enumerate(events, 1)
    ]


def test_a_freeze_is_a_row_while_it_holds() -> None:
    frozen = Frozen(scope="checkout", reason=Untrusted("sale"))
    assert system_rows(envelopes("system", frozen, Unfrozen(scope="checkout"))) == (
        Put(FreezeRow(scope="checkout", reason="sale", by="ana", at=T0)),
        Remove(FreezeRow, (("scope", "checkout"),)),
    )


def test_a_seat_keeps_its_newest_link_until_it_is_used() -> None:
    added = SeatAdded(seat="s", person=PersonId("ana"), groups=("responder",))
    made = LinkMade(seat="s", link_hash="h", expires_at=T0 + MINUTE)
    seat = SeatRow(
        name="s",
        person="ana",
        groups='["responder"]',
        link_hash="h",
        link_expires_at=T0 + MINUTE,
        revoked=False,
    )
    used = SeatRow(
        name="s",
        person="ana",
        groups='["responder"]',
        link_hash="",
        link_expires_at=None,
        revoked=False,
    )
    assert person_rows(envelopes("person", added, made)) == (Put(seat),)
    assert person_rows(envelopes("person", added, made, LinkUsed(seat="s", link_hash="h"))) == (
        Put(used),
    )


def test_a_revoked_seat_loses_its_tokens() -> None:
    added = SeatAdded(seat="s", person=PersonId("ana"), groups=())
    token = TokenMade(seat="s", token_hash="t", kind="operate")
    changes = person_rows(envelopes("person", added, token, SeatRevoked(seat="s")))
    assert changes[:2] == (
        Put(TokenRow(hash="t", seat="s", kind="operate", revoked=False)),
        Remove(TokenRow, (("seat", "s"),)),
    )
    assert isinstance(changes[2], Put)
    assert isinstance(changes[2].row, SeatRow)
    assert changes[2].row.revoked
