"""Whoever changes a journal behind the bot's back is found, at the first event that they touched.

On the journal of the first schema: eleven streams of a morning with repairs, doubts and alerts.
"""

import sqlite3
from collections.abc import Awaitable, Callable, Iterator
from contextlib import closing, contextmanager
from dataclasses import replace
from pathlib import Path

import pytest

from bot.adapters.clock import SystemIds
from bot.adapters.memory.anchor import MemoryAnchor
from bot.adapters.sqlite import SqliteJournal
from bot.ports import AnchoredHead
from bot.records.chain import Record, first_broken
from bot.usecases.archive import Archive
from bot.usecases.audit import Anchoring, audit
from bot.values import StreamRef
from tests.faults.test_upgrade import FIRST, KEY
from tests.support.clock import MovedClock

Sql = tuple[str, tuple[str | int | bytes, ...]]


@pytest.fixture
async def path(tmp_path: Path) -> Path:
    """Return the journal in today's schema, closed."""
    path = tmp_path / "journal.sqlite3"
    with closing(sqlite3.connect(path)) as database:
        database.executescript(FIRST.read_text("utf-8"))
    await SqliteJournal.open(path, ids=SystemIds()).close()
    return path


async def opened(path: Path, look: Callable[[SqliteJournal], Awaitable[None]]) -> None:
    journal = SqliteJournal.open(path, ids=SystemIds())
    try:
        await look(journal)
    finally:
        await journal.close()


async def streams(path: Path) -> list[tuple[AnchoredHead, tuple[Record, ...]]]:
    found: list[tuple[AnchoredHead, tuple[Record, ...]]] = []

    async def look(journal: SqliteJournal) -> None:
        for head in await journal.heads():
            records = (await journal.load(head.stream)).records
            found.append((head, records))

    await opened(path, look)
    return found


async def verdict(path: Path, anchor: MemoryAnchor | None = None) -> list[str]:
    said: list[str] = []

    async def look(journal: SqliteJournal) -> None:
        found = await audit(journal, Archive(journal=journal, key=KEY), anchor or MemoryAnchor())
        said.extend(str(finding) for finding in found.findings)

    await opened(path, look)
    return said


async def anchored(path: Path) -> MemoryAnchor:
    """Publish every head, as a bot does once a minute."""
    anchor = MemoryAnchor()

    async def look(journal: SqliteJournal) -> None:
        await Anchoring(journal=journal, anchor=anchor, clock=MovedClock()).publish()

    await opened(path, look)
    return anchor


@contextmanager
def tampered(path: Path, *statements: Sql) -> Iterator[None]:
    """Change the file behind the bot's back, and undo it at the end of the context."""
    whole = path.read_bytes()
    with closing(sqlite3.connect(path)) as database:
        for statement, values in statements:
            assert database.execute(statement, values).rowcount > 0
        database.commit()
        database.execute("PRAGMA wal_checkpoint(TRUNCATE)")
    try:
        yield
    finally:
        path.write_bytes(whole)


def at(stream: StreamRef, seq: int) -> tuple[str | int | bytes, ...]:
    return (stream.kind, stream.id, seq)


async def test_nothing_is_found_where_nothing_was_changed(path: Path) -> None:
    assert len(await streams(path)) == 11
    assert await verdict(path, await anchored(path)) == []


async def test_every_byte_that_is_flipped_is_found_and_its_event_is_named(path: Path) -> None:
    tried = 0
    for _, records in await streams(path):
        for place, record in enumerate(records):
            for flipped in flips(record):
                changed = (*records[:place], flipped, *records[place + 1 :])
                broken = first_broken(KEY, changed)
                assert broken is not None
                assert broken.seq == record.seq
                tried += 1
    assert tried > 30_000


def flips(record: Record) -> Iterator[Record]:
    """Yield the record with one bit of each of its bytes turned, and its other fields changed."""
    for n in range(len(record.body)):
        yield replace(record, body=turned(record.body, n))
    for n in range(len(record.mac)):
        yield replace(record, mac=turned(record.mac, n))
    yield replace(record, type=record.type[::-1])
    yield replace(record, version=record.version + 1)
    yield replace(record, salt=record.salt + b"x")


def turned(text: bytes, n: int) -> bytes:
    return text[:n] + bytes([text[n] ^ (1 << n % 8)]) + text[n + 1 :]


async def test_every_event_that_is_deleted_is_found_at_its_place(path: Path) -> None:
    for head, records in await streams(path):
        for record in records:
            delete = "DELETE FROM records WHERE kind = ? AND id = ? AND seq = ?"
            with tampered(path, (delete, at(head.stream, record.seq))):
                said = await verdict(path)
            last = record.seq == head.head.seq
            place = record.seq - 1 if last else record.seq + 1
            assert len(said) == 1
            assert said[0].startswith(f"{head.stream} event {place}: "), said


async def test_every_pair_that_changes_places_is_found(path: Path) -> None:
    move = "UPDATE records SET seq = ? WHERE kind = ? AND id = ? AND seq = ?"
    for head, records in await streams(path):
        for record in records[:-1]:
            first, second = record.seq, record.seq + 1
            swap = [
                (move, (0, *at(head.stream, first))),
                (move, (first, *at(head.stream, second))),
                (move, (second, *at(head.stream, 0))),
            ]
            with tampered(path, *swap):
                said = await verdict(path)
            assert said == [f"{head.stream} event {first}: is not as it was written"]


async def test_every_end_that_is_cut_off_is_found_by_what_was_published(path: Path) -> None:
    anchor = await anchored(path)
    for head, records in await streams(path):
        for keep, last in enumerate(records[:-1], 1):
            known = f"{head.head.seq} events were published, {keep} are here"
            with tampered(path, *cut(head.stream, last)):
                assert await verdict(path) == []
                assert await verdict(path, anchor) == [
                    f"{head.stream} event {keep + 1}: is missing: {known}"
                ]


def cut(stream: StreamRef, last: Record) -> list[Sql]:
    """End a stream earlier, with a head that fits: the chain alone cannot show it."""
    return [
        ("DELETE FROM records WHERE kind = ? AND id = ? AND seq > ?", at(stream, last.seq)),
        (
            "UPDATE streams SET seq = ?, mac = ? WHERE kind = ? AND id = ?",
            (last.seq, last.mac, stream.kind, stream.id),
        ),
    ]


async def test_every_stream_that_is_gone_is_found_by_what_was_published(path: Path) -> None:
    anchor = await anchored(path)
    for head, _ in await streams(path):
        named = (head.stream.kind, head.stream.id)
        gone = [
            ("DELETE FROM records WHERE kind = ? AND id = ?", named),
            ("DELETE FROM streams WHERE kind = ? AND id = ?", named),
        ]
        known = f"{head.head.seq} events were published, 0 are here"
        with tampered(path, *gone):
            assert await verdict(path, anchor) == [f"{head.stream} event 1: is missing: {known}"]
