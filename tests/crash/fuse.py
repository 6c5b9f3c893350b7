"""What ends or stops a life at a labelled point: the life does it to itself, exactly there."""

import os
import signal
from collections import Counter
from collections.abc import Callable
from dataclasses import dataclass
from enum import StrEnum


class Act(StrEnum):
    """What happens at the point."""

    KILL = "kill"
    """SIGKILL: nothing is flushed, nothing is said."""
    STOP = "stop"
    """SIGSTOP: it comes back later and knows nothing of the time between."""
    HOLD = "hold"
    """Everything of this name waits from here on; the rest of the life goes on."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Plan:
    """Where a life is to end: the `nth` time that it comes to one of `labels` (none = nowhere).

    Whatever comes to one of `held` waits there, from the beginning and for ever.
    """

    labels: tuple[str, ...] = ()
    nth: int = 1
    act: Act = Act.KILL
    held: tuple[str, ...] = ()


class Fuse:
    """Tells every point that a life passes, and burns through at the planned one.

    `passes` and `say` must have handed what they are given to others before they return.
    """

    def __init__(
        self, plan: Plan, passes: Callable[[str], None], say: Callable[[str], None]
    ) -> None:
        self._plan = plan
        self._passes = passes
        self._say = say
        self._passed: Counter[str] = Counter()

    def at(self, label: str) -> bool:
        """Pass a point; returns whether whoever comes here is to wait."""
        self._passed[label] += 1
        self._passes(label)
        if label in self._plan.held:
            return True
        if label not in self._plan.labels or self._passed[label] < self._plan.nth:
            return False
        match self._plan.act:
            case Act.HOLD:
                return True
            case Act.KILL | Act.STOP if self._passed[label] == self._plan.nth:
                self._say(f"burnt {label}")
                stop = self._plan.act is Act.STOP
                os.kill(os.getpid(), signal.SIGSTOP if stop else signal.SIGKILL)
            case _:
                pass
        return False
