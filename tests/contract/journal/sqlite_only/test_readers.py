"""A read that somebody waits for does not stand behind those of delivery."""

import asyncio
import threading
from collections.abc import AsyncIterator
from datetime import timedelta
from pathlib import Path

import pytest
from sqlite_utils import Database

from bot.adapters.sqlite.connection import connect, create_file
from bot.adapters.sqlite.readers import Readers
from bot.usecases.urgency import Urgency, carried_with


class Slow:
    """A query that begins, says so, and ends when it is let."""

    def __init__(self) -> None:
        self.begun = threading.Semaphore(0)
        self.go_on = threading.Event()

    def __call__(self, database: Database) -> int:
        self.begun.release()
        self.go_on.wait(60)
        return two(database)


def two(database: Database) -> int:
    return int(database.execute("SELECT 2").fetchone()[0])


@pytest.fixture
async def readers(tmp_path: Path) -> AsyncIterator[Readers]:
    path = tmp_path / "journal.sqlite3"
    create_file(path)
    reading = [connect(path, busy=timedelta(seconds=1), read_only=True) for _ in range(3)]
    found = Readers(reading[:2], for_people=reading[2:])
    yield found
    await asyncio.to_thread(found.close)


async def test_a_request_is_answered_while_every_reader_of_delivery_is_busy(
    readers: Readers,
) -> None:
    slow = Slow()
    with carried_with(Urgency.CHATTER):
        delivering = [asyncio.create_task(readers.read(slow)) for _ in range(50)]
    for _ in range(2):
        await asyncio.to_thread(slow.begun.acquire)
    assert await readers.read(two) == 2
    assert not any(task.done() for task in delivering)
    slow.go_on.set()
    assert await asyncio.gather(*delivering) == [2] * 50
