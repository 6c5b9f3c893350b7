"""Cold start: seconds from nothing to the first durable alert, and the memory once ready.

Every round starts `firewarden serve` on a fresh folder, and then the same with every dependency
and every module of ours imported first, as a program would that does not mind the order.
"""

import http.client
import os
import socket
import sqlite3
import subprocess
import sys
import time
from contextlib import closing
from dataclasses import dataclass
from pathlib import Path
from statistics import median
from tempfile import TemporaryDirectory

from tests.bench.figures import Measured, Ratio

OF_EAGER = 0.6
"""Our time to the first durable alert against that of importing everything first."""

RESIDENT = 80.0
"""Megabytes (1e6 bytes) of the bot's own process after its first `/readyz` 200."""

_TOKEN = "bench-token"
_PATIENCE = 30.0
_ROOT = Path(__file__).parents[2]
_BODY = (
    '{"status":"firing","dedup_key":"first","title":"Checkout is slow","severity":"SEV3",'
    '"source":"bench","labels":{"service":"checkout"}}'
)
_LAZY = ("-m", "bot", "serve")
_EAGER = ("-m", "tests.bench.eager")


@dataclass(frozen=True, slots=True, kw_only=True)
class Life:
    """One start: seconds to the first durable alert and to readiness, and megabytes then."""

    alert: float
    ready: float
    resident: float


def measure(quick: bool) -> Measured:  # noqa: FBT001 - one switch for every benchmark
    """Start both sides in turn."""
    rounds = [(_life(_LAZY), _life(_EAGER)) for _ in range(2 if quick else 7)]
    ratios = [
        Ratio(
            name="first durable alert: ours against importing everything first",
            values=[ours.alert / eager.alert for ours, eager in rounds],
            wanted=OF_EAGER,
            at_least=False,
        ),
        Ratio(
            name="megabytes of the bot's process once it is ready",
            values=[ours.resident for ours, _ in rounds],
            wanted=RESIDENT,
            at_least=False,
        ),
    ]
    lines = [
        f"{name:<6} first alert {median(life.alert for life in lives):5.2f} s"
        f"  ready {median(life.ready for life in lives):5.2f} s"
        f"  {median(life.resident for life in lives):5.1f} MB"
        for name, lives in zip(("ours", "eager"), zip(*rounds, strict=True), strict=True)
    ]
    return Measured(ratios=ratios, lines=lines)


def _life(command: tuple[str, ...]) -> Life:
    with TemporaryDirectory() as folder:
        port = _free_port()
        environment = {
            "PATH": os.environ["PATH"],
            "FIREWARDEN_LISTEN": f"127.0.0.1:{port}",
            "FIREWARDEN_DATA": folder,
            "FIREWARDEN_ALERT_TOKEN": _TOKEN,
            "FIREWARDEN_LOG_LEVEL": "error",
            "PYTHONNODEBUGRANGES": "1",  # as `make run` and the unit in docs/deploy have it
        }
        began = time.perf_counter()
        process = subprocess.Popen(
            [sys.executable, *command], cwd=_ROOT, env=environment, stdout=subprocess.DEVNULL
        )
        try:
            alert = _until(port, "POST", "/alerts/generic", 202, process) - began
            _stored(Path(folder))
            ready = _until(port, "GET", "/readyz", 200, process) - began
            return Life(alert=alert, ready=ready, resident=_resident(process.pid))
        finally:
            process.terminate()
            process.wait()


def _until(
    port: int, method: str, path: str, wanted: int, process: "subprocess.Popen[bytes]"
) -> float:
    """Ask until it is answered as wanted; returns the moment of the answer."""
    end = time.perf_counter() + _PATIENCE
    while time.perf_counter() < end:
        if process.poll() is not None:
            raise RuntimeError(f"the server ended with {process.returncode}")
        if _asked(port, method, path) == wanted:
            return time.perf_counter()
        time.sleep(0.005)
    raise RuntimeError(f"{method} {path} was not answered {wanted} within {_PATIENCE} s")


def _asked(port: int, method: str, path: str) -> int:
    """Return the status of one request, 0 where nobody listens yet."""
    headers = {"Authorization": f"Bearer {_TOKEN}", "Content-Type": "application/json"}
    with closing(http.client.HTTPConnection("127.0.0.1", port, timeout=_PATIENCE)) as connection:
        try:
            connection.request(method, path, _BODY if method == "POST" else None, headers)
            return connection.getresponse().status
        except OSError:
            return 0


def _stored(folder: Path) -> None:
    """Look whether the alert is in the journal, as the answer promised."""
    with closing(sqlite3.connect(folder / "journal.sqlite3")) as connection:
        (rows,) = connection.execute("SELECT count(*) FROM alerts").fetchone()
    if rows != 1:
        raise RuntimeError(f"the first alert was answered, and the journal holds {rows}")


def _resident(pid: int) -> float:
    for line in Path(f"/proc/{pid}/status").read_text().splitlines():
        name, _, value = line.partition(":")
        if name == "VmRSS":
            return int(value.split()[0]) * 1024 / 1e6
    raise RuntimeError(f"process {pid} has no VmRSS")


def _free_port() -> int:
    with socket.create_server(("127.0.0.1", 0)) as listener:
        return int(listener.getsockname()[1])
