"""The console's rooms in a backup of the journal: put in, sealed to it, and taken out again.

The journal copy comes first, so that every message that it knows the place of is among these.
Sessions stay behind: whoever restores signs in anew.
"""

import asyncio
import hashlib
import hmac
import json
import sqlite3
from collections.abc import Iterator
from contextlib import closing
from pathlib import Path
from typing import Final

from bot.adapters.console.store import ConsoleStore
from bot.errors import Refused, Unavailable

_TABLES: Final = {
    "rooms": ("id", "key", "name", "topic", "private", "closed"),
    "members": ("room", "person"),
    "messages": (
        "position",
        "conversation",
        "key",
        "revision",
        "card",
        "posted_at",
        "changed_at",
        "file_name",
        "file",
    ),
    "revisions": ("last",),
}
"""What is packed, column by column; the first two name a row."""

_PREFIX: Final = "packed_console_"
_SEAL: Final = f"{_PREFIX}seal"
_PURPOSE: Final = b"the console's rooms in a backup"


async def pack(store: Path, backup: Path, key: bytes) -> int:
    """Put the rooms of `store` into `backup`, a copy of the journal; returns how many there are.

    `key` is the journal's. Raises `Unavailable` where a file cannot be read or written.
    """
    return await asyncio.to_thread(_pack, store, backup, key)


async def unpack(backup: Path, store: Path, key: bytes) -> int:
    """Move the rooms that are in `backup` to a new `store`; returns how many rooms, 0 = none were.

    Raises Refused where they are not as they were packed, or belong to another journal or key.
    """
    if not await asyncio.to_thread(_is_sealed, backup, key):
        return 0
    await (await ConsoleStore.open(store)).close()  # made, with this version's shape
    return await asyncio.to_thread(_unpack, backup, store)


def _pack(store: Path, backup: Path, key: bytes) -> int:
    if not store.exists():
        return 0
    try:
        with closing(_opened(backup)) as database:
            database.execute("ATTACH ? AS console", [f"{store.resolve().as_uri()}?mode=ro"])
            database.execute("BEGIN")
            for table, columns in _TABLES.items():
                database.execute(
                    f"CREATE TABLE {_PREFIX}{table} AS SELECT {', '.join(columns)}"  # noqa: S608 - names of ours
                    f" FROM console.{table}"
                )
            database.execute(f"CREATE TABLE {_SEAL} AS SELECT ? AS mac", [_mac(database, key)])
            database.execute("COMMIT")
            return _rooms(database)
    except sqlite3.Error as error:
        raise Unavailable(f"the console's rooms cannot be copied: {error}") from error


def _is_sealed(backup: Path, key: bytes) -> bool:
    with closing(_opened(backup)) as database:
        if not _tables(database):
            return False
        try:
            (mac,) = database.execute(f"SELECT mac FROM {_SEAL}").fetchone()  # noqa: S608 - a constant
            whole = isinstance(mac, bytes) and hmac.compare_digest(mac, _mac(database, key))
        except (sqlite3.Error, TypeError):
            whole = False
    if not whole:
        raise Refused("the console's rooms in it are not as they were written")
    return True


def _unpack(backup: Path, store: Path) -> int:
    with closing(_opened(backup)) as database:
        database.execute("PRAGMA secure_delete = ON")
        database.execute("ATTACH ? AS console", [f"{store.resolve().as_uri()}?mode=rw"])
        database.execute("BEGIN")
        database.execute("DELETE FROM console.revisions")  # a new store begins at nought
        for table, columns in _TABLES.items():
            named = ", ".join(columns)
            database.execute(
                f"INSERT INTO console.{table} ({named}) SELECT {named} FROM {_PREFIX}{table}"  # noqa: S608 - as above
            )
        database.execute("COMMIT")
        rooms = _rooms(database)
        for table in _tables(database):
            database.execute(f'DROP TABLE "{table}"')
        return rooms


def _opened(backup: Path) -> sqlite3.Connection:
    return sqlite3.connect(f"{backup.resolve().as_uri()}?mode=rw", uri=True, isolation_level=None)


def _tables(database: sqlite3.Connection) -> list[str]:
    """Return which of our tables are there."""
    known = {_SEAL, *(f"{_PREFIX}{table}" for table in _TABLES)}
    found = database.execute("SELECT name FROM main.sqlite_master WHERE type = 'table'").fetchall()
    return sorted(known & {name for (name,) in found})


def _rooms(database: sqlite3.Connection) -> int:
    (rooms,) = database.execute(f"SELECT count(*) FROM {_PREFIX}rooms").fetchone()  # noqa: S608 - a constant
    return int(rooms)


def _mac(database: sqlite3.Connection, key: bytes) -> bytes:
    """Seal every row, and the heads of the journal that they stand beside."""
    own = hmac.digest(key, _PURPOSE, "sha256")
    seal = hmac.new(own, digestmod=hashlib.sha256)
    for row in _sealed_rows(database):
        words = [word.hex() if isinstance(word, bytes) else word for word in row]
        seal.update(json.dumps(words).encode() + b"\n")
    return seal.digest()


def _sealed_rows(database: sqlite3.Connection) -> Iterator[tuple[object, ...]]:
    yield ("streams",)
    yield from database.execute("SELECT kind, id, seq, mac FROM main.streams ORDER BY kind, id")
    for table, columns in _TABLES.items():
        yield (table,)
        named, first = ", ".join(columns), ", ".join(columns[:2])
        yield from database.execute(f"SELECT {named} FROM {_PREFIX}{table} ORDER BY {first}")  # noqa: S608 - as above
