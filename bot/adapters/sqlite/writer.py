"""The one writer: a thread that carries out whatever waits, in groups that share one commit.

Grouping is what makes durable ingest fast: while one group is being flushed to the disk, the
next one gathers (650 commits/s one by one, 12,000/s in groups of 128; facts/libraries). Two
things keep the cost of a small write low: all writes of one pass of the event loop are handed to
the thread together, and neighbours of one kind are carried out together.
"""

import asyncio
import logging
import math
import sqlite3
import threading
from collections.abc import Callable, Sequence
from contextlib import suppress
from datetime import timedelta
from itertools import groupby
from typing import TypeVar

from sqlite_utils import Database

from bot.adapters.sqlite.connection import translated
from bot.adapters.sqlite.waiting import AnyUnit, Unit, Waiting, Work
from bot.errors import OutcomeUnknown, Unavailable

_log = logging.getLogger(__name__)

T = TypeVar("T")
P = TypeVar("P")

_PASSES = 16
"""Passes of the event loop that gather at most; each is over in about a millisecond."""
_FULL_RETRY = timedelta(seconds=2)
_COARSE = 0.25
"""Seconds between two looks at who has waited too long: a timer for each would cost a tenth."""
_GROUPS_PER_CHORE = 64
"""Groups after which a chore has its turn although more keep coming: it takes milliseconds."""
_QUIET = 0.05
"""Seconds without a write after which nobody is taken to wait; between the groups of a storm pass
ten at most."""


class Writer:
    """Owns the write connection; every write of this process goes through it, on one loop.

    `bound` is how many writes may wait, of bulk and of all others each; `group` is how many share
    a commit. `wake` is called on the loop after each group that may have left effects to claim.
    `chore` is some work that nobody waits for, done once no write came for `quiet` seconds and in
    a transaction of its own; it returns whether there may be more of it.
    """

    def __init__(
        self,
        database: Database,
        *,
        bound: int,
        group: int,
        wake: Callable[[], None],
        chore: Callable[[Database], bool] = lambda _: False,
        quiet: float = _QUIET,
    ) -> None:
        self._database = database
        self._chore = chore
        self._quiet = quiet
        self._bound = bound
        self._group = group
        self._wake = wake
        self._gathered: list[AnyUnit] = []  # this pass of the loop; only the loop touches it
        self._pressing = False  # whether any of these is not bulk
        self._looks: asyncio.TimerHandle | None = None  # at who waits for too long
        self._closed = False
        self._waiting = Waiting(group=group)
        self._ended = False
        self._idle = False
        self._lock = threading.Lock()  # of the three above
        self._bell = threading.Semaphore(0)
        self._thread = threading.Thread(target=self._run, name="journal-writer", daemon=True)
        self._loop: asyncio.AbstractEventLoop | None = None
        self._thread.start()

    async def write(self, work: Callable[[Database], T], *, bulk: bool = False) -> T:
        """Carry out `work`; returns once it is durable, see `write_alike`."""
        return await self.write_alike(lambda database, _: [work(database)], None, bulk=bulk)

    async def write_alike(
        self,
        work: Work[P, T],
        given: P,
        *,
        wakes: bool = False,
        bulk: bool = False,
        within: float = math.inf,
    ) -> T:
        """Carry out `work` for `given`, together with neighbours of the same `work`.

        Returns once it is durable; where it fails it fails alone. `wakes`: it may have left
        effects that can be claimed now. `bulk`: everything else goes before it, but for a share;
        where it has not begun `within` seconds (up to a quarter more) it is given up: Unavailable.

        Cancelling withdraws it where it has not begun; where it has, the cancellation is raised
        only after it is durable or failed, so that the caller can then ask what became of it.
        """
        loop = asyncio.get_running_loop()
        until = loop.time() + within
        unit = Unit(work, given, loop.create_future(), wakes=wakes, bulk=bulk, until=until)
        self._gather(unit, loop)  # type: ignore[arg-type]  # the queue mixes kinds
        try:
            await unit.done
        except asyncio.CancelledError:
            if not self._withdraw(unit) and not unit.finished:  # type: ignore[arg-type]  # as above
                unit.done = loop.create_future()
                await unit.done
            raise
        return unit.outcome()

    async def close(self) -> None:
        """Write what was accepted, then end the thread and the connection."""
        self._closed = True
        if self._looks is not None:
            self._looks.cancel()
        self._hand_over()
        with self._lock:
            self._ended = True
            self._ring()
        await asyncio.to_thread(self._thread.join)

    def _gather(self, unit: AnyUnit, loop: asyncio.AbstractEventLoop) -> None:
        if self._closed:
            raise Unavailable("the journal is closed")
        if self._waiting.behind(bulk=unit.bulk) + len(self._gathered) >= self._bound:
            raise Unavailable(
                f"{self._bound} writes are waiting for the disk", retry_after=_FULL_RETRY
            )
        if not self._gathered:
            self._loop = loop
            loop.call_soon(self._end_pass, loop, 0, 1)
        if self._looks is None and unit.until < math.inf:
            self._looks = loop.call_later(_COARSE, self._look, loop)
        self._gathered.append(unit)
        self._pressing = self._pressing or not unit.bulk

    def _end_pass(self, loop: asyncio.AbstractEventLoop, before: int, passes: int) -> None:
        """Hand over once a pass of the loop has brought nothing new, enough, or what is no bulk."""
        now = len(self._gathered)
        if before < now < self._group and passes < _PASSES and not self._pressing:
            loop.call_soon(self._end_pass, loop, now, passes + 1)
        else:
            self._hand_over()

    def _hand_over(self) -> None:
        """Give the thread what was gathered."""
        gathered, self._gathered, self._pressing = self._gathered, [], False
        with self._lock:
            self._waiting.extend(unit for unit in gathered if not unit.taken)
            self._ring()

    def _look(self, loop: asyncio.AbstractEventLoop) -> None:
        """Give up what has waited for too long; look again as long as anything waits."""
        with self._lock:
            late = self._waiting.take_late(loop.time())
            self._looks = loop.call_later(_COARSE, self._look, loop) if self._waiting else None
        _fail(late, Unavailable("the journal is slow", retry_after=_FULL_RETRY))
        self._finish(late)

    def _ring(self) -> None:
        """Wake the thread where it sleeps and has a reason not to; under the lock."""
        if self._idle and (self._waiting or self._ended):
            self._idle = False
            self._bell.release()

    def _withdraw(self, unit: AnyUnit) -> bool:
        with self._lock:
            if unit.taken:
                return False
            unit.taken = True  # nobody else shall take it
            self._waiting.remove(unit)
            return True

    def _run(self) -> None:
        patience: float | None = 0.0  # until it is quiet; None = there is no chore
        groups = 0
        while (group := self._next_group(patience)) is not None:
            if group:
                self._write(group)
                groups, patience = groups + 1, self._quiet
            if not group or groups >= _GROUPS_PER_CHORE:
                groups, patience = 0, 0.0 if self._did_chore() else None
        with suppress(sqlite3.Error):  # the log stays, and the next start reads it
            self._database.execute("PRAGMA wal_checkpoint(TRUNCATE)")
        self._database.close()

    def _write(self, group: Sequence[AnyUnit]) -> None:
        try:
            self._carry_out(group)
        except Exception as error:  # noqa: BLE001 - a bug must reach the callers, not end the writer
            _fail(group, _meaning(error))
        with suppress(sqlite3.Error):  # the next group begins with it
            self._roll_back()
        self._tell(group)

    def _did_chore(self) -> bool:
        try:
            return self._chore(self._database)
        except sqlite3.Error as error:
            # It is tried again after the next group.
            _log.warning("the journal's housekeeping waits: %s", error)
            with suppress(sqlite3.Error):
                self._roll_back()
            return False

    def _next_group(self, patience: float | None) -> Sequence[AnyUnit] | None:
        """Return what is to be written, nothing after `patience` seconds; None at the end."""
        while True:
            with self._lock:
                self._idle = False
                group = self._waiting.next_group()
                for unit in group:
                    unit.taken = True
                if group:
                    return group
                if self._ended:
                    return None
                if patience == 0:
                    return ()
                self._idle = True
            if not self._bell.acquire(timeout=patience):
                patience = 0.0  # one more look: something may have come meanwhile

    def _carry_out(self, group: Sequence[AnyUnit]) -> None:
        try:
            # What a failing disk has left of the group before: its callers know that it is lost.
            self._roll_back()
            self._database.execute("BEGIN IMMEDIATE")
        except sqlite3.Error as error:
            _fail(group, translated(error))
            return
        for _, neighbours in groupby(group, key=lambda unit: unit.work):
            if not self._carry_out_alike(list(neighbours)):
                # SQLite gave the whole transaction up, earlier writes included (disk full).
                _fail(group, Unavailable("the journal gave the group up"))
                return
        self._commit(group)

    def _carry_out_alike(self, units: Sequence[AnyUnit]) -> bool:
        """Write neighbours of one kind together, or one by one where that fails.

        Returns whether the transaction still stands.
        """
        error = self._attempt(units)
        if error is None:
            return True
        if not self._database.conn.in_transaction:
            _fail(units, error)
            return False
        if len(units) == 1:
            _fail(units, error)
            return True
        return all(self._carry_out_alike([unit]) for unit in units)

    def _attempt(self, units: Sequence[AnyUnit]) -> Exception | None:
        """Write in one savepoint; where that raises nothing is left of it."""
        database = self._database
        database.execute("SAVEPOINT unit")
        try:
            results = units[0].work(database, [unit.given for unit in units])
            for unit, result in zip(units, results, strict=True):
                unit.result = [result]
        except Exception as error:  # noqa: BLE001 - handed to the caller, whatever it is
            if database.conn.in_transaction:
                database.execute("ROLLBACK TO unit")
                database.execute("RELEASE unit")
            return _meaning(error)
        database.execute("RELEASE unit")
        return None

    def _commit(self, group: Sequence[AnyUnit]) -> None:
        try:
            self._database.execute("COMMIT")
        except sqlite3.Error as error:
            if error.sqlite_errorcode & 0xFF == sqlite3.SQLITE_IOERR:
                # The commit frame may be on the disk all the same: after a crash it would count.
                _fail(group, OutcomeUnknown(f"the disk failed during a commit: {error}"))
            else:
                _fail(group, translated(error))

    def _roll_back(self) -> None:
        if self._database.conn.in_transaction:
            self._database.execute("ROLLBACK")

    def _tell(self, group: Sequence[AnyUnit]) -> None:
        if self._loop is None:
            return
        try:
            self._loop.call_soon_threadsafe(self._finish, group)
        except RuntimeError:  # the loop was closed: nobody waits any more
            return

    def _finish(self, group: Sequence[AnyUnit]) -> None:
        """Wake those who wait; those of bulk come last, as in the group."""
        wakes = False
        for unit in group:
            unit.finish()
            wakes = wakes or unit.wakes
        if wakes:
            self._wake()


def _meaning(error: Exception) -> Exception:
    return translated(error) if isinstance(error, sqlite3.Error) else error


def _fail(group: Sequence[AnyUnit], error: Exception) -> None:
    for unit in group:
        unit.error = unit.error or error
