"""What a measurement says, and how it is printed beside what it was measured on."""

import importlib.metadata
import os
import platform
import sqlite3
import statistics
from collections.abc import Sequence
from dataclasses import dataclass

LIBRARIES = ("aiohttp", "apscheduler", "pydantic", "sqlalchemy", "sqlite-utils")


@dataclass(frozen=True, slots=True, kw_only=True)
class Ratio:
    """Ours against theirs, round by round: both sides of a round were measured in turn.

    `values` are one quotient for each round; `wanted` is the bound on their median, `at_least` its
    direction.
    """

    name: str
    values: Sequence[float]
    wanted: float
    at_least: bool = True

    @property
    def median(self) -> float:
        """The middle of the rounds."""
        return statistics.median(self.values)

    @property
    def kept(self) -> bool:
        """Whether the bound holds."""
        return self.median >= self.wanted if self.at_least else self.median <= self.wanted

    def __str__(self) -> str:
        """Format as one line: median, range, bound, verdict."""
        sign = "≥" if self.at_least else "≤"
        return (
            f"{'kept  ' if self.kept else 'MISSED'}  {self.name}: {self.median:.3g}"
            f"  ({min(self.values):.3g} to {max(self.values):.3g},"
            f" {len(self.values)} rounds; wanted {sign} {self.wanted:g})"
        )


@dataclass(frozen=True, slots=True, kw_only=True)
class Measured:
    """What one benchmark found: its ratios, and lines that say how it came about."""

    ratios: Sequence[Ratio]
    lines: Sequence[str] = ()


def surroundings() -> str:
    """Name the machine and the versions that figures depend on."""
    versions = [f"{name} {_version(name)}" for name in LIBRARIES]
    return (
        f"Python {platform.python_version()}, SQLite {sqlite3.sqlite_version},"
        f" {', '.join(versions)}\n"
        f"Linux {platform.release()}, {len(os.sched_getaffinity(0))} CPUs, {load()}"
    )


def load() -> str:
    """Return the load average of the last one and five minutes."""
    one, five, _ = os.getloadavg()
    return f"load average {one:.2f} {five:.2f}"


def _version(library: str) -> str:
    try:
        return importlib.metadata.version(library)
    except importlib.metadata.PackageNotFoundError:
        return "(not installed)"
