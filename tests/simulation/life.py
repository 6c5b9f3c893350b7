"""One life of the application: everything between its ports, as `bot.app` puts it together."""

import asyncio
from collections.abc import Sequence
from dataclasses import dataclass, field

from bot.adapters.memory.chat import MemoryChat
from bot.adapters.memory.journal import MemoryJournal
from bot.domain.effects import Effect
from bot.domain.events import Envelope
from bot.ports import Claim, Clock, StandingAnswer, StandingKind
from bot.records.chain import Record
from bot.redaction import Redactor
from bot.requests import Reply
from bot.usecases.archive import Archive
from bot.usecases.carriers import Inside, Outside, delivery_over
from bot.usecases.commands import Core
from bot.usecases.current import Current
from bot.usecases.delivering.carrier import Carrier
from bot.usecases.desks import desks_over
from bot.usecases.identity import Identity
from bot.usecases.ingest import Ingest
from bot.usecases.links import Linking
from bot.usecases.reading import Reading
from bot.usecases.rendering import Rendering
from handlers.router import Router
from tests.simulation.book import Book
from tests.simulation.chat import Pagers, SimulatedChat, SimulatedPager
from tests.simulation.executor import SimulatedExecutor
from tests.simulation.hosts import Hosts
from tests.simulation.journal import SimulatedJournal
from tests.simulation.outside import CARRIED, Calls, Thread
from tests.simulation.team import TEXTS
from tests.simulation.virtual_time import SeededIds, VirtualClock
from tests.support.world import DrillBook, NoProbe

KEY = b"a key for the chain"


class Remembering(Archive):
    """Decodes each record once for all lives and the check: what it says can never change here."""

    def __init__(self, *, journal: MemoryJournal, opened: dict[bytes, Envelope]) -> None:
        super().__init__(journal=journal, key=KEY)
        self._decoded = opened

    async def events(self, records: Sequence[Record]) -> Sequence[Envelope]:
        for record in records:
            if record.mac not in self._decoded:
                (self._decoded[record.mac],) = await super().events((record,))
        return [self._decoded[record.mac] for record in records]


@dataclass(frozen=True, slots=True, kw_only=True)
class Ground:
    """What outlives every life: the stores, the hosts, the chat, time and chance."""

    clock: VirtualClock
    ids: SeededIds
    journal: MemoryJournal
    chat: MemoryChat
    pagers: Pagers
    hosts: Hosts
    current: Current
    book: Book
    opened: dict[bytes, Envelope] = field(default_factory=dict)
    """Every event that was read so far, by the MAC of its record."""


class Active:
    """`People` of a platform where every account is an active one."""

    def __init__(self, clock: Clock) -> None:
        self._clock = clock

    async def standing(self, platform: str, account: str) -> StandingAnswer:
        del platform, account
        return StandingAnswer(kind=StandingKind.ACTIVE, checked_at=self._clock.now())


class Carried:
    """A carrier whose calls to the outside can be told to belong to its effect."""

    def __init__(self, carrier: Carrier) -> None:
        self._carrier = carrier

    async def carry(self, claim: Claim, effect: Effect) -> None:
        CARRIED.set(claim.item.key)
        await self._carrier.carry(claim, effect)


class Life:
    """One process. `run` ends when it is stopped; it is killed by cancelling that."""

    def __init__(self, ground: Ground, calls: Calls) -> None:
        self.thread: Thread = calls.thread
        self.ground = ground
        self.journal = SimulatedJournal(
            journal=ground.journal, calls=calls, clock=ground.clock, book=ground.book
        )
        chat = SimulatedChat(ground.chat, calls)
        pagers = {
            name: SimulatedPager(name, ground.pagers, calls) for name in (chat.name, "webhook")
        }
        self._outside = Outside(
            chats={chat.name: chat},
            pagers=pagers,
            executor=SimulatedExecutor(ground.hosts, calls),
            probe=NoProbe(),
            ground=DrillBook(),
        )
        self.ready = asyncio.Event()
        self.root: asyncio.Task[None] | None = None
        self.requests: set[asyncio.Future[Reply] | asyncio.Future[None]] = set()
        self.retired = False
        """Whether a successor has taken over: this one is paused, or told to stop."""

    async def run(self) -> None:
        """Serve until stopped."""
        try:
            async with asyncio.TaskGroup() as tasks:
                self._put_together(tasks)
                self.ready.set()
                await self.delivery.run()
        finally:
            self.journal.leave()

    @property
    def working(self) -> bool:
        """Whether it is in the middle of something."""
        return bool(self.requests) or not self.ready.is_set() or bool(self.delivery._held)

    def kill(self) -> None:
        """End at once: no call of this life reaches the outside any more."""
        self.thread.end()
        if self.root is not None:
            self.root.cancel()
        for request in self.requests:
            request.cancel()

    def _put_together(self, tasks: asyncio.TaskGroup) -> None:
        ground = self.ground
        archive = Remembering(journal=self.journal, opened=ground.opened)
        desks = desks_over(
            journal=self.journal,
            clock=ground.clock,
            ids=ground.ids,
            current=ground.current,
            archive=archive,
            tasks=tasks,
        )
        inside = Inside(
            journal=self.journal,
            incidents=desks.incidents,
            system=desks.system,
            archive=archive,
            rendering=Rendering(
                journal=self.journal, clock=ground.clock, current=ground.current, texts=TEXTS
            ),
            identity=Identity(
                current=ground.current, seats=desks.seats, people=Active(ground.clock)
            ),
            current=ground.current,
            clock=ground.clock,
            ids=ground.ids,
        )
        self.router = Router(core=_core(inside, desks.links))
        self.ingest = Ingest(journal=self.journal, clock=ground.clock, current=ground.current)
        self.delivery = delivery_over(inside, self._outside, around=Carried)


def _core(inside: Inside, links: Linking) -> Core:
    reading = Reading(
        journal=inside.journal,
        desk=inside.incidents,
        identity=inside.identity,
        rendering=inside.rendering,
        current=inside.current,
    )
    return Core(
        journal=inside.journal,
        incidents=inside.incidents,
        system=inside.system,
        reading=reading,
        rendering=inside.rendering,
        identity=inside.identity,
        links=links,
        current=inside.current,
        redactor=Redactor(()),
        clock=inside.clock,
        ids=inside.ids,
    )
