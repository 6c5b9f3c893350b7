"""A few at a time: what comes in a hundred at once leaves the event loop to others in between."""

import asyncio
from collections import deque


class Turns:
    """Lets `at_once` callers on in each pass of the event loop, in the order of their arrival."""

    def __init__(self, at_once: int) -> None:
        self._at_once = at_once
        self._left = at_once
        self._waiting: deque[asyncio.Future[None]] = deque()
        self._passing = False

    async def turn(self) -> None:
        """Return when it is the caller's turn; at once where few came in this pass."""
        loop = asyncio.get_running_loop()
        if not self._passing:
            self._passing = True
            loop.call_soon(self._next_pass, loop)
        if self._left and not self._waiting:
            self._left -= 1
            return
        mine: asyncio.Future[None] = loop.create_future()
        self._waiting.append(mine)
        await mine

    def _next_pass(self, loop: asyncio.AbstractEventLoop) -> None:
        self._left = self._at_once
        while self._waiting and self._left:
            first = self._waiting.popleft()
            if not first.done():  # whoever gave up takes nobody's turn
                first.set_result(None)
                self._left -= 1
        self._passing = self._left < self._at_once
        if self._passing:
            loop.call_soon(self._next_pass, loop)
