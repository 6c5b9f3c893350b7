"""Whoever changes, deletes, moves or cuts off anything of a history is found, wherever it is."""

from collections.abc import Iterator, Sequence
from dataclasses import replace

from bot.adapters.memory.anchor import MemoryAnchor
from bot.adapters.memory.journal import MemoryJournal
from bot.ports import AnchoredHead, Commit, Committed
from bot.records.chain import EMPTY, Head, Record
from bot.usecases.archive import Archive
from bot.usecases.audit import audit
from bot.values import StreamRef
from tests.support.clock import START, CountedIds
from tests.support.fleet import MemoryHosts
from tests.support.runs import Service, answered, started, world

KEY = b"a key for the chain"


async def repaired() -> tuple[Record, ...]:
    """Live through a whole repair; returns its history, its long texts left out."""
    async with world(MemoryHosts(Service())) as on:
        await started(on, "/runbook run restart host=web-1")
        await answered(on, "bob", "approve")
        (stream,) = await on.journal.streams("incident")
        return tuple((await on.journal.load(stream)).records)


async def found_at(
    records: Sequence[Record], stream: StreamRef, anchored: Head = EMPTY
) -> list[int]:
    """Audit a journal of these records; returns the first event that is not as it was written."""
    journal, anchor = MemoryJournal(ids=CountedIds()), MemoryAnchor()
    if records:
        commit = Commit(stream=stream, expected=EMPTY, records=tuple(records))
        assert await journal.commit([commit]) == [Committed()]
    if anchored != EMPTY:
        await anchor.publish([AnchoredHead(stream=stream, head=anchored)], START)
    looked = await audit(journal, Archive(journal=journal, key=KEY), anchor)
    return [finding.seq for finding in looked.findings]


def flipped(data: bytes) -> Iterator[bytes]:
    """Yield the bytes with one bit flipped, byte by byte."""
    for at, byte in enumerate(data):
        yield data[:at] + bytes([byte ^ (1 << at % 8)]) + data[at + 1 :]


def changed(record: Record) -> Iterator[Record]:
    yield from (replace(record, body=body) for body in flipped(record.body))
    yield from (replace(record, mac=mac) for mac in flipped(record.mac))
    yield from (replace(record, salt=salt) for salt in flipped(record.salt))
    yield replace(record, version=record.version + 1)
    yield replace(record, type="NoteAdded" if record.type != "NoteAdded" else "UpdatePosted")
    yield replace(record, body=record.body[:-1])
    yield replace(record, body=record.body + b" ")


async def test_every_byte_that_is_flipped_in_a_whole_history_is_found() -> None:
    records = await repaired()
    stream = records[0].stream
    tried = 0
    for number, record in enumerate(records):
        for other in changed(record):
            forged = [*records[:number], other, *records[number + 1 :]]
            assert await found_at(forged, stream) == [record.seq]
            tried += 1
    assert tried > 5_000


async def test_every_event_that_is_deleted_or_moved_is_found() -> None:
    records = await repaired()
    stream = records[0].stream
    for at in range(len(records) - 1):
        deleted = [*records[:at], *records[at + 1 :]]
        closed = [replace(record, seq=seq) for seq, record in enumerate(deleted, 1)]
        assert await found_at(closed, stream) == [at + 1]
        for to in range(at + 1, len(records)):
            moved = [*records[:at], *records[at + 1 : to + 1], records[at], *records[to + 1 :]]
            renumbered = [replace(record, seq=seq) for seq, record in enumerate(moved, 1)]
            assert await found_at(renumbered, stream) == [at + 1]


async def test_every_cut_is_found_once_the_end_was_published() -> None:
    records = await repaired()
    stream = records[0].stream
    end = Head(seq=records[-1].seq, mac=records[-1].mac)
    for left in range(len(records)):
        assert await found_at(records[:left], stream, end) == [left + 1]
        assert await found_at(records[:left], stream) == []  # without an anchor nobody can tell


async def test_a_history_that_nobody_touched_is_whole() -> None:
    records = await repaired()
    assert await found_at(records, records[0].stream) == []
