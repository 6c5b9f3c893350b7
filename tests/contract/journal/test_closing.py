"""Closing: what was accepted is finished, and nothing is taken afterwards."""

import asyncio

import pytest

from bot.errors import Unavailable
from bot.ports import Commit, Committed, Journal
from tests.contract.journal.values import STREAM, events


async def test_a_commit_that_was_accepted_before_closing_is_finished(journal: Journal) -> None:
    accepted = asyncio.ensure_future(journal.commit([events(b"1")[0]]))
    await asyncio.sleep(0)
    await journal.close()
    assert await accepted == [Committed()]


async def test_a_closed_journal_takes_nothing_and_tells_nothing(journal: Journal) -> None:
    await journal.close()
    with pytest.raises(Unavailable, match="closed"):
        await journal.commit([Commit()])
    with pytest.raises(Unavailable, match="closed"):
        await journal.load(STREAM)


async def test_closing_twice_is_fine(journal: Journal) -> None:
    await journal.close()
    await journal.close()
