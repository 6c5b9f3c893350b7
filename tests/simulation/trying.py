"""One schedule lived through and judged, in a value that can be sent between processes."""

import logging
import time
from dataclasses import dataclass, replace

from tests.simulation.check import check
from tests.simulation.schedule import FAULTS, INTENTS, Schedule
from tests.simulation.trouble import Fault
from tests.simulation.universe import Universe


@dataclass(frozen=True, slots=True, kw_only=True)
class Verdict:
    """How one schedule went; `broken` empty = all was kept."""

    seed: int
    intents: int
    struck: tuple[tuple[Fault, frozenset[str]], ...]
    broken: tuple[str, ...]
    seconds: float
    """Time of a processor that it took; the only thing here that is not decided by the seed."""

    @property
    def counts(self) -> bool:
        """Whether enough happened in it."""
        return self.intents >= INTENTS and len(self.struck) >= FAULTS


def tried(schedule: Schedule) -> Verdict:
    """Live through a schedule and judge it."""
    began = time.process_time()
    logging.disable(logging.CRITICAL)  # what goes wrong on purpose is logged by the thousand
    try:
        universe = Universe(schedule)
        broken = check(universe.run())
    finally:
        logging.disable(logging.NOTSET)
    book = universe.ground.book
    return Verdict(
        seed=schedule.seed,
        intents=book.intents,
        struck=tuple(universe.trouble.struck),
        broken=broken,
        seconds=time.process_time() - began,
    )


def history(schedule: Schedule) -> str:
    """Live through a schedule; returns what names its whole history, 64 hex digits."""
    universe = Universe(schedule)
    universe.run()
    return universe.ground.book.digest


def kept(schedule: Schedule, places: frozenset[int]) -> Schedule:
    """Return the schedule with only these of its items: acts first, then faults, from 0.

    It ends where they end.
    """
    acts, faults = schedule.acts, schedule.faults
    return replace(
        schedule,
        acts=tuple(act for n, act in enumerate(acts) if n in places),
        faults=tuple(f for n, f in enumerate(faults, len(acts)) if n in places),
        goes_on=False,
    )


def written_out(schedule: Schedule) -> Schedule:
    """Return the schedule with everything as an act that people went on with: the same history."""
    universe = Universe(schedule)
    universe.run()
    return replace(schedule, acts=(*schedule.acts, *universe.went_on), goes_on=False)


def script(schedule: Schedule) -> str:
    """Write a schedule for people: one line per fault and act, numbered as `kept` does."""
    items = [*schedule.acts, *schedule.faults]
    return "\n".join(f"{n:3} {item}" for n, item in enumerate(items))
