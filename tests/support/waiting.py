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


async def until(look: Callable[[], Awaitable[T]], seconds: float = 20) -> T:
    """Look again and again until there is something to see; returns it."""
    return await eventually(look, bool, seconds)
