"""When the bot says that it is ready: delivery keeps up, and has had the time to."""

from datetime import timedelta

from bot.adapters.health import STUCK_AFTER, JournalHealth
from bot.adapters.memory.journal import MemoryJournal
from tests.contract.journal.values import NOON, once, put
from tests.support.clock import CountedIds, MovedClock

STUCK = ["delivery of once effects is stuck"]
A_MOMENT = timedelta(seconds=1)


async def test_an_effect_that_is_long_overdue_says_that_delivery_is_stuck() -> None:
    journal, clock = MemoryJournal(ids=CountedIds()), MovedClock(NOON)
    health = JournalHealth(journal=journal, clock=clock, starting=tuple)
    await put(journal, once("e1"))
    clock.move(STUCK_AFTER)
    assert await health.ready() == []
    clock.move(A_MOMENT)
    assert await health.ready() == STUCK


async def test_what_fell_due_while_it_was_down_is_given_the_same_time() -> None:
    journal = MemoryJournal(ids=CountedIds())
    await put(journal, once("e1"))
    clock = MovedClock(NOON + timedelta(hours=8))
    health = JournalHealth(journal=journal, clock=clock, starting=tuple)
    assert await health.ready() == []
    clock.move(STUCK_AFTER + A_MOMENT)
    assert await health.ready() == STUCK


async def test_what_is_starting_or_draining_is_named() -> None:
    journal, clock = MemoryJournal(ids=CountedIds()), MovedClock(NOON)
    health = JournalHealth(journal=journal, clock=clock, starting=lambda: ["draining"])
    assert await health.ready() == ["draining"]
