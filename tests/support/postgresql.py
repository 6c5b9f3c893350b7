"""A real PostgreSQL server with a folder of its own, for tests; ends with the test."""

import os
import pwd
import shutil
import signal
import socket
import subprocess
from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from pathlib import Path

PROGRAMS = max(Path("/usr/lib/postgresql").glob("*/bin"), default=None)
"""Where Debian puts the server's programs; None where it is not installed."""

PSQL = shutil.which("psql", path="/usr/bin:/usr/local/bin")
"""The client."""

_ACCOUNT = "postgres"
"""The account that Debian's package makes: the server refuses to run as root."""

_USER = _ACCOUNT if os.geteuid() == 0 else None
"""The account that the server runs as; None = our own."""


@dataclass(frozen=True, slots=True, kw_only=True)
class PostgreSQL:
    """A running server. `environment` makes every psql speak to it, as the role `observer`.

    `observer` sees the sessions of others and is nobody else; `blind` does not see them; `locked`
    is asked for a password that nobody knows.
    """

    folder: Path
    environment: Mapping[str, str]

    def ask(self, statement: str) -> str:
        """Return what the server says to its superuser."""
        words = [str(PSQL), "-XAtw", "-U", _ACCOUNT, "-d", "postgres", "-c", statement]
        said = subprocess.run(
            words, env=self.environment, capture_output=True, text=True, check=True, timeout=30
        )
        return said.stdout.strip()

    def sessions(self) -> Counter[str]:
        """Return how many sessions there are of each application name, but the superuser's."""
        asked = f"select application_name from pg_stat_activity where usename <> '{_ACCOUNT}'"  # noqa: S608 - a constant
        return Counter(self.ask(asked).splitlines())


@contextmanager
def postgresql(folder: Path, *, connections: int) -> Iterator[PostgreSQL]:
    """Run a server with so many connections, three of them for superusers, until the block ends."""
    assert PROGRAMS is not None
    folder.mkdir()
    if os.geteuid() == 0:
        account = pwd.getpwnam(_ACCOUNT)
        os.chown(folder, account.pw_uid, account.pw_gid)
    _run([PROGRAMS / "initdb", "-D", folder / "data", "-U", _ACCOUNT, "-A", "trust", "-N"])
    access = folder / "data" / "pg_hba.conf"
    access.write_text(f"local all locked scram-sha-256\n{access.read_text()}")
    words: list[str | Path] = [
        PROGRAMS / "postgres",
        "-D",
        folder / "data",
        "-k",
        folder,
        "-p",
        str(_free_port()),
    ]
    options = (f"max_connections={connections}", "listen_addresses=127.0.0.1", "fsync=off")
    words += [word for option in options for word in ("-c", option)]
    with (folder.parent / "postgresql.log").open("wb") as log:
        server = subprocess.Popen(words, stderr=log, user=_USER, group=_USER, cwd="/")
        try:
            yield _made(folder, server)
        finally:
            server.send_signal(signal.SIGINT)  # at once, whoever is connected
            server.wait(20)


@contextmanager
def held(server: PostgreSQL, count: int, name: str = "somebody") -> Iterator[None]:
    """Hold so many sessions open, each a psql that waits for its next line."""
    with ExitStack() as stack:
        for _ in range(count):
            client = stack.enter_context(_client(server, name))
            assert client.stdin is not None
            assert client.stdout is not None
            client.stdin.write("select 'here';\n")
            client.stdin.flush()
            assert client.stdout.readline() == "here\n"
        yield


@contextmanager
def _client(server: PostgreSQL, name: str) -> Iterator["subprocess.Popen[str]"]:
    client = subprocess.Popen(
        [str(PSQL), "-XAtqw", "-d", f"dbname=postgres application_name={name}"],
        env=server.environment,
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        text=True,
    )
    with client:
        try:
            yield client
        finally:
            client.terminate()


def _made(folder: Path, server: "subprocess.Popen[bytes]") -> PostgreSQL:
    """Wait until the server answers, then make its roles."""
    port = _until_there(folder, server).name.rpartition(".")[2]
    environment = {
        "PATH": os.environ["PATH"],
        "PGHOST": str(folder),
        "PGPORT": port,
        "PGUSER": "observer",
    }
    made = PostgreSQL(folder=folder, environment=environment)
    made.ask(
        "create role observer login in role pg_read_all_stats;"
        " create role blind login; create role locked login"
    )
    return made


def _until_there(folder: Path, server: "subprocess.Popen[bytes]") -> Path:
    """Wait for the socket, and for an answer on it: Debian's pg_isready asks in small steps."""
    assert PROGRAMS is not None
    for _ in range(600):
        found = [path for path in folder.glob(".s.PGSQL.*") if path.suffix != ".lock"]
        if found:
            port = found[0].name.rpartition(".")[2]
            ready = str(PROGRAMS / "pg_isready")
            words = [ready, "-q", "-h", str(folder), "-p", port, "-t", "15"]
            if subprocess.run(words, check=False).returncode == 0:
                return found[0]
        assert server.poll() is None, (folder.parent / "postgresql.log").read_text()
        subprocess.run(["/bin/sleep", "0.05"], check=True)
    raise AssertionError((folder.parent / "postgresql.log").read_text())


def _run(words: Sequence[str | Path]) -> None:
    subprocess.run(
        words, check=True, capture_output=True, timeout=60, user=_USER, group=_USER, cwd="/"
    )


def _free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port: int = probe.getsockname()[1]
        return port
