"""One life of the application: everything between its ports, as `bot.app` puts it together."""

import asyncio
from dataclasses import dataclass

from bot.adapters.memory.chat import MemoryChat
from bot.adapters.memory.journal import MemoryJournal
from bot.domain import effects as fx
from bot.domain.effects import Effect
from bot.ports import Claim, Clock, StandingAnswer, StandingKind
from bot.redaction import Redactor
from bot.requests import Reply
from bot.usecases.archive import Archive
from bot.usecases.attaching import Attaching
from bot.usecases.commands import Core
from bot.usecases.current import Current
from bot.usecases.delivering.carrier import Carrier, IncidentDesk, Settler, SystemDesk
from bot.usecases.delivering.commands import Changes, Preflights, Reads
from bot.usecases.delivering.hints import Attaches, Drills, Timers, Wakes
from bot.usecases.delivering.pages import Pages
from bot.usecases.delivering.posts import Posts, Shows
from bot.usecases.delivering.referrals import Referrals
from bot.usecases.delivering.rooms import Rooms
from bot.usecases.delivery import Delivery
from bot.usecases.desk import NOTHING_ELSE, Desk, Extra, I, Result, S
from bot.usecases.identity import Identity
from bot.usecases.ingest import Ingest
from bot.usecases.links import Linking, LinkNoun
from bot.usecases.nouns import IncidentNoun, SystemNoun
from bot.usecases.numbers import DayNumbers
from bot.usecases.reading import Reading
from bot.usecases.rendering import Rendering
from bot.usecases.seats import SeatNoun, Seats
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


class Active:
    """`People` of a platform where every account is an active one."""

    def __init__(self, clock: Clock) -> None:
        self._clock = clock

    async def standing(self, platform: str, account: str) -> StandingAnswer:
        del platform, account
        return StandingAnswer(kind=StandingKind.ACTIVE, checked_at=self._clock.now())


class CountedDesk(Desk[S, I]):
    """A desk that counts the intents which it was given and has answered."""

    book: Book

    async def submit(self, ident: str, intent: I, extra: Extra = NOTHING_ELSE) -> Result:
        result = await super().submit(ident, intent, extra)
        self.book.intents += 1
        return result


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
        self.chat = SimulatedChat(ground.chat, calls)
        self.pagers = {
            name: SimulatedPager(name, ground.pagers, calls) for name in (self.chat.name, "webhook")
        }
        self.executor = SimulatedExecutor(ground.hosts, calls)
        self.archive = Archive(journal=self.journal, key=KEY)
        self.ready = asyncio.Event()
        self.root: asyncio.Task[None] | None = None
        self.requests: set[asyncio.Future[Reply] | asyncio.Future[None]] = set()
        self.retired = False
        """Whether a successor has taken over: this one is paused, or told to stop."""

    async def run(self) -> None:
        """Serve until stopped."""
        async with asyncio.TaskGroup() as tasks:
            self._put_together(tasks)
            self.ready.set()
            await self.delivery.run()

    @property
    def working(self) -> bool:
        """Whether it is in the middle of something."""
        return bool(self.requests) or not self.ready.is_set() or bool(self.delivery._held)

    def kill(self) -> None:
        """End at once: no call of this life reaches the outside any more."""
        self.thread.cut = True
        self.thread.let_go()
        if self.root is not None:
            self.root.cancel()
        for request in self.requests:
            request.cancel()

    def _put_together(self, tasks: asyncio.TaskGroup) -> None:
        ground = self.ground
        self.incidents: IncidentDesk = self._counted(
            CountedDesk(
                noun=IncidentNoun(),
                journal=self.journal,
                clock=ground.clock,
                ids=ground.ids,
                policy=lambda: ground.current.policy,
                archive=self.archive,
                tasks=tasks,
                numbers=DayNumbers(self.journal),
            )
        )
        self.system: SystemDesk = self._counted(
            CountedDesk(
                noun=SystemNoun(),
                journal=self.journal,
                clock=ground.clock,
                ids=ground.ids,
                policy=lambda: ground.current.policy,
                archive=self.archive,
                tasks=tasks,
            )
        )
        seating = Desk(
            noun=SeatNoun(),
            journal=self.journal,
            clock=ground.clock,
            ids=ground.ids,
            policy=lambda: ground.current.policy,
            archive=self.archive,
            tasks=tasks,
        )
        seats = Seats(desk=seating, journal=self.journal, clock=ground.clock, ids=ground.ids)
        linking = Desk(
            noun=LinkNoun(),
            journal=self.journal,
            clock=ground.clock,
            ids=ground.ids,
            policy=lambda: ground.current.policy,
            archive=self.archive,
            tasks=tasks,
        )
        self.links = Linking(desk=linking, journal=self.journal, clock=ground.clock, ids=ground.ids)
        self.identity = Identity(current=ground.current, seats=seats, people=Active(ground.clock))
        self.rendering = Rendering(
            journal=self.journal, clock=ground.clock, current=ground.current, texts=TEXTS
        )
        self.router = self._router()
        self.delivery = self._delivery()

    def _counted(self, desk: CountedDesk[S, I]) -> CountedDesk[S, I]:
        desk.book = self.ground.book
        return desk

    def _router(self) -> Router:
        ground = self.ground
        reading = Reading(
            journal=self.journal,
            desk=self.incidents,
            identity=self.identity,
            rendering=self.rendering,
            current=ground.current,
        )
        core = Core(
            journal=self.journal,
            incidents=self.incidents,
            system=self.system,
            reading=reading,
            rendering=self.rendering,
            identity=self.identity,
            links=self.links,
            current=ground.current,
            redactor=Redactor(()),
            clock=ground.clock,
            ids=ground.ids,
        )
        self.ingest = Ingest(journal=self.journal, clock=ground.clock, current=ground.current)
        return Router(core=core)

    def _delivery(self) -> Delivery:
        carriers: dict[type, Carrier] = {}
        settler = Settler(journal=self.journal, clock=self.ground.clock)
        delivery = Delivery(
            journal=self.journal,
            desk=self.incidents,
            clock=self.ground.clock,
            ids=self.ground.ids,
            carriers=carriers,
            settler=settler,
        )
        wired = {**self._talking(settler), **self._working(settler, delivery)}
        carriers |= {kind: Carried(carrier) for kind, carrier in wired.items()}
        return delivery

    def _talking(self, settler: Settler) -> dict[type, Carrier]:
        ground = self.ground
        rooms = Rooms(
            desk=self.incidents,
            chats={self.chat.name: self.chat},
            settler=settler,
            clock=ground.clock,
            current=ground.current,
        )
        return {
            fx.OpenRoom: rooms,
            fx.SetRoom: rooms,
            fx.Invite: rooms,
            fx.Post: Posts(
                desk=self.incidents,
                archive=self.archive,
                chats={self.chat.name: self.chat},
                rendering=self.rendering,
                settler=settler,
            ),
            fx.Show: Shows(
                desk=self.incidents,
                chats={self.chat.name: self.chat},
                rendering=self.rendering,
                settler=settler,
            ),
            fx.SendPage: Pages(
                desk=self.incidents,
                pagers=dict(self.pagers),
                rendering=self.rendering,
                current=ground.current,
            ),
        }

    def _working(self, settler: Settler, delivery: Delivery) -> dict[type, Carrier]:
        ground = self.ground
        changes = Changes(
            desk=self.incidents,
            executor=self.executor,
            identity=self.identity,
            current=ground.current,
            settler=settler,
            clock=ground.clock,
            lease=delivery,
        )
        attaching = Attaching(
            journal=self.journal,
            desk=self.incidents,
            system=self.system,
            current=ground.current,
            ids=ground.ids,
        )
        return {
            fx.RunChange: changes,
            fx.StopCommand: changes,
            fx.ProposeFix: Referrals(desk=self.incidents, current=ground.current),
            fx.RunPreflight: Preflights(
                desk=self.incidents,
                executor=self.executor,
                current=ground.current,
                clock=ground.clock,
            ),
            fx.RunRead: Reads(
                desk=self.incidents,
                executor=self.executor,
                probe=NoProbe(),
                current=ground.current,
            ),
            fx.Timer: Timers(desk=self.incidents),
            fx.WakeWaiting: Wakes(desk=self.incidents, journal=self.journal, settler=settler),
            fx.Attach: Attaches(attaching=attaching),
            fx.StartDrill: Drills(ground=DrillBook(), settler=settler),
        }
