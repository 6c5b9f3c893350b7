"""A click that comes a hundred times, and a hundred clicks, make one decision."""

import asyncio
from collections import Counter

from bot.domain.events import CardKind
from tests.support.fleet import MemoryHosts
from tests.support.runs import Service, asked, newest, started, world
from tests.support.world import World

TIMES = 100
RAN = [("web-1", ("sudo", "systemctl", "restart", "checkout"))]


async def waiting(on: World) -> str:
    """Let a run ask for its yes; returns the card."""
    await started(on, "/runbook run restart host=web-1")
    return str((await asked(on, CardKind.CHANGE)).card.card)


async def decisions(on: World) -> int:
    return (await on.events(await on.incident())).count("CardDecided")


def ran(hosts: MemoryHosts) -> list[tuple[str, tuple[str, ...]]]:
    return [(change.host, change.argv) for change in hosts.changes]


async def test_one_click_that_comes_a_hundred_times_at_once_is_one_decision() -> None:
    hosts = MemoryHosts(Service())
    async with world(hosts) as on:
        card = await waiting(on)
        same = [on.press("bob", card, "approve", ident="click-1") for _ in range(TIMES)]
        replies = await asyncio.gather(*same)
        await on.settled()
        assert {reply.text for reply in replies} == {"Recorded: Approve."}
        assert await decisions(on) == 1
        assert ran(hosts) == RAN


async def test_one_click_that_comes_again_and_again_gets_its_first_answer() -> None:
    hosts = MemoryHosts(Service())
    async with world(hosts) as on:
        card = await waiting(on)
        first = await on.press("bob", card, "approve", ident="click-1")
        await on.settled()
        for _ in range(TIMES):
            again = await on.press("bob", card, "approve", ident="click-1")
            assert again.text == first.text
        await on.settled()
        assert await decisions(on) == 1
        assert ran(hosts) == RAN


async def test_a_hundred_clicks_of_one_person_are_one_vote() -> None:
    hosts = MemoryHosts(Service())
    async with world(hosts) as on:
        card = await waiting(on)
        clicks = [on.press("bob", card, "approve", ident=f"click-{n}") for n in range(TIMES)]
        await asyncio.gather(*clicks)
        await on.settled()
        events = Counter(await on.events(await on.incident()))
        assert (events["VoteCast"], events["CardDecided"]) == (1, 1)
        assert ran(hosts) == RAN


async def test_a_click_that_was_overheard_is_good_for_no_later_card() -> None:
    hosts = MemoryHosts(Service())
    async with world(hosts) as on:
        first = await waiting(on)
        await on.press("bob", first, "approve", ident="click-1")
        await on.settled()
        room = await on.room()
        await on.say("ann", "/runbook run restart host=web-2", at=room)
        await on.settled()
        await on.press("bob", first, "approve", ident="click-2")
        await on.press("bob", first, "approve", ident="click-1")
        await on.settled()
        assert (await newest(on)).state != "running"
        assert ran(hosts) == RAN
        assert await decisions(on) == 1
