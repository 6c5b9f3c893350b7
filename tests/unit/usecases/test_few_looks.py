"""Delivery looks for work when there may be some, and has one alarm."""

import asyncio
from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager
from datetime import datetime, timedelta

from bot.adapters.memory.journal import MemoryJournal
from bot.ports import Claim
from bot.records.outbox import EffectKind
from bot.values import ConversationRef
from tests.support.clock import CountedIds
from tests.support.world import World


class Looks(MemoryJournal):
    """A journal that writes down how many effects each look found."""

    def __init__(self) -> None:
        super().__init__(ids=CountedIds())
        self.found: list[int] = []

    async def claim(
        self, owner: str, now: datetime, lease: timedelta, kinds: Sequence[EffectKind], limit: int
    ) -> Sequence[Claim]:
        claims = await super().claim(owner, now, lease, kinds, limit)
        self.found.append(len(claims))
        return claims


@asynccontextmanager
async def at_rest(journal: Looks) -> AsyncIterator[tuple[World, ConversationRef]]:
    """Give a world with an incident and its room, where nothing is left to be delivered."""
    async with World(journal=journal) as world:
        await world.say("commander", "/incident declare sev3 checkout is down")
        room = await world.room()
        await quiet(world)
        journal.found.clear()
        yield world, room


async def quiet(world: World) -> None:
    """Let everything be delivered, and delivery come to rest."""
    await world.settled()
    for _ in range(30):
        await asyncio.sleep(0)


async def test_what_was_claimed_is_not_looked_for_again_before_it_is_settled() -> None:
    journal = Looks()
    async with at_rest(journal) as (world, room):
        await world.say("commander", "/incident status identified", at=room)
        await quiet(world)
        # A message, the card and the topic; and one look for what their end has made way for.
        assert journal.found == [3, 0]


async def test_a_storm_leaves_one_alarm_behind() -> None:
    journal = Looks()
    async with at_rest(journal) as (world, room):
        for number in range(20):
            await world.say("commander", f"/incident note line {number}", at=room)
            await quiet(world)
        journal.found.clear()
        await world.move(timedelta(seconds=5))
        await quiet(world)
        assert journal.found == [0]
