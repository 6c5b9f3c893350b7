"""A card that would look as it does already is not sent; where that is not certain, it is."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from datetime import timedelta

from bot.adapters.memory.chat import MemoryChat
from bot.domain.effects import Place, Show, Target
from bot.errors import OutcomeUnknown
from bot.ports import Commit
from bot.records.stored import write_effect
from bot.usecases.delivery import LEASE
from bot.values import MessageRef, StreamRef
from cards.model import Card
from tests.support.waiting import until
from tests.support.world import World, text_of

SHOW = Show(card="incident", target=Target(platform="console", place=Place.ROOM))


class Edited(MemoryChat):
    """A chat that writes down each edit; `gate`, where set, holds one up on its way."""

    def __init__(self, world: World) -> None:
        super().__init__(people=frozenset(world.current.policy.people), platform="console")
        self.edits: list[str] = []
        self.gate: asyncio.Event | None = None
        self.loses_answers = False

    async def update(self, ref: MessageRef, card: Card) -> None:
        gate, self.gate = self.gate, None
        if gate is not None:
            await gate.wait()
        await super().update(ref, card)
        self.edits.append(card.kind)
        if self.loses_answers:
            self.loses_answers = False
            raise OutcomeUnknown("the link was lost")


@asynccontextmanager
async def declared() -> AsyncIterator[tuple[World, Edited]]:
    """Give a world on such a chat, with an incident whose card is shown; nothing is edited."""
    world = World()
    chat = world.chat = Edited(world)
    async with world:
        await world.say("commander", "/incident declare sev3 checkout is down")
        await world.settled()
        chat.edits.clear()
        yield world, chat


async def wanted(world: World) -> None:
    """Want the incident's card shown, as whoever moves something beside it does."""
    stream = StreamRef(kind="incident", id=(await world.incident()).id)
    show = write_effect(stream, SHOW, world.clock.now())
    await world.journal.commit([Commit(effects=(show,))])
    await world.settled()


async def on_card(world: World) -> str:
    room = (await world.room()).id
    (card,) = [c for c in world.chat.cards[room].values() if c.kind == "incident"]
    return text_of(card)


async def test_a_card_that_looks_the_same_is_not_edited_however_old_it_is() -> None:
    async with declared() as (world, chat):
        await world.move(timedelta(minutes=20))
        await wanted(world)
        assert chat.edits == []
        await world.say("commander", "/incident severity sev2", at=await world.room())
        await world.settled()
        assert chat.edits == ["incident"]


async def test_when_it_began_is_no_mere_age() -> None:
    async with declared() as (world, chat):
        await world.say("commander", "/incident started 30m ago", at=await world.room())
        await world.settled()
        assert chat.edits == ["incident"]


async def test_after_an_edit_whose_answer_was_lost_the_card_is_edited_again() -> None:
    async with declared() as (world, chat):
        room = await world.room()
        chat.loses_answers = True
        await world.say("commander", "/incident title it is slow", at=room)
        await until(lambda: lost(chat))
        await world.say("commander", "/incident title checkout is down", at=room)
        await world.move(timedelta(seconds=5))
        assert chat.edits == ["incident", "incident"]
        assert "checkout is down" in await on_card(world)


async def lost(chat: Edited) -> bool:
    return not chat.loses_answers


async def test_a_card_that_two_workers_were_at_is_always_edited() -> None:
    async with declared() as (world, chat):
        chat.gate = asyncio.Event()
        await world.say("commander", "/incident title it is slow", at=await world.room())
        await until(lambda: waits(chat))
        await world.halt()
        await world.crash()
        await world.move(LEASE + timedelta(seconds=1))
        assert "it is slow" in await on_card(world)
        chat.edits.clear()
        await wanted(world)
        await wanted(world)
        assert chat.edits == ["incident", "incident"]


async def waits(chat: Edited) -> bool:
    return chat.gate is None
