"""What is left of a world: the journal as the bot shows it, the platform's rooms, the ledger."""

import asyncio
import json
import sqlite3
from collections.abc import Sequence
from contextlib import closing
from dataclasses import replace
from datetime import datetime, timedelta
from pathlib import Path

from bot.adapters.practice.host import default_scratch
from bot.adapters.practice.place import LEDGER
from bot.app.base import opened
from bot.cli.operator import operator
from bot.config import load_settings
from bot.domain.events import Envelope
from bot.errors import Unavailable
from bot.records.rows import IncidentRow, ReservationRow, RunRow
from bot.usecases.audit import audit
from bot.usecases.redacting import Redacting
from bot.usecases.removing import Removal
from tests.crash.clock import Time
from tests.crash.history import After, Execution, Room
from tests.crash.points import PRACTICE
from tests.crash.scene import Scene

_SOON = timedelta(seconds=1)


async def after(scene: Scene, now: datetime, time: Time) -> After:
    """Read the journal of a world in which no life is left.

    `now` is when its last life was told to end, by the clock of the lives: what gets due later is
    for the next one.

    Events come with the moments of the machine's clock, which is everybody else's.
    """
    unsettled, parked = _effects(scene.journal, now)
    async with opened(load_settings(scene.env)) as base:
        found = await audit(base.journal, base.archive, base.anchor)
        events: list[Envelope] = []
        for kind in ("incident", "system"):
            for stream in await base.journal.streams(kind):
                history = await base.journal.load(stream)
                events += await base.archive.events(history.records)
        incidents = await base.journal.rows(IncidentRow)
        runs = await base.journal.rows(RunRow)
        reservations = await base.journal.rows(ReservationRow)
    return After(
        events=tuple(replace(event, at=time.on_machine(event.at)) for event in events),
        alerts=_alerts(scene.journal),
        titles={row.id: row.title for row in incidents},
        runs={row.id: row.state for row in runs},
        reservations={row.target: row.run for row in reservations},
        unsettled=unsettled,
        parked=parked,
        broken=tuple(str(finding) for finding in found.findings),
    )


def open_work(journal: Path, now: datetime) -> int:
    """Count the effects that somebody has claimed or could claim now."""
    query = "SELECT count(*) FROM effects WHERE state = 'claimed' OR (state = 'open' AND due <= ?)"
    with closing(_reading(journal)) as database:
        (count,) = database.execute(query, [_microseconds(now)]).fetchone()
    return int(count)


def queued(journal: Path) -> int:
    """Count the runs that wait for hosts which other runs have."""
    query = "SELECT count(*) FROM runs WHERE state = 'waiting for targets'"
    with closing(_reading(journal)) as database:
        (count,) = database.execute(query).fetchone()
    return int(count)


def locked(journal: Path) -> bool:
    """Whether somebody is in the middle of a write."""
    with closing(sqlite3.connect(journal, timeout=0)) as database:
        try:
            database.execute("BEGIN IMMEDIATE")
        except sqlite3.OperationalError:
            return True
        return False


def unsaid(journal: Path) -> int:
    """Count the effects that are to be carried out, but for timers."""
    query = "SELECT count(*) FROM effects WHERE state IN ('open', 'claimed') AND kind <> 'timer'"
    with closing(_reading(journal)) as database:
        (count,) = database.execute(query).fetchone()
    return int(count)


def at_rest(journal: Path, now: datetime) -> bool:
    """Whether nothing is left to be done but timers later, and no run waits for anything."""
    with closing(_reading(journal)) as database:
        (busy,) = database.execute(
            "SELECT (SELECT count(*) FROM runs WHERE state IN"
            " ('running', 'changing', 'waiting for targets', 'in doubt', 'waiting for approval'))"
        ).fetchone()
    return not busy and unsaid(journal) == 0 and open_work(journal, now + _SOON) == 0


async def erase(scene: Scene, number: str, words: str) -> None:
    """Erase words from an incident beside a bot that serves, as an operator's command does.

    In a thread of its own: to open a journal that is locked is waited for, and nobody else is to
    stand still meanwhile, least of all who resumes the life that was stopped with the lock.
    """
    await asyncio.to_thread(lambda: asyncio.run(_erase(scene, number, words)))


async def _erase(scene: Scene, number: str, words: str) -> None:
    while True:
        try:
            async with opened(load_settings(scene.env)) as base:
                redacting = Redacting(
                    journal=base.journal,
                    archive=base.archive,
                    clock=base.clock,
                    ids=base.ids,
                    current=base.current,
                )
                await redacting.erase(number, Removal(text=words), operator(), "it slipped through")
        except Unavailable:
            continue  # the life that serves was stopped with the lock in its hand, or wrote
        return


def rooms(scene: Scene) -> tuple[Room, ...]:
    """Return the console's rooms, as the console itself keeps them."""
    with closing(_reading(scene.folder / "data" / "console.sqlite3")) as database:
        found = database.execute("SELECT key, name FROM rooms").fetchall()
    return tuple(Room(platform="console", key=key, name=name) for key, name in found)


def ledger(file: Path) -> tuple[Execution, ...]:
    """Read what the hosts wrote."""
    lines = file.read_text().splitlines() if file.exists() else []
    return tuple(_execution(json.loads(line)) for line in lines)


def practised(data: Path) -> tuple[Execution, ...]:
    """Read what the practice host wrote, which does not say when."""
    file = default_scratch(data) / LEDGER
    lines = file.read_text().splitlines() if file.exists() else []
    return tuple(Execution(at=0.0, host=PRACTICE, argv=tuple(line.split()[1:])) for line in lines)


def _execution(line: dict[str, object]) -> Execution:
    at, argv = line["at"], line["argv"]
    assert isinstance(at, float)
    assert isinstance(argv, list)
    return Execution(at=at, host=str(line["host"]), argv=tuple(argv))


def _effects(journal: Path, now: datetime) -> tuple[tuple[str, ...], tuple[str, ...]]:
    due = [_microseconds(now)]
    with closing(_reading(journal)) as database:
        unsettled: Sequence[tuple[str]] = database.execute(
            "SELECT key FROM effects WHERE state = 'claimed' OR (state = 'open' AND due <= ?)", due
        ).fetchall()
        parked = database.execute("SELECT key FROM effects WHERE state = 'parked'").fetchall()
    return tuple(key for (key,) in unsettled), tuple(key for (key,) in parked)


def _alerts(journal: Path) -> dict[str, str]:
    with closing(_reading(journal)) as database:
        found = database.execute("SELECT fingerprint, incident FROM alerts").fetchall()
    return dict(found)


def _reading(file: Path) -> sqlite3.Connection:
    return sqlite3.connect(f"file:{file}?mode=ro", uri=True, timeout=5)


def _microseconds(moment: datetime) -> int:
    return round(moment.timestamp() * 1_000_000)
