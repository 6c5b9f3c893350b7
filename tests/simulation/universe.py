"""One simulation from its first act to the moment in which nothing is left to be done."""

import asyncio
import random
import traceback
from collections.abc import Callable, Coroutine
from typing import assert_never

from bot.adapters.memory.chat import MemoryChat
from bot.adapters.memory.journal import MemoryJournal
from bot.domain.events import CardKind
from bot.records.rows import CardRow, FreezeRow, ReservationRow, RunRow, WaitingRow
from bot.usecases.current import Current
from tests.simulation.afterwards import lived
from tests.simulation.book import Book
from tests.simulation.chat import Pagers
from tests.simulation.encore import REST, encore
from tests.simulation.hosts import Hosts
from tests.simulation.life import Ground, Life
from tests.simulation.lived import Lived
from tests.simulation.outside import Calls, Thread
from tests.simulation.people import Crowd
from tests.simulation.schedule import (
    FAULTS,
    INTENTS,
    Act,
    Alarm,
    Ask,
    Calm,
    Edit,
    Harm,
    Press,
    Rest,
    Say,
    Schedule,
    Talk,
    Turn,
)
from tests.simulation.team import CATALOGUE, HOSTS, PLATFORM, POLICY
from tests.simulation.trouble import Trouble
from tests.simulation.virtual_time import SeededIds, VirtualClock, VirtualLoop

_DOWN_FOR = 3.0
"""Seconds between a crash and the next life."""

_PAUSED_FOR = 25.0
"""Seconds that a paused life stands still: longer than any lease."""

_BESIDE = 20.0
"""Seconds that a life which was paused lives on beside its successor."""

_QUEUED_FOR = 120.0
"""Seconds that people let a run stand in line before they decide what it waits for."""

_LONGEST_DRAIN = 400
"""Rounds after which a simulation that never comes to rest is a fault."""

_LONGEST_ENCORE = 10
"""Rounds after which a simulation in which too little happens is a fault."""

_LAST_WORDS = {
    CardKind.IN_DOUBT.value: ("bob", "failed"),
    CardKind.CHANGE.value: ("cleo", "reject"),
    CardKind.UNDO.value: ("cleo", "reject"),
    CardKind.STEP.value: ("ann", "abort"),
    CardKind.QUESTION.value: ("ann", "skip"),
    CardKind.RUN.value: ("ann", "dismiss"),
}
"""Who says what at the end to the questions that runs wait for."""


class Universe:
    """Owns everything of one simulation, and is what becomes of its lives."""

    def __init__(self, schedule: Schedule) -> None:
        self.schedule = schedule
        self.loop = VirtualLoop()
        self.trouble = Trouble(schedule.faults)
        self.clock = VirtualClock(self.loop)
        self.went_on: list[Act] = []
        """What people did after the last act of the schedule, so that enough happened."""
        self._chance = random.Random(schedule.seed)
        ids = SeededIds(random.Random(schedule.seed + 1))
        self.ground = Ground(
            clock=self.clock,
            ids=ids,
            journal=MemoryJournal(ids=ids),
            chat=MemoryChat(
                people=frozenset(POLICY.people),
                channels=frozenset({"announcements", "stakeholders"}),
                platform=PLATFORM,
            ),
            pagers=Pagers(),
            hosts=Hosts(HOSTS, self.loop),
            current=Current(policy=POLICY, documents=dict(CATALOGUE)),
            book=Book(),
        )
        self.crowd = Crowd(self.ground, self.serving)
        self._lives: list[Life] = []
        self._deeds: set[asyncio.Task[None]] = set()
        self._fates: set[asyncio.Task[None]] = set()

    def run(self) -> Lived:
        """Live through the schedule, then until nothing is left to be done."""
        asyncio.set_event_loop(None)
        try:
            self.loop.run_until_complete(self._live())
            left = self.loop.run_until_complete(lived(self.ground))
        finally:
            for task in asyncio.all_tasks(self.loop):
                task._log_destroy_pending = False  # type: ignore[attr-defined]  # of dead lives
            self.loop.close()
        return left

    # --- what becomes of lives ---------------------------------------------------------------

    def crash(self, life: Thread) -> None:
        """Kill a life; where it was the only one, another begins after a while."""
        dead = self._life(life)
        if dead is None:
            return
        self._lives.remove(dead)
        dead.kill()
        if all(other.retired for other in self._lives):
            self._later(_DOWN_FOR, self._begin)

    def pause(self, life: Thread) -> None:
        """Let a life stand still past its lease while another one takes over; then both live."""
        held = self._life(life)
        if held is None:
            return
        held.thread.hold()
        held.retired = True
        self._begin()
        self._later(_PAUSED_FOR, held.thread.let_go)
        self._later(_PAUSED_FOR + _BESIDE, lambda: self.crash(life))

    def stop(self, life: Thread) -> None:
        """Let a life drain while its successor begins."""
        ending = self._life(life)
        if ending is not None:
            ending.retired = True
            ending.delivery.stop()
            self._begin()

    async def serving(self) -> Life:
        """Return the youngest life, as soon as there is one."""
        while not (serving := [life for life in self._lives if not life.retired]):  # noqa: ASYNC110 - virtual time
            await asyncio.sleep(0.5)
        await serving[-1].ready.wait()
        return serving[-1]

    def _life(self, thread: Thread) -> Life | None:
        return next((life for life in self._lives if life.thread is thread), None)

    def _begin(self) -> None:
        book = self.ground.book
        book.lives += 1
        calls = Calls(
            thread=Thread(book.lives),
            trouble=self.trouble,
            fate=self,
            chance=self._chance.random,
            note=self._note,
        )
        life = Life(self.ground, calls)
        life.root = self.loop.create_task(life.run())
        life.root.add_done_callback(lambda task: self._ended(life, task))
        self._lives.append(life)
        if len(self.ground.book.faults) > 3:
            raise RuntimeError("".join(self.ground.book.faults[:1]))

    def _ended(self, life: Life, task: asyncio.Task[None]) -> None:
        if life in self._lives:
            self._lives.remove(life)
        if not task.cancelled() and (error := task.exception()) is not None:
            self.ground.book.faults.append("".join(traceback.format_exception(error)))
            self._later(_DOWN_FOR, self._begin)

    def _later(self, seconds: float, what: Callable[[], None]) -> None:
        async def wait() -> None:
            await asyncio.sleep(seconds)
            what()

        self._own(self._fates, wait())

    def _own(self, tasks: set[asyncio.Task[None]], work: Coroutine[object, object, None]) -> None:
        task = self.loop.create_task(work)
        tasks.add(task)
        task.add_done_callback(lambda done: self._over(tasks, done))

    def _over(self, tasks: set[asyncio.Task[None]], done: asyncio.Task[None]) -> None:
        tasks.discard(done)
        if not done.cancelled() and (error := done.exception()) is not None:
            self.ground.book.faults.append("".join(traceback.format_exception(error)))

    def _note(self, *words: object) -> None:
        self.ground.book.note(self.loop.now, *words)

    # --- the schedule ------------------------------------------------------------------------

    async def _live(self) -> None:
        self._begin()
        for act in self.schedule.acts:
            await self._perform(act)
        await self._perform(REST)
        if self.schedule.goes_on:
            await self._go_on()
        self.trouble.over()
        for life in list(self._lives):
            life.delivery.stop()
        while self._lives:  # noqa: ASYNC110 - virtual time
            await asyncio.sleep(1.0)

    async def _go_on(self) -> None:
        """Let people go on until enough has happened."""
        chance = random.Random(self.schedule.seed + 2)
        for number in range(_LONGEST_ENCORE):
            intents = INTENTS - self.ground.book.intents
            faults = FAULTS - len(self.trouble.struck)
            if intents <= 0 and faults <= 0:
                return
            acts = encore(chance, number, intents, faults)
            self.went_on += [REST, *acts]
            for act in (*acts, REST):
                await self._perform(act)
        self.ground.book.faults.append("too little happens, however long people go on")

    async def _perform(self, act: Act) -> None:
        if act.after:
            await asyncio.sleep(act.after)
        self._note(act)
        match act.deed:
            case Rest(seconds=seconds):
                await self._done_with_deeds()
                await self._pass(seconds)
            case Calm():
                await self._done_with_deeds()
                await self._calm()
            case Harm(aimed=aimed):
                self.trouble.wait(aimed)
            case Turn(host=host, to=to):
                self.crowd.turn(host, to)
            case Edit(what=what, to=to, upon=""):
                self.crowd.edit(what, to)
            case Say() | Press() | Talk() | Ask() | Alarm() | Edit():
                self._own(self._deeds, self.crowd.do(act.deed))
            case _:
                assert_never(act.deed)

    async def _done_with_deeds(self) -> None:
        while self._deeds:
            await asyncio.wait(list(self._deeds))

    # --- coming to rest ----------------------------------------------------------------------

    async def _pass(self, seconds: float) -> None:
        """Let time pass; where nobody does anything it passes all at once."""
        end = self.clock.monotonic() + seconds
        people_act = self.clock.monotonic() + _QUEUED_FOR
        while (left := end - self.clock.monotonic()) > 0:
            if self._busy():
                await asyncio.sleep(min(left, 0.5))
                continue
            if self.clock.monotonic() > people_act and await self._waits():
                people_act = self.clock.monotonic() + _QUEUED_FOR
                await self._answered() or await self._freed()
                continue
            due = await self.ground.journal.next_due()
            until = left if due is None else (due - self.clock.now()).total_seconds()
            self.loop.leap(max(0.0, min(left, until)))
            await asyncio.sleep(0.05)

    def _busy(self) -> bool:
        """Whether anybody is in the middle of something."""
        return (
            bool(self._fates)
            or bool(self._deeds)
            or not self._lives
            or self.ground.hosts.busy
            or any(life.working for life in self._lives)
        )

    async def _calm(self) -> None:
        """Let everything come to rest while nothing goes wrong."""
        self.trouble.over()
        for machine in self.ground.hosts.machines.values():
            machine.takes = 2.0
        await self._drain()
        self.trouble.back()

    async def _drain(self) -> None:
        """Answer what only people can answer, and let everything else run out."""
        await self.crowd.all_acknowledged()
        for _ in range(_LONGEST_DRAIN):
            while self._busy():  # noqa: ASYNC110 - virtual time
                await asyncio.sleep(0.5)
            if await self._answered():
                continue
            due = await self.ground.journal.next_due()
            if (due is None or await self._waits()) and await self._freed():
                continue
            if due is None:
                return
            left = (due - self.clock.now()).total_seconds()
            if left > 0:
                self.loop.leap(left)
            await asyncio.sleep(0.05)
        self.ground.book.faults.append("it never comes to rest")

    async def _answered(self) -> bool:
        """Let people answer what runs wait for, with the answer that changes least."""
        journal = self.ground.journal
        waiting = [
            (row.id, *_LAST_WORDS[row.kind])
            for row in await journal.rows(CardRow, state="open")
            if row.kind in _LAST_WORDS
        ]
        for card, who, option in waiting:
            await self.crowd.press_card(who, card, option)
        return bool(waiting)

    async def _freed(self) -> bool:
        """Let people end what waits for them for ever; whether there was anything."""
        journal = self.ground.journal
        if await journal.rows(FreezeRow):
            await self.crowd.say("dan", "/incident unfreeze all", None)
            return True
        paused = [row for row in await journal.rows(RunRow) if row.state == "paused"]
        for row in paused:
            await self.crowd.say("ann", f"/runbook abort {row.id} over", None)
        held = dict.fromkeys(row.run for row in await journal.rows(ReservationRow))
        ended = [run for run in held if not await self._lives_on(run)]
        for run in ended:
            await self.crowd.say("bob", f"/runbook release {run} sound", None)
        return bool(paused or ended)

    async def _waits(self) -> bool:
        """Whether a run stands in line for a target."""
        return bool(await self.ground.journal.rows(WaitingRow))

    async def _lives_on(self, run: str) -> bool:
        rows = await self.ground.journal.rows(RunRow, id=run)
        return bool(rows) and rows[0].state in {
            "running",
            "changing",
            "in doubt",
            "paused",
            "waiting for approval",
            "waiting for targets",
        }
