"""Journals on one file, and child processes that share it."""

import asyncio
import sys
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import AsyncExitStack
from datetime import timedelta
from pathlib import Path
from typing import TypeAlias

import pytest

from bot.adapters.sqlite import SqliteJournal
from tests.contract.journal.sqlite_only import child
from tests.contract.journal.values import CountingIds

ROOT = Path(__file__).parents[4]

Open: TypeAlias = Callable[[], SqliteJournal]
Spawn: TypeAlias = Callable[[str, int], Awaitable[asyncio.subprocess.Process]]


@pytest.fixture
def path(tmp_path: Path) -> Path:
    return tmp_path / "journal.db"


@pytest.fixture
async def open_journal(path: Path) -> AsyncIterator[Open]:
    """Each call is what another process would open; all are closed in the end."""
    async with AsyncExitStack() as stack:

        def opened() -> SqliteJournal:
            journal = SqliteJournal.open(path, ids=CountingIds(), busy=timedelta(seconds=20))
            stack.push_async_callback(journal.close)
            return journal

        yield opened


@pytest.fixture
async def spawn(path: Path) -> AsyncIterator[Spawn]:
    """Start `child` on the same file and wait until it has opened it; killed in the end."""
    started: list[asyncio.subprocess.Process] = []

    async def spawned(task: str, count: int) -> asyncio.subprocess.Process:
        process = await asyncio.create_subprocess_exec(
            *(sys.executable, "-m", child.__name__, str(path), task, str(count)),
            cwd=ROOT,
            stdout=asyncio.subprocess.PIPE,
        )
        started.append(process)
        assert process.stdout is not None
        assert await process.stdout.readline() == b"ready\n"
        return process

    yield spawned
    for process in started:
        if process.returncode is None:
            process.kill()
        await process.communicate()
