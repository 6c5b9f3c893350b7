"""What is said to the host's receipt wrapper, and what its report means."""

import hashlib
import re
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import timedelta
from enum import StrEnum
from pathlib import Path

from bot.adapters.ssh.output import RAW_HEAD, RAW_TAIL, shown
from bot.errors import Refused
from bot.ports import Attempt, Output
from bot.redaction import Redactor
from bot.values import OnDeadline

WRAPPER = "firewarden-receipt"
"""The wrapper's name in the `change` login's PATH."""

SCRIPT = Path(__file__).with_name("receipt.sh")
"""The wrapper itself, a POSIX shell script for Linux with coreutils and util-linux."""

LONGEST_LINE = 100_000
"""Bytes of one command line: Linux takes 128 KiB per argument, and the line is one."""

LONGEST_REPORT = 2 * (RAW_HEAD + RAW_TAIL) + 1024
"""Bytes of one report: both ends of both streams, and its first line."""


def run_line(
    attempt: Attempt,
    argv: Sequence[str],
    boot_id: str,
    timeout: timedelta,
    on_deadline: OnDeadline,
) -> str:
    """Return the line that runs `argv` once; every word is safe in any login shell."""
    words = [encoded(word) for word in argv]
    seconds = f"{timeout.total_seconds():g}"
    start = [
        WRAPPER,
        "run",
        _place(attempt),
        _digest(attempt),
        encoded(boot_id) if boot_id else "-",
        seconds,
    ]
    return _line([*start, on_deadline.value, *words])


def inquire_line(attempt: Attempt) -> str:
    """Return the line that asks what became of an attempt."""
    return _line([WRAPPER, "inquire", _place(attempt), _digest(attempt)])


def stop_line(attempt: Attempt) -> str:
    """Return the line that ends an attempt's process group."""
    return _line([WRAPPER, "stop", _place(attempt)])


def check_line(argv: Sequence[str] = ()) -> str:
    """Return the line that asks whether a run could begin, and whether sudo would run `argv`."""
    return _line([WRAPPER, "check", *(encoded(word) for word in argv)])


def encoded(word: str) -> str:
    """Encode bytes that a shell might look at as `+ooo` (octal); a lone `+` is the empty word."""
    raw = word.encode("utf-8", "surrogateescape")
    if b"\0" in raw:
        raise Refused("an argument holds a NUL byte, which no program can be given")
    return _UNSAFE.sub(lambda found: b"+%03o" % found[0][0], raw).decode("ascii") or "+"


def decoded(word: str) -> str:
    """Read what `encoded` wrote."""
    raw = b"" if word == "+" else word.encode("ascii")
    plain = re.sub(rb"\+([0-7]{3})", lambda found: bytes([int(found[1], 8)]), raw)
    return plain.decode("utf-8", "surrogateescape")


class Reported(StrEnum):
    """The first word of a report: what the host knows of the attempt."""

    FINISHED = "finished"
    RUNNING = "running"
    LEFT = "left"
    KILLED = "killed"
    STUCK = "stuck"
    ABSENT = "absent"
    MISMATCH = "mismatch"
    LOST = "lost"
    OTHER_BOOT = "other-boot"
    REFUSED = "refused"
    NO_RECEIPTS = "no-receipts"
    READY = "ready"


@dataclass(frozen=True, slots=True, kw_only=True)
class Report:
    """One report of the wrapper; `status` is a shell's status (128 + n for signal n)."""

    state: Reported
    detail: str
    boot_id: str
    status: int | None
    stdout: Output
    stderr: Output


def read_report(raw: bytes, redactor: Redactor) -> Report | None:
    """Read a wrapper's report; None where this is not one (no wrapper there, or a torn link)."""
    line, found, rest = raw.partition(b"\n")
    words = _REPORT.fullmatch(line.decode("ascii", "replace"))
    if words is None or not found:
        return None
    out, err = _Stream.read(words["out"]), _Stream.read(words["err"])
    if len(rest) != out.kept + err.kept:
        return None
    state = Reported(words["state"])
    with_status = state in {Reported.FINISHED, Reported.KILLED}
    return Report(
        state=state,
        detail=words["detail"],
        boot_id=words["boot"],
        status=int(words["detail"]) if with_status else None,
        stdout=out.output(rest[: out.kept], redactor),
        stderr=err.output(rest[out.kept :], redactor),
    )


@dataclass(frozen=True, slots=True)
class _Stream:
    size: int
    head: int
    tail: int

    @classmethod
    def read(cls, words: str) -> "_Stream":
        size, head, tail = (int(word) for word in words.split(" "))
        return cls(size, head, tail)

    @property
    def kept(self) -> int:
        return self.head + self.tail

    def output(self, raw: bytes, redactor: Redactor) -> Output:
        return shown(raw[: self.head], raw[self.head :], self.size, redactor)


_UNSAFE = re.compile(rb"[^A-Za-z0-9_./:=@%,^-]")

_REPORT = re.compile(
    rf"firewarden-receipt 1 (?P<state>{'|'.join(Reported)})"
    r" (?P<detail>[a-z0-9-]+) (?P<boot>[0-9a-f-]{36})"
    r" (?P<out>\d+ \d+ \d+) (?P<err>\d+ \d+ \d+)"
)


def _place(attempt: Attempt) -> str:
    return hashlib.sha256(attempt.key.encode()).hexdigest()


def _digest(attempt: Attempt) -> str:
    return hashlib.sha256(attempt.digest.encode()).hexdigest()


def _line(words: Sequence[str]) -> str:
    line = " ".join(words)
    if len(line) > LONGEST_LINE:
        raise Refused(f"the command line has {len(line)} bytes, the most is {LONGEST_LINE}")
    return line
