"""Time in a simulation: nothing is waited for, and timers ring in their order."""

import asyncio
from datetime import timedelta

import pytest

from tests.simulation.virtual_time import START, NothingLeftError, VirtualClock, VirtualLoop


def test_a_year_passes_at_once_and_timers_ring_in_their_order() -> None:
    loop = VirtualLoop()
    rang: list[str] = []

    async def ring(name: str, after: float) -> None:
        await asyncio.sleep(after)
        rang.append(name)

    async def both() -> None:
        await asyncio.gather(ring("year", 365 * 86_400), ring("hour", 3600))

    loop.run_until_complete(both())
    assert rang == ["hour", "year"]
    assert loop.time() == pytest.approx(365 * 86_400, abs=1e-3)
    loop.close()


def test_everybody_waiting_for_somebody_else_is_an_error_and_not_a_hang() -> None:
    loop = VirtualLoop()
    with pytest.raises(NothingLeftError):
        loop.run_until_complete(loop.create_future())
    loop.close()


def test_a_clock_that_is_set_moves_its_wall_time_and_not_its_monotonic_one() -> None:
    loop = VirtualLoop()
    clock = VirtualClock(loop)
    clock.jump(timedelta(hours=-1))
    loop.run_until_complete(asyncio.sleep(60))
    assert clock.now() == START - timedelta(hours=1) + timedelta(seconds=60)
    assert clock.monotonic() == 60.0
    loop.close()


def test_a_sleeper_notices_within_the_hour_that_the_clock_was_set_forward() -> None:
    loop = VirtualLoop()
    clock = VirtualClock(loop)

    async def sleep() -> float:
        loop.call_later(10, clock.jump, timedelta(days=1))
        await clock.sleep_until(START + timedelta(days=1))
        return clock.monotonic()

    assert loop.run_until_complete(sleep()) == 3600.0
    loop.close()


def test_a_clock_that_is_set_back_makes_nobody_wait_for_longer() -> None:
    loop = VirtualLoop()
    clock = VirtualClock(loop)

    async def sleep() -> float:
        loop.call_later(2, clock.jump, timedelta(hours=-1))
        await clock.sleep_until(START + timedelta(seconds=5))
        return clock.monotonic()

    assert loop.run_until_complete(sleep()) == 5.0
    loop.close()


def test_even_a_wait_for_nothing_takes_a_moment() -> None:
    loop = VirtualLoop()
    clock = VirtualClock(loop)
    loop.run_until_complete(clock.sleep_until(START))
    assert clock.monotonic() == 1e-5
    loop.close()
