"""`make bench`: every figure as a ratio of two sides that were measured in one interleaved run.

`python -m tests.bench ingest timers` runs only those; `--quick` takes fewer and shorter rounds,
to see that it works. The exit status is 1 where a bound was missed.
"""

# ruff: noqa: T201 - its output is what it is for

import argparse
import sys
from collections.abc import Callable, Mapping

from tests.bench import fanout, fuzz, ingest, planner, scale, slack, ssh, start, telegram, timers
from tests.bench.figures import Measured, load, surroundings

BENCHMARKS: Mapping[str, Callable[[bool], Measured]] = {
    "fanout": fanout.measure,
    "fuzz": fuzz.measure,
    "ingest": ingest.measure,
    "planner": planner.measure,
    "scale": scale.measure,
    "slack": slack.measure,
    "ssh": ssh.measure,
    "start": start.measure,
    "telegram": telegram.measure,
    "timers": timers.measure,
}


def main() -> int:
    """Run the chosen benchmarks one after the other."""
    parser = argparse.ArgumentParser(prog="python -m tests.bench", description=__doc__)
    parser.add_argument("names", nargs="*", metavar="name", choices=[*BENCHMARKS, []])
    parser.add_argument("--quick", action="store_true", help="fewer and shorter rounds")
    chosen = parser.parse_args()
    print(surroundings())
    kept = [_run(name, quick=chosen.quick) for name in chosen.names or BENCHMARKS]
    return 0 if all(kept) else 1


def _run(name: str, *, quick: bool) -> bool:
    print(f"\n{name}  ({load()})", flush=True)
    measured = BENCHMARKS[name](quick)
    for ratio in measured.ratios:
        print(f"  {ratio}")
    for line in measured.lines:
        print(f"  {line}")
    print(f"  afterwards: {load()}", flush=True)
    return all(ratio.kept for ratio in measured.ratios)


if __name__ == "__main__":
    sys.exit(main())
