"""Streams: records continue the head that their commit expects, and exactly one of two wins."""

import pytest

from bot.ports import AnchoredHead, Commit, Committed, HeadMoved, History, Journal
from bot.records.chain import EMPTY, Head
from bot.values import StreamRef
from tests.contract.journal.values import STREAM, commit, events, once


async def test_a_stream_that_nobody_wrote_is_empty(journal: Journal) -> None:
    assert await journal.load(STREAM) == History(head=EMPTY, records=())


async def test_records_are_loaded_as_they_were_committed_with_their_head(journal: Journal) -> None:
    first, head = events(b"1", b"2")
    second, last = events(b"3", head=head)
    assert await journal.commit([first, second]) == [Committed(), Committed()]
    assert await journal.load(STREAM) == History(
        head=last, records=(*first.records, *second.records)
    )


async def test_loading_after_a_sequence_returns_only_what_follows(journal: Journal) -> None:
    whole, head = events(b"1", b"2", b"3")
    await commit(journal, whole)
    assert await journal.load(STREAM, after=2) == History(head=head, records=whole.records[2:])


async def test_of_two_commits_on_one_head_the_first_wins(journal: Journal) -> None:
    mine, head = events(b"mine")
    yours, _ = events(b"yours")
    assert await journal.commit([mine, yours]) == [Committed(), HeadMoved()]
    assert await journal.load(STREAM) == History(head=head, records=mine.records)


async def test_an_equal_sequence_with_another_mac_is_another_head(journal: Journal) -> None:
    first, head = events(b"1")
    await commit(journal, first)
    forged, _ = events(b"2", head=Head(seq=head.seq, mac=b"x" * 32))
    assert await commit(journal, forged) == HeadMoved()


async def test_a_commit_without_records_still_compares_the_head(journal: Journal) -> None:
    first, _ = events(b"1")
    await commit(journal, first)
    stale = Commit(stream=STREAM, expected=EMPTY, effects=(once("e1"),))
    assert await commit(journal, stale) == HeadMoved()
    assert await journal.next_due() is None


async def test_streams_are_listed_by_kind_oldest_first(journal: Journal) -> None:
    refs = [
        StreamRef(kind="incident", id="b"),
        StreamRef(kind="person", id="p"),
        StreamRef(kind="incident", id="a"),
    ]
    for ref in refs:
        await commit(journal, events(b"1", stream=ref)[0])
    await commit(journal, events(b"2", stream=refs[0], head=events(b"1", stream=refs[0])[1])[0])
    assert await journal.streams("incident") == [refs[0], refs[2]]


async def test_heads_of_all_kinds_are_listed_oldest_stream_first(journal: Journal) -> None:
    older, younger = StreamRef(kind="system", id="system"), StreamRef(kind="incident", id="a")
    await commit(journal, events(b"1", stream=older)[0])
    whole, head = events(b"1", b"2", stream=younger)
    await commit(journal, whole)
    more, last = events(b"2", stream=older, head=events(b"1", stream=older)[1])
    await commit(journal, more)
    assert await journal.heads() == [
        AnchoredHead(stream=older, head=last),
        AnchoredHead(stream=younger, head=head),
    ]


async def test_records_that_do_not_continue_the_expected_head_are_a_bug(journal: Journal) -> None:
    whole, _ = events(b"1", b"2")
    gap = Commit(stream=STREAM, expected=EMPTY, records=whole.records[1:])
    with pytest.raises(ValueError, match="does not continue incident:inc1 at 1"):
        await journal.commit([gap])


async def test_records_without_a_stream_are_a_bug(journal: Journal) -> None:
    whole, _ = events(b"1")
    with pytest.raises(ValueError, match="records need a stream"):
        await journal.commit([Commit(records=whole.records)])
