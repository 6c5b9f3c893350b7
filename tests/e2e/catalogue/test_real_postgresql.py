"""`db-pool-exhausted` over a real OpenSSH server against a real PostgreSQL with real sessions."""

import asyncio
import os
import re
import signal
import threading
from collections.abc import AsyncIterator, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, replace
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from tempfile import TemporaryDirectory

import pytest

from bot.adapters.ssh.executor import ParamikoExecutor
from bot.redaction import Redactor
from bot.values import Host
from runbooks.steps import Done, Escalate, Stopped
from tests.e2e.catalogue.walk import YES, Answers, Ground, Service, Walked
from tests.support.postgresql import PSQL, PostgreSQL, held, postgresql
from tests.support.sshd import Sshd, openssh
from tests.support.waiting import eventually

CONNECTIONS = 50
LEAKED = 10
ALERT = {"alertname": "DatabasePoolExhausted", "database_host": "web-1", "service": "checkout"}
TIMEOUT = "ERROR pool exhausted: timeout waiting for a connection\n"

SYSTEMCTL = """#!/bin/sh
# The service `checkout`: sessions of psql, whose pids are in a file. `leak` opens ten of them.
connect() {
    psql -XAtqw -d 'dbname=postgres application_name=checkout' \\
        0<>"$HOME/never" >/dev/null 2>&1 &
    echo $! >>"$HOME/pids"
}
case $1 in
    is-active) echo active ;;
    leak) for _ in 1 2 3 4 5 6 7 8 9 10; do connect; done ;;
    restart) kill $(cat "$HOME/pids"); : >"$HOME/pids"; : >"$HOME/log"; connect ;;
    *) exit 1 ;;
esac
"""


@dataclass(frozen=True, slots=True, kw_only=True)
class Site:
    """One machine with the service and the database."""

    database: PostgreSQL
    server: Sshd
    ground: Ground

    async def walk(self, answers: Answers | None = None) -> Walked:
        return await self.ground.walk("db-pool-exhausted", ALERT, answers)

    def complain(self) -> None:
        """Let the service log that it waits for a connection."""
        (self.server.folder / "log").write_text(TIMEOUT)

    async def leak(self) -> None:
        """Let the service forget ten sessions, and log that it waits for another."""
        environment = {"HOME": str(self.server.folder), "PATH": f"{self.server.bin}:/usr/bin:/bin"}
        leaking = await asyncio.create_subprocess_exec(
            *(self.server.bin / "systemctl", "leak"), env=environment
        )
        assert await leaking.wait() == 0
        await eventually(self.sessions, lambda count: count == LEAKED)
        self.complain()

    async def sessions(self) -> int:
        """Return how many sessions of the service the server has."""
        return (await asyncio.to_thread(self.database.sessions))["checkout"]

    async def others(self) -> int:
        """Return how many sessions the server has that are not its superuser's."""
        return (await asyncio.to_thread(self.database.sessions)).total()

    def login(self, role: str) -> None:
        """Let psql on the host speak as this role."""
        names = {**self.database.environment, "PGUSER": role}
        settings = " ".join(f"{name}={names[name]}" for name in names if name != "PATH")
        _program(self.server.bin / "psql", f'#!/bin/sh\nexec env {settings} {PSQL} "$@"\n')


@pytest.fixture(scope="module")
def database() -> Iterator[PostgreSQL]:
    # Not under pytest's own folder: nobody else may look into it, and the server is somebody else.
    with TemporaryDirectory(prefix="firewarden-") as folder:
        Path(folder).chmod(0o755)
        with postgresql(Path(folder) / "server", connections=CONNECTIONS) as server:
            yield server


@pytest.fixture
async def site(database: PostgreSQL, tmp_path: Path) -> AsyncIterator[Site]:
    executor = ParamikoExecutor(redactor=Redactor())
    with healthy() as url, openssh(tmp_path) as server:
        (tmp_path / "log").touch()
        (tmp_path / "pids").touch()
        os.mkfifo(tmp_path / "never")
        _program(server.bin / "systemctl", SYSTEMCTL)
        _program(server.bin / "sudo", '#!/bin/sh\nexec "$@"\n')
        _program(server.bin / "journalctl", '#!/bin/sh\ncat "$HOME/log"\n')
        service = Service(name="checkout", health_url=url, processes=("checkout",))
        host: Host = replace(server.host, service="checkout")
        ground = Ground(executor=executor, hosts=[host], services=[service])
        there = Site(database=database, server=server, ground=ground)
        there.login("observer")
        # The sessions of the test before have been told to go.
        await eventually(there.others, lambda count: count == 0)
        yield there
        await executor.close()
        _end((tmp_path / "pids").read_text())


@contextmanager
def healthy() -> Iterator[str]:
    """Serve a page that says the service is well."""

    class Page(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            self.send_response(200)
            self.end_headers()

        def log_message(self, format: str, *args: object) -> None:  # noqa: A002 - the base class's
            return

    with ThreadingHTTPServer(("127.0.0.1", 0), Page) as server:
        thread = threading.Thread(target=server.serve_forever)
        thread.start()
        yield f"http://127.0.0.1:{server.server_port}/health"
        server.shutdown()
        thread.join()


def _program(path: Path, text: str) -> None:
    path.write_text(text)
    path.chmod(0o755)


def _end(pids: str) -> None:
    for pid in pids.split():
        os.kill(int(pid), signal.SIGTERM)


async def test_a_database_whose_connections_are_used_up_is_for_its_administrators(
    site: Site,
) -> None:
    site.complain()
    with held(site.database, 45):
        walked = await site.walk()
        assert site.database.sessions()["somebody"] == 45
    assert isinstance(walked.end, Escalate)
    assert walked.end.whom == "dba"
    # Beside the 45 there is our own session, and that of the second command of the triage.
    told = r"4[67] of 50 connections of the database are taken \(9[24] %, 0 of them idle"
    assert re.match(told, walked.end.because)
    assert walked.changes == ()
    assert site.database.ask("show max_connections") == "50"


async def test_a_leak_is_mended_by_a_restart_and_the_server_has_its_connections_back(
    site: Site,
) -> None:
    await site.leak()
    walked = await site.walk(YES)
    assert isinstance(walked.end, Done), walked.end
    assert walked.changes == ("web-1: sudo systemctl restart checkout",)
    assert walked.asked is not None
    assert re.match(r"Only 1[12] of 50 connections are taken", walked.asked.because)
    assert await eventually(site.sessions, lambda count: count == 1) == 1


async def test_neither_a_full_database_nor_a_leak_is_for_a_human(site: Site) -> None:
    site.complain()
    with held(site.database, 30):
        walked = await site.walk()
    assert isinstance(walked.end, Escalate)
    assert "neither a full database nor a clear leak" in walked.end.because
    assert walked.changes == ()


async def test_a_database_that_has_no_place_even_for_us_stops_the_run_in_its_words(
    site: Site,
) -> None:
    with held(site.database, CONNECTIONS - 3):
        walked = await site.walk()
    assert isinstance(walked.end, Stopped)
    assert "remaining connection slots are reserved" in walked.end.because
    assert walked.changes == ()


async def test_a_role_that_sees_no_sessions_of_others_is_an_unknown_fact_and_no_leak(
    site: Site,
) -> None:
    await site.leak()
    site.login("blind")
    walked = await site.walk()
    assert isinstance(walked.end, Stopped)
    assert "connections" in walked.end.because
    assert walked.changes == ()
    assert await site.sessions() == LEAKED


async def test_a_database_that_asks_for_a_password_gets_none_and_nobody_waits(site: Site) -> None:
    site.login("locked")
    async with asyncio.timeout(10):
        walked = await site.walk()
    assert isinstance(walked.end, Stopped)
    assert "no password supplied" in walked.end.because
