"""Housekeeping on APScheduler: what may be late or missed, never a store of truth."""

import asyncio
import logging
from collections.abc import Awaitable, Callable
from datetime import timedelta
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from apscheduler.events import JobExecutionEvent

Chore = Callable[[], Awaitable[None]]

_log = logging.getLogger(__name__)
logging.getLogger("apscheduler").setLevel(logging.WARNING)  # failures come through `_failed`


class Housekeeping:
    """Runs chores at intervals in the event loop; one that fails is logged and runs again."""

    def __init__(self) -> None:
        # Late: the first alert after a start does not wait for a scheduler of housekeeping.
        from apscheduler.events import EVENT_JOB_ERROR  # noqa: PLC0415 - as said above
        from apscheduler.schedulers.asyncio import AsyncIOScheduler  # noqa: PLC0415 - as above

        # facts/libraries: without grace a late job is dropped in silence, and overlaps are skipped.
        defaults = {"misfire_grace_time": None, "coalesce": True, "max_instances": 1}
        self._scheduler = AsyncIOScheduler(timezone="UTC", job_defaults=defaults)
        self._scheduler.add_listener(_failed, EVENT_JOB_ERROR)
        self._running: set[asyncio.Task[object]] = set()
        self._stopping = False

    def every(self, interval: timedelta, chore: Chore, name: str) -> None:
        """Run `chore` now and then, `interval` apart."""
        seconds = interval.total_seconds()
        self._scheduler.add_job(self._job(chore), "interval", seconds=seconds, id=name, name=name)

    def at_once_and_every(self, interval: timedelta, chore: Chore, name: str) -> None:
        """Run `chore` at the start, too."""
        self._scheduler.add_job(self._job(chore), id=f"{name} at once", name=name)
        self.every(interval, chore, name)

    def start(self) -> None:
        """Begin; must be called inside the event loop."""
        self._scheduler.start()

    async def stop(self) -> None:
        """End; running chores are cancelled (they are all safe to repeat) and waited for."""
        if not self._scheduler.running:
            return
        self._stopping = True
        self._scheduler.pause()
        await asyncio.sleep(0)  # what was handed out before begins, and sees that it is over
        for task in self._running:
            task.cancel()
        if self._running:
            await asyncio.wait(self._running)
        self._scheduler.shutdown(wait=False)

    def _job(self, chore: Chore) -> Chore:
        async def run() -> None:
            task = asyncio.current_task()
            if self._stopping or task is None:
                return
            self._running.add(task)
            try:
                await chore()
            except asyncio.CancelledError:
                if not self._stopping:
                    raise  # the scheduler would call a stop of ours a failure
            finally:
                self._running.discard(task)

        return run


def _failed(event: "JobExecutionEvent") -> None:
    _log.error("housekeeping %s failed: %s", event.job_id, event.exception)
