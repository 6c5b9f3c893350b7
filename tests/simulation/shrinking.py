"""Failing schedules made small: acts and faults are left out as long as a promise is broken."""

from collections.abc import Callable

from tests.simulation.schedule import Schedule
from tests.simulation.trying import kept, tried

_TRIES = 400
"""Simulations after which what is left is small enough."""


def fails(schedule: Schedule) -> bool:
    """Whether a promise is broken in this schedule."""
    return bool(tried(schedule).broken)


def shrunk(schedule: Schedule, failing: Callable[[Schedule], bool] = fails) -> frozenset[int]:
    """Return the places of a few items that fail all by themselves (delta debugging).

    A schedule that does not fail keeps everything.
    """
    places = list(range(len(schedule.acts) + len(schedule.faults)))
    tries, portions = 0, 2
    while len(places) > 1 and tries < _TRIES:
        size = -(-len(places) // portions)
        for start in range(0, len(places), size):
            rest = places[:start] + places[start + size :]
            tries += 1
            if failing(kept(schedule, frozenset(rest))):
                places, portions = rest, max(portions - 1, 2)
                break
        else:
            if size == 1:
                break
            portions = min(portions * 2, len(places))
    return frozenset(places)
