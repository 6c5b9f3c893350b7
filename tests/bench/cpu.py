"""What processes and all that they started have used of the machine's CPUs."""

import os
from collections.abc import Iterable
from pathlib import Path

_TICK = 1 / os.sysconf("SC_CLK_TCK")
_USED = slice(11, 15)
"""utime, stime and those of waited-for children, counted behind the name; proc(5)."""


def used_by(roots: Iterable[int]) -> float:
    """Return seconds of CPU of `roots` and every process below them, dead ones included."""
    children: dict[int, list[int]] = {}
    seconds: dict[int, float] = {}
    for place in Path("/proc").glob("[0-9]*"):
        try:
            words = (place / "stat").read_text().rpartition(")")[2].split()
        except OSError:
            continue  # ended since: its parent has its time
        number = int(place.name)
        children.setdefault(int(words[1]), []).append(number)
        seconds[number] = sum(map(int, words[_USED])) * _TICK
    total, waiting = 0.0, list(roots)
    while waiting:
        number = waiting.pop()
        total += seconds.get(number, 0.0)
        waiting += children.get(number, [])
    return total
