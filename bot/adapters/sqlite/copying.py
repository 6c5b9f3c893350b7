"""A copy of the journal's file at one moment, taken while others write."""

import asyncio
import os
import sqlite3
from pathlib import Path

from bot.adapters.sqlite.connection import translated
from bot.errors import Refused, UserMistake

_PAGES = 256
"""Pages of one step: one megabyte, so that writers wait for milliseconds at most."""


async def copy_journal(source: Path, to: Path) -> int:
    """Write a checked copy for its owner alone; returns its bytes.

    Raises UserMistake where `to` exists or there is no journal, `Refused` where the copy is
    damaged, `Unavailable` where the disk is full or locked.
    """
    return await asyncio.to_thread(_copy, source, to)


def _copy(source: Path, to: Path) -> int:
    if not source.exists():
        raise UserMistake(f"There is no journal at {source}.")
    try:
        os.close(os.open(to, os.O_WRONLY | os.O_CREAT | os.O_EXCL | os.O_CLOEXEC, 0o600))
    except FileExistsError:
        raise UserMistake(f"{to} exists already: name a new file.") from None
    except OSError as error:
        raise UserMistake(f"{to} cannot be written: {error.strerror}.") from error
    try:
        _fill(source, to)
    except BaseException as error:
        to.unlink()
        if isinstance(error, sqlite3.Error):
            raise translated(error) from error
        raise
    return to.stat().st_size


def _fill(source: Path, to: Path) -> None:
    original = sqlite3.connect(f"{source.resolve().as_uri()}?mode=ro", uri=True)
    copy = sqlite3.connect(to)
    try:
        original.backup(copy, pages=_PAGES)
        # One file alone, not a database with a log beside it.
        copy.execute("PRAGMA journal_mode = DELETE")
        found = copy.execute("PRAGMA integrity_check").fetchone()[0]
        if found != "ok":
            raise Refused(f"the copy is damaged: {found}")
    finally:
        copy.close()
        original.close()
