"""What was erased leaves the disk: the file is written anew, and its log is emptied."""

import asyncio
import sqlite3
from contextlib import closing
from pathlib import Path

from bot.adapters.sqlite.connection import translated
from bot.errors import Unavailable

_BUSY = 10.0
"""Seconds to wait for whoever writes or reads at the moment: longer than any commit of ours."""


async def scrub(path: Path) -> None:
    """Rewrite a database without its deleted content, while others may have it open.

    Writers wait meanwhile, about a second per hundred megabytes. Raises `Unavailable` where
    somebody holds it for longer than ten seconds; nothing is lost then, and nothing scrubbed.
    """
    await asyncio.to_thread(_scrub, path)


def _scrub(path: Path) -> None:
    try:
        with closing(sqlite3.connect(path, isolation_level=None, timeout=_BUSY)) as database:
            database.execute("VACUUM")
            (busy, _, _) = database.execute("PRAGMA wal_checkpoint(TRUNCATE)").fetchone()
    except sqlite3.Error as error:
        raise translated(error) from error
    if busy:
        raise Unavailable(f"{path.name} is being read: its log cannot be emptied yet")
