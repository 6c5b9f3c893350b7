"""A coarse limit on waiting: late is late, in time is in time, and cancelling stays cancelling."""

import asyncio

import pytest

from bot.adapters.http.patience import Patience


async def test_whoever_waits_too_long_gets_a_timeout() -> None:
    patience = Patience(0.01)
    with pytest.raises(TimeoutError), patience:
        await asyncio.Event().wait()
    task = asyncio.current_task()
    assert task is not None
    assert task.cancelling() == 0


async def test_whoever_is_in_time_hears_nothing_later() -> None:
    patience = Patience(0.01)
    with patience:
        pass
    task = asyncio.current_task()
    assert task is not None
    patience._seconds = -1
    patience._look()
    await asyncio.sleep(0)
    assert task.cancelling() == 0


async def test_work_that_ends_in_spite_of_the_cancellation_counts_as_done() -> None:
    patience = Patience(0.01)
    done = ""
    with patience:
        try:
            await asyncio.Event().wait()
        except asyncio.CancelledError:
            done = "it had happened"
    assert done == "it had happened"
    await asyncio.sleep(0)


async def test_somebody_elses_cancellation_is_passed_on() -> None:
    patience = Patience(60)

    async def wait() -> None:
        with patience:
            await asyncio.Event().wait()

    task = asyncio.create_task(wait())
    await asyncio.sleep(0)
    task.cancel()
    with pytest.raises(asyncio.CancelledError):
        await task


async def test_many_wait_at_once_and_each_is_judged_alone() -> None:
    patience = Patience(0.01)
    done, never = asyncio.Event(), asyncio.Event()
    done.set()

    async def wait(event: asyncio.Event) -> bool:
        try:
            with patience:
                await event.wait()
        except TimeoutError:
            return False
        return True

    waiters = (wait(event) for event in (done, never, done, never))
    assert await asyncio.gather(*waiters) == [True, False, True, False]
