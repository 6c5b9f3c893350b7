"""Time without waiting: an event loop that leaps to its next timer, and what reads its time."""

import asyncio
import base64
import heapq
import random
from collections import deque
from collections.abc import Callable
from contextvars import Context, copy_context
from datetime import UTC, datetime, timedelta
from itertools import count
from typing import TypeVarTuple, Unpack

Ts = TypeVarTuple("Ts")

START = datetime(2026, 11, 21, 10, 42, tzinfo=UTC)
"""A Saturday morning."""

_RESOLUTION = 1e-6
"""Seconds; a timer is due when it is this close, so that rounding never makes the loop crawl."""

_MOMENT = 1e-5
"""Seconds that even a wait for nothing takes: on a machine time passes while code runs."""

_LONGEST_SLEEP = 3600.0
"""Sleep in pieces, as the machine's clock does: a clock that is set forward is noticed."""


_ID = 26
"""Characters of a random id."""

_LETTERS = str.maketrans("0123456789", "ghijklmnop")
"""What hexadecimal has and base-32 has not, in letters."""


class NothingLeftError(Exception):
    """Everybody waits for somebody else: no timer is set and nothing is ready."""


class _Call(asyncio.TimerHandle):
    """One call to come. It keeps nothing for debuggers: a simulation makes thousands of them."""

    __slots__ = ("at", "cut", "inside", "what", "words")

    def __init__(
        self,
        what: Callable[..., object],
        words: tuple[object, ...],
        inside: Context | None,
        at: float,
    ) -> None:
        self.what = what
        self.words = words
        self.inside = copy_context() if inside is None else inside
        self.at = at
        self.cut = False

    def cancel(self) -> None:
        self.cut = True
        self.words = ()

    def cancelled(self) -> bool:
        return self.cut

    def when(self) -> float:
        return self.at


class VirtualLoop(asyncio.BaseEventLoop):
    """An event loop of one thread without any I/O, whose time stands still while code runs.

    What goes wrong in a callback ends the simulation.
    """

    _stopping: bool

    def __init__(self) -> None:
        super().__init__()
        self.now = 0.0
        """Seconds since the loop began; only the loop moves it."""
        self._line: deque[_Call] = deque()
        self._timers: list[tuple[float, int, _Call]] = []
        self._set = count()

    def time(self) -> float:
        """Return the seconds since the loop began."""
        return self.now

    def leap(self, by: float) -> None:
        """Let time pass without anybody noticing until it has: every timer in between is late."""
        self.now += by

    def call_soon(
        self,
        callback: Callable[[Unpack[Ts]], object],
        *args: *Ts,
        context: Context | None = None,
    ) -> asyncio.Handle:
        """Call it in this loop's next round."""
        call = _Call(callback, args, context, self.now)
        self._line.append(call)
        return call

    def call_later(
        self,
        delay: float,
        callback: Callable[[Unpack[Ts]], object],
        *args: *Ts,
        context: Context | None = None,
    ) -> asyncio.TimerHandle:
        """Call it when so many seconds have passed."""
        return self.call_at(self.now + delay, callback, *args, context=context)

    def call_at(
        self,
        when: float,
        callback: Callable[[Unpack[Ts]], object],
        *args: *Ts,
        context: Context | None = None,
    ) -> asyncio.TimerHandle:
        """Call it at this time; of two at one time the one that was set first goes first."""
        call = _Call(callback, args, context, when)
        heapq.heappush(self._timers, (when, next(self._set), call))
        return call

    def _run_once(self) -> None:
        """Run until told to stop: whatever is ready, then what is due, then leap."""
        line = self._line
        while not self._stopping:
            if not line:
                self._leap_to_next()
            while line and not self._stopping:
                call = line.popleft()
                if not call.cut:
                    call.inside.run(call.what, *call.words)

    def _leap_to_next(self) -> None:
        """Be as late as the next timer, and put what is due by then in line."""
        timers = self._timers
        while timers and timers[0][2].cut:
            heapq.heappop(timers)
        if not timers:
            raise NothingLeftError
        self.now = max(self.now, timers[0][0])
        due = self.now + _RESOLUTION
        while timers and timers[0][0] < due:
            self._line.append(heapq.heappop(timers)[2])

    def _write_to_self(self) -> None:
        """Wake a sleeping selector: it never sleeps."""


class VirtualClock:
    """`Clock` on a virtual loop; the wall clock can be set, the monotonic one cannot."""

    def __init__(self, loop: VirtualLoop) -> None:
        self._loop = loop
        self._set_by = timedelta()
        self._read = (-1.0, START)
        """What it showed at which time of the loop: it is read many times at each."""

    def now(self) -> datetime:
        at = self._loop.now
        if self._read[0] != at:
            self._read = at, START + self._set_by + timedelta(seconds=at)
        return self._read[1]

    def monotonic(self) -> float:
        return self._loop.now

    async def sleep_until(self, moment: datetime) -> None:
        if moment <= self.now():
            await asyncio.sleep(_MOMENT)
            return
        latest = self.monotonic() + (moment - self.now()).total_seconds()
        while (left := self._left(moment, latest)) > 0:  # noqa: ASYNC110 - time ends it
            await asyncio.sleep(min(left, _LONGEST_SLEEP))

    def _left(self, moment: datetime, latest: float) -> float:
        return min((moment - self.now()).total_seconds(), latest - self.monotonic())

    def jump(self, by: timedelta) -> None:
        """Set the wall clock: forward, or back."""
        self._set_by += by
        self._read = (-1.0, START)


class SeededIds:
    """`Ids` that look like the real ones and come from a seed."""

    def __init__(self, chance: random.Random) -> None:
        self._chance = chance

    def new(self) -> str:
        return f"{self._chance.getrandbits(4 * _ID):0{_ID}x}".translate(_LETTERS)

    def secret(self) -> str:
        return base64.urlsafe_b64encode(self._chance.randbytes(32)).decode().rstrip("=")
