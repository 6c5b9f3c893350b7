"""What waits for the writer: alerts and pruning behind everything that somebody waits for."""

import asyncio
import math
from collections import deque
from collections.abc import Callable, Iterable, Sequence
from typing import Generic, TypeAlias, TypeVar

from sqlite_utils import Database

T = TypeVar("T")
P = TypeVar("P")

Work: TypeAlias = Callable[[Database, Sequence[P]], Sequence[T]]
"""Carries out several writes of one kind in order; one result for each."""

_BULK_SHARE = 4
"""One in this many of a group is left to bulk: people may delay alerts, but never stop them."""


class Unit(Generic[P, T]):
    """One write and who waits for it; `result` or `error` is set before `finish`.

    `wakes`: it may leave effects that can be claimed now. `bulk`: it can wait behind all others,
    `until` a moment of the loop's clock.
    """

    __slots__ = (
        "bulk", "done", "error", "finished", "given", "result", "taken", "until", "wakes", "work",
    )  # fmt: skip

    def __init__(
        self,
        work: Work[P, T],
        given: P,
        done: asyncio.Future[None],
        *,
        wakes: bool,
        bulk: bool,
        until: float = math.inf,
    ) -> None:
        self.work = work
        self.given = given
        self.done = done
        self.wakes = wakes
        self.bulk = bulk
        self.until = until
        self.taken = False
        self.finished = False
        self.result: list[T] = []
        self.error: Exception | None = None

    def finish(self) -> None:
        """Wake the caller; on its loop."""
        self.finished = True
        if not self.done.done():
            self.done.set_result(None)

    def outcome(self) -> T:
        """Return what the work returned, or raise what it raised."""
        if self.error is not None:
            raise self.error
        return self.result[0]


AnyUnit: TypeAlias = Unit[object, object]


class Waiting:
    """Two queues, each in order of arrival; whoever shares it between threads locks it."""

    def __init__(self, *, group: int) -> None:
        self._group = group
        self._prompt: deque[AnyUnit] = deque()
        self._bulk: deque[AnyUnit] = deque()

    def __bool__(self) -> bool:
        """Whether anything waits."""
        return bool(self._prompt or self._bulk)

    def behind(self, *, bulk: bool) -> int:
        """Return how many of this kind wait."""
        return len(self._bulk if bulk else self._prompt)

    def extend(self, units: Iterable[AnyUnit]) -> None:
        """Put these behind those of their kind."""
        for unit in units:
            (self._bulk if unit.bulk else self._prompt).append(unit)

    def remove(self, unit: AnyUnit) -> None:
        """Take one out where it is in."""
        queue = self._bulk if unit.bulk else self._prompt
        if unit in queue:
            queue.remove(unit)

    def take_late(self, now: float) -> list[AnyUnit]:
        """Take what has waited for too long; nobody else takes it any more."""
        late = [unit for unit in self._bulk if unit.until <= now]
        for unit in late:
            unit.taken = True
        if late:
            self._bulk = deque(unit for unit in self._bulk if not unit.taken)
        return late

    def next_group(self) -> list[AnyUnit]:
        """Take what is written next in one commit: at most a group, nothing where nothing waits."""
        left = min(len(self._bulk), max(1, self._group // _BULK_SHARE)) if self._prompt else 0
        prompt = min(len(self._prompt), max(1, self._group - left))
        bulk = min(len(self._bulk), self._group - prompt)
        return [
            *(self._prompt.popleft() for _ in range(prompt)),
            *(self._bulk.popleft() for _ in range(bulk)),
        ]
