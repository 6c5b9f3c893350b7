"""A worker sleeps over its lease with an old card in its hand, and wakes: the newest is shown."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import AsyncExitStack, asynccontextmanager
from dataclasses import dataclass, field
from datetime import timedelta

from bot.adapters.files import read_texts
from bot.adapters.memory.chat import MemoryChat
from bot.adapters.memory.journal import MemoryJournal
from bot.domain.state import Incident
from bot.usecases.delivery import LEASE
from bot.usecases.rendering import Rendering
from bot.values import MessageRef, PersonId
from cards import plain
from cards.model import Card
from cards.texts import Texts
from tests.support.clock import CountedIds
from tests.support.world import World

A_MOMENT = timedelta(seconds=1)
SEATS = frozenset({PersonId("commander"), PersonId("approver")})


@dataclass
class Gate:
    """Holds the first who comes once it is closed, and nobody after them."""

    closed: bool = False
    reached: asyncio.Event = field(default_factory=asyncio.Event)
    open: asyncio.Event = field(default_factory=asyncio.Event)

    async def pass_by(self) -> None:
        if self.closed:
            self.closed = False
            self.reached.set()
            await self.open.wait()


class Held(MemoryChat):
    """A chat that may hold one worker in an edit; `shown` are the titles of its edits."""

    def __init__(self) -> None:
        super().__init__(people=SEATS, platform="console")
        self.gate = Gate()
        self.shown: list[str] = []

    async def update(self, message: MessageRef, card: Card) -> None:
        await self.gate.pass_by()
        self.shown.append(title_of(card))
        await super().update(message, card)


class Drawing(Rendering):
    """A rendering that may hold one worker with a finished card in its hand."""

    def __init__(self, on: World) -> None:
        super().__init__(
            journal=on.journal, clock=on.clock, current=on.current, texts=Texts(read_texts(None))
        )
        self.gate = Gate()

    async def card(self, incident: Incident, key: str) -> Card | None:
        drawn = await super().card(incident, key)
        await self.gate.pass_by()
        return drawn


def title_of(card: Card) -> str:
    """Return the last word of a card's first line: the incident's title."""
    return plain.render(card).splitlines()[0].split()[-1]


@dataclass(frozen=True, kw_only=True)
class Two:
    """Two processes on one journal; the first one's time stands still while it sleeps."""

    first: World
    second: World
    chat: Held
    drawing: Drawing
    """The first one's."""

    async def titled(self, title: str, by: World) -> None:
        number = (await by.incident()).number
        await by.say("commander", f"/incident title {title} in={number}")

    async def taken_over(self) -> None:
        """Let the second worker take what the first one held, and show something newer."""
        await self.second.crash()
        await self.titled("newest", self.second)
        await self.second.move(LEASE)

    async def woken(self, gate: Gate) -> None:
        """Let the first worker go on: as long has passed for it, and its leases are not its own."""
        self.first.clock.move(LEASE)
        gate.open.set()
        await self.first.settled()
        for world in (self.first, self.second):
            await world.move(A_MOMENT)


@asynccontextmanager
async def two() -> AsyncIterator[Two]:
    """Declare an incident, shown by the first worker; the second one does nothing yet."""
    ids = CountedIds()
    journal, chat = MemoryJournal(ids=ids), Held()
    async with AsyncExitStack() as stack:
        worlds = [World(journal=journal, ids=ids, requests=name) for name in ("first", "second")]
        drawings = [Drawing(world) for world in worlds]
        for world, drawing in zip(worlds, drawings, strict=True):
            world.chat, world.rendering = chat, drawing
            await stack.enter_async_context(world)
        first, second = worlds
        await second.halt()
        await first.say("commander", "/incident declare sev3 first")
        await first.settled()
        yield Two(first=first, second=second, chat=chat, drawing=drawings[0])


async def test_a_worker_that_slept_before_its_edit_leaves_the_newer_card_alone() -> None:
    async with two() as on:
        gate = on.drawing.gate
        gate.closed = True
        await on.titled("old", on.first)
        await gate.reached.wait()
        await on.taken_over()
        await on.woken(gate)
        assert on.chat.shown == ["newest"]


async def test_an_edit_that_was_on_its_way_is_put_right() -> None:
    async with two() as on:
        gate = on.chat.gate
        gate.closed = True
        await on.titled("old", on.first)
        await gate.reached.wait()
        await on.taken_over()
        await on.woken(gate)
        assert on.chat.shown == ["newest", "old", "newest"]
