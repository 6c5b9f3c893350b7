"""One journal file in the place of another: what the old one holds, and how it is set aside."""

import asyncio
import os
import sqlite3
from collections.abc import Sequence
from contextlib import closing, suppress
from pathlib import Path

from bot.errors import Refused
from bot.ports import AnchoredHead
from bot.records.chain import Head
from bot.values import StreamRef

_LOG = "-wal"
"""What SQLite appends to a database's name for the log that belongs to it."""
_INDEX = "-shm"


async def heads_in(path: Path) -> Sequence[AnchoredHead]:
    """Return the heads of a journal that nobody has open, none where there is no file.

    Raises Refused where they cannot be read.
    """
    return await asyncio.to_thread(_heads, path)


async def replace_journal(path: Path, by: Path, aside: Path) -> bool:
    """Put the file `by` in the place of the journal at `path`, which becomes `aside`.

    Nobody may have either open. Returns whether there was one; raises Refused where the disk does
    not allow it.
    """
    return await asyncio.to_thread(_replace, path, by, aside)


def _heads(path: Path) -> Sequence[AnchoredHead]:
    if not path.exists():
        return ()
    try:
        with closing(sqlite3.connect(path)) as database:
            found = database.execute("SELECT kind, id, seq, mac FROM streams").fetchall()
    except sqlite3.Error as error:
        raise Refused(f"{path} cannot be read: {error}") from error
    return [
        AnchoredHead(stream=StreamRef(kind=kind, id=ident), head=Head(seq=seq, mac=mac))
        for kind, ident, seq, mac in found
    ]


def _replace(path: Path, by: Path, aside: Path) -> bool:
    try:
        existed = path.exists()
        if existed:
            _set_aside(path, aside)
        by.replace(path)
        _flush_folder(path.parent)
    except OSError as error:
        raise Refused(f"{path} cannot be replaced: {error}") from error
    return existed


def _set_aside(path: Path, aside: Path) -> None:
    """Move a journal with its log: one that stays behind would be read into the new journal."""
    _fold_log(path)
    log, index = (path.with_name(path.name + suffix) for suffix in (_LOG, _INDEX))
    if log.exists():
        log.replace(aside.with_name(aside.name + _LOG))
    index.unlink(missing_ok=True)
    path.replace(aside)


def _fold_log(path: Path) -> None:
    """Write the log into the database where that can be done; a damaged file keeps its log."""
    with suppress(sqlite3.DatabaseError), closing(sqlite3.connect(path)) as database:
        database.execute("PRAGMA wal_checkpoint(TRUNCATE)").fetchone()


def _flush_folder(folder: Path) -> None:
    handle = os.open(folder, os.O_RDONLY | os.O_DIRECTORY)
    try:
        os.fsync(handle)
    finally:
        os.close(handle)
