"""Wakes whoever shows something when it may have changed."""

import asyncio
from collections.abc import Iterator
from contextlib import contextmanager, suppress


class Watch:
    """One watcher. However much changes, at most one wake-up is pending: it cannot run over."""

    def __init__(self) -> None:
        self._changed = asyncio.Event()

    def wake(self) -> None:
        """Say that something may have changed."""
        self._changed.set()

    async def wait(self, seconds: float) -> bool:
        """Return True at the next change, False where none came within `seconds`."""
        with suppress(TimeoutError):
            async with asyncio.timeout(seconds):
                await self._changed.wait()
        changed = self._changed.is_set()
        self._changed.clear()
        return changed


class Changes:
    """Tells every watcher; the watchers read for themselves what is new."""

    def __init__(self) -> None:
        self._watches: set[Watch] = set()

    @contextmanager
    def watching(self) -> Iterator[Watch]:
        """Watch until the block ends."""
        watch = Watch()
        self._watches.add(watch)
        try:
            yield watch
        finally:
            self._watches.discard(watch)

    def publish(self) -> None:
        """Wake every watcher."""
        for watch in self._watches:
            watch.wake()
