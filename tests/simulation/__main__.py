"""`make simulate`: random schedules against the clock, or one of them again.

python -m tests.simulation                       a minute of schedules on two processes
python -m tests.simulation --seed 7              one schedule again, with all its lines
python -m tests.simulation --seed 7 --keep 0,3   the same with only these acts and faults
"""

# ruff: noqa: T201 - its output is what it is for

import argparse
import sys
import time
from collections.abc import Iterator, Sequence
from concurrent.futures import ProcessPoolExecutor
from itertools import count

from bot.cli.serve import collect_seldom
from tests.simulation.check import check
from tests.simulation.drawing import drawn
from tests.simulation.matrix import ALL, POSSIBLE, Coverage, impossible
from tests.simulation.schedule import Schedule
from tests.simulation.shrinking import shrunk
from tests.simulation.trying import Verdict, kept, script, tried, written_out
from tests.simulation.universe import Universe

_AT_ONCE = 10
"""Schedules that a process takes at a time."""

_SHOWN = 3
"""Failing schedules that are made small and shown."""


def main(words: Sequence[str]) -> int:
    """Run; the exit status is 1 where a promise was broken."""
    wanted = _parser().parse_args(words)
    if wanted.seed is not None:
        return _again(_chosen(int(wanted.seed), str(wanted.keep)))
    return _many(int(wanted.first), float(wanted.seconds), int(wanted.processes))


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(prog="python -m tests.simulation", description=__doc__)
    parser.add_argument("--seed", help="this schedule alone")
    parser.add_argument("--keep", default="", help="only these of its items: 0,3,7")
    parser.add_argument("--first", default=0, help="seed of the first schedule")
    parser.add_argument("--seconds", default=60.0, help="how long to go on")
    parser.add_argument("--processes", default=2)
    return parser


def _chosen(seed: int, keep: str) -> Schedule:
    schedule = written_out(drawn(seed))
    places = frozenset(int(place) for place in keep.split(",")) if keep else None
    return schedule if places is None else kept(schedule, places)


def _again(schedule: Schedule) -> int:
    print(script(schedule))
    universe = Universe(schedule)
    broken = check(universe.run())
    print("".join(universe.ground.book.lines), end="")
    print(f"history {universe.ground.book.digest}")
    print("\n".join(broken) or "every promise was kept")
    return 1 if broken else 0


def _many(first: int, seconds: float, processes: int) -> int:
    began = time.monotonic()
    coverage = Coverage()
    verdicts: list[Verdict] = []
    for verdict in _verdicts(first, began + seconds, processes):
        verdicts.append(verdict)
        coverage.add(verdict.struck)
    _tell(verdicts, coverage, time.monotonic() - began, first)
    failed = [verdict for verdict in verdicts if verdict.broken]
    for verdict in failed[:_SHOWN]:
        _tell_failure(verdict)
    return 1 if failed else 0


def _verdicts(first: int, until: float, processes: int) -> Iterator[Verdict]:
    """Yield verdicts of one seed after the other until time is over."""
    with ProcessPoolExecutor(processes, initializer=collect_seldom) as pool:
        portions = count(first, _AT_ONCE)
        waiting = [pool.submit(_some, next(portions)) for _ in range(2 * processes)]
        while waiting:
            yield from waiting.pop(0).result()
            if time.monotonic() < until:
                waiting.append(pool.submit(_some, next(portions)))


def _some(first: int) -> list[Verdict]:
    return [tried(drawn(seed)) for seed in range(first, first + _AT_ONCE)]


def _tell(verdicts: Sequence[Verdict], coverage: Coverage, took: float, first: int) -> None:
    counted = [verdict for verdict in verdicts if verdict.counts]
    intents = sum(verdict.intents for verdict in verdicts)
    struck = sum(len(verdict.struck) for verdict in verdicts)
    print(
        f"seeds {first} to {first + len(verdicts) - 1}: {len(verdicts)} schedules in {took:.0f} s, "
        f"{len(verdicts) / took * 60:.0f} a minute; {len(counted)} of them "
        f"({len(counted) / took * 60:.0f} a minute) with 40 intents and 2 faults or more"
    )
    print(
        f"{intents} intents, {intents / took:.0f} a second, {intents / len(verdicts):.0f} a "
        f"schedule; {struck} faults, {struck / len(verdicts):.1f} a schedule"
    )
    busy = sum(verdict.seconds for verdict in verdicts)
    print(
        f"{busy / len(verdicts) * 1000:.0f} ms of a processor a schedule: two processors of one's "
        f"own make {2 * 60 / (busy / len(verdicts)):.0f} a minute and {2 * intents / busy:.0f} "
        "intents a second"
    )
    ruled_out = len(ALL) - len(POSSIBLE)
    print(
        f"(transition x fault): {coverage.share:.1%} of {len(POSSIBLE)} pairs that can meet; "
        f"{ruled_out} of {len(ALL)} cannot"
    )
    for why in dict.fromkeys(filter(None, map(impossible, ALL))):
        number = sum(impossible(pair) == why for pair in ALL)
        print(f"  cannot meet ({number}): {why}")
    for pair in coverage.missing:
        print(f"  did not meet: {pair.transition} x {pair.fault}")


def _tell_failure(verdict: Verdict) -> None:
    schedule = written_out(drawn(verdict.seed))
    places = shrunk(schedule)
    small = kept(schedule, places)
    keep = ",".join(map(str, sorted(places)))
    print(f"\nBROKEN, seed {verdict.seed}:")
    for sentence in tried(small).broken or verdict.broken:
        print(f"  {sentence}")
    items = [*schedule.acts, *schedule.faults]
    for place in sorted(places):
        print(f"  {place:3} {items[place]}")
    print(f"  again: make simulate SEED={verdict.seed} KEEP={keep}")


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
