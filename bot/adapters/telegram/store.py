"""What Telegram cannot be asked for again: rooms by key, messages by key, and what buttons mean."""

import asyncio
import sqlite3
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Final, Self, TypeVar

from bot.errors import Unavailable

_SCHEMA: Final = """
CREATE TABLE IF NOT EXISTS rooms (key TEXT PRIMARY KEY, conversation TEXT NOT NULL);
CREATE TABLE IF NOT EXISTS messages (
    conversation TEXT NOT NULL, key TEXT NOT NULL, message TEXT NOT NULL,
    PRIMARY KEY (conversation, key)
);
CREATE TABLE IF NOT EXISTS buttons (
    id TEXT PRIMARY KEY, card TEXT NOT NULL, option TEXT NOT NULL,
    label TEXT NOT NULL, confirm TEXT NOT NULL
);
"""

T = TypeVar("T")


@dataclass(frozen=True, slots=True, kw_only=True)
class Offered:
    """A button that was shown: `id` is its callback data without the mark before it."""

    id: str
    card: str
    option: str
    label: str
    confirm: str


class TelegramStore:
    """One SQLite file of the adapter's own; whatever returns is durable."""

    def __init__(self, database: sqlite3.Connection) -> None:
        self._database = database
        self._turn = asyncio.Lock()

    @classmethod
    def open(cls, path: Path) -> Self:
        """Open the file, made on the first call."""
        database = sqlite3.connect(path, check_same_thread=False, isolation_level=None)
        database.execute("PRAGMA journal_mode=WAL")
        database.execute("PRAGMA synchronous=FULL")
        database.executescript(_SCHEMA)
        return cls(database)

    async def room(self, key: str) -> str:
        """Return the conversation of a room's key, "" where there is none."""
        return await self._text("SELECT conversation FROM rooms WHERE key = ?", key)

    async def is_room(self, conversation: str) -> bool:
        """Say whether we made this room."""
        return bool(await self._text("SELECT key FROM rooms WHERE conversation = ?", conversation))

    async def keep_room(self, key: str, conversation: str) -> None:
        """Remember a room."""
        await self._write("INSERT OR IGNORE INTO rooms VALUES (?, ?)", key, conversation)

    async def message(self, conversation: str, key: str) -> str:
        """Return the message of a key, "" where there is none."""
        query = "SELECT message FROM messages WHERE conversation = ? AND key = ?"
        return await self._text(query, conversation, key)

    async def keep_message(self, conversation: str, key: str, message: str) -> None:
        """Remember a message."""
        statement = "INSERT OR IGNORE INTO messages VALUES (?, ?, ?)"
        await self._write(statement, conversation, key, message)

    async def button(self, ident: str) -> Offered | None:
        """Return a button that we showed, None where it is none of ours."""
        query = "SELECT id, card, option, label, confirm FROM buttons WHERE id = ?"
        row = await self._run(lambda db: db.execute(query, (ident,)).fetchone())
        if row is None:
            return None
        found, card, option, label, confirm = map(str, row)
        return Offered(id=found, card=card, option=option, label=label, confirm=confirm)

    async def keep_button(self, shown: Offered) -> None:
        """Remember a button before it is shown."""
        statement = "INSERT OR REPLACE INTO buttons VALUES (?, ?, ?, ?, ?)"
        row = (shown.id, shown.card, shown.option, shown.label, shown.confirm)
        await self._write(statement, *row)

    async def close(self) -> None:
        """Close the file."""
        await self._run(lambda db: db.close())

    async def _text(self, query: str, *values: str) -> str:
        row = await self._run(lambda db: db.execute(query, values).fetchone())
        return "" if row is None else str(row[0])

    async def _write(self, statement: str, *values: str) -> None:
        await self._run(lambda db: db.execute(statement, values))

    async def _run(self, work: Callable[[sqlite3.Connection], T]) -> T:
        async with self._turn:
            try:
                return await asyncio.to_thread(work, self._database)
            except sqlite3.OperationalError as fault:
                raise Unavailable(f"the Telegram store cannot be used: {fault}") from fault
