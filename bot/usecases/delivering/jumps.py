"""Noticing that somebody set the clock: what waits for a moment is to wait no longer for that."""

import logging
from datetime import datetime, timedelta

from bot.ports import Clock, Journal
from bot.usecases.tally import Tally

NOTICED = timedelta(seconds=5)
"""A smaller difference between two looks is left alone: clocks drift, and processes are held up."""

_SEEN_EVERY = 15.0
"""Seconds between two moments that are kept: well below what processes take for one jump."""

_log = logging.getLogger(__name__)


class Jumps:
    """Compares the wall clock with the monotonic one.

    A clock that is set forward makes things due, as the end of a sleep does; only what was moved
    because it had been set back before is moved again.
    """

    def __init__(self, clock: Clock) -> None:
        self._clock = clock
        self._wall, self._steady = clock.now(), clock.monotonic()
        self._untold = timedelta()
        self.behind = timedelta()
        """By how much the clock was set back, and not forward again."""

    def missed(self, by: timedelta) -> None:
        """Take in that the clock was set back by so much before anybody looked."""
        self.behind += by
        self._untold -= by

    def noticed(self) -> timedelta:
        """Return by how much what waits is to be moved, until `told` that it was done."""
        wall, steady = self._clock.now(), self._clock.monotonic()
        by = wall - self._wall - timedelta(seconds=steady - self._steady)
        self._wall, self._steady = wall, steady
        if by > NOTICED:
            by = min(by, self.behind)
        elif by > -NOTICED:
            by = timedelta()
        self.behind -= by
        self._untold += by
        return self._untold

    def told(self) -> None:
        """Forget what was noticed: it has been seen to."""
        self._untold = timedelta()


class Watch:
    """Sees to it that what waits keeps the rest of its time, whenever the clock was set.

    The journal keeps what the clock said last: one that says less at the start was set back while
    nothing ran. How long that was nobody knows; what waits then counts on from the last moment.
    """

    def __init__(self, *, journal: Journal, clock: Clock, tally: Tally) -> None:
        self._journal = journal
        self._clock = clock
        self._tally = tally
        self._jumps = Jumps(clock)
        self._looked_back = False
        self._kept_at = float("-inf")

    async def look(self, now: datetime) -> None:
        """Compare, move what waits where it must be, and keep the moment now and then."""
        steady = self._clock.monotonic()
        if not self._looked_back:
            await self._look_back(now)
        jumped = self._jumps.noticed()
        self._tally.clock_behind = self._jumps.behind
        if jumped:
            await self._journal.move_due(jumped, now)
            self._jumps.told()
            _log.warning("the clock was set %s: what waits keeps its time", _words(jumped))
        elif steady - self._kept_at >= _SEEN_EVERY:
            await self._journal.seen(now)
        else:
            return
        self._kept_at = steady

    async def _look_back(self, now: datetime) -> None:
        last = await self._journal.last_seen()
        if last is not None and last - now > NOTICED:
            self._jumps.missed(last - now)
            _log.warning(
                "the clock says %s and said %s when Firewarden ran last: it was set back meanwhile",
                f"{now:%Y-%m-%d %H:%M:%S}",
                f"{last:%Y-%m-%d %H:%M:%S} UTC",
            )
        self._looked_back = True


def _words(by: timedelta) -> str:
    """Return `back by 1:00:00`."""
    return f"back by {-by}" if by < timedelta() else f"forward again by {by}"
