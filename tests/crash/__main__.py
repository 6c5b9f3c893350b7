"""`python -m tests.crash [--seed S] ...]`: the crash harness at its full size."""

# ruff: noqa: T201 - it prints its figures

import argparse
import asyncio
import secrets
import sys
import tempfile
from pathlib import Path

from tests.crash.campaign import Size, campaign
from tests.crash.points import points
from tests.crash.report import Tally, lines
from tests.crash.scene import sweep
from tests.crash.world import How


def main() -> int:
    """Run, print the figures; 1 where a promise was broken or a figure is too small."""
    parser = argparse.ArgumentParser(prog="python -m tests.crash")
    parser.add_argument("--seed", default="")
    parser.add_argument("--no-labels", action="store_true")
    parser.add_argument("--chance", type=int, default=300)
    parser.add_argument("--zombies", type=int, default=50)
    parser.add_argument("--ssh", type=int, default=30)
    parser.add_argument("--chat", type=int, default=10)
    told = parser.parse_args()
    where = () if told.no_labels else points()
    size = Size(
        points=where,
        chance=told.chance,
        zombies=told.zombies,
        ssh=told.ssh,
        chat=told.chat,
    )
    folder = Path(tempfile.mkdtemp(prefix="firewarden-crash-"))
    seed = told.seed or secrets.token_hex(4)
    print(f"seed {seed}", flush=True)
    tally = asyncio.run(campaign(size, seed, folder, _say))
    print(*lines(tally), sep="\n")
    missed = [*_missed(tally, size)]
    print(*missed, sep="\n")
    if tally.breaches or missed:
        print(f"what is left of the worlds that broke a promise: {folder}")
        return 1
    sweep(folder)
    return 0


def _say(line: str) -> None:
    print(line, file=sys.stderr, flush=True)


def _missed(tally: Tally, size: Size) -> list[str]:
    """Name every figure that is smaller than promised."""
    at = {blow.label for blow in tally.blows if blow.how is How.POINT}
    empty = [point.label for point in size.points if point.label not in at]
    missed = [f"no life ended at “{label}”" for label in empty]
    for how, wanted in ((How.CHANCE, size.chance + size.ssh), (How.ZOMBIE, size.zombies)):
        if tally.count(how) < wanted:
            missed.append(f"only {tally.count(how)} lives {how}, {wanted} are wanted")
    if tally.ssh < size.ssh:
        missed.append(f"only {tally.ssh} lives over real sshd, {size.ssh} are wanted")
    if tally.doubted * 100 > tally.interrupted:
        missed.append(f"{tally.doubted} of {tally.interrupted} interrupted runs got in doubt")
    return missed


if __name__ == "__main__":
    sys.exit(main())
