"""Large journals: one real history of the application, copied under ids of its own, sealed anew."""

import asyncio
import json
import re
from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from functools import reduce
from pathlib import Path

from bot.adapters.clock import SystemClock, SystemIds
from bot.adapters.files import FileAnchor, data_folder, kept_secret
from bot.adapters.memory.journal import MemoryJournal
from bot.adapters.sqlite.journal import SqliteJournal
from bot.ports import Commit, Committed
from bot.records.chain import EMPTY, Record
from bot.records.outbox import OutboxItem
from bot.records.stored import event_of, record_json
from bot.usecases.archive import Archive
from bot.usecases.audit import Anchoring
from bot.usecases.nouns import IncidentNoun
from bot.values import Json, StreamRef
from tests.support.fleet import MemoryHosts
from tests.support.runs import Service, asked, declared, started, world
from tests.support.world import World

POLICY = """\
people:
  ann: {name: Ann Lee, accounts: {console: ann}}
  bob: {name: Bob, accounts: {console: bob}}
  cleo: {name: Cleo, accounts: {console: cleo}}
groups: {responder: [ann], approver: [bob, cleo]}
paging: {escalations: {on-call: {group: responder, every: 5m}}}
"""
"""Who looks after what was grown here; none of its commands is ever run."""


@dataclass(frozen=True, slots=True, kw_only=True)
class History:
    """One incident as the application wrote it: its events, and the effects that wait."""

    stream: StreamRef
    records: Sequence[tuple[Record, Json]]
    effects: Sequence[OutboxItem]


async def waiting_run() -> History:
    """Live through an incident whose run waits for a yes; its timers are set, all else is done."""
    async with _now(world(MemoryHosts(Service()))) as on:
        await started(on, "/runbook run restart host=web-1")
        await asked(on)
        return await _history(on)


async def just_declared() -> History:
    """Live through the first moment of an incident: everything that follows is still to be done."""
    async with _now(World()) as on:
        on.delivery.stop()
        await on.drained()
        await on.say("commander", "/incident declare sev3 checkout is down")
        return await _history(on)


async def long(notes: int) -> History:
    """Live through an incident with this many notes."""
    async with _now(world(MemoryHosts(Service()))) as on:
        room = await declared(on)
        for n in range(notes):
            await on.say("ann", f"/incident note looked at host {n} of many", at=room)
        await on.settled()
        return await _history(on)


async def grown(data: Path, copies: Sequence[tuple[History, int]]) -> int:
    """Make a journal of so many copies of each history, its heads anchored; returns its events."""
    folder, ids = data_folder(data), SystemIds()
    key = bytes.fromhex(kept_secret(folder / "journal.key", ids.secret().encode().hex()))
    journal = SqliteJournal.open(folder / "journal.sqlite3", ids=ids)
    archive = Archive(journal=journal, key=key)
    gate = asyncio.Semaphore(64)
    numbers = [(history, n) for history, times in copies for n in range(times)]

    async def copied(place: int, history: History) -> None:
        async with gate:
            commit = await _copy(archive, history, place)
            (outcome,) = await journal.commit([commit])
            assert isinstance(outcome, Committed)

    await asyncio.gather(*(copied(place, history) for place, (history, _) in enumerate(numbers)))
    anchor = FileAnchor(folder / "anchor.jsonl")
    await Anchoring(journal=journal, anchor=anchor, clock=SystemClock()).publish()
    await journal.close()
    return sum(len(history.records) * times for history, times in copies)


def _now(on: World) -> World:
    """Let the world stand at this moment, so that its timers are due after it."""
    on.clock.move(datetime.now(UTC) - on.clock.now())
    return on


async def _history(on: World) -> History:
    assert isinstance(on.journal, MemoryJournal)
    (stream,) = await on.journal.streams("incident")
    archive = Archive(journal=on.journal, key=b"")
    found = (await on.journal.load(stream)).records
    return History(
        stream=stream,
        records=[(record, await archive.whole(record_json(record))) for record in found],
        effects=[
            effect.item
            for effect in on.journal._effects._by_key.values()
            if effect.wakes_at is not None
        ],
    )


async def _copy(archive: Archive, history: History, place: int) -> Commit:
    """Return the commit that makes another incident of the same history."""
    noun, stream = IncidentNoun(), _stream(history.stream, place)
    envelopes = [
        event_of(replace(record, stream=stream), json.loads(_renamed(json.dumps(body), place)))
        for record, body in history.records
    ]
    before = noun.blank(stream.id)
    after = reduce(noun.evolve, envelopes, before)
    records, _ = await archive.seal(stream, EMPTY, envelopes, SystemIds().secret())
    return Commit(
        stream=stream,
        expected=EMPTY,
        records=records,
        rows=noun.rows(before, after, envelopes),
        effects=tuple(
            replace(
                item,
                key=_renamed(item.key, place),
                lane=_renamed(item.lane, place),
                body=_renamed(item.body.decode(), place).encode(),
                stream=stream,
            )
            for item in history.effects
        ),
    )


def _stream(of: StreamRef, place: int) -> StreamRef:
    return replace(of, id=_renamed(of.id, place))


def _renamed(text: str, place: int) -> str:
    """Give every id and number of a history a place of its own."""
    text = re.sub(r"\bid-(\d+)(?!\d)", rf"copy{place}-\1", text)
    return re.sub(r"\bINC-\d{4}-\d{4}-\d+\b", f"INC-2026-0101-{place:05}", text)
