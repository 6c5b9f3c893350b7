"""Waiting for something that another process does, without guessing how long it takes."""

import asyncio
from collections.abc import Awaitable, Callable
from typing import TypeVar

T = TypeVar("T")


async def eventually(
    look: Callable[[], Awaitable[T]], wanted: Callable[[T], bool], seconds: float = 20
) -> T:
    """Look again and again until it is as wanted; returns what was seen."""
    async with asyncio.timeout(seconds):
        while not wanted(seen := await look()):  # noqa: ASYNC110 - no event of ours
            await asyncio.sleep(0.02)
        return seen


async def until(look: Callable[[], Awaitable[T | None]], seconds: float = 20) -> T:
    """Look again and again until there is something to see (and not "" or False); returns it."""
    seen = await eventually(look, bool, seconds)
    assert seen is not None
    return seen
