"""Noticing that somebody set the clock: what waits for a moment is to wait no longer for that."""

from datetime import timedelta

from bot.ports import Clock

NOTICED = timedelta(seconds=5)
"""A smaller difference between two looks is left alone: clocks drift, and processes are held up."""


class Jumps:
    """Compares the wall clock with the monotonic one.

    A clock that is set forward makes things due, as the end of a sleep does; only what was moved
    because it had been set back before is moved again.
    """

    def __init__(self, clock: Clock) -> None:
        self._clock = clock
        self._wall, self._steady = clock.now(), clock.monotonic()
        self._behind = timedelta()
        self._untold = timedelta()

    def noticed(self) -> timedelta:
        """Return by how much what waits is to be moved, until `told` that it was done."""
        wall, steady = self._clock.now(), self._clock.monotonic()
        by = wall - self._wall - timedelta(seconds=steady - self._steady)
        self._wall, self._steady = wall, steady
        if by > NOTICED:
            by = min(by, self._behind)
        elif by > -NOTICED:
            by = timedelta()
        self._behind -= by
        self._untold += by
        return self._untold

    def told(self) -> None:
        """Forget what was noticed: it has been seen to."""
        self._untold = timedelta()
