"""What a check found: things that are fine, things to know, and faults."""

from collections.abc import Iterable
from dataclasses import dataclass
from enum import StrEnum

from bot.errors import Fault


class Level(StrEnum):
    """How a line of the check begins."""

    FINE = "ok"
    NOTE = "note"
    FAULT = "FAULT"


@dataclass(frozen=True, slots=True)
class Finding:
    """One line of the check."""

    level: Level
    text: str

    def __str__(self) -> str:
        """Format as `FAULT  policy.yaml:3:1: ...`."""
        return f"{self.level:<6} {self.text}"


def fine(text: str) -> Finding:
    """Say that something is as it should be."""
    return Finding(Level.FINE, text)


def note(text: str) -> Finding:
    """Say what is no fault and yet good to know."""
    return Finding(Level.NOTE, text)


def fault(text: str) -> Finding:
    """Say what must be mended."""
    return Finding(Level.FAULT, text)


def judged(faults: Iterable[Fault], otherwise: str) -> list[Finding]:
    """Return the faults, or that there are none."""
    return [fault(str(one)) for one in faults] or [fine(otherwise)]


def counted(number: int, noun: str) -> str:
    """`1 fault`, `2 faults`."""
    return f"{number} {noun}{'' if number == 1 else 's'}"
