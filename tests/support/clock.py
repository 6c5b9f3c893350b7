"""Time and ids that tests own: the clock moves when it is told to, ids count."""

import asyncio
from datetime import UTC, datetime, timedelta
from itertools import count

START = datetime(2026, 11, 21, 10, 42, tzinfo=UTC)
"""A Saturday morning."""

_SHORT = timedelta(seconds=5)


class MovedClock:
    """`Clock` that stands still until it is moved; sleepers wake in the order of their moments."""

    def __init__(self, now: datetime = START) -> None:
        self._now = now
        self._jumped = timedelta()
        self._sleepers: list[tuple[datetime, int, asyncio.Future[None]]] = []
        self._order = count()

    def now(self) -> datetime:
        return self._now

    def monotonic(self) -> float:
        return (self._now - self._jumped).timestamp()

    async def sleep_until(self, moment: datetime) -> None:
        if moment <= self._now:
            await asyncio.sleep(0)
            return
        woken: asyncio.Future[None] = asyncio.get_running_loop().create_future()
        self._sleepers.append((moment, next(self._order), woken))
        try:
            await woken
        finally:
            self._sleepers = [s for s in self._sleepers if s[2] is not woken]

    @property
    def soonest(self) -> datetime | None:
        """The moment that the first sleeper waits for, None where nobody sleeps."""
        return min((moment for moment, _, _ in self._sleepers), default=None)

    def jump(self, by: timedelta) -> None:
        """Set the clock forward or back, as a person or a time server does: no time passes.

        Whoever waits still waits for no longer than before (`Clock.sleep_until`).
        """
        self._jumped += by
        sooner = min(by, timedelta())
        self._sleepers = [(moment + sooner, n, woken) for moment, n, woken in self._sleepers]
        self.move(by)

    def move(self, by: timedelta) -> None:
        """Let time pass, all of it at once."""
        self._now += by
        due = sorted((s for s in self._sleepers if s[0] <= self._now), key=lambda s: s[:2])
        for sleeper in due:
            self._sleepers.remove(sleeper)
            if not sleeper[2].done():
                sleeper[2].set_result(None)


class HastenedClock(MovedClock):
    """Moves by itself as soon as somebody waits for a moment: whoever is paced comes at once.

    Longer waits are deadlines, which stand still as in `MovedClock`.
    """

    async def sleep_until(self, moment: datetime) -> None:
        wait = moment - self.now()
        if timedelta() < wait <= _SHORT:
            self.move(wait)
        await super().sleep_until(moment)


class CountedIds:
    """`Ids` without chance: `id-1`, `id-2`, ..."""

    def __init__(self) -> None:
        self._numbers = count(1)

    def new(self) -> str:
        return f"id-{next(self._numbers)}"

    def secret(self) -> str:
        return f"secret-{next(self._numbers)}"
