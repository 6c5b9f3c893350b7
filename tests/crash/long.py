"""`python -m tests.crash.long --hours H`: one campaign after the other, and a row of the table.

Each campaign has a seed of its own, made from the first one. The row is written after each, so
that who is ended on the way loses one campaign at the most; the same seed goes on with its row.
"""

# ruff: noqa: T201 - it prints what it finds

import argparse
import asyncio
import secrets
import sys
import tempfile
import time
from collections.abc import Awaitable, Callable
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from importlib.metadata import version
from pathlib import Path
from typing import TypeAlias

from tests.crash.campaign import Size, campaign
from tests.crash.report import Tally, breach_lines
from tests.crash.scene import sweep
from tests.crash.world import How

TABLE = Path(__file__).with_name("README.md")
"""Where the rows are: the table is the last thing in it."""

SIZE = Size(chance=100, zombies=20, ssh=10, chat=5, lease=True)
"""One campaign: every labelled point, and some of everything else."""

Campaign: TypeAlias = Callable[[str, Path], Awaitable[Tally]]
"""Runs one campaign of a seed, with a folder for what it leaves."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Row:
    """What the campaigns of a seed and a version add up to."""

    day: str
    version: str
    hours: float
    seed: str
    campaigns: int = 0
    killed: int = 0
    zombies: int = 0
    changes: int = 0
    doubted: int = 0
    interrupted: int = 0
    broken: int = 0

    def __str__(self) -> str:
        """Format as a line of the table."""
        cells = (
            self.day,
            self.version,
            f"{self.hours:.2f}",
            self.seed,
            self.campaigns,
            self.killed,
            self.zombies,
            self.changes,
            f"{self.doubted} of {self.interrupted}",
            self.broken,
        )
        return f"| {' | '.join(str(cell) for cell in cells)} |"

    def plus(self, tally: Tally) -> "Row":
        """Return the row with one campaign more."""
        return replace(
            self,
            hours=self.hours + tally.seconds / 3600,
            campaigns=self.campaigns + 1,
            killed=self.killed + tally.count(How.POINT) + tally.count(How.CHANCE),
            zombies=self.zombies + tally.count(How.ZOMBIE),
            changes=self.changes + tally.executed,
            doubted=self.doubted + tally.doubted,
            interrupted=self.interrupted + tally.interrupted,
            broken=self.broken + len(tally.breaches),
        )


def read_row(line: str) -> Row | None:
    """Return the row of a line, None where it is none."""
    cells = [cell.strip() for cell in line.strip().strip("|").split("|")]
    doubts = cells[8].split(" of ") if len(cells) == _COLUMNS else []
    if len(doubts) != len(("doubted", "interrupted")):
        return None
    return Row(
        day=cells[0],
        version=cells[1],
        hours=float(cells[2]),
        seed=cells[3],
        campaigns=int(cells[4]),
        killed=int(cells[5]),
        zombies=int(cells[6]),
        changes=int(cells[7]),
        doubted=int(doubts[0]),
        interrupted=int(doubts[1]),
        broken=int(cells[9]),
    )


def row_of(table: Path, fresh: Row) -> Row:
    """Return the row that the seed and version of a fresh one have already, or the fresh one."""
    rows = map(read_row, table.read_text("utf-8").splitlines())
    return next((row for row in rows if row is not None and _same(row, fresh)), fresh)


def write_row(table: Path, row: Row) -> None:
    """Put a row in the place of the one before of its seed and version, or at the end."""
    lines = table.read_text("utf-8").splitlines()
    kept = [line for line in lines if (old := read_row(line)) is None or not _same(old, row)]
    table.write_text("".join(f"{line}\n" for line in (*kept, str(row))), "utf-8")


async def long(hours: float, fresh: Row, folder: Path, table: Path, run: Campaign) -> Row:
    """Run campaigns until so many hours are over, at least one; returns the row as it is then."""
    row, until = row_of(table, fresh), time.monotonic() + hours * 3600
    first = row.campaigns
    while row.campaigns == first or time.monotonic() < until:
        seed = f"{row.seed}-{row.campaigns}"
        place = folder / seed
        place.mkdir()
        tally = await run(seed, place)
        print(*(f"{seed} {line}" for line in breach_lines(tally.breaches)), sep="\n", end="")
        row = row.plus(tally)
        write_row(table, row)
        print(row, flush=True)
    return row


async def _campaign(seed: str, folder: Path) -> Tally:
    tally = await campaign(SIZE, seed, folder, _say)
    if not tally.breaches:
        sweep(folder)
    return tally


def _say(line: str) -> None:
    print(line, file=sys.stderr, flush=True)


def _same(one: Row, other: Row) -> bool:
    return (one.seed, one.version) == (other.seed, other.version)


_COLUMNS = 10


def main() -> int:
    """Run, keep the row; 1 where a promise was broken."""
    parser = argparse.ArgumentParser(prog="python -m tests.crash.long")
    parser.add_argument("--hours", type=float, default=1.0)
    parser.add_argument("--seed", default="")
    told = parser.parse_args()
    fresh = Row(
        day=f"{datetime.now(UTC):%Y-%m-%d}",
        version=version("firewarden"),
        hours=0.0,
        seed=told.seed or secrets.token_hex(4),
    )
    folder = Path(tempfile.mkdtemp(prefix="firewarden-crash-"))
    print(f"seed {fresh.seed} (going on: make crash-long SEED={fresh.seed} HOURS=...)", flush=True)
    row = asyncio.run(long(told.hours, fresh, folder, TABLE, _campaign))
    if row.broken:
        print(f"what is left of the worlds that broke a promise: {folder}")
        return 1
    sweep(folder)
    return 0


if __name__ == "__main__":
    sys.exit(main())
