"""Claims: who owns an effect, until when, and what a lease that ran out means."""

from datetime import timedelta

from bot.ports import Claim, Commit, Committed, FenceLost, Journal, Settle, Settlement
from bot.records.outbox import EffectKind
from tests.contract.journal.values import (
    LEASE,
    NOON,
    after,
    claim,
    claim_one,
    commit,
    keys_due,
    latest,
    once,
    put,
    settle,
    timer,
)


async def test_a_due_effect_is_claimed_with_a_fence_and_a_lease(journal: Journal) -> None:
    await put(journal, once("e1"))
    assert await claim(journal) == [
        Claim(
            item=once("e1"),
            owner="w1",
            fence=1,
            lease_until=NOON + LEASE,
            attempts=1,
            interrupted=False,
            revision=1,
            ref="",
        )
    ]


async def test_what_is_claimed_is_not_claimed_again(journal: Journal) -> None:
    await put(journal, once("e1"))
    await claim(journal)
    assert await claim(journal, after(29.999999), owner="w2") == []


async def test_what_is_not_due_yet_is_left_alone(journal: Journal) -> None:
    await put(journal, once("later", due=after(0.000001)), once("now"))
    assert await keys_due(journal) == ["now"]


async def test_only_the_asked_kinds_are_claimed(journal: Journal) -> None:
    await put(journal, once("a"), latest("b"), timer("c"))
    kinds = [EffectKind.LATEST, EffectKind.TIMER]
    claims = await journal.claim("w1", NOON, LEASE, kinds, 10)
    assert [each.item.key for each in claims] == ["b", "c"]


async def test_no_kinds_claim_nothing(journal: Journal) -> None:
    await put(journal, once("a"))
    assert await journal.claim("w1", NOON, LEASE, [], 10) == []


async def test_the_most_urgent_come_first_then_the_longest_due_then_the_first_put(
    journal: Journal,
) -> None:
    await put(
        journal,
        once("put second", due=after(-1)),
        once("long due", due=after(-9)),
        once("urgent", priority=0),
        once("put last", due=after(-1)),
    )
    assert await keys_due(journal) == ["urgent", "long due", "put second", "put last"]


async def test_a_limit_leaves_the_rest_for_the_next_claim(journal: Journal) -> None:
    await put(journal, once("a"), once("b", priority=0), once("c"))
    assert [each.item.key for each in await claim(journal, limit=2)] == ["b", "a"]
    assert await keys_due(journal) == ["c"]


async def test_a_lease_that_ran_out_is_claimed_again_as_interrupted(journal: Journal) -> None:
    await put(journal, once("e1"))
    await claim(journal)
    again = await claim_one(journal, NOON + LEASE, owner="w2")
    assert (again.owner, again.fence, again.interrupted, again.attempts) == ("w2", 2, True, 2)
    assert again.lease_until == NOON + 2 * LEASE


async def test_an_interruption_is_not_forgotten_by_a_later_retry(journal: Journal) -> None:
    await put(journal, once("e1"))
    await claim(journal)
    again = await claim_one(journal, NOON + LEASE)
    await settle(journal, again, Settle.LATER, due=after(60))
    assert (await claim_one(journal, after(60))).interrupted


async def test_the_old_owner_cannot_settle_after_its_lease_was_taken_over(
    journal: Journal,
) -> None:
    await put(journal, once("e1"))
    mine = await claim_one(journal, owner="w1")
    theirs = await claim_one(journal, NOON + LEASE, owner="w2")
    late = Commit(effects=(once("e2"),), settlement=Settlement(claim=mine, how=Settle.DONE))
    assert await commit(journal, late) == FenceLost()
    assert await settle(journal, theirs, Settle.DONE) == Committed()
    assert await journal.next_due() is None


async def test_a_lease_that_ran_out_but_was_not_taken_over_still_settles(
    journal: Journal,
) -> None:
    await put(journal, once("e1"))
    mine = await claim_one(journal)
    assert await settle(journal, mine, Settle.DONE) == Committed()


async def test_a_settled_claim_cannot_be_settled_again(journal: Journal) -> None:
    await put(journal, once("e1"))
    mine = await claim_one(journal)
    assert await settle(journal, mine, Settle.DONE) == Committed()
    assert await settle(journal, mine, Settle.DONE) == FenceLost()


async def test_an_extended_lease_keeps_others_out(journal: Journal) -> None:
    await put(journal, once("e1"))
    mine = await claim_one(journal)
    (longer,) = await journal.extend([mine], NOON + 3 * LEASE)
    assert longer.lease_until == NOON + 3 * LEASE
    assert await claim(journal, NOON + 2 * LEASE, owner="w2") == []
    assert await settle(journal, longer, Settle.DONE) == Committed()


async def test_a_lost_claim_is_not_extended(journal: Journal) -> None:
    await put(journal, once("lost"), once("kept"))
    lost, kept = await claim(journal)
    (_,) = await journal.extend([kept], NOON + 9 * LEASE)
    await claim(journal, NOON + LEASE, owner="w2")
    extended = await journal.extend([lost, kept], NOON + 10 * LEASE)
    assert [each.item.key for each in extended] == ["kept"]


async def test_next_due_is_the_earliest_due_time_or_end_of_a_lease(journal: Journal) -> None:
    assert await journal.next_due() is None
    await put(journal, once("claimed"), once("later", due=after(45)), timer("last", due=after(90)))
    assert await journal.next_due() == NOON
    mine = await claim_one(journal)
    assert await journal.next_due() == NOON + LEASE
    await journal.extend([mine], NOON + timedelta(seconds=60))
    assert await journal.next_due() == after(45)


async def test_a_lease_from_before_the_clock_was_set_back_has_run_out(journal: Journal) -> None:
    await put(journal, once("e1"))
    await claim_one(journal, owner="one")
    earlier = NOON - timedelta(hours=1)
    await put(journal, once("e2", due=NOON + timedelta(days=1)))
    again = await claim_one(journal, earlier, owner="two")
    assert (again.item.key, again.owner, again.interrupted) == ("e1", "two", True)
    assert await claim(journal, earlier, owner="three") == []
