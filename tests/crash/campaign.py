"""A whole run: worlds beside each other, what befalls the lives of each, and then `check`."""

import asyncio
import logging
import os
import time
from collections.abc import Awaitable, Callable, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

from tests.crash.chat import ChatKind
from tests.crash.check import Breach, check
from tests.crash.lives import Nursery, nursery
from tests.crash.points import PRACTICE, Point, points
from tests.crash.report import Tally, breach_lines
from tests.crash.scene import sweep
from tests.crash.schedules import (
    end_at_points,
    end_beside_a_chat,
    end_by_chance,
    end_in_a_drill,
    one_production_lease,
    stop_and_resume,
)
from tests.crash.world import World, world

AT_ONCE = 3
"""Worlds beside each other that keep two cores busy."""

WAITING_AT_ONCE = 4
"""Worlds beside those: they wait for limits of chats, leases and servers most of the time."""

SSH = "ssh"
"""How the names of worlds with real OpenSSH servers begin."""

ZOMBIES = "zombies"
LEASE = "production"
"""How the names of worlds begin that take leases away from lives, and of the one with long ones."""

_WAITING = frozenset({PRACTICE, SSH, ZOMBIES, LEASE, *ChatKind})

_LIVES = 40
"""Lives of one world: a journal that grows for ever would only make each life slower."""

_ZOMBIES = 17
"""Zombies of one world."""

_PACED_LIVES = 10
"""Lives of a world with a chat, where all that is to be said takes its time."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Size:
    """How much is to befall the lives of a run: where they end, how many by chance or stopped."""

    points: tuple[Point, ...] = points()
    chance: int = 300
    """Random instants, those beside a chat among them and those over real sshd not."""
    zombies: int = 50
    ssh: int = 30
    chat: int = 10
    """Random instants beside each of the chats."""
    lease: bool = True


@dataclass(frozen=True, slots=True, kw_only=True)
class Patience:
    """Seconds for a schedule (None = as long as it takes), and for a world to come to rest.

    It is given up where nothing moves any more for `still`, or after `resting`.
    """

    schedule: float | None = None
    still: float = 30.0
    resting: float = 300.0


Schedule = Callable[[World], Awaitable[None]]


async def campaign(
    size: Size, seed: str, folder: Path, say: Callable[[str], None] = lambda _: None
) -> Tally:
    """Run it; worlds that broke a promise leave their files in `folder`.

    `say` hears of each world that has come to its end.
    """
    tally, began, spent = Tally(seed=seed), time.monotonic(), _processor_time()
    logging.getLogger("aiohttp.server").addFilter(_is_of_the_living)
    busy, waiting = asyncio.Semaphore(AT_ONCE), asyncio.Semaphore(WAITING_AT_ONCE)
    async with nursery(folder) as lives:

        async def one(name: str, schedule: Schedule) -> None:
            async with waiting if _kind(name) in _WAITING else busy:
                await lived(name, schedule, lives, seed, folder, tally)
                say(f"{name} is over; so far {len(tally.blows)} lives")
                for line in breach_lines([one for one in tally.breaches if one[0] == name]):
                    say(line)

        await asyncio.gather(*(one(name, schedule) for name, schedule in _schedules(size)))
    tally.seconds = time.monotonic() - began
    tally.processor = _processor_time() - spent
    tally.load = os.getloadavg()[0]
    return tally


async def lived(
    name: str,
    schedule: Schedule,
    lives: Nursery,
    seed: str,
    folder: Path,
    tally: Tally,
    patience: Patience = Patience(),
) -> None:
    """Let one world live through a schedule and come to rest; what it broke is in the tally.

    A schedule that takes too long is left: what waits for ever is for `check`.
    """
    breaches: tuple[Breach, ...] = ()
    try:
        kind = _kind(name)
        async with world(
            name,
            folder,
            lives,
            seed,
            ssh=kind == SSH,
            chat=ChatKind(kind) if kind in set(ChatKind) else None,
            practice=kind == PRACTICE,
        ) as here:
            try:
                async with asyncio.timeout(patience.schedule):
                    await schedule(here)
            except TimeoutError:
                pass  # see above
            except AssertionError as error:
                breaches = (_unplayed(error),)
            await here.drained(patience.still, patience.resting)
            history = await here.history()
            breaches += check(history)
            tally.add(name, history, here.blows)
    except* (AssertionError, OSError, TimeoutError) as group:
        breaches += tuple(_unplayed(error) for error in group.exceptions)
    tally.breaches += [(name, breach) for breach in breaches]
    if not breaches:
        sweep(folder / name)


def _is_of_the_living(record: logging.LogRecord) -> bool:
    """Whether an emulator complains of anything but half a request of a life that was killed."""
    return record.exc_info is None or not isinstance(record.exc_info[1], ConnectionError)


def _processor_time() -> float:
    """Return the seconds of processor time of this process and of all that it has waited for."""
    spent = os.times()
    return spent.user + spent.system + spent.children_user + spent.children_system


def _unplayed(error: Exception) -> Breach:
    return Breach(promise="a schedule is played to its end", what=str(error) or repr(error))


def _schedules(size: Size) -> Sequence[tuple[str, Schedule]]:
    made = [(f"{ZOMBIES}-{n}", _zombies(s)) for n, s in _shares(size.zombies, _ZOMBIES)]
    if drills := [point for point in size.points if point.where == PRACTICE]:
        made.append((PRACTICE, _in_a_drill(drills)))
    for where in (*ChatKind, ""):
        there = [point for point in size.points if point.where == where]
        word = f"{where}-points" if where else "points"
        shares = _in_stories(there, _LIVES if not where else _PACED_LIVES)
        made += [(f"{word}-{n}", _at_points(share)) for n, share in enumerate(shares)]
    made += [(f"{SSH}-{n}", _over_ssh(s)) for n, s in _shares(size.ssh, _LIVES)]
    for kind in ChatKind:
        made += [(f"{kind}-{n}", _beside_a_chat(s)) for n, s in _shares(size.chat, _LIVES)]
    if size.lease:
        made.append((f"{LEASE}-lease", one_production_lease))
    elsewhere = size.chance - size.chat * len(ChatKind)
    return made + [(f"chance-{n}", _by_chance(s)) for n, s in _shares(elsewhere, _LIVES)]


def _kind(name: str) -> str:
    """Return what a world is for, with which its name begins."""
    return name.partition("-")[0]


def _in_stories(there: Sequence[Point], most: int) -> Sequence[Sequence[Point]]:
    """Share points out so that those of one story are beside each other."""
    ordered = sorted(there, key=lambda point: point.story)
    return [ordered[n : n + most] for n in range(0, len(ordered), most)]


def _in_a_drill(share: Sequence[Point]) -> Schedule:
    return lambda here: end_in_a_drill(here, share)


def _at_points(share: Sequence[Point]) -> Schedule:
    return lambda here: end_at_points(here, share)


def _by_chance(lives: int) -> Schedule:
    return lambda here: end_by_chance(here, lives)


def _over_ssh(lives: int) -> Schedule:
    return lambda here: end_by_chance(here, lives, most=0.8, names=("alarm", "typed"))


def _beside_a_chat(lives: int) -> Schedule:
    return lambda here: end_beside_a_chat(here, lives)


def _zombies(lives: int) -> Schedule:
    return lambda here: stop_and_resume(here, lives)


def _shares(whole: int, most: int) -> Iterator[tuple[int, int]]:
    """Share lives out among worlds; yields the number of each, and how many lives it has."""
    return enumerate(min(most, whole - begun) for begun in range(0, whole, most))
