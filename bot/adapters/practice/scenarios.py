"""What the practice host's scratch disk holds before a drill: real files against a real quota."""

import os
import shutil
import time
from collections.abc import Callable
from enum import StrEnum
from pathlib import Path

from bot.adapters.practice.place import ROOT

QUOTA_KIB = 64 * 1024
"""The size of the disk that `/scratch` stands for."""

_KIB = 1024
_DISK = Path(ROOT) / "scratch"
_JOURNAL = _DISK / "journal" / "6d1f0c2ab9e94f51a3a7c6d0e4b85f27"
_LOGS = _DISK / "logs"
_TMP = _DISK / "tmp"
_KEPT = _DISK / "data"
_UNITS = Path(ROOT) / "run" / "units"
_OLD = 30 * 86400
"""Seconds: older than any age that a clean-up keeps."""


class Scenario(StrEnum):
    """What the practice host can be made to suffer from."""

    HEALTHY = "healthy"
    DISK_FULL = "disk-full"
    """About 92 %; journals, logs and old temporary files give most of it back."""
    DISK_STUCK = "disk-stuck"
    """About 94 %; a file that no clean-up may touch keeps it over 85 %."""


def set_up(scenario: Scenario, now: float) -> None:
    """Empty the practice file system and fill it anew; `now` is seconds since the epoch."""
    shutil.rmtree(ROOT, ignore_errors=True)
    _configure()
    match scenario:
        case Scenario.HEALTHY:
            _fill(now, kept=14000, journals=2, logs=800, temporary=1)
        case Scenario.DISK_FULL:
            _fill(now, kept=14000, journals=28, logs=12000, temporary=14)
        case Scenario.DISK_STUCK:
            _fill(now, kept=57000, journals=2, logs=1500, temporary=3)


def used_kib() -> int:
    """Return what the files on the scratch disk add up to, in KiB."""
    sizes = (path.stat().st_size for path in _DISK.rglob("*") if path.is_file())
    return -(-sum(sizes) // _KIB)


def _configure() -> None:
    for folder in (_JOURNAL, _LOGS, _TMP, _KEPT, _UNITS, Path(ROOT) / "var" / "lib" / "units"):
        folder.mkdir(parents=True)
    etc = Path(ROOT) / "etc"
    (etc / "tmpfiles.d").mkdir(parents=True)
    (etc / "quota").write_text(f"{QUOTA_KIB}\n")
    (etc / "logrotate.conf").write_text(_LOGROTATE)
    (etc / "tmpfiles.d" / "scratch.conf").write_text("d /scratch/tmp 1777 root root 10d\n")
    for unit in ("checkout", "systemd-journald"):
        (_UNITS / unit).write_text("active\n")


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


def write_unit_log(unit: str, lines: list[str], now: float) -> None:
    """Put lines into a unit's journal text, a second apart, the last one now."""
    folder = Path(ROOT) / "var" / "log" / "units"
    folder.mkdir(parents=True, exist_ok=True)
    first = now - len(lines)
    text = "".join(
        f"{int(first + n)}\t{time.strftime('%b %d %H:%M:%S', time.gmtime(first + n))}"
        f" practice-1 {unit}[812]: {line}\n"
        for n, line in enumerate(lines, 1)
    )
    (folder / f"{unit}.log").write_text(text)
