"""An audit names the first event that is not as it was written; a cut end shows by the anchor."""

from dataclasses import replace
from typing import Final

from bot.adapters.memory.anchor import MemoryAnchor
from bot.adapters.memory.journal import MemoryJournal
from bot.domain.events import Envelope, NoteAdded
from bot.ports import Commit, Committed
from bot.records.chain import EMPTY, Head, Record, Unsealed, seal
from bot.usecases.archive import Archive
from bot.usecases.audit import Anchoring, Audit, audit
from bot.values import PersonId, StreamRef, Untrusted
from tests.support.clock import START, CountedIds, MovedClock

KEY: Final = b"a key for the chain"
FIRST = StreamRef(kind="incident", id="first")
SECOND = StreamRef(kind="incident", id="second")


def chain(stream: StreamRef, *bodies: bytes) -> tuple[Record, ...]:
    return seal(
        KEY, stream, EMPTY, [Unsealed(type="NoteAdded", version=1, body=b) for b in bodies]
    )[0]


async def journal_of(*streams: tuple[Record, ...]) -> MemoryJournal:
    """Return a journal that holds these records, true or not."""
    journal = MemoryJournal(ids=CountedIds())
    for records in streams:
        commit = Commit(stream=records[0].stream, expected=EMPTY, records=records)
        assert await journal.commit([commit]) == [Committed()]
    return journal


def anchoring(journal: MemoryJournal, anchor: MemoryAnchor) -> Anchoring:
    return Anchoring(journal=journal, anchor=anchor, clock=MovedClock())


async def audited(journal: MemoryJournal, anchor: MemoryAnchor | None = None) -> Audit:
    return await audit(journal, Archive(journal=journal, key=KEY), anchor or MemoryAnchor())


async def test_what_was_written_is_found_whole() -> None:
    anchor = MemoryAnchor()
    journal = await journal_of(chain(FIRST, b"1", b"2"), chain(SECOND, b"1"))
    await anchoring(journal, anchor).publish()
    assert await audited(journal, anchor) == Audit(
        streams=2, events=3, anchored=2, erased=0, findings=()
    )


async def test_a_changed_event_is_named() -> None:
    one, two, three = chain(FIRST, b"1", b"2", b"3")
    journal = await journal_of((one, replace(two, body=b"9"), three))
    found = await audited(journal)
    assert [str(f) for f in found.findings] == ["incident:first event 2: is not as it was written"]


async def test_swapped_events_are_named() -> None:
    one, two = chain(FIRST, b"1", b"2")
    journal = await journal_of((replace(two, seq=1), replace(one, seq=2)))
    found = await audited(journal)
    assert [str(f) for f in found.findings] == ["incident:first event 1: is not as it was written"]


async def test_an_event_of_another_stream_is_named() -> None:
    (one,) = chain(FIRST, b"1")
    journal = await journal_of((replace(one, stream=SECOND),))
    found = await audited(journal)
    assert [str(f) for f in found.findings] == ["incident:second event 1: is not as it was written"]


async def test_a_long_text_that_was_changed_is_named_and_an_erased_one_counted() -> None:
    journal = MemoryJournal(ids=CountedIds())
    archive = Archive(journal=journal, key=KEY)
    notes = [NoteAdded(text=Untrusted(letter * 2000)) for letter in "ab"]
    envelopes = [
        Envelope(stream=FIRST, seq=seq, at=START, actor=PersonId("ann"), event=note)
        for seq, note in enumerate(notes, 1)
    ]
    records, _ = await archive.seal(FIRST, EMPTY, envelopes, "chance")
    await journal.commit([Commit(stream=FIRST, expected=EMPTY, records=records)])
    first, second = (next(iter(archive.text_hashes(record))) for record in records)

    await journal.erase_blob(first)
    found = await audited(journal)
    assert (found.erased, found.findings) == (1, ())

    kept = journal._blobs[second]
    assert kept is not None
    journal._blobs[second] = replace(kept, body=b"c" * 2000)
    found = await audited(journal)
    assert [str(f) for f in found.findings] == [
        f"incident:first event 2: its text {second} is not as it was written"
    ]


async def test_a_cut_end_shows_against_what_was_published() -> None:
    anchor = MemoryAnchor()
    whole = chain(FIRST, b"1", b"2", b"3")
    await anchoring(await journal_of(whole), anchor).publish()
    cut = await journal_of(whole[:1])

    found = await audited(cut, anchor)
    behind = await anchoring(cut, anchor).behind()

    expected = "incident:first event 2: is missing: 3 events were published, 1 are here"
    assert [str(f) for f in found.findings] == [expected]
    assert [str(f) for f in behind] == [expected]


async def test_a_stream_that_is_gone_shows_against_what_was_published() -> None:
    anchor = MemoryAnchor()
    await anchoring(await journal_of(chain(FIRST, b"1")), anchor).publish()
    empty = MemoryJournal(ids=CountedIds())

    expected = ["incident:first event 1: is missing: 1 events were published, 0 are here"]
    assert [str(f) for f in (await audited(empty, anchor)).findings] == expected
    assert [str(f) for f in await anchoring(empty, anchor).behind()] == expected


async def test_another_history_under_the_right_key_shows_against_what_was_published() -> None:
    anchor = MemoryAnchor()
    await anchoring(await journal_of(chain(FIRST, b"1", b"2")), anchor).publish()
    other = await journal_of(chain(FIRST, b"1", b"other", b"more"))
    assert [str(f) for f in await anchoring(other, anchor).behind()] == [
        "incident:first event 2: is another event than the one whose head was published"
    ]


async def test_a_journal_that_went_on_is_not_behind() -> None:
    anchor = MemoryAnchor()
    whole = chain(FIRST, b"1", b"2", b"3")
    await anchoring(await journal_of(whole[:2]), anchor).publish()
    assert await anchoring(await journal_of(whole), anchor).behind() == []


async def test_only_heads_that_changed_are_published() -> None:
    anchor = MemoryAnchor()
    journal = await journal_of(chain(FIRST, b"1"), chain(SECOND, b"1"))
    first = anchoring(journal, anchor)
    assert [item.stream for item in await first.publish()] == [FIRST, SECOND]
    assert await first.publish() == []
    records, _ = seal(
        KEY, SECOND, _head(chain(SECOND, b"1")), [Unsealed(type="NoteAdded", version=1, body=b"2")]
    )
    more = Commit(stream=SECOND, expected=_head(chain(SECOND, b"1")), records=records)
    await journal.commit([more])
    assert [item.stream for item in await first.publish()] == [SECOND]
    # A later start knows what was published before it.
    assert await anchoring(journal, anchor).publish() == []


def _head(records: tuple[Record, ...]) -> Head:
    return Head(seq=records[-1].seq, mac=records[-1].mac)
