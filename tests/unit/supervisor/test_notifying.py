"""systemd hears of the start, of the end, and of life while the loop and the journal live."""

import asyncio
import logging
import socket
import threading
from collections.abc import AsyncIterator, Iterator
from contextlib import closing
from datetime import timedelta
from pathlib import Path
from secrets import token_hex

import pytest
from sqlite_utils import Database

from bot.adapters.clock import SystemClock, SystemIds
from bot.adapters.health import JournalHealth
from bot.adapters.sqlite.journal import SqliteJournal
from bot.adapters.supervisor import Supervisor
from bot.errors import Unavailable

BRISK = timedelta(milliseconds=30)


@pytest.fixture(params=["path", "abstract"])
def address(request: pytest.FixtureRequest, tmp_path: Path) -> str:
    return str(tmp_path / "notify") if request.param == "path" else f"@firewarden-{token_hex(8)}"


@pytest.fixture
def systemd(address: str) -> Iterator[socket.socket]:
    """Listen where systemd would."""
    with closing(socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM)) as listener:
        listener.bind(f"\0{address[1:]}" if address.startswith("@") else address)
        listener.setblocking(False)
        yield listener


@pytest.fixture
async def journal(tmp_path: Path) -> AsyncIterator[SqliteJournal]:
    opened = SqliteJournal.open(tmp_path / "journal.sqlite3", ids=SystemIds())
    yield opened
    await opened.close()


def watched(address: str, journal: SqliteJournal) -> asyncio.Task[None]:
    """Give signs of life as long as this journal does."""
    health = JournalHealth(journal=journal, clock=SystemClock(), starting=tuple)
    return asyncio.create_task(Supervisor(address, patience=BRISK).watch(health.alive))


async def heard(systemd: socket.socket, seconds: float = 20) -> str:
    loop = asyncio.get_running_loop()
    async with asyncio.timeout(seconds):
        return (await loop.sock_recv(systemd, 100)).decode()


async def test_the_start_and_the_end_are_told(systemd: socket.socket, address: str) -> None:
    supervisor = Supervisor(address)
    supervisor.ready()
    supervisor.stopping()
    assert [await heard(systemd), await heard(systemd)] == ["READY=1", "STOPPING=1"]


async def test_signs_of_life_go_on_while_the_journal_writes(
    systemd: socket.socket, address: str, journal: SqliteJournal
) -> None:
    watching = watched(address, journal)
    assert [await heard(systemd) for _ in range(3)] == ["WATCHDOG=1"] * 3
    watching.cancel()


async def test_a_writer_that_hangs_ends_the_signs_of_life(
    systemd: socket.socket, address: str, journal: SqliteJournal
) -> None:
    hangs, goes_on = threading.Event(), threading.Event()

    def stuck(_: Database) -> None:
        hangs.set()
        goes_on.wait(20)

    writing = asyncio.create_task(journal._writer.write(stuck))
    await asyncio.to_thread(hangs.wait, 20)
    watching = watched(address, journal)
    with pytest.raises(TimeoutError):
        await heard(systemd, seconds=4 * BRISK.total_seconds())
    goes_on.set()
    assert await heard(systemd) == "WATCHDOG=1"
    watching.cancel()
    await writing


async def test_a_journal_that_cannot_write_is_alive(systemd: socket.socket, address: str) -> None:
    async def locked() -> None:
        raise Unavailable("the journal is locked by another writer")

    watching = asyncio.create_task(Supervisor(address, patience=BRISK).watch(locked))
    assert await heard(systemd) == "WATCHDOG=1"
    watching.cancel()


async def test_where_nobody_watches_nothing_is_sent() -> None:
    Supervisor(None, patience=BRISK).ready()
    await Supervisor(None, patience=BRISK).watch(_never)
    await Supervisor("/run/systemd/notify").watch(_never)


async def test_a_supervisor_that_is_gone_is_only_logged(
    tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    with caplog.at_level(logging.WARNING):
        Supervisor(str(tmp_path / "gone")).ready()
    assert [r.getMessage() for r in caplog.records] == [
        "the supervisor does not hear READY=1: [Errno 2] No such file or directory"
    ]


async def _never() -> None:
    raise AssertionError("nobody asked")
