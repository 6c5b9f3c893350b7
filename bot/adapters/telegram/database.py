"""The adapter's own SQLite file, opened once: whatever a call here returns is durable."""

import asyncio
import sqlite3
from collections.abc import Callable
from pathlib import Path
from typing import Final, Self, TypeAlias, TypeVar

from bot.errors import Unavailable

_SCHEMA: Final = """
CREATE TABLE IF NOT EXISTS rooms (key TEXT PRIMARY KEY, conversation TEXT NOT NULL UNIQUE);
CREATE TABLE IF NOT EXISTS members (room TEXT NOT NULL, person TEXT NOT NULL,
    PRIMARY KEY (room, person));
CREATE TABLE IF NOT EXISTS shown (
    position INTEGER PRIMARY KEY AUTOINCREMENT, room TEXT NOT NULL, key TEXT NOT NULL,
    html TEXT NOT NULL, keyboard TEXT NOT NULL, pinned INTEGER NOT NULL, UNIQUE (room, key)
);
CREATE TABLE IF NOT EXISTS posts (
    conversation TEXT NOT NULL, key TEXT NOT NULL, chat INTEGER NOT NULL, message INTEGER NOT NULL,
    PRIMARY KEY (conversation, key, chat)
);
CREATE INDEX IF NOT EXISTS posts_by_message ON posts (chat, message);
CREATE TABLE IF NOT EXISTS doubts (
    conversation TEXT NOT NULL, key TEXT NOT NULL, chat INTEGER NOT NULL,
    html TEXT NOT NULL, keyboard TEXT NOT NULL, floor INTEGER NOT NULL,
    PRIMARY KEY (conversation, key, chat)
);
CREATE TABLE IF NOT EXISTS openings (key TEXT PRIMARY KEY, name TEXT NOT NULL,
    floor INTEGER NOT NULL);
CREATE TABLE IF NOT EXISTS replaced (
    chat INTEGER NOT NULL, message INTEGER NOT NULL, by INTEGER NOT NULL,
    PRIMARY KEY (chat, message)
);
CREATE TABLE IF NOT EXISTS moves (old INTEGER PRIMARY KEY, new INTEGER NOT NULL);
CREATE TABLE IF NOT EXISTS buttons (
    id TEXT PRIMARY KEY, card TEXT NOT NULL, option TEXT NOT NULL,
    label TEXT NOT NULL, confirm TEXT NOT NULL, asks INTEGER NOT NULL
);
CREATE TABLE IF NOT EXISTS talks (
    user INTEGER PRIMARY KEY, state TEXT NOT NULL, message INTEGER NOT NULL
);
CREATE TABLE IF NOT EXISTS taken (
    position INTEGER PRIMARY KEY AUTOINCREMENT, update_id INTEGER NOT NULL UNIQUE
);
"""

T = TypeVar("T")
Value: TypeAlias = str | int
Statement: TypeAlias = tuple[str, tuple[Value, ...]]


class Database:
    """One connection, one statement after the other, none of them on the event loop."""

    def __init__(self, connection: sqlite3.Connection) -> None:
        self._connection = connection
        self._turn = asyncio.Lock()

    @classmethod
    def open(cls, path: Path) -> Self:
        """Open the file, made on the first call."""
        connection = sqlite3.connect(path, check_same_thread=False, isolation_level=None)
        connection.execute("PRAGMA journal_mode=WAL")
        connection.execute("PRAGMA synchronous=FULL")
        # What was answered or shown, and is gone, leaves no bytes behind.
        connection.execute("PRAGMA secure_delete=ON")
        connection.executescript(_SCHEMA)
        return cls(connection)

    async def rows(self, query: str, *values: Value) -> list[tuple[Value, ...]]:
        """Return every row of a query."""
        return await self._run(lambda db: db.execute(query, values).fetchall())

    async def row(self, query: str, *values: Value) -> tuple[Value, ...] | None:
        """Return the first row of a query, None where there is none."""
        return next(iter(await self.rows(query, *values)), None)

    async def write(self, *statements: Statement) -> None:
        """Carry out all of the statements, or none."""

        def work(db: sqlite3.Connection) -> None:
            with db:
                db.execute("BEGIN IMMEDIATE")
                for statement, values in statements:
                    db.execute(statement, values)

        await self._run(work)

    async def close(self) -> None:
        """Close the file."""
        await self._run(lambda db: db.close())

    async def _run(self, work: Callable[[sqlite3.Connection], T]) -> T:
        async with self._turn:
            try:
                return await asyncio.to_thread(work, self._connection)
            except sqlite3.OperationalError as fault:
                raise Unavailable(f"the Telegram store cannot be used: {fault}") from fault
