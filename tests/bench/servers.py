"""The other sides of the ingest figures, each in a process of its own.

`python -m tests.bench.servers SIDE FOLDER CPU` prints the address that it listens on. `reference`
stores nothing; `intake` is our endpoint and journal without the rest of Firewarden, `one-by-one`
the same with a commit for each request; `per-row` the same work by sqlite-utils calls, one a row,
and `per-row-wal` the same in our journal mode. `serve` is `firewarden serve` itself.
"""

# ruff: noqa: T201 - its output is how it tells its address

import asyncio
import os
import sys
from collections.abc import Mapping
from datetime import UTC, datetime
from itertools import count
from pathlib import Path
from time import monotonic
from typing import NoReturn

from aiohttp import web
from sqlite_utils import Database

from bot.adapters.http.alerts import AlertIntake
from bot.adapters.http.listening import Listen
from bot.adapters.http.server import HttpServer, Site
from bot.adapters.sqlite import SqliteJournal
from bot.config import default_policy
from bot.domain.alerts import Alert
from bot.requests import AlertsReceived
from bot.usecases.current import Current
from bot.usecases.ingest import Ingest
from handlers.alerts import SOURCES
from tests.bench import reference

GROUPS_OF: Mapping[str, int] = {"intake": 128, "one-by-one": 1}
"""How many writes share a commit."""

TOKEN = "bench-token"


class WallClock:
    """The machine's clock."""

    def now(self) -> datetime:
        return datetime.now(UTC)

    def monotonic(self) -> float:
        return monotonic()

    async def sleep_until(self, moment: datetime) -> None:
        await asyncio.sleep((moment - self.now()).total_seconds())


class CountingIds:
    """Ids without chance."""

    def __init__(self) -> None:
        self._numbers = count(1)

    def new(self) -> str:
        return f"i{next(self._numbers)}"

    def secret(self) -> str:
        return f"s{next(self._numbers)}"


class RowByRow:
    """What one would write first: look each row up, then `upsert` it, each durable by itself.

    As the library comes, with SQLite's rollback journal; `wal` = with our journal mode instead.
    """

    def __init__(self, folder: Path, *, wal: bool) -> None:
        database = Database(folder / "journal.sqlite3")
        if wal:
            database.enable_wal()
        database.execute("PRAGMA synchronous = FULL")
        self._alerts = database.table("alerts", pk=("source", "fingerprint", "starts_at"))
        self._effects = database.table("effects", pk="key")

    async def take_alerts(self, received: AlertsReceived) -> None:
        for alert in received.alerts:
            group = f"{alert.labels['alertname']},{alert.labels['service']}"
            self._take(alert, group)
            self._effects.upsert({"key": group, "state": "open"})

    def _take(self, alert: Alert, group: str) -> None:
        starts_at = alert.starts_at.isoformat()
        identity = (alert.source, alert.fingerprint, starts_at)
        known = self._alerts.exists() and list(
            self._alerts.rows_where("source = ? AND fingerprint = ? AND starts_at = ?", identity)
        )
        self._alerts.upsert(
            {
                "source": alert.source,
                "fingerprint": alert.fingerprint,
                "starts_at": starts_at,
                "status": alert.status.value,
                "group_key": group,
                "labels": dict(alert.labels),
                "summary": alert.summary.text,
                "count": known[0]["count"] + 1 if known else 1,
            }
        )


async def serve_intake(folder: Path, side: str) -> None:
    """Serve our own endpoint on our journal (or row by row), without delivery."""
    clock, ids = WallClock(), CountingIds()
    ingest = (
        RowByRow(folder, wal=side == "per-row-wal")
        if side in {"per-row", "per-row-wal"}
        else Ingest(
            journal=SqliteJournal.open(folder / "journal.sqlite3", ids=ids, group=GROUPS_OF[side]),
            clock=clock,
            current=Current(policy=default_policy()),
        )
    )
    intake = AlertIntake(
        alerts=ingest,
        clock=clock,
        sources=SOURCES,
        secrets={"alertmanager": (TOKEN,)},
    )
    listen = Listen(host="127.0.0.1", port=0)
    server = HttpServer([Site(listen=listen, setting="bench", routes=(intake.route(),))], ids=ids)
    await server.start()
    print(f"ready: http://{server.addresses[0]}", flush=True)
    await asyncio.Event().wait()


async def serve_plain(app: web.Application) -> None:
    """Serve an aiohttp application without an access log."""
    runner = web.AppRunner(app, access_log=None)
    await runner.setup()
    site = web.TCPSite(runner, "127.0.0.1", 0)
    await site.start()
    print(f"ready: http://127.0.0.1:{runner.addresses[0][1]}", flush=True)
    await asyncio.Event().wait()


def become_firewarden(folder: Path) -> NoReturn:
    """Turn into `firewarden serve`: the console, delivery, a practice host, everything."""
    environment = {
        "PATH": os.environ["PATH"],
        "FIREWARDEN_LISTEN": "127.0.0.1:0",
        "FIREWARDEN_DATA": str(folder),
        "FIREWARDEN_ALERT_TOKEN": TOKEN,
        "FIREWARDEN_LOG_LEVEL": "error",
    }
    os.execve(sys.executable, [sys.executable, "-m", "bot", "serve"], environment)  # noqa: S606 - ourselves


def main(side: str, folder: str, cpu: str) -> None:
    """Serve one side until killed, on one CPU."""
    os.sched_setaffinity(0, {int(cpu)})
    match side:
        case "reference":
            asyncio.run(serve_plain(reference.application()))
        case "serve":
            become_firewarden(Path(folder))
        case _:
            asyncio.run(serve_intake(Path(folder), side))


if __name__ == "__main__":
    main(*sys.argv[1:])
