"""One world: its files, its hosts, its people, and the life that is in it at the moment."""

import asyncio
import random
import sys
import time
from collections.abc import AsyncIterator, Coroutine
from contextlib import AsyncExitStack, asynccontextmanager
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime
from enum import StrEnum
from pathlib import Path
from typing import Any

import aiohttp

from tests.crash import aftermath
from tests.crash.chat import PACES, Chat, ChatKind
from tests.crash.clock import Time, WorldClock
from tests.crash.fuse import Plan
from tests.crash.history import Execution, History, Notes
from tests.crash.life import Order
from tests.crash.lives import Life, Nursery
from tests.crash.outside import outside
from tests.crash.presence import Presence
from tests.crash.scene import RECEIPTED, Scene, set_practice_scene, set_scene
from tests.crash.sender import Sender
from tests.crash.slack import workspace
from tests.crash.ssh import ssh_hosts
from tests.crash.team import Fate, Team
from tests.crash.telegram import group
from tests.support.waiting import eventually

SHORT_LEASE = 0.3
"""Seconds of a lease in a world that has no time (the task's figure; production has 15)."""

CALM_LEASE = 5.0
"""Seconds of a lease in the last life of a world, in which nothing is to go wrong."""


class How(StrEnum):
    """What ended a life, or held it up."""

    POINT = "at a labelled point"
    CHANCE = "at a random instant"
    ZOMBIE = "stopped past its lease, resumed beside its successor"


@dataclass(frozen=True, slots=True, kw_only=True)
class Blow:
    """One life that was killed or stopped: after which point, and with how much open work."""

    how: How
    label: str
    work: int


@dataclass(slots=True, kw_only=True)
class World:
    """See the module."""

    name: str
    scene: Scene
    nursery: Nursery
    hosts: str
    ledger: Path
    notes: Notes
    presence: Presence
    team: Team
    sender: Sender
    luck: random.Random
    tasks: asyncio.TaskGroup
    time: Time
    """How the clock of the lives differs from everybody else's."""
    webs: tuple[str, ...]
    """The hosts that alerts and most runs are about."""
    chat: Chat | None = None
    practice: bool = False
    lease: float = SHORT_LEASE
    rested: datetime | None = None
    """When the last life was told to end, by its clock."""
    blows: list[Blow] = field(default_factory=list)
    passed: set[str] = field(default_factory=set)
    stories: set["asyncio.Task[None]"] = field(default_factory=set)
    _tickets: int = 0

    @property
    def life(self) -> Life | None:
        """The life that is there now."""
        return self.presence.life

    @life.setter
    def life(self, life: Life | None) -> None:
        self.presence.life = life

    def now(self) -> datetime:
        """Return the time by the clock of the lives."""
        return self.time.of(datetime.now(UTC))

    async def erase(self, number: str, words: str) -> None:
        """Take words out of an incident, from another process than the bot's."""
        await aftermath.erase(self.scene, number, words)

    async def queued(self) -> int:
        """Count the runs that wait until others have done with their hosts."""
        return aftermath.queued(self.scene.journal)

    def locked(self) -> bool:
        """Whether somebody is in the middle of a write to the journal."""
        return aftermath.locked(self.scene.journal)

    def unsaid(self) -> int:
        """Count what is not carried out yet, whether it is due or waits for its turn."""
        return aftermath.unsaid(self.scene.journal)

    def ticket(self, letter: str, asker: str = "", fate: Fate = Fate.APPROVE) -> str:
        """Draw a new ticket; `asker` is who is going to ask for the run."""
        self._tickets += 1
        ticket = f"{letter}{self._tickets}"
        self.team.fates[ticket] = fate
        if asker:
            self.team.requesters[ticket] = asker
        return ticket

    def tell(self, story: Coroutine[Any, Any, None]) -> None:
        """Let a story begin."""
        task = self.tasks.create_task(story)
        self.stories.add(task)
        task.add_done_callback(self.stories.discard)

    async def begin(self, plan: Plan | None = None, clock: float = 0.0) -> Life:
        """Begin a life and wait until it serves, has ended at its point, or was refused.

        Once it serves, somebody sets its clock by `clock` seconds.
        """
        order = Order(
            name="",
            env=self.scene.env,
            control="",
            trail=Path(),
            hosts=self.hosts,
            lease=self.lease,
            one_account=not self.practice,
            time=self.time,
            clock=clock,
            plan=plan or Plan(),
        )
        life = await self.nursery.start(order)
        served = await life.ready()
        if life.refused:
            return life
        assert served or life.burnt, _by_itself(self.scene)
        self.life = life
        return life

    async def killed(self, life: Life, how: How) -> Blow:
        """End a life with SIGKILL, or see that it has ended, and write down what was open.

        AssertionError where it had ended at no point, by an error of its own.
        """
        assert life.burnt or not life.gone.is_set(), _by_itself(self.scene)
        asked = self.team.waiting + self.sender.waiting
        await life.kill()
        if self.life is life:
            self.life = None
        return self.struck(life, how, asked + self.open_work())

    def open_work(self) -> int:
        """Count the effects that somebody has in hand or could take now."""
        return aftermath.open_work(self.scene.journal, self.now())

    def at_work(self) -> int:
        """Count the requests that nobody has answered yet, too."""
        return self.team.waiting + self.sender.waiting + self.open_work()

    def struck(self, life: Life, how: How, work: int) -> Blow:
        """Write a blow down, with what was open when it fell."""
        blow = Blow(how=how, label=life.burnt or life.last, work=work)
        self.blows.append(blow)
        self.passed |= set(life.passed)
        return blow

    async def drained(self, patience: float, longest: float) -> None:
        """Let one last life, without faults, bring everything to rest, and end it gently.

        It is given up once it has got nowhere for `patience` seconds, or after `longest`.
        """
        if self.life is not None:
            await self.killed(self.life, How.CHANCE)
        # On a machine that is too busy for a lease of 300 ms the same work is claimed for ever.
        self.lease = max(self.lease, CALM_LEASE)
        life = await self.begin()

        async def rests_or_moves() -> bool:
            return self._rests() or life.steps() > seen

        # A world that never rests is a finding, not an error: `check` says what is stuck.
        end = time.monotonic() + longest
        try:
            while not self._rests() and time.monotonic() < end:
                seen = life.steps()
                await eventually(rests_or_moves, bool, patience)
        except TimeoutError:
            pass  # see above
        for story in tuple(self.stories):
            story.cancel()
        self.rested = self.now()
        await life.end()
        self.passed |= set(life.passed)
        self.life = None

    def _rests(self) -> bool:
        return not self.stories and aftermath.at_rest(self.scene.journal, self.now())

    async def history(self) -> History:
        """Gather every account; no life may be left."""
        shown = await aftermath.after(self.scene, self.rested or self.now(), self.time)
        elsewhere = self.chat.rooms(shown.titles) if self.chat is not None else ()
        return History(
            ledger=self._executed(),
            notes=self.notes,
            rooms=(*aftermath.rooms(self.scene), *elsewhere),
            after=shown,
            blows=len(self.blows),
            pace=self.time.pace,
            shift=self.time.shift,
        )

    def _executed(self) -> tuple[Execution, ...]:
        if self.practice:
            return aftermath.practised(self.scene.folder / "data")
        return aftermath.ledger(self.ledger)

    def set_forward(self, seconds: float) -> None:
        """Let every life from here on find it so much later."""
        self.time = replace(self.time, shift=self.time.shift + seconds)


def _by_itself(scene: Scene) -> str:
    return f"a life ended by itself: see {scene.folder.parent}"


@asynccontextmanager
async def world(
    name: str,
    folder: Path,
    nursery: Nursery,
    seed: str,
    *,
    ssh: bool = False,
    chat: ChatKind | None = None,
    practice: bool = False,
) -> AsyncIterator[World]:
    """Make a world; its people watch from the start, and nobody serves them yet.

    With `ssh` its hosts are real OpenSSH servers; `chat` is what is there beside the console;
    `practice` is the one without a policy, with the practice host that the bot starts itself.
    """
    notes, luck, there = Notes(), random.Random(f"{seed}/{name}"), Presence()
    hours = Time(began=time.time(), pace=1.0 if chat is None else PACES[chat])
    place = folder / name
    place.mkdir()
    async with AsyncExitStack() as more:
        ears = await more.enter_async_context(outside(notes))
        session = await more.enter_async_context(aiohttp.ClientSession())
        hosts = await more.enter_async_context(_hosts(place))
        entries = more.enter_context(ssh_hosts(place, place / "ledger")) if ssh else {}
        beside = await more.enter_async_context(_chat(chat, notes, there, luck, hours))
        if practice:
            scene = await set_practice_scene(place)
        else:
            scene = await set_scene(
                place,
                ears.url,
                entries,
                chat or "",
                beside.accounts if beside is not None else None,
                beside.settings() if beside is not None else "",
            )
        async with asyncio.TaskGroup() as tasks:
            here = World(
                name=name,
                scene=scene,
                nursery=nursery,
                hosts="" if ssh or practice else hosts,
                practice=practice,
                ledger=place / "ledger",
                notes=notes,
                presence=there,
                team=Team(
                    session=session,
                    tokens=scene.tokens,
                    notes=notes,
                    luck=luck,
                    there=there,
                    usual=Fate.REJECT if practice else Fate.APPROVE,
                ),
                sender=Sender(session=session, notes=notes, luck=luck, there=there),
                luck=luck,
                tasks=tasks,
                webs=tuple(entries) or RECEIPTED[:2],
                chat=beside,
                time=hours,
            )
            watching = [tasks.create_task(here.team.look())]
            if beside is not None:
                watching.append(tasks.create_task(beside.use()))
            try:
                yield here
            finally:
                if here.life is not None:
                    await here.life.kill()
                for task in (*watching, *here.stories):
                    task.cancel()


@asynccontextmanager
async def _chat(
    kind: ChatKind | None, notes: Notes, there: Presence, luck: random.Random, hours: Time
) -> AsyncIterator[Chat | None]:
    """Run the emulator of a chat with the team in it, where there is one."""
    match kind:
        case None:
            yield None
        case ChatKind.SLACK:
            async with workspace(notes, there, luck, WorldClock(hours)) as team:
                yield team
        case ChatKind.TELEGRAM:
            async with group(notes, luck) as crowd:
                yield crowd


@asynccontextmanager
async def _hosts(place: Path) -> AsyncIterator[str]:
    """Run the hosts of one world in a process of their own; yields their socket."""
    socket, log = place / "hosts", (place / "hosts.log").open("ab")
    process = await asyncio.create_subprocess_exec(
        sys.executable,
        "-m",
        "tests.crash.hosts",
        str(socket),
        str(place / "ledger"),
        stdin=asyncio.subprocess.PIPE,
        stderr=log,
    )
    log.close()

    async def there() -> bool:
        return socket.exists()

    try:
        await eventually(there, bool)
        yield str(socket)
    finally:
        process.kill()
        await process.wait()
