"""A chat's own store in a backup of the journal: put in, sealed to it, and taken out again.

The journal copy comes first, so that every message that it knows the place of is among these.
"""

import asyncio
import hashlib
import hmac
import json
import sqlite3
from collections.abc import Iterator, Mapping
from contextlib import closing
from dataclasses import dataclass
from pathlib import Path

from bot.errors import Refused, Unavailable


@dataclass(frozen=True, slots=True, kw_only=True)
class Packing:
    """What of a store is packed: `tables` column by column, the first two name a row.

    `store` is a word for its tables in the backup, `called` says what they are; a new store of
    this kind has rows of its own in the tables `begun`. One table is called `rooms`.
    """

    store: str
    called: str
    tables: Mapping[str, tuple[str, ...]]
    begun: tuple[str, ...] = ()

    @property
    def prefix(self) -> str:
        """What the names of its tables in the backup begin with."""
        return f"packed_{self.store}_"

    @property
    def seal(self) -> str:
        """The table of its seal."""
        return f"{self.prefix}seal"

    async def put(self, store: Path, backup: Path, key: bytes) -> int | None:
        """Put what is in `store` into `backup`, a copy of the journal; returns how many rooms.

        `key` is the journal's. None = there is no such store. Raises `Unavailable` where a file
        cannot be read or written.
        """
        return await asyncio.to_thread(_pack, self, store, backup, key)

    async def holds(self, backup: Path, key: bytes) -> bool:
        """Whether any is in `backup`.

        Raises Refused where it is not as it was packed, or belongs to another journal or key.
        """
        return await asyncio.to_thread(_is_sealed, self, backup, key)

    async def take(self, backup: Path, store: Path) -> int:
        """Move what `holds` has found to a new, empty `store`; returns how many rooms."""
        return await asyncio.to_thread(_unpack, self, backup, store)


def _pack(packing: Packing, store: Path, backup: Path, key: bytes) -> int | None:
    if not store.exists():
        return None
    try:
        with closing(_opened(backup)) as database:
            database.execute("ATTACH ? AS store", [f"{store.resolve().as_uri()}?mode=ro"])
            database.execute("BEGIN")
            for table, columns in packing.tables.items():
                database.execute(
                    f"CREATE TABLE {packing.prefix}{table} AS SELECT {', '.join(columns)}"  # noqa: S608 - names of ours
                    f" FROM store.{table}"
                )
            mac = _mac(packing, database, key)
            database.execute(f"CREATE TABLE {packing.seal} AS SELECT ? AS mac", [mac])
            database.execute("COMMIT")
            return _rooms(packing, database)
    except sqlite3.Error as error:
        raise Unavailable(f"{packing.called} cannot be copied: {error}") from error


def _is_sealed(packing: Packing, backup: Path, key: bytes) -> bool:
    with closing(_opened(backup)) as database:
        if not _tables(packing, database):
            return False
        try:
            (mac,) = database.execute(f"SELECT mac FROM {packing.seal}").fetchone()  # noqa: S608 - a constant
            own = _mac(packing, database, key)
            whole = isinstance(mac, bytes) and hmac.compare_digest(mac, own)
        except (sqlite3.Error, TypeError):
            whole = False
    if not whole:
        raise Refused(f"{packing.called} in it are not as they were written")
    return True


def _unpack(packing: Packing, backup: Path, store: Path) -> int:
    with closing(_opened(backup)) as database:
        database.execute("PRAGMA secure_delete = ON")
        database.execute("ATTACH ? AS store", [f"{store.resolve().as_uri()}?mode=rw"])
        database.execute("BEGIN")
        for table in packing.begun:
            database.execute(f"DELETE FROM store.{table}")  # noqa: S608 - as above
        for table, columns in packing.tables.items():
            named = ", ".join(columns)
            database.execute(
                f"INSERT INTO store.{table} ({named}) SELECT {named} FROM {packing.prefix}{table}"  # noqa: S608 - as above
            )
        database.execute("COMMIT")
        rooms = _rooms(packing, database)
        for table in _tables(packing, database):
            database.execute(f'DROP TABLE "{table}"')
        return rooms


def _opened(backup: Path) -> sqlite3.Connection:
    return sqlite3.connect(f"{backup.resolve().as_uri()}?mode=rw", uri=True, isolation_level=None)


def _tables(packing: Packing, database: sqlite3.Connection) -> list[str]:
    """Return which of its tables are there."""
    known = {packing.seal, *(f"{packing.prefix}{table}" for table in packing.tables)}
    found = database.execute("SELECT name FROM main.sqlite_master WHERE type = 'table'").fetchall()
    return sorted(known & {name for (name,) in found})


def _rooms(packing: Packing, database: sqlite3.Connection) -> int:
    (rooms,) = database.execute(f"SELECT count(*) FROM {packing.prefix}rooms").fetchone()  # noqa: S608 - a constant
    return int(rooms)


def _mac(packing: Packing, database: sqlite3.Connection, key: bytes) -> bytes:
    """Seal every row, and the heads of the journal that they stand beside."""
    own = hmac.digest(key, f"{packing.called} in a backup".encode(), "sha256")
    seal = hmac.new(own, digestmod=hashlib.sha256)
    for row in _sealed_rows(packing, database):
        words = [word.hex() if isinstance(word, bytes) else word for word in row]
        seal.update(json.dumps(words).encode() + b"\n")
    return seal.digest()


def _sealed_rows(packing: Packing, database: sqlite3.Connection) -> Iterator[tuple[object, ...]]:
    yield ("streams",)
    yield from database.execute("SELECT kind, id, seq, mac FROM main.streams ORDER BY kind, id")
    for table, columns in packing.tables.items():
        yield (table,)
        named = ", ".join(columns)
        query = f"SELECT {named} FROM {packing.prefix}{table} ORDER BY {', '.join(columns[:2])}"  # noqa: S608 - as above
        yield from database.execute(query)
