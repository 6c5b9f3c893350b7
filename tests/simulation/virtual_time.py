"""Time without waiting: an event loop that leaps to its next timer, and what reads its time."""

import asyncio
import base64
import random
from datetime import UTC, datetime, timedelta

START = datetime(2026, 11, 21, 10, 42, tzinfo=UTC)
"""A Saturday morning."""

_RESOLUTION = 1e-6
"""Seconds; a timer is due when it is this close, so that rounding never makes the loop crawl."""

_LONGEST_SLEEP = 3600.0
"""Sleep in pieces, as the machine's clock does: a clock that is set forward is noticed."""


class NothingLeftError(Exception):
    """Everybody waits for somebody else: no timer is set and nothing is ready."""


class VirtualLoop(asyncio.BaseEventLoop):
    """An event loop of one thread without any I/O, whose time stands still while code runs."""

    def __init__(self) -> None:
        super().__init__()
        self._now = 0.0
        self._clock_resolution = _RESOLUTION
        self._selector = _Leap(self)

    def time(self) -> float:
        """Return the seconds since the loop began."""
        return self._now

    def leap(self, by: float) -> None:
        """Let time pass without anybody noticing until it has: every timer in between is late."""
        self._now += by

    def _process_events(self, event_list: list[object]) -> None:
        """Take what a selector saw: it never sees anything."""

    def _write_to_self(self) -> None:
        """Wake a sleeping selector: it never sleeps."""


class _Leap:
    """In place of a selector: does not wait for `timeout` seconds but lets them be over."""

    def __init__(self, loop: VirtualLoop) -> None:
        self._loop = loop

    def select(self, timeout: float | None) -> list[object]:
        if timeout is None:
            raise NothingLeftError
        if timeout > 0:
            self._loop.leap(timeout)
        return []


class VirtualClock:
    """`Clock` on a virtual loop; the wall clock can be set, the monotonic one cannot."""

    def __init__(self, loop: VirtualLoop) -> None:
        self._loop = loop
        self._set_by = timedelta()

    def now(self) -> datetime:
        return START + self._set_by + timedelta(seconds=self._loop.time())

    def monotonic(self) -> float:
        return self._loop.time()

    async def sleep_until(self, moment: datetime) -> None:
        latest = self.monotonic() + (moment - self.now()).total_seconds()
        while (left := self._left(moment, latest)) > 0:  # noqa: ASYNC110 - time ends it
            await asyncio.sleep(min(left, _LONGEST_SLEEP))

    def _left(self, moment: datetime, latest: float) -> float:
        return min((moment - self.now()).total_seconds(), latest - self.monotonic())

    def jump(self, by: timedelta) -> None:
        """Set the wall clock: forward, or back."""
        self._set_by += by


class SeededIds:
    """`Ids` that look like the real ones and come from a seed."""

    def __init__(self, chance: random.Random) -> None:
        self._chance = chance

    def new(self) -> str:
        return base64.b32encode(self._chance.randbytes(16)).decode().rstrip("=").lower()

    def secret(self) -> str:
        return base64.urlsafe_b64encode(self._chance.randbytes(32)).decode().rstrip("=")
