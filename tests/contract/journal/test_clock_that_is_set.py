"""The clock is set: what waits for a moment waits as long as it would have."""

from datetime import timedelta

from bot.adapters.journal.limits import ONE_JUMP
from bot.ports import Journal
from tests.contract.journal.values import NOON, after, claim_one, keys_due, once, put, timer

HOUR = timedelta(hours=1)


async def test_what_waits_wakes_as_much_earlier_as_the_clock_was_set_back(journal: Journal) -> None:
    await put(journal, timer("t1", due=after(60)), once("e1", due=after(90)))
    await journal.move_due(-HOUR, NOON - HOUR)
    assert await journal.next_due() == after(60) - HOUR
    assert await keys_due(journal, after(59) - HOUR) == []
    assert await keys_due(journal, after(90) - HOUR) == ["t1", "e1"]


async def test_two_processes_that_notice_one_jump_move_once(journal: Journal) -> None:
    await put(journal, timer("t1", due=after(60)))
    await journal.move_due(-HOUR, NOON - HOUR)
    await journal.move_due(-HOUR - timedelta(seconds=1), after(4) - HOUR)
    assert await journal.next_due() == after(60) - HOUR


async def test_the_same_again_later_is_another_jump(journal: Journal) -> None:
    await put(journal, timer("t1", due=after(60)))
    await journal.move_due(-HOUR, NOON - HOUR)
    await journal.move_due(-HOUR, NOON - 2 * HOUR + ONE_JUMP)
    assert await journal.next_due() == after(60) - 2 * HOUR


async def test_what_would_have_waited_waits_on_where_the_clock_is_right_again(
    journal: Journal,
) -> None:
    await put(journal, timer("t1", due=after(5)), timer("t2"))
    await journal.move_due(HOUR, NOON + HOUR)
    assert await keys_due(journal, NOON + HOUR) == ["t2"]
    assert await keys_due(journal, after(5) + HOUR) == ["t1"]


async def test_the_lease_of_a_worker_is_not_moved(journal: Journal) -> None:
    await put(journal, once("e1"))
    held = await claim_one(journal)
    await journal.move_due(-timedelta(seconds=30), after(-30))
    assert await journal.next_due() == held.lease_until


async def test_a_journal_that_nobody_served_with_has_seen_no_moment(journal: Journal) -> None:
    assert await journal.last_seen() is None


async def test_the_moment_that_was_seen_last_is_kept_also_where_it_is_earlier(
    journal: Journal,
) -> None:
    await journal.seen(after(60))
    assert await journal.last_seen() == after(60)
    await journal.seen(NOON)
    assert await journal.last_seen() == NOON


async def test_what_waits_is_moved_and_the_moment_seen_in_one_commit(journal: Journal) -> None:
    await journal.seen(NOON)
    await put(journal, timer("t1", due=after(60)))
    await journal.move_due(-HOUR, after(10) - HOUR)
    assert await journal.last_seen() == after(10) - HOUR
