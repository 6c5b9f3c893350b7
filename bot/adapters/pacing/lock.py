"""A lock that the most urgent gets next, whoever came first."""

import asyncio
from itertools import count
from types import TracebackType

from bot.usecases.urgency import URGENCY


class UrgentLock:
    """Like `asyncio.Lock` in `async with`; of two who are as urgent the first comes first."""

    def __init__(self) -> None:
        self._held = False
        self._numbers = count()
        self._waiting: list[tuple[int, int, asyncio.Future[None]]] = []

    async def __aenter__(self) -> None:
        """Wait until nobody else holds it."""
        if not self._held:
            self._held = True
            return
        given: asyncio.Future[None] = asyncio.get_running_loop().create_future()
        place = (int(URGENCY.get()), next(self._numbers), given)
        self._waiting.append(place)
        try:
            await given
        except asyncio.CancelledError:
            if place in self._waiting:
                self._waiting.remove(place)
            elif given.done() and not given.cancelled():
                self._hand_on()
            raise

    async def __aexit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        """Hand it to whoever is next."""
        self._hand_on()

    def _hand_on(self) -> None:
        waiting = [place for place in self._waiting if not place[2].done()]
        if not waiting:
            self._waiting.clear()
            self._held = False
            return
        chosen = min(waiting, key=lambda place: place[:2])
        self._waiting.remove(chosen)
        chosen[2].set_result(None)
