"""Turns: a hundred who come at once leave the loop to others in between."""

import asyncio

from bot.adapters.http.turns import Turns


async def took(turns: Turns, name: str, order: list[str]) -> None:
    await turns.turn()
    order.append(name)


async def test_two_come_in_each_pass_and_others_between() -> None:
    turns, order = Turns(2), list[str]()
    alerts = [asyncio.create_task(took(turns, f"alert {n}", order)) for n in range(4)]
    await asyncio.sleep(0)
    assert order == ["alert 0", "alert 1"]
    await asyncio.sleep(0)  # the next pass lets two more on, who come in the one after it
    click = asyncio.create_task(took(Turns(1), "click", order))
    await asyncio.wait([*alerts, click])
    assert order == ["alert 0", "alert 1", "alert 2", "alert 3", "click"]


async def test_whoever_comes_alone_does_not_wait() -> None:
    turns, order = Turns(1), list[str]()
    for name in ("first", "second"):
        await took(turns, name, order)
        await asyncio.sleep(0)
    assert order == ["first", "second"]


async def test_whoever_gives_up_takes_nobodys_turn() -> None:
    turns, order = Turns(1), list[str]()
    tasks = [asyncio.create_task(took(turns, f"{n}", order)) for n in range(4)]
    await asyncio.sleep(0)
    for gone in tasks[1:3]:
        gone.cancel()
    await asyncio.wait(tasks)
    assert order == ["0", "3"]
