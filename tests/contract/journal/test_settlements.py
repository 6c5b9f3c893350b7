"""Settling: done, later, parked, or still held, in the commit that carries the result."""

from dataclasses import replace

from bot.ports import Committed, FenceLost, Journal, Settle, Settlement
from tests.contract.journal.values import (
    NOON,
    STREAM,
    after,
    claim,
    claim_one,
    commit,
    events,
    keys_due,
    once,
    put,
    settle,
)


async def test_a_done_effect_never_comes_again_even_where_it_is_put_again(
    journal: Journal,
) -> None:
    await put(journal, once("e1"))
    await settle(journal, await claim_one(journal), Settle.DONE)
    await put(journal, once("e1"))
    assert await journal.next_due() is None
    assert await claim(journal, after(1e6)) == []


async def test_the_first_put_of_a_once_effect_is_kept(journal: Journal) -> None:
    await put(journal, once("e1", due=after(5)))
    await put(journal, once("e1", due=NOON, priority=0))
    assert await claim(journal) == []
    assert (await claim_one(journal, after(5))).item == once("e1", due=after(5))


async def test_later_comes_again_at_its_time_with_the_attempt_counted(journal: Journal) -> None:
    await put(journal, once("e1"))
    await settle(journal, await claim_one(journal), Settle.LATER, due=after(7))
    assert await journal.next_due() == after(7)
    assert await claim(journal, after(6.9)) == []
    again = await claim_one(journal, after(7))
    assert (again.attempts, again.fence, again.interrupted) == (2, 2, False)
    assert again.item.due == after(7)


async def test_a_parked_effect_does_not_come_again_and_is_counted(journal: Journal) -> None:
    await put(journal, once("e1"))
    await settle(journal, await claim_one(journal), Settle.PARKED)
    assert await claim(journal, after(1e6)) == []
    assert (await journal.backlog())[0].parked == 1


async def test_held_proves_the_fence_and_keeps_the_claim(journal: Journal) -> None:
    await put(journal, once("e1"))
    mine = await claim_one(journal)
    started = replace(events(b"started")[0], settlement=Settlement(claim=mine, how=Settle.HELD))
    assert await commit(journal, started) == Committed()
    assert await claim(journal, owner="w2") == []
    assert await settle(journal, mine, Settle.DONE) == Committed()


async def test_held_under_a_lost_fence_writes_no_event(journal: Journal) -> None:
    await put(journal, once("e1"))
    mine = await claim_one(journal)
    await claim(journal, after(30), owner="w2")
    started = replace(events(b"started")[0], settlement=Settlement(claim=mine, how=Settle.HELD))
    assert await commit(journal, started) == FenceLost()
    assert (await journal.load(STREAM)).records == ()


async def test_a_settlement_of_an_effect_that_never_was_is_lost(journal: Journal) -> None:
    await put(journal, once("e1"))
    mine = await claim_one(journal)
    unknown = replace(mine, item=once("never put"))
    assert await settle(journal, unknown, Settle.DONE) == FenceLost()


async def test_a_result_puts_the_next_effects_and_settles_in_one_commit(journal: Journal) -> None:
    await put(journal, once("first", lane="room"))
    mine = await claim_one(journal)
    result = replace(
        events(b"finished")[0],
        effects=(once("second", lane="room"),),
        settlement=Settlement(claim=mine, how=Settle.DONE),
    )
    assert await commit(journal, result) == Committed()
    assert await keys_due(journal) == ["second"]
