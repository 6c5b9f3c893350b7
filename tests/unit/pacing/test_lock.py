"""A lock in front of a platform must not put an approval behind chatter."""

import asyncio
from contextlib import suppress

from bot.adapters.pacing.lock import UrgentLock
from bot.usecases.urgency import Urgency, carried_with


async def entered(lock: UrgentLock, who: str, urgency: Urgency, order: list[str]) -> None:
    with carried_with(urgency):
        async with lock:
            order.append(who)
            await asyncio.sleep(0)


async def test_the_most_urgent_gets_it_next_and_equals_in_their_order() -> None:
    lock, order = UrgentLock(), list[str]()
    async with asyncio.TaskGroup() as tasks:
        for who, urgency in (
            ("chatter 1", Urgency.CHATTER),
            ("chatter 2", Urgency.CHATTER),
            ("update", Urgency.UPDATE),
            ("approval", Urgency.APPROVAL),
            ("chatter 3", Urgency.CHATTER),
        ):
            tasks.create_task(entered(lock, who, urgency, order))
    assert order == ["chatter 1", "approval", "update", "chatter 2", "chatter 3"]


async def test_whoever_gives_up_waiting_takes_it_from_nobody() -> None:
    lock, order = UrgentLock(), list[str]()
    async with lock:
        tasks = [
            asyncio.create_task(entered(lock, who, Urgency.CHATTER, order)) for who in ("a", "b")
        ]
        await asyncio.sleep(0)
        tasks[0].cancel()
    await asyncio.wait(tasks)
    assert order == ["b"]
    async with lock:
        order.append("free again")
    assert order == ["b", "free again"]


async def test_whoever_is_given_it_and_cancelled_at_once_hands_it_on() -> None:
    lock, order = UrgentLock(), list[str]()
    await lock.__aenter__()
    tasks = [asyncio.create_task(entered(lock, who, Urgency.CHATTER, order)) for who in ("a", "b")]
    await asyncio.sleep(0)
    await lock.__aexit__(None, None, None)
    tasks[0].cancel()
    await asyncio.wait(tasks)
    assert order == ["b"]


async def test_an_error_inside_frees_it() -> None:
    lock, order = UrgentLock(), list[str]()
    with suppress(ValueError):
        async with lock:
            int("no number")
    await entered(lock, "next", Urgency.UPDATE, order)
    assert order == ["next"]
