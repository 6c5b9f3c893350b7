"""The console's own SQLite file: rooms, messages and browser sessions, written by one thread."""

import asyncio
import queue
import sqlite3
import threading
from collections.abc import Callable
from concurrent.futures import Future
from dataclasses import dataclass
from pathlib import Path
from typing import Final, Generic, Self, TypeAlias, TypeVar

from sqlite_utils import Database

from bot.errors import Fault, OperatorMistake, Unavailable

SCHEMA_VERSION: Final = 4

_SCHEMA: Final = """
CREATE TABLE rooms (
    id TEXT PRIMARY KEY,
    key TEXT NOT NULL UNIQUE,
    name TEXT NOT NULL,
    topic TEXT NOT NULL,
    private INTEGER NOT NULL,
    closed INTEGER NOT NULL
);
CREATE TABLE members (
    room TEXT NOT NULL,
    person TEXT NOT NULL,
    PRIMARY KEY (room, person)
);
CREATE TABLE messages (
    position INTEGER PRIMARY KEY AUTOINCREMENT,
    conversation TEXT NOT NULL,
    key TEXT NOT NULL,
    revision INTEGER NOT NULL,
    card TEXT NOT NULL,
    posted_at TEXT NOT NULL,
    changed_at TEXT NOT NULL,
    file_name TEXT NOT NULL DEFAULT '',
    file BLOB,
    UNIQUE (conversation, key)
);
CREATE INDEX messages_by_revision ON messages (conversation, revision);
CREATE TABLE revisions (last INTEGER NOT NULL);
INSERT INTO revisions VALUES (0);
CREATE TABLE sessions (
    hash TEXT PRIMARY KEY,
    seat TEXT NOT NULL,
    signed_in_at TEXT NOT NULL,
    expires_at TEXT NOT NULL,
    email TEXT NOT NULL DEFAULT '',
    token TEXT NOT NULL DEFAULT ''
);
"""

_USED_KEYS: Final = """
CREATE TABLE used_keys (
    hash TEXT PRIMARY KEY,
    request TEXT NOT NULL,
    at TEXT NOT NULL
);
CREATE INDEX used_keys_at ON used_keys (at);
"""

_UPGRADES: Final = {
    1: "ALTER TABLE sessions ADD COLUMN email TEXT NOT NULL DEFAULT '';",
    2: "ALTER TABLE sessions ADD COLUMN token TEXT NOT NULL DEFAULT '';",
    3: _USED_KEYS,
}
"""What makes of a file of each earlier version one of the next."""

_GROUP: Final = 64
"""Units that share one commit: a disk sync costs more than all of them."""

_BUSY_MS: Final = 2000

T = TypeVar("T")


@dataclass(frozen=True, slots=True)
class _Unit(Generic[T]):
    work: Callable[[Database], T]
    result: "Future[T]"
    scrub: bool = False

    def carry_out(self, database: Database) -> Callable[[], None]:
        """Do the work in a savepoint; return what tells the caller, once it is durable."""
        try:
            with database.atomic():
                value = self.work(database)
        except sqlite3.OperationalError as fault:
            return self._failing(_unwritable(fault))
        except Exception as fault:  # noqa: BLE001 - handed to the caller, whose fault it is
            return self._failing(fault)
        return lambda: self.result.set_result(value)

    def fail(self, fault: Exception) -> None:
        """Tell the caller that nothing was written."""
        self.result.set_exception(fault)

    def _failing(self, fault: Exception) -> Callable[[], None]:
        return lambda: self.fail(fault)


_Queue: TypeAlias = "queue.SimpleQueue[_Unit[object] | None]"


class ConsoleStore:
    """Runs units of work against the file, in order, each atomic and durable when it returns."""

    def __init__(self, path: Path) -> None:
        self._path = path
        self._queue: _Queue = queue.SimpleQueue()
        self._thread = threading.Thread(target=self._work, name="console-store", daemon=True)
        self._opened: Future[None] = Future()
        self._closed = False

    @classmethod
    async def open(cls, path: Path) -> Self:
        """Open or make the file; `OperatorMistake` where it cannot be used."""
        store = cls(path)
        store._thread.start()
        await asyncio.wrap_future(store._opened)
        return store

    async def run(self, work: Callable[[Database], T], *, scrub: bool = False) -> T:
        """Carry out `work` in one transaction; `Unavailable` where the file cannot be written.

        With `scrub` nothing of what the work replaced is left in the file or its log either.
        """
        if self._closed:
            raise Unavailable("the console's store is closed")
        result: Future[T] = Future()
        self._queue.put(_Unit(work, result, scrub))  # type: ignore[arg-type]  # each unit fits its own future
        # Shielded: a caller who gives up must not make the thread trip over a cancelled future.
        return await asyncio.shield(asyncio.wrap_future(result))

    async def close(self) -> None:
        """Finish what was asked, then close the file."""
        self._closed = True
        self._queue.put(None)
        await asyncio.to_thread(self._thread.join)

    def _work(self) -> None:
        try:
            database = _opened(self._path)
        except Exception as fault:  # noqa: BLE001 - handed to whoever opens
            self._opened.set_exception(fault)
            return
        self._opened.set_result(None)
        try:
            while batch := self._next_batch():
                _commit(database, batch)
        finally:
            database.close()

    def _next_batch(self) -> "list[_Unit[object]]":
        batch: list[_Unit[object]] = []
        unit = self._queue.get()
        while unit is not None:
            batch.append(unit)
            if len(batch) == _GROUP or self._queue.empty():
                return batch
            unit = self._queue.get()
        # Asked to close: leave the mark for the next call, after this batch.
        if batch:
            self._queue.put(None)
        return batch


def _commit(database: Database, batch: "list[_Unit[object]]") -> None:
    try:
        database.execute("BEGIN IMMEDIATE")
        told = [unit.carry_out(database) for unit in batch]
        database.commit()
        if any(unit.scrub for unit in batch):
            _scrub(database)
    except sqlite3.Error as fault:
        if database.conn.in_transaction:
            database.rollback()
        for unit in batch:
            unit.fail(_unwritable(fault))
        return
    for tell in told:
        tell()


def _scrub(database: Database) -> None:
    """Write the file anew without what was deleted, and empty its log.

    Where a reader holds the log it is an error: whoever asked asks again.
    """
    database.execute("VACUUM")
    (busy, _, _) = database.execute("PRAGMA wal_checkpoint(TRUNCATE)").fetchone()
    if busy:
        raise sqlite3.OperationalError("somebody reads it: its log cannot be emptied yet")


def _unwritable(fault: sqlite3.Error) -> Unavailable:
    return Unavailable(f"the console's store cannot be written: {fault}")


def _opened(path: Path) -> Database:
    path.parent.mkdir(parents=True, exist_ok=True)
    path.touch(mode=0o600)
    database = Database(sqlite3.connect(path, isolation_level=None))
    database.execute("PRAGMA journal_mode=WAL")
    database.execute("PRAGMA synchronous=FULL")
    database.execute(f"PRAGMA busy_timeout={_BUSY_MS}")
    _migrate(database, path)
    return database


def _migrate(database: Database, path: Path) -> None:
    version = database.execute("PRAGMA user_version").fetchone()[0]
    if version == SCHEMA_VERSION:
        return
    if version > SCHEMA_VERSION:
        database.close()
        raise OperatorMistake(
            [
                Fault(
                    file=str(path),
                    message=f"was written by a newer Firewarden (schema {version})",
                    hint="start that version, or restore a backup",
                )
            ]
        )
    steps = (
        [_UPGRADES[old] for old in range(version, SCHEMA_VERSION)]
        if version
        else [_SCHEMA, _USED_KEYS]
    )
    database.conn.executescript(
        f"BEGIN IMMEDIATE; {' '.join(steps)} PRAGMA user_version={SCHEMA_VERSION}; COMMIT;"
    )
