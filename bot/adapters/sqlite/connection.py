"""How the database is opened, and what SQLite's errors mean to the rest of Firewarden."""

import os
import sqlite3
from datetime import timedelta
from pathlib import Path

from sqlite_utils import Database

from bot.errors import Refused, Unavailable

_BUSY = frozenset({sqlite3.SQLITE_BUSY, sqlite3.SQLITE_LOCKED})
_DISK = frozenset(
    {
        sqlite3.SQLITE_FULL,
        sqlite3.SQLITE_IOERR,
        sqlite3.SQLITE_READONLY,
        sqlite3.SQLITE_CANTOPEN,
        sqlite3.SQLITE_NOMEM,
    }
)
_BROKEN = frozenset({sqlite3.SQLITE_CORRUPT, sqlite3.SQLITE_NOTADB})
_PRIMARY = 0xFF
"""The low byte of an extended result code is the primary one (sqlite.org/rescode.html)."""


def create_file(path: Path) -> None:
    """Make an empty database that only this user may read; an existing one is left alone."""
    path.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
    os.close(os.open(path, os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o600))


def connect(path: Path, *, busy: timedelta, read_only: bool = False) -> Database:
    """Open one connection: no implicit transactions, WAL, every commit flushed to the disk.

    It waits `busy` for another process's write lock. Any thread may use it, one at a time.
    """
    connection = sqlite3.connect(
        path,
        isolation_level=None,
        timeout=busy.total_seconds(),
        check_same_thread=False,
        cached_statements=256,
    )
    try:
        database = Database(connection, recursive_triggers=False, execute_plugins=False)
        database.execute("PRAGMA journal_mode = WAL")
        database.execute("PRAGMA synchronous = FULL")
        database.execute("PRAGMA foreign_keys = ON")
        # What a savepoint may have to put back stays in memory: it is less than one group.
        database.execute("PRAGMA temp_store = MEMORY")
        if read_only:
            database.execute("PRAGMA query_only = ON")
    except BaseException:
        connection.close()
        raise
    return database


def translated(error: sqlite3.Error) -> Exception:
    """Return what a database error means: `Unavailable`, `Refused`, or the error itself (a bug)."""
    code = getattr(error, "sqlite_errorcode", 0) & _PRIMARY
    if code in _BUSY:
        return Unavailable("the journal is locked by another writer")
    if code in _DISK:
        return Unavailable(f"the journal cannot be written: {error}")
    if code in _BROKEN:
        return Refused(f"the journal is damaged: {error}")
    return error
