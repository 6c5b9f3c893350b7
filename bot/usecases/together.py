"""Questions that do not need each other's answers, asked at once: a click waits for one round."""

import asyncio
from collections.abc import Awaitable
from typing import TypeVar

A = TypeVar("A")
B = TypeVar("B")


async def both(first: Awaitable[A], second: Awaitable[B]) -> tuple[A, B]:
    """Return both answers, once both are there; of two faults the first one's is raised.

    Only the second is a task of its own, so that a question that is answered at once costs none.
    """
    beside = asyncio.ensure_future(second)
    try:
        one = await first
    except asyncio.CancelledError:
        beside.cancel()
        raise
    except BaseException:
        await asyncio.gather(beside, return_exceptions=True)
        raise
    return one, await beside
