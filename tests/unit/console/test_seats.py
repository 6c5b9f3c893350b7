"""Seats, one-time links and tokens, through the real desk and a journal in memory."""

import asyncio
from collections.abc import AsyncIterator
from dataclasses import dataclass
from datetime import timedelta

import pytest

from bot.adapters.memory.journal import MemoryJournal
from bot.config import default_policy
from bot.domain.seats import Seating, SeatIntent
from bot.errors import UserMistake
from bot.records.projection import person_rows
from bot.records.rows import Put, Row, RowChange, SeatRow, TokenRow
from bot.usecases.archive import Archive
from bot.usecases.desk import Desk
from bot.usecases.seats import Seat, SeatNoun, Seats, TokenKind, hash_of
from bot.values import PersonId, StreamRef
from tests.unit.http.doubles import CountingIds, StillClock

ALICE = PersonId("alice")
COMMANDER = Seat(name="commander", person=ALICE, groups=("responder",))


@dataclass(frozen=True)
class Hall:
    seats: Seats
    journal: MemoryJournal
    archive: Archive
    clock: StillClock


@pytest.fixture
async def hall() -> AsyncIterator[Hall]:
    ids, clock = CountingIds(), StillClock()
    journal = MemoryJournal(ids=ids)
    archive = Archive(journal=journal, key=b"k" * 32)
    async with asyncio.TaskGroup() as tasks:
        desk: Desk[Seating, SeatIntent] = Desk(
            noun=SeatNoun(),
            journal=journal,
            clock=clock,
            ids=ids,
            policy=default_policy,
            archive=archive,
            tasks=tasks,
        )
        seats = Seats(desk=desk, journal=journal, clock=clock, ids=ids)
        yield Hall(seats, journal, archive, clock)


async def test_a_seat_that_was_added_is_found_by_name_and_by_person(hall: Hall) -> None:
    await hall.seats.add("commander", ALICE, ["responder"])
    assert await hall.seats.seat("commander") == COMMANDER
    assert await hall.seats.of_person(ALICE) == COMMANDER
    assert await hall.seats.seat("approver") is None


async def test_a_taken_name_and_a_bad_name_are_refused(hall: Hall) -> None:
    await hall.seats.add("commander", ALICE, [])
    with pytest.raises(UserMistake, match="is taken"):
        await hall.seats.add("commander", PersonId("bob"), [])
    for name in ("", "Commander", "a/b", "a.b", "1st", "x" * 33, "commander\n"):
        with pytest.raises(UserMistake, match="lower-case letters"):
            await hall.seats.add(name, ALICE, [])


async def test_a_link_opens_its_seat_once(hall: Hall) -> None:
    await hall.seats.add("commander", ALICE, ["responder"])
    link = await hall.seats.make_link("commander")
    assert await hall.seats.behind_link(link) == COMMANDER
    assert await hall.seats.behind_link(link) == COMMANDER
    assert await hall.seats.use_link(link) == COMMANDER
    assert await hall.seats.use_link(link) is None
    assert await hall.seats.behind_link(link) is None


async def test_of_twenty_presses_at_once_one_opens_the_seat(hall: Hall) -> None:
    await hall.seats.add("commander", ALICE, ["responder"])
    link = await hall.seats.make_link("commander")
    presses = await asyncio.gather(*(hall.seats.use_link(link) for _ in range(20)))
    assert [seat for seat in presses if seat] == [COMMANDER]


async def test_a_new_link_voids_the_one_before(hall: Hall) -> None:
    await hall.seats.add("commander", ALICE, [])
    first = await hall.seats.make_link("commander")
    second = await hall.seats.make_link("commander")
    assert await hall.seats.use_link(first) is None
    assert await hall.seats.use_link(second) is not None


async def test_a_link_that_waited_too_long_opens_nothing(hall: Hall) -> None:
    await hall.seats.add("commander", ALICE, [])
    link = await hall.seats.make_link("commander", timedelta(hours=1))
    hall.clock.moment += timedelta(hours=1)
    assert await hall.seats.behind_link(link) is None
    assert await hall.seats.use_link(link) is None


async def test_an_empty_secret_opens_nothing_even_after_a_link_was_used(hall: Hall) -> None:
    await hall.seats.add("commander", ALICE, [])
    await hall.seats.use_link(await hall.seats.make_link("commander"))
    assert await hall.seats.use_link("") is None
    assert await hall.seats.behind_token("") is None


async def test_a_token_has_the_kind_that_it_was_made_with(hall: Hall) -> None:
    await hall.seats.add("commander", ALICE, [])
    for kind in TokenKind:
        token = await hall.seats.behind_token(await hall.seats.make_token("commander", kind))
        assert token is not None
        assert (token.seat.name, token.kind) == ("commander", kind)


async def test_a_revoked_seat_loses_link_and_tokens_and_can_be_given_anew(hall: Hall) -> None:
    await hall.seats.add("commander", ALICE, [])
    link = await hall.seats.make_link("commander")
    token = await hall.seats.make_token("commander", TokenKind.ANSWER)
    await hall.seats.revoke("commander")
    assert await hall.seats.seat("commander") is None
    assert await hall.seats.behind_link(link) is None
    assert await hall.seats.behind_token(token) is None
    await hall.seats.add("commander", PersonId("bob"), [])
    assert await hall.seats.behind_token(token) is None


async def test_a_link_for_a_seat_that_is_not_there_is_a_mistake(hall: Hall) -> None:
    with pytest.raises(UserMistake, match="no seat"):
        await hall.seats.make_link("nobody")


async def test_no_secret_is_stored(hall: Hall) -> None:
    await hall.seats.add("commander", ALICE, [])
    link = await hall.seats.make_link("commander")
    token = await hall.seats.make_token("commander", TokenKind.READ)
    history = await hall.journal.load(StreamRef(kind="person", id="commander"))
    stored = b"".join(record.body for record in history.records)
    assert link.encode() not in stored
    assert token.encode() not in stored
    assert hash_of(token).encode() in stored


async def test_the_rows_made_on_the_way_are_those_of_a_rebuild(hall: Hall) -> None:
    await hall.seats.add("commander", ALICE, ["responder"])
    await hall.seats.use_link(await hall.seats.make_link("commander"))
    await hall.seats.make_token("commander", TokenKind.READ)
    await hall.seats.make_link("commander")
    history = await hall.journal.load(StreamRef(kind="person", id="commander"))
    rebuilt = person_rows(await hall.archive.events(history.records))
    live: list[Row] = [*await hall.journal.rows(TokenRow), *await hall.journal.rows(SeatRow)]
    assert _put(rebuilt) == live


def _put(changes: tuple[RowChange, ...]) -> list[Row]:
    return [change.row for change in changes if isinstance(change, Put)]
