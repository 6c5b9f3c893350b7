"""Ten thousand pending timers: ours against APScheduler's SQLAlchemy store, and idling."""

import asyncio
import time
from collections.abc import Callable, Sequence
from datetime import UTC, datetime, timedelta
from itertools import count
from pathlib import Path
from tempfile import TemporaryDirectory

from apscheduler.jobstores.sqlalchemy import SQLAlchemyJobStore
from apscheduler.schedulers.background import BackgroundScheduler

from bot.adapters.sqlite import SqliteJournal
from bot.ports import Commit
from bot.records.outbox import EffectKind, OutboxItem
from tests.bench.figures import Measured, Ratio

TIMERS = 10_000
FAR_AWAY = timedelta(days=30)
WAITING = 1000
"""Commits under way at a time, where each timer has a commit of its own."""

_IDLE_SECONDS = 10.0


def measure(quick: bool) -> Measured:  # noqa: FBT001 - one switch for every benchmark
    """Add the timers to each side in turn, then watch ours do nothing."""
    rounds = [
        (_in_folder(_apscheduler), _in_folder(_one_commit), _in_folder(_own_commits))
        for _ in range(1 if quick else 3)
    ]
    idle = asyncio.run(_idle(_IDLE_SECONDS / (5 if quick else 1)))
    return Measured(
        ratios=[
            Ratio(
                name=f"{TIMERS:,} timers added, times faster than APScheduler's SQLAlchemy store",
                values=[theirs / together for theirs, together, _ in rounds],
                wanted=100,
            ),
            Ratio(
                name=f"CPU of a process that waits for {TIMERS:,} timers, percent",
                values=[idle],
                wanted=0.1,
                at_least=False,
            ),
        ],
        lines=[
            f"APScheduler {theirs:.2f} s; ours {together:.3f} s in one commit,"
            f" {apart:.3f} s in {TIMERS:,} commits ({theirs / apart:.0f} times faster)"
            for theirs, together, apart in rounds
        ],
    )


def fire() -> None:
    """Do nothing: APScheduler wants a function that it can find again by its name."""


def _in_folder(add: Callable[[Path, datetime], float]) -> float:
    with TemporaryDirectory() as folder:
        return add(Path(folder), datetime.now(UTC) + FAR_AWAY)


def _apscheduler(folder: Path, due: datetime) -> float:
    store = SQLAlchemyJobStore(url=f"sqlite:///{folder}/jobs.db")
    scheduler = BackgroundScheduler(jobstores={"default": store}, timezone=UTC)
    scheduler.start(paused=True)
    start = time.perf_counter()
    for n in range(TIMERS):
        scheduler.add_job(
            fire, "date", run_date=due, id=f"timer:{n}", replace_existing=True,
            misfire_grace_time=None,
        )  # fmt: skip
    seconds = time.perf_counter() - start
    scheduler.shutdown()
    return seconds


def _one_commit(folder: Path, due: datetime) -> float:
    return asyncio.run(_set_all(folder, [Commit(effects=tuple(_timers(due)))]))


def _own_commits(folder: Path, due: datetime) -> float:
    return asyncio.run(_set_all(folder, [Commit(effects=(timer,)) for timer in _timers(due)]))


async def _set_all(folder: Path, commits: Sequence[Commit]) -> float:
    """Return the seconds until all are durable, up to a thousand callers at a time."""
    journal = SqliteJournal.open(folder / "journal.db", ids=_Ids())
    start = time.perf_counter()
    for first in range(0, len(commits), WAITING):
        some = commits[first : first + WAITING]
        await asyncio.gather(*(journal.commit([commit]) for commit in some))
    seconds = time.perf_counter() - start
    await journal.close()
    return seconds


async def _idle(seconds: float) -> float:
    """Return the percentage of one CPU that waiting takes, as delivery waits."""
    with TemporaryDirectory() as folder:
        journal = SqliteJournal.open(Path(folder) / "journal.db", ids=_Ids())
        await journal.commit([Commit(effects=tuple(_timers(datetime.now(UTC) + FAR_AWAY)))])
        woken = asyncio.Event()
        journal.on_effects(woken.set)
        woken.clear()
        started, used = time.perf_counter(), time.process_time()
        due = await journal.next_due()
        assert due is not None
        try:
            async with asyncio.timeout(min(seconds, (due - datetime.now(UTC)).total_seconds())):
                await woken.wait()
        except TimeoutError:
            percent = 100 * (time.process_time() - used) / (time.perf_counter() - started)
        else:
            raise AssertionError("something woke a journal that nobody writes to")
        await journal.close()
    return percent


def _timers(due: datetime) -> Sequence[OutboxItem]:
    return [
        OutboxItem(
            key=f"timer:incident:{n}:update",
            kind=EffectKind.TIMER,
            type="timer",
            body=b'{"name":"update"}',
            stream=None,
            due=due + timedelta(seconds=n),
        )
        for n in range(TIMERS)
    ]


class _Ids:
    """`Ids` without chance."""

    def __init__(self) -> None:
        self._numbers = count(1)

    def new(self) -> str:
        return f"i{next(self._numbers)}"

    def secret(self) -> str:
        return f"s{next(self._numbers)}"
