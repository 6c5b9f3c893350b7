"""What every clock and every source of ids promises, the machine's and the one that tests move."""

import asyncio
from datetime import UTC, datetime, timedelta

import pytest

from bot.adapters.clock import SystemClock, SystemIds
from bot.ports import Clock, Ids
from tests.support.clock import CountedIds, MovedClock


@pytest.fixture(params=[SystemClock, MovedClock])
def clock(request: pytest.FixtureRequest) -> Clock:
    made: Clock = request.param()
    return made


@pytest.fixture(params=[SystemIds, CountedIds])
def ids(request: pytest.FixtureRequest) -> Ids:
    made: Ids = request.param()
    return made


def test_time_is_aware_and_utc(clock: Clock) -> None:
    assert clock.now().tzinfo is UTC


def test_the_monotonic_clock_never_goes_back(clock: Clock) -> None:
    first = clock.monotonic()
    assert clock.monotonic() >= first


async def test_a_moment_that_has_passed_is_not_waited_for(clock: Clock) -> None:
    before = clock.now()
    await clock.sleep_until(before - timedelta(hours=1))
    assert clock.now() - before < timedelta(minutes=1)


class JumpingClock(SystemClock):
    """The machine's clock, set forward or back while somebody waits."""

    jumped = timedelta()

    def now(self) -> datetime:
        return super().now() + self.jumped


async def test_a_clock_that_is_set_back_meanwhile_makes_nobody_wait_for_longer() -> None:
    clock = JumpingClock()
    async with asyncio.timeout(20):
        waiting = asyncio.ensure_future(clock.sleep_until(clock.now() + timedelta(seconds=0.05)))
        await asyncio.sleep(0)
        clock.jumped = timedelta(days=-3652)
        await waiting


def test_ids_are_never_the_same(ids: Ids) -> None:
    assert len({ids.new() for _ in range(1000)} | {ids.secret() for _ in range(1000)}) == 2000


def test_the_machines_ids_are_26_lower_case_base_32_characters() -> None:
    made = SystemIds().new()
    assert len(made) == 26
    assert set(made) <= set("abcdefghijklmnopqrstuvwxyz234567")
