"""How `serve` is ended by signals: gently at the first, at once at the second."""

import asyncio
import os
import signal
from types import FrameType
from typing import Final

_SIGNS: Final = (signal.SIGTERM, signal.SIGINT)

_BY_SIGNAL: Final = 128
"""A shell's exit status for a program that a signal ended is this and the signal's number."""


class Stop:
    """The first SIGTERM or SIGINT asks for a gentle end; the second ends the process there.

    Exit statuses: 0 after a gentle end, 143 or 130 after a second SIGTERM or SIGINT. Nothing is
    lost at the second: what was acknowledged is durable, and the next start goes on as after a
    crash.
    """

    def __init__(self) -> None:
        self._asked = asyncio.Event()

    def listen(self, loop: asyncio.AbstractEventLoop) -> None:
        """Hear the signals from here on."""
        for sign in _SIGNS:
            loop.add_signal_handler(sign, self._first, loop)

    async def asked(self) -> None:
        """Return once a gentle end is asked for."""
        await self._asked.wait()

    def _first(self, loop: asyncio.AbstractEventLoop) -> None:
        self._asked.set()
        # Not through the loop, which may be what hangs; and not the default action, which a
        # container's first process does not have.
        for sign in _SIGNS:
            loop.remove_signal_handler(sign)
            signal.signal(sign, _at_once)


def _at_once(number: int, _: FrameType | None) -> None:
    os.write(2, b"Stopped at once.\n")
    os._exit(_BY_SIGNAL + number)
