"""What the practice host suffers from before a drill; its disk here, the rest in `machine`."""

import os
import shutil
from collections.abc import Callable, Mapping
from enum import StrEnum
from pathlib import Path

from bot.adapters.practice import machine
from bot.adapters.practice.place import ROOT

QUOTA_KIB = 64 * 1024
"""The size of the disk that `/scratch` stands for."""

_KIB = 1024
_DISK = Path(ROOT) / "scratch"
_JOURNAL = _DISK / "journal" / "6d1f0c2ab9e94f51a3a7c6d0e4b85f27"
_LOGS = _DISK / "logs"
_TMP = _DISK / "tmp"
_KEPT = _DISK / "data"
_OLD = 30 * 86400
"""Seconds: older than any age that a clean-up keeps."""


class Scenario(StrEnum):
    """What the practice host can be made to suffer from."""

    HEALTHY = "healthy"
    DISK_FULL = "disk-full"
    """About 92 %; journals, logs and old temporary files give most of it back."""
    DISK_STUCK = "disk-stuck"
    """About 94 %; a file that no clean-up may touch keeps it over 85 %."""
    CPU_ERRORS = "cpu-errors"
    """Our own process is busy and logs errors; a restart mends it."""
    CPU_LOAD = "cpu-load"
    """Our own process is busy and healthy; a second instance takes load off it."""
    CPU_STRANGER = "cpu-stranger"
    """A process that is not ours is busy."""
    SERVICE_FAILS = "service-fails"
    """As `CPU_ERRORS`, but the service does not come back from a restart."""
    POOL_LEAK = "pool-leak"
    """The service waits for connections of its pool while the database has plenty."""
    POOL_FULL = "pool-full"
    """The database itself has nine tenths of its connections taken."""
    POD_FAILING = "pod-failing"
    """One of three pods crashes again and again; a new one comes up."""
    DEPLOY_BAD = "deploy-bad"
    """The release that is in use logs errors; the one before it is fine."""
    AGENT_MODEL = "agent-model"
    """The agent runs with another model than it was released with."""
    MEMORY_LOW = "memory-low"
    """Next to no memory is available."""
    NETWORK_CUT = "network-cut"
    """Connections to the neighbours get no answer."""


def set_up(scenario: Scenario, now: float) -> None:
    """Empty the practice file system and fill it anew; `now` is seconds since the epoch."""
    shutil.rmtree(ROOT, ignore_errors=True)
    _configure()
    machine.set_up(now)
    match scenario:
        case Scenario.DISK_FULL:
            _fill(now, kept=14000, journals=28, logs=12000, temporary=14)
        case Scenario.DISK_STUCK:
            _fill(now, kept=57000, journals=2, logs=1500, temporary=3)
        case _:
            _fill(now, kept=14000, journals=2, logs=800, temporary=1)
    _SYMPTOMS.get(scenario, _nothing)(now)


def _nothing(_now: float) -> None:
    """Leave the machine well: the scenario is one of its disk."""


def _service_fails(now: float) -> None:
    machine.busy_with_errors(now)
    machine.declare(machine.SERVICE, starts="dies")


def _pool_full(now: float) -> None:
    machine.pool_waits(now)
    machine.database_sessions(91, now)


_SYMPTOMS: Mapping[Scenario, Callable[[float], None]] = {
    Scenario.CPU_ERRORS: machine.busy_with_errors,
    Scenario.CPU_LOAD: machine.busy,
    Scenario.CPU_STRANGER: machine.stranger,
    Scenario.SERVICE_FAILS: _service_fails,
    Scenario.POOL_LEAK: machine.pool_waits,
    Scenario.POOL_FULL: _pool_full,
    Scenario.POD_FAILING: machine.pod_crashes,
    Scenario.DEPLOY_BAD: machine.bad_release,
    Scenario.AGENT_MODEL: machine.other_model,
    Scenario.MEMORY_LOW: machine.memory_low,
    Scenario.NETWORK_CUT: machine.network_cut,
}


def used_kib() -> int:
    """Return what the files on the scratch disk add up to, in KiB."""
    sizes = (path.stat().st_size for path in _DISK.rglob("*") if path.is_file())
    return -(-sum(sizes) // _KIB)


def _configure() -> None:
    for folder in (_JOURNAL, _LOGS, _TMP, _KEPT):
        folder.mkdir(parents=True)
    etc = Path(ROOT) / "etc"
    (etc / "tmpfiles.d").mkdir(parents=True)
    (etc / "quota").write_text(f"{QUOTA_KIB}\n")
    (etc / "quota-root").write_text(f"{QUOTA_KIB}\n")
    (etc / "logrotate.conf").write_text(_LOGROTATE)
    (etc / "tmpfiles.d" / "scratch.conf").write_text("d /scratch/tmp 1777 root root 10d\n")


_LOGROTATE = """\
/scratch/logs/*.log {
    weekly
    rotate 2
    compress
    missingok
    notifempty
}
"""


def _fill(now: float, *, kept: int, journals: int, logs: int, temporary: int) -> None:
    """Write files; `kept` and `logs` are KiB, a journal and a temporary file have a size each."""
    _write(_KEPT / "orders.db", kept, _blocks, now)
    for number in range(journals):
        name = f"system@{number:032x}-{number:016x}.journal"
        _write(_JOURNAL / name, 1024, _blocks, now - _OLD + number)
    _write(_JOURNAL / "system.journal", 256, _blocks, now)
    _write(_LOGS / "checkout.log", logs * 3 // 5, _log_lines, now)
    _write(_LOGS / "access.log", logs * 2 // 5, _log_lines, now)
    for number in range(temporary):
        _write(_TMP / f"upload-{number:04d}.part", 400, _blocks, now - _OLD)


def _write(path: Path, kib: int, content: Callable[[int], bytes], when: float) -> None:
    """Write real bytes, a chunk at a time, so that a disk that is really full says so here."""
    with path.open("wb") as file:
        for number in range(-(-kib // 64)):
            file.write(content(number)[: min(64, kib - number * 64) * _KIB])
    os.utime(path, (when, when))


def _blocks(number: int) -> bytes:
    return (number.to_bytes(4, "big") + b"practice data!..") * 4096


def _log_lines(number: int) -> bytes:
    line = f"checkout[812]: INFO request {number:06d} served in 12 ms, status 200, cart kept\n"
    return (line * (1 + 64 * _KIB // len(line))).encode()
