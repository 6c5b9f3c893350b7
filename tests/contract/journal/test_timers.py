"""Timers: setting replaces, clearing ends, and a firing that was overtaken cannot settle."""

from dataclasses import replace

import pytest

from bot.ports import Commit, Committed, FenceLost, Journal, Settle, Settlement
from tests.contract.journal.values import (
    NOON,
    after,
    claim,
    claim_one,
    commit,
    once,
    put,
    settle,
    timer,
)


async def test_setting_replaces_also_with_a_later_time(journal: Journal) -> None:
    await put(journal, timer("t", due=after(1), body=b"old"))
    await put(journal, timer("t", due=after(9), body=b"new"))
    assert await journal.next_due() == after(9)
    assert (await claim_one(journal, after(9))).item.body == b"new"


async def test_a_cleared_timer_never_fires(journal: Journal) -> None:
    await put(journal, timer("t"))
    await commit(journal, Commit(cleared=("t",)))
    assert await journal.next_due() is None
    assert await claim(journal, after(1e6)) == []
    assert (await journal.backlog())[2].open == 0


async def test_clearing_a_timer_that_is_not_set_is_fine(journal: Journal) -> None:
    assert await commit(journal, Commit(cleared=("never",))) == Committed()


async def test_only_timers_can_be_cleared(journal: Journal) -> None:
    await put(journal, once("post"))
    with pytest.raises(ValueError, match="only timers are cleared"):
        await commit(journal, Commit(cleared=("post",)))


async def test_a_firing_that_was_cleared_meanwhile_is_lost(journal: Journal) -> None:
    await put(journal, timer("t"))
    firing = await claim_one(journal)
    await commit(journal, Commit(cleared=("t",)))
    assert await settle(journal, firing, Settle.DONE) == FenceLost()


async def test_a_firing_that_was_set_anew_meanwhile_is_lost(journal: Journal) -> None:
    await put(journal, timer("t"))
    firing = await claim_one(journal)
    await put(journal, timer("t", due=after(60)))
    assert await settle(journal, firing, Settle.DONE) == FenceLost()
    assert await journal.next_due() == after(60)


async def test_a_timer_that_was_cleared_and_set_again_has_a_new_fence(journal: Journal) -> None:
    await put(journal, timer("t"))
    old = await claim_one(journal)
    await commit(journal, Commit(cleared=("t",)))
    await put(journal, timer("t"))
    new = await claim_one(journal)
    assert new.fence > old.fence
    assert await settle(journal, old, Settle.DONE) == FenceLost()


async def test_a_firing_may_set_its_own_timer_again_in_one_commit(journal: Journal) -> None:
    await put(journal, timer("t"))
    firing = await claim_one(journal)
    again = Commit(
        effects=(timer("t", due=after(60)),),
        settlement=Settlement(claim=firing, how=Settle.DONE),
    )
    assert await commit(journal, again) == Committed()
    assert await claim(journal, NOON) == []
    assert (await claim_one(journal, after(60))).interrupted is False


async def test_a_firing_may_clear_its_own_timer_in_one_commit(journal: Journal) -> None:
    await put(journal, timer("t"))
    firing = await claim_one(journal)
    end = Commit(cleared=("t",), settlement=Settlement(claim=firing, how=Settle.DONE))
    assert await commit(journal, end) == Committed()
    assert await journal.next_due() is None


async def test_clearing_comes_before_setting_in_one_commit(journal: Journal) -> None:
    await put(journal, timer("t", due=after(1)))
    await commit(journal, Commit(cleared=("t",), effects=(timer("t", due=after(5)),)))
    assert await journal.next_due() == after(5)


async def test_a_key_keeps_its_kind(journal: Journal) -> None:
    await put(journal, timer("t"))
    with pytest.raises(ValueError, match="t is a timer effect, not a once one"):
        await put(journal, replace(once("t")))
