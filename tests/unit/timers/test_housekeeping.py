"""Housekeeping: chores at their intervals, and an end that is no failure of theirs."""

import asyncio
import logging
from datetime import timedelta

import pytest

from bot.adapters.timers import Housekeeping

HOUR = timedelta(hours=1)


async def test_a_chore_that_is_cancelled_by_a_stop_is_waited_for_and_no_error(
    caplog: pytest.LogCaptureFixture,
) -> None:
    begun, ended = asyncio.Event(), asyncio.Event()

    async def chore() -> None:
        begun.set()
        try:
            await asyncio.Event().wait()
        finally:
            await asyncio.sleep(0)
            ended.set()

    house = Housekeeping()
    house.at_once_and_every(HOUR, chore, "a long one")
    house.start()
    await begun.wait()
    with caplog.at_level(logging.WARNING):
        await house.stop()
        assert ended.is_set()
        await _loop_passes()
    assert caplog.records == []


async def test_a_stop_before_a_chore_has_begun_is_no_error(
    caplog: pytest.LogCaptureFixture,
) -> None:
    async def chore() -> None:
        raise AssertionError("it began after the stop")

    house = Housekeeping()
    house.at_once_and_every(HOUR, chore, "a late one")
    house.start()
    with caplog.at_level(logging.WARNING):
        await house.stop()
        await _loop_passes()
    assert caplog.records == []


async def test_a_chore_that_fails_is_told_by_its_name(
    caplog: pytest.LogCaptureFixture, monkeypatch: pytest.MonkeyPatch
) -> None:
    # import-linter, which another test of this process may have run, disables every other logger.
    monkeypatch.setattr(logging.getLogger("bot.adapters.timers"), "disabled", False)
    failed = asyncio.Event()

    async def chore() -> None:
        failed.set()
        raise OSError("the disk is gone")

    house = Housekeeping()
    house.at_once_and_every(HOUR, chore, "look at the disk")
    with caplog.at_level(logging.WARNING):
        house.start()
        await failed.wait()
        await _loop_passes()
        await house.stop()
    words = [record.getMessage() for record in caplog.records]
    assert "housekeeping look at the disk at once failed: the disk is gone" in words


async def _loop_passes() -> None:
    """Let the scheduler, which works by callbacks, come to its end."""
    for _ in range(5):
        await asyncio.sleep(0)
