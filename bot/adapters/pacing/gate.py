"""The gate that every call to a platform passes: in its turn, within its limits, or later.

    async with gate.turn(scopes, ask):
        answer = await the_call()      # then `heard`, `silent` or `throttled`

A worker waits here for two seconds at most; whoever would wait longer gets `Throttled`, whose
delay is the moment of its turn, and its place is kept. While the platform is away nobody calls it
but one harmless question now and then, and people's own requests.
"""

import asyncio
import logging
from collections.abc import AsyncIterator, Awaitable, Callable, Coroutine, Iterator, Sequence
from contextlib import asynccontextmanager, contextmanager
from dataclasses import replace
from datetime import timedelta
from itertools import count
from typing import Final, TypeVar

from bot.adapters.pacing.outage import CAUTION, Outage
from bot.adapters.pacing.queue import Queue, Scope, Turn
from bot.adapters.pacing.window import Window
from bot.errors import FirewardenError, Throttled
from bot.ports import Clock
from bot.usecases.urgency import URGENCY, Urgency

HOLD: Final = 2.0
"""Seconds that a worker waits under its lease."""
_PATIENCE: Final = 60.0
"""Seconds that an answer to a person waits, which nobody would send again: a group's minute."""
_REST: Final = 10.0
"""Seconds that it waits where the platform itself said that it takes nothing."""
_LOOK: Final = 2.0
"""Seconds after which whoever waits looks again: somebody before them may have gone."""
_HORIZON: Final = 10.0
"""Seconds after which whoever was sent away asks again at the latest, unless the platform rests."""
_IN_THE_AIR: Final = 16
"""Calls under way at once: those to a platform that hangs leave workers to everything else."""
_PLACES: Final = 3
"""Conversations that are told to rest at the same time; so many mean all of them."""
_SLACK: Final = 0.001
"""Seconds by which a wait may be short: clocks and waits are rounded differently."""
_MANY: Final = 1000

T = TypeVar("T")
Ask = Callable[[], Awaitable[object]]

_log = logging.getLogger(__name__)


class Gate:
    """See the module."""

    def __init__(self, *, name: str, clock: Clock) -> None:
        self._name = name
        self._clock = clock
        self._outage = Outage()
        self._queue = Queue()
        self._windows: dict[str, Window] = {}
        self._resting: dict[str, dict[str, float]] = {}
        """By wide scope the conversations that were told to rest, and until when."""
        self._numbers = count(1)
        self._in_the_air = 0

    @property
    def waiting(self) -> int:
        """How many wait here for their turn."""
        return len(self._queue)

    @property
    def in_the_air(self) -> int:
        """How many calls are under way."""
        return self._in_the_air

    @asynccontextmanager
    async def turn(self, scopes: Sequence[Scope], ask: Ask) -> AsyncIterator[None]:
        """Wait for the turn of a call that counts against these scopes, the narrowest last.

        `ask` is a call that changes nothing, for whether the platform is back: it raises where it
        is not. Raises `Throttled` where the turn is too far away.
        """
        turn = self._turn(scopes)
        if turn.urgency is not Urgency.ANSWER:
            await self._there(turn, ask)
        await self._wait(turn)
        with self._under_way():
            yield

    def expect(self, scopes: Sequence[Scope]) -> None:
        """Raise `Throttled` where `turn` would, before anything is made ready in vain."""
        turn, now = self._turn(scopes), self._clock.monotonic()
        self._queue.forget(now)
        self._queue.come_back(turn, now)
        if turn.urgency is not Urgency.ANSWER and self._outage.away:
            self._not_there(turn, now)
        if self._left(turn) > self._patience(turn, now) + _SLACK:
            raise self._paced(turn)

    def heard(self) -> None:
        """Note that the platform answered, whatever it said."""
        if self._outage.away:
            _log.warning("%s answers again", self._name)
        self._outage.answered(self._clock.monotonic())

    def silent(self) -> None:
        """Note that the platform did not answer, or somebody else did."""
        was = self._outage.away
        self._outage.silent(self._clock.monotonic())
        if self._outage.away and not was:
            _log.warning("%s does not answer; what is to be sent there waits", self._name)

    def throttled(self, scopes: Sequence[Scope], pause: timedelta) -> None:
        """Leave the narrowest scope alone as long as the platform says.

        One conversation's rest stops no other; where several are told so at once it is no matter
        of conversations, and the widest scope rests.
        """
        now = self._clock.monotonic()
        until = now + pause.total_seconds()
        wide, narrow = scopes[0], scopes[-1]
        self._rest(narrow, until)
        places = {k: t for k, t in self._resting.get(wide.key, {}).items() if t > now}
        self._resting[wide.key] = places | {narrow.key: until}
        if len(self._resting[wide.key]) >= _PLACES:
            self._rest(wide, until)

    async def _there(self, turn: Turn, ask: Ask) -> None:
        """Pass where the platform is there; ask whether it is back where it is time to."""
        now = self._clock.monotonic()
        self._queue.forget(now)
        if self._in_the_air >= _IN_THE_AIR:
            raise self._sent_away(turn, 1.0, f"{self._name} is slow")
        if not self._outage.away:
            return
        self._not_there(turn, now)
        self._outage.asked(now)
        try:
            with self._under_way():
                await ask()
        except FirewardenError as fault:
            raise self._sent_away(turn, 1.0, f"{self._name} does not answer") from fault

    def _not_there(self, turn: Turn, now: float) -> None:
        """Raise `Throttled` while the platform is not to be asked, or somebody more urgent is."""
        left = self._outage.wait(now)
        kept = self._queue.kept_anywhere(turn, before=now + CAUTION)
        if left > _SLACK or kept > now:
            # The most urgent look often, so that they are there first when it comes back.
            wait = 1.0 if turn.urgency is Urgency.APPROVAL else max(left, 1.0)
            raise self._sent_away(turn, wait, f"{self._name} does not answer")

    @contextmanager
    def _under_way(self) -> Iterator[None]:
        self._in_the_air += 1
        try:
            yield
        finally:
            self._in_the_air -= 1

    async def _wait(self, turn: Turn) -> None:
        started = self._clock.monotonic()
        latest = started + self._patience(turn, started) + _SLACK
        self._queue.forget(started)
        self._queue.come_back(turn, started)
        self._queue.join(turn)
        try:
            while (wait := self._left(turn)) > _SLACK:
                if self._clock.monotonic() + wait > latest:
                    raise self._paced(turn)
                span = timedelta(seconds=min(wait, _LOOK))
                await self._clock.sleep_until(self._clock.now() + span)
        finally:
            self._queue.leave(turn)
        self._take(turn)

    def _turn(self, scopes: Sequence[Scope]) -> Turn:
        return Turn(urgency=URGENCY.get(), number=next(self._numbers), scopes=tuple(scopes))

    def _patience(self, turn: Turn, now: float) -> float:
        if turn.urgency is not Urgency.ANSWER:
            return HOLD
        rests = any(self._window(scope).rests_until > now for scope in turn.scopes)
        return _REST if rests else _PATIENCE

    def _left(self, turn: Turn) -> float:
        """Return the seconds until its turn, as it looks now."""
        now = self._clock.monotonic()
        urgent = turn.urgency <= Urgency.APPROVAL
        waits = (
            self._window(scope).wait(now, 1 + self._queue.ahead(turn, scope, now), urgent=urgent)
            for scope in turn.scopes
        )
        return max(self._kept(turn, now), *waits)

    def _kept(self, turn: Turn, now: float) -> float:
        """Return the seconds for which somebody more urgent must not be passed."""
        kept = self._queue.kept_here(turn)
        if self._outage.recovering(now):
            kept = max(kept, self._queue.kept_anywhere(turn, before=now + CAUTION))
        return kept - now

    def _paced(self, turn: Turn) -> Throttled:
        """Send one away for as long as it looks now, to be asked again soon."""
        now, again, longest, behind = self._clock.monotonic(), 0.0, 0.0, ""
        for scope in turn.scopes:
            window = self._window(scope)
            nth = 1 + self._queue.behind_all(turn, scope, now)
            wait = window.wait(now, nth, urgent=turn.urgency <= Urgency.APPROVAL)
            rest = max(window.rests_until - now, 0.0)
            again = max(again, rest, min(wait, rest + _HORIZON))
            if wait > longest:
                longest, behind = wait, scope.key
        kept = self._kept(turn, now)
        again = max(again, min(kept, _HORIZON), _SLACK)
        waits_for = "" if kept > longest else behind
        return self._sent_away(replace(turn, waits_for=waits_for), again, f"{self._name} is paced")

    def _sent_away(self, turn: Turn, seconds: float, why: str) -> Throttled:
        if turn.urgency is not Urgency.ANSWER:
            until = self._clock.monotonic() + seconds
            self._queue.send_away(replace(turn, until=until))
        return Throttled(why, retry_after=timedelta(seconds=seconds))

    def _take(self, turn: Turn) -> None:
        now = self._clock.monotonic()
        for scope in turn.scopes:
            self._windows[scope.key] = self._window(scope).spent(now)
        if len(self._windows) > _MANY:
            self._windows = {k: w for k, w in self._windows.items() if not w.idle(now)}

    def _window(self, scope: Scope) -> Window:
        return self._windows.get(scope.key) or Window(budget=scope.budget)

    def _rest(self, scope: Scope, until: float) -> None:
        self._windows[scope.key] = self._window(scope).resting(until)


async def within(clock: Clock, seconds: float, call: Coroutine[object, object, T]) -> T:
    """Return what a call returns; TimeoutError where that takes longer on this clock."""
    working = asyncio.ensure_future(call)
    alarm = asyncio.ensure_future(clock.sleep_until(clock.now() + timedelta(seconds=seconds)))
    try:
        await asyncio.wait({working, alarm}, return_when=asyncio.FIRST_COMPLETED)
        if not working.done():
            raise TimeoutError
        return working.result()
    finally:
        alarm.cancel()
        working.cancel()
