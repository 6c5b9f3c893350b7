"""Another process that holds the write lock of a SQLite file for as long as a test wants."""

import asyncio
import sys
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path

_HOLDER = """\
import sqlite3, sys
database = sqlite3.connect(sys.argv[1], isolation_level=None, timeout=30)
database.execute("BEGIN IMMEDIATE")
print("held", flush=True)
sys.stdin.read()
"""
"""Ends with its input, and its lock with it."""


@asynccontextmanager
async def locked(database: Path) -> AsyncIterator[None]:
    """Hold the lock while the context is open."""
    holder = await asyncio.create_subprocess_exec(
        *(sys.executable, "-c", _HOLDER, str(database)),
        stdin=asyncio.subprocess.PIPE,
        stdout=asyncio.subprocess.PIPE,
    )
    assert holder.stdout is not None
    try:
        assert await holder.stdout.readline() == b"held\n"
        yield
    finally:
        await holder.communicate(b"")
