"""An alert storm as monitors send it, and people who click in its incident meanwhile."""

import asyncio
import json
import sqlite3
import time
from collections import Counter
from contextlib import closing
from dataclasses import dataclass, field
from itertools import count
from pathlib import Path

from tests.support.bot import Seated
from tests.support.process import Process
from tests.support.waiting import until


@dataclass(frozen=True, slots=True, kw_only=True)
class Storm:
    """How many requests come, in how many `groups`, how fast; every tenth is sent again."""

    alerts: int
    groups: int
    seconds: float
    connections: int = 100

    @property
    def distinct(self) -> int:
        """Alerts that are none of the repeats."""
        return self.alerts - self.alerts // 10

    def body(self, n: int) -> bytes:
        """Return the n-th request: one alert, and every tenth is one that came before."""
        which = n - n // 10 - (1 if n % 10 == 9 else 0)  # the tenth repeats the ninth
        return json.dumps(
            {
                "status": "firing",
                "dedup_key": f"web-{which}",
                "title": f"web-{which} is down",
                "severity": "SEV3",
                "source": "storm",
                "labels": {"alertname": "Down", "service": f"shop-{which % self.groups}"},
            }
        ).encode()


@dataclass(slots=True, kw_only=True)
class Seen:
    """What senders and people saw: statuses, and seconds until each click was answered."""

    statuses: Counter[int] = field(default_factory=Counter)
    clicks: list[float] = field(default_factory=list)
    unrecorded: int = 0
    """Clicks that were told so, and so are not among the others."""
    looks: list[float] = field(default_factory=list)
    sent: float = 0.0
    """Seconds until the last request was acknowledged."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Left:
    """What a storm left behind, by the bot's own files and /proc."""

    alerts: int
    received: int
    unread: int
    incidents: int
    rooms: int
    messages: Counter[str]
    notes: int
    peak: float
    """Megabytes (1e6 bytes) of the bot's own process at most."""


async def ride_out(p: Process, storm: Storm, people: Seated) -> Seen:
    """Send the storm while somebody clicks and looks; returns once all is acknowledged."""
    seen = Seen()
    token = (p.folder / "data" / "alert.token").read_text()
    over = asyncio.Event()
    async with asyncio.TaskGroup() as tasks:
        clicking = tasks.create_task(_click(people, seen, over))
        looking = tasks.create_task(_look(people, seen, over))
        began = time.perf_counter()
        numbers = count()
        async with asyncio.TaskGroup() as senders:
            for _ in range(storm.connections):
                senders.create_task(_send(p.address, token, storm, numbers, began, seen))
        seen.sent = time.perf_counter() - began
        over.set()
        await asyncio.wait([clicking, looking])
    return seen


async def settled(p: Process) -> float:
    """Wait until every alert has an incident; returns the seconds that took."""
    began = time.perf_counter()

    async def none_unread() -> bool:
        return _asked(p.folder / "data" / "journal.sqlite3", _UNREAD) == 0

    await until(none_unread, seconds=60)
    return time.perf_counter() - began


def left(p: Process) -> Left:
    """Count what is there."""
    journal, console = p.folder / "data" / "journal.sqlite3", p.folder / "data" / "console.sqlite3"
    with closing(sqlite3.connect(console)) as connection:
        places = [row[0] for row in connection.execute("SELECT conversation FROM messages")]
    return Left(
        alerts=_asked(journal, "SELECT count(*) FROM alerts"),
        received=_asked(journal, "SELECT sum(count) FROM alerts"),
        unread=_asked(journal, _UNREAD),
        incidents=_asked(journal, "SELECT count(*) FROM incidents"),
        rooms=_asked(console, "SELECT count(*) FROM rooms"),
        messages=Counter(place.partition(":")[0] for place in places),
        notes=_asked(journal, "SELECT count(*) FROM records WHERE type = 'NoteAdded'"),
        peak=_peak(p),
    )


def percentile(values: list[float], share: float) -> float:
    """Return the value that this share of all values does not exceed."""
    return sorted(values)[min(int(len(values) * share), len(values) - 1)]


_UNREAD = "SELECT count(*) FROM alerts WHERE unread = 1"
_PAUSE = 0.05
"""Seconds between an answer and the next click."""


async def _send(
    address: str, token: str, storm: Storm, numbers: "count[int]", began: float, seen: Seen
) -> None:
    """Send on one connection, each request at its moment, until it is acknowledged."""
    host, _, port = address.partition(":")
    reader, writer = await asyncio.open_connection(host, int(port))
    head = (
        f"POST /alerts/generic HTTP/1.1\r\nHost: {address}\r\nAuthorization: Bearer {token}\r\n"
        "Content-Type: application/json\r\nContent-Length: "
    )
    while (n := next(numbers)) < storm.alerts:
        due = began + n * storm.seconds / storm.alerts
        await asyncio.sleep(max(due - time.perf_counter(), 0))
        body = storm.body(n)
        status = 0
        while status != 202:
            writer.write(f"{head}{len(body)}\r\n\r\n".encode() + body)
            status = await _status(reader)
            seen.statuses[status] += 1
            if status != 202:
                assert status == 503, status
                await asyncio.sleep(1)
    writer.close()


async def _status(reader: asyncio.StreamReader) -> int:
    lines = (await reader.readuntil(b"\r\n\r\n")).decode().lower().split("\r\n")
    length = next(int(line.split(":")[1]) for line in lines if line.startswith("content-length"))
    await reader.readexactly(length)
    return int(lines[0].split()[1])


async def _click(people: Seated, seen: Seen, over: asyncio.Event) -> None:
    """Write notes into the newest incident's room."""

    async def first() -> str:
        incidents = await people.incidents("open")
        return str(incidents[0]["number"]) if incidents else ""

    number = await until(first)
    while not over.is_set():
        began = time.perf_counter()
        line = f"/incident note {len(seen.clicks)} seen in={number}"
        status, answer = await people.post("/api/commands", {"text": line})
        if status == 503:
            seen.unrecorded += 1
        else:
            assert status == 200, (status, answer)
            seen.clicks.append(time.perf_counter() - began)
        await asyncio.sleep(_PAUSE)


async def _look(people: Seated, seen: Seen, over: asyncio.Event) -> None:
    """Look at the list of incidents, as a console does."""
    while not over.is_set():
        began = time.perf_counter()
        await people.incidents("open")
        seen.looks.append(time.perf_counter() - began)
        await asyncio.sleep(10 * _PAUSE)


def _asked(file: Path, query: str) -> int:
    with closing(sqlite3.connect(file)) as connection:
        (found,) = connection.execute(query).fetchone()
    return int(found or 0)


def _peak(p: Process) -> float:
    assert p.life is not None
    status = Path(f"/proc/{p.life.pid}/status").read_text()
    (line,) = (line for line in status.splitlines() if line.startswith("VmHWM"))
    return int(line.split()[1]) * 1024 / 1e6
