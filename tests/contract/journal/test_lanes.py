"""Lanes: order within a conversation; only the oldest unsettled effect of a lane can be claimed."""

from bot.ports import Journal, Settle
from tests.contract.journal.values import (
    LEASE,
    NOON,
    after,
    claim,
    claim_one,
    keys_due,
    latest,
    once,
    put,
    settle,
)


async def test_of_each_lane_only_the_head_is_claimed(journal: Journal) -> None:
    await put(
        journal,
        once("a1", lane="a"),
        once("b1", lane="b"),
        once("a2", lane="a"),
        once("free1"),
        once("free2"),
    )
    assert await keys_due(journal) == ["a1", "b1", "free1", "free2"]
    assert await claim(journal) == []


async def test_the_next_of_a_lane_follows_once_its_head_is_done(journal: Journal) -> None:
    await put(journal, once("a1", lane="a"), once("a2", lane="a"))
    await settle(journal, await claim_one(journal), Settle.DONE)
    assert await keys_due(journal) == ["a2"]


async def test_a_lane_waits_for_its_head_that_is_tried_later(journal: Journal) -> None:
    await put(journal, once("a1", lane="a"), once("a2", lane="a"))
    await settle(journal, await claim_one(journal), Settle.LATER, due=after(10))
    assert await claim(journal) == []
    assert await journal.next_due() == after(10)
    assert await keys_due(journal, after(10)) == ["a1"]


async def test_a_lane_moves_on_past_a_parked_head(journal: Journal) -> None:
    await put(journal, once("a1", lane="a"), once("a2", lane="a"))
    await settle(journal, await claim_one(journal), Settle.PARKED)
    assert await keys_due(journal) == ["a2"]


async def test_more_urgent_items_do_not_overtake_in_their_lane(journal: Journal) -> None:
    await put(journal, once("a1", lane="a", due=after(5)), once("a2", lane="a", priority=0))
    assert await claim(journal) == []
    assert await journal.next_due() == after(5)


async def test_a_lane_waits_for_a_head_whose_lease_ran_out(journal: Journal) -> None:
    await put(journal, once("a1", lane="a"), once("a2", lane="a"))
    await claim(journal)
    assert await keys_due(journal, NOON + LEASE) == ["a1"]


async def test_an_edit_that_opens_again_joins_the_end_of_its_lane(journal: Journal) -> None:
    await put(journal, latest("edit", lane="a"))
    await settle(journal, await claim_one(journal), Settle.DONE)
    await put(journal, once("post", lane="a"))
    await put(journal, latest("edit", lane="a"))
    assert await keys_due(journal) == ["post"]
