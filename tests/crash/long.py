"""`python -m tests.crash.long --hours H`: lives end by chance for hours; one row of the table.

One campaign follows the other, each with a seed of its own made from the first one, until the
time is over. The row says what they add up to, and is written whatever they found.
"""

# ruff: noqa: T201 - it prints what it finds

import argparse
import asyncio
import secrets
import sys
import tempfile
import time
from datetime import UTC, datetime
from importlib.metadata import version
from pathlib import Path

from tests.crash.campaign import Size, campaign
from tests.crash.report import Tally
from tests.crash.world import How

TABLE = Path(__file__).with_name("README.md")
"""Where the rows are: the table is the last thing in it."""

SIZE = Size(chance=100, zombies=20, ssh=10, chat=5, lease=True)
"""One campaign: every labelled point, and some of everything else."""


async def long(hours: float, seed: str, folder: Path) -> tuple[str, bool]:
    """Run campaigns until the time is over; returns the row, and whether all promises held."""
    until, tallies = time.monotonic() + hours * 3600, list[Tally]()
    while not tallies or time.monotonic() < until:
        place = folder / str(len(tallies))
        place.mkdir()
        tally = await campaign(SIZE, f"{seed}-{len(tallies)}", place)
        tallies.append(tally)
        for name, breach in tally.breaches:
            print(f"{tally.seed} {name}: {breach.promise}: {breach.what}", flush=True)
    return row(hours, seed, tallies), not any(tally.breaches for tally in tallies)


def row(hours: float, seed: str, tallies: list[Tally]) -> str:
    """Write one line of the table."""
    cells = (
        f"{datetime.now(UTC):%Y-%m-%d}",
        version("firewarden"),
        f"{hours:g}",
        seed,
        str(len(tallies)),
        str(sum(tally.count(How.POINT) + tally.count(How.CHANCE) for tally in tallies)),
        str(sum(tally.count(How.ZOMBIE) for tally in tallies)),
        str(sum(tally.executed for tally in tallies)),
        f"{sum(t.doubted for t in tallies)} of {sum(t.interrupted for t in tallies)}",
        str(sum(len(tally.breaches) for tally in tallies)),
    )
    return f"| {' | '.join(cells)} |"


def main() -> int:
    """Run, add the row; 1 where a promise was broken."""
    parser = argparse.ArgumentParser(prog="python -m tests.crash.long")
    parser.add_argument("--hours", type=float, default=1.0)
    parser.add_argument("--seed", default="")
    told = parser.parse_args()
    seed = told.seed or secrets.token_hex(4)
    folder = Path(tempfile.mkdtemp(prefix="firewarden-crash-"))
    line, kept = asyncio.run(long(told.hours, seed, folder))
    with TABLE.open("a") as table:
        table.write(line + "\n")
    print(line)
    if not kept:
        print(f"what is left of the worlds that broke a promise: {folder}")
    return 0 if kept else 1


if __name__ == "__main__":
    sys.exit(main())
