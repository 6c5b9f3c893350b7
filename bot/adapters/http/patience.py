"""A limit on waiting that costs almost nothing: one timer for all waiters, a quarter second coarse.

`asyncio.timeout` sets and clears a timer per use, which would be a tenth of the work of taking an
alert.
"""

import asyncio
from types import TracebackType
from typing import Final

_COARSE: Final = 0.25
"""Seconds between two looks at who has waited too long."""


class Patience:
    """`with patience:` raises `TimeoutError` after `seconds`, and up to a quarter more."""

    def __init__(self, seconds: float) -> None:
        self._seconds = seconds
        self._waiting: dict[asyncio.Task[object], float] = {}
        self._expired: set[asyncio.Task[object]] = set()
        self._timer: asyncio.TimerHandle | None = None

    def __enter__(self) -> None:
        """Start waiting; one task waits once at a time."""
        loop = asyncio.get_running_loop()
        self._waiting[_current()] = loop.time() + self._seconds
        if self._timer is None:
            self._timer = loop.call_later(_COARSE, self._look)

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        """Turn our own cancellation into `TimeoutError`; anybody else's stays what it is."""
        task = _current()
        self._waiting.pop(task, None)
        if not self._expired or task not in self._expired:
            return
        self._expired.discard(task)
        # Done in spite of the cancellation: then it was in time after all.
        if task.uncancel() == 0 and kind is not None and issubclass(kind, asyncio.CancelledError):
            raise TimeoutError from error

    def _look(self) -> None:
        loop = asyncio.get_running_loop()
        now = loop.time()
        late = [task for task, until in self._waiting.items() if until <= now]
        for task in late:
            del self._waiting[task]
            self._expired.add(task)
            task.cancel()
        self._timer = loop.call_later(_COARSE, self._look) if self._waiting else None


def _current() -> asyncio.Task[object]:
    task = asyncio.current_task()
    if task is None:
        raise RuntimeError("patience needs a task to wait in")
    return task
