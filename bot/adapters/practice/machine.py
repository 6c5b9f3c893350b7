"""Services, processes, database, cluster and releases of the practice host, as files.

The stand-ins compute from these files and change them; `stand-ins/*.sh` say what each holds.
"""

import time
from collections.abc import Sequence
from pathlib import Path

from bot.adapters.practice.place import ROOT

SERVICE = "checkout"
PROCESSES = ("checkout", "gunicorn")
"""What the service's processes are called."""

AGENT = "helper"
MODEL = "large-3:2026-08"
"""The model that the practice agent was released with."""

NAMESPACE = "shop"
POD = "checkout-7d4b9c6f5-x2x7k"

_ROOT = Path(ROOT)
_RELEASE, _RELEASE_BEFORE = "2026-11-20", "2026-11-13"
_BUSY = 94
"""Percent of the processor, over the usual limit of 85."""

_QUIET_FOR = 120
"""Seconds since the last complaint in a log: nothing is left of it in the last minute's."""


def set_up(now: float) -> None:
    """Write a machine that is well."""
    (_ROOT / "run" / "units").mkdir(parents=True)
    (_ROOT / "var" / "tmp" / "firewarden").mkdir(parents=True)
    _write("etc/memory", "8145124 1310000 2620000\n")
    _write(
        "run/sockets", "LISTEN 0 128 0.0.0.0:22 0.0.0.0:*\nESTAB 0 0 10.0.0.4:43000 10.0.0.9:5432\n"
    )
    _write("run/units/systemd-journald", "active\npid=311\n")
    _service(now)
    _database(now)
    _cluster()
    _releases()
    _agent()


def declare(unit: str, **values: object) -> None:
    """Add to what a unit becomes when it starts; `stand-ins/units.sh` knows the names."""
    with (_ROOT / "etc" / "units" / unit).open("a") as file:
        file.writelines(f"{name}={value}\n" for name, value in values.items())


def log(unit: str, lines: Sequence[str], now: float) -> None:
    """Add lines to a unit's journal, a second apart, the last one at `now`."""
    folder = _ROOT / "var" / "log" / "units"
    folder.mkdir(parents=True, exist_ok=True)
    first = now - len(lines)
    with (folder / f"{unit}.log").open("a") as file:
        for number, line in enumerate(lines, 1):
            when = time.strftime("%b %d %H:%M:%S", time.gmtime(first + number))
            file.write(f"{int(first + number)}\t{when} practice-1 {unit}[1402]: {line}\n")


def busy(_now: float) -> None:
    """Let our own service take the processor, in good health."""
    _write(f"run/units/{SERVICE}", f"active\npid=1402\ncpu={_BUSY}\n")


def busy_with_errors(now: float) -> None:
    """Let our own service take the processor and repeat errors in its log."""
    busy(now)
    errors = ["ERROR: cart worker: retry without end", "ERROR: queue is stuck", "FATAL: giving up"]
    log(SERVICE, errors * 4, now)


def stranger(_now: float) -> None:
    """Let a process that is not ours take the processor."""
    _write("run/strays", f"6021 www-data {_BUSY} 48000 kdevtmpfsi\n")


def pool_waits(now: float) -> None:
    """Let the service complain until two minutes ago that it gets no connection."""
    waits = ["ERROR timeout while waiting for a connection", "ERROR pool exhausted"]
    log(SERVICE, [*waits * 3, "FATAL: sorry, too many clients already"], now - _QUIET_FOR)


def database_sessions(count: int, now: float, forgotten: int = 6) -> None:
    """Let `count` clients be connected, `forgotten` of them idle in a transaction for long."""
    old, fresh = int(now - 900), int(now)
    lines = [f"idle in transaction|{old}|client backend"] * min(count, forgotten)
    lines += [f"active|{fresh}|client backend"] * (count - len(lines))
    lines += [f"|{old}|checkpointer", f"|{old}|walwriter"]
    _write("var/lib/postgresql/sessions", "".join(f"{line}\n" for line in lines))


def pod_crashes(_now: float) -> None:
    """Let one of the three pods crash again and again."""
    pod(POD, restarts=14, ready_at="never")


def pod(name: str, *, restarts: int, ready_at: str, owner: str = "ReplicaSet") -> None:
    """Write a pod of the deployment; `ready_at` is 0, a second since the epoch, or `never`."""
    said = f"deployment={SERVICE}\nowner={owner}\nrestarts={restarts}\nready_at={ready_at}\n"
    _write(f"var/lib/cluster/{NAMESPACE}/pods/{name}", said)


def bad_release(now: float) -> None:
    """Let the present release log errors and answer that it is broken."""
    _write(f"srv/{SERVICE}/releases/{_RELEASE}/behaves", "health=broken\n")
    _write(f"run/units/{SERVICE}", "active\npid=1402\ncpu=9\nhealth=broken\n")
    log(SERVICE, ["ERROR KeyError: 'price'"] * 5, now)


def other_model(_now: float) -> None:
    """Let the agent run with another model than its release says."""
    _write(f"var/lib/{AGENT}/model", "large-4:2026-11\n")


def memory_low(_now: float) -> None:
    """Leave about one percent of the memory available."""
    _write("etc/memory", "8145124 7810000 20000\n")


def network_cut(_now: float) -> None:
    """Let connections to a neighbour wait for an answer."""
    lines = [f"SYN-SENT 0 1 10.0.0.4:{port} 10.0.0.9:5432" for port in range(43210, 43217)]
    _write("run/sockets", "".join(f"{line}\n" for line in lines))


def _service(now: float) -> None:
    _write(f"etc/units/{SERVICE}", "user=shop\ncommand=checkout\nrss=210012\ncpu=3\n")
    _write(f"etc/units/{SERVICE}@", "user=shop\ncommand=checkout\nrss=180000\ncpu=20\ntakes=45\n")
    _write(f"run/units/{SERVICE}", "active\npid=1402\ncpu=3\n")
    _write(
        f"etc/systemd/system/{SERVICE}@.service",
        "[Unit]\nDescription=Shop checkout, instance %i\n\n"
        "[Service]\nUser=shop\nExecStart=/srv/checkout/current/bin/checkout --instance %i\n",
    )
    log(SERVICE, ["INFO GET /cart 200 in 12 ms"] * 5, now)


def _database(now: float) -> None:
    _write("var/lib/postgresql/databases", "postgres\nshop\n")
    _write("var/lib/postgresql/max_connections", "100\n")
    database_sessions(30, now, forgotten=0)


def _cluster() -> None:
    cluster = f"var/lib/cluster/{NAMESPACE}"
    _write(f"{cluster}/deployments/{SERVICE}", "replicas=3\ncomes_up=yes\n")
    _write(f"{cluster}/budgets/{SERVICE}", f"app={SERVICE}\nmin_available=1\n")
    for name in (POD, "checkout-7d4b9c6f5-b8c2d", "checkout-7d4b9c6f5-q4wzn"):
        pod(name, restarts=0, ready_at="0")


def _releases() -> None:
    home = _ROOT / "srv" / SERVICE
    for name in (_RELEASE, _RELEASE_BEFORE):
        _write(f"srv/{SERVICE}/releases/{name}/behaves", "health=healthy\n")
    (home / "current").symlink_to(f"/srv/{SERVICE}/releases/{_RELEASE}")
    (home / "previous").symlink_to(f"/srv/{SERVICE}/releases/{_RELEASE_BEFORE}")


def _agent() -> None:
    _write(f"var/lib/{AGENT}/model", f"{MODEL}\n")
    same = "9f86d081884c7d659a2feaa0c55ad015a3bf4f1b2b0b822cd15d6c15b0f00a08"
    _write(f"var/lib/{AGENT}/schema", f"expected {same}\nseen {same}\n")
    _write(f"run/units/{AGENT}", "active\npid=1501\n")


def _write(path: str, text: str) -> None:
    file = _ROOT / path
    file.parent.mkdir(parents=True, exist_ok=True)
    file.write_text(text)
