"""`python -m tests.crash.teeth`: each mutation of the product must be noticed by `check`.

Each is made in a copy of the product in a folder of its own, whose lives then play a drama. The
world around them, and what reads the journal in the end, stay as they are.
"""

# ruff: noqa: T201 - it prints what it finds

import asyncio
import os
import shutil
import sys
import tempfile
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

from tests.crash.campaign import Patience, lived
from tests.crash.dramas import DRAMAS
from tests.crash.lives import ROOT, nursery
from tests.crash.mutations import Mutation, mutations
from tests.crash.report import Tally

_COPIED = ("bot", "cards", "handlers", "runbooks", "templates", "tests/crash", "tests/support")

_AT_ONCE = 2
"""Dramas beside each other: where something is stuck, one only waits."""

_PATIENCE = Patience(schedule=90.0, still=12.0, resting=24.0)
"""Where something is stuck it never moves again, or it does the same thing for ever."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Bite:
    """What the drama of a mutation found broken; `wanted` "" = the product as it is."""

    name: str
    drama: str
    wanted: str
    broken: tuple[str, ...]

    def __str__(self) -> str:
        """Format as a line, and what was found where that is not what was wanted."""
        word = "caught" if self.wanted else "clean"
        line = f"{word if self.caught else 'SURVIVED':8} {self.name} · {self.drama}"
        return line if self.caught else "\n    ".join((line, *self.broken))

    @property
    def caught(self) -> bool:
        """Whether it was noticed by the promise that is named for it; as it is, by none."""
        if not self.wanted:
            return not self.broken
        return any(line.startswith(f"{self.wanted}: ") for line in self.broken)


async def bites(chosen: Mapping[str, Mutation]) -> list[Bite]:
    """Try these mutations, and each of their dramas with the product as it is."""
    turns = asyncio.Semaphore(_AT_ONCE)

    async def one(name: str, drama: str, mutation: Mutation | None) -> Bite:
        async with turns:
            with tempfile.TemporaryDirectory(prefix="fw-") as folder:
                broken = await _played(drama, mutation, Path(folder))
        wanted = mutation.caught_by if mutation is not None else ""
        bite = Bite(name=name, drama=drama, wanted=wanted, broken=broken)
        print(bite, flush=True)
        return bite

    changed = [one(name, mutation.drama, mutation) for name, mutation in chosen.items()]
    dramas = sorted({mutation.drama for mutation in chosen.values()})
    return await asyncio.gather(*changed, *(one("nothing", drama, None) for drama in dramas))


async def _played(drama: str, mutation: Mutation | None, folder: Path) -> tuple[str, ...]:
    tree, tally = ROOT, Tally(seed=drama)
    if mutation is not None:
        tree = folder / "tree"
        for name in _COPIED:
            shutil.copytree(ROOT / name, tree / name, copy_function=_shared)
        (tree / "tests" / "__init__.py").touch()
        mutation.apply(tree)
    async with nursery(folder, tree) as lives:
        await lived(drama, DRAMAS[drama], lives, drama, folder, tally, _PATIENCE)
    return tuple(f"{breach.promise}: {breach.what}" for _, breach in tally.breaches)


def _shared(source: str, target: str) -> None:
    """Give the copy the same file; where the folders are on different disks, a copy of it."""
    try:
        os.link(source, target)
    except OSError:
        shutil.copy2(source, target)


def main() -> int:
    """Try every mutation, or those that are named; 1 where one survives."""
    every = mutations()
    chosen = {name: every[name] for name in sys.argv[1:]} or every
    misfits = {name: why for name in chosen if (why := chosen[name].misfit(ROOT))}
    for name, why in misfits.items():
        print(f"{name} does not fit the product any more: {why}")
    if misfits:
        return 1
    found = asyncio.run(bites(chosen))
    return 0 if all(bite.caught for bite in found) else 1


if __name__ == "__main__":
    sys.exit(main())
