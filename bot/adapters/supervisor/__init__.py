"""Tells the supervisor that started us (systemd) when we are ready, alive and stopping."""

import asyncio
import logging
import socket
from collections.abc import Awaitable, Callable
from datetime import timedelta
from typing import Final

_PINGS: Final = 3
"""Signs of life in the time after which we would be taken for dead: two may be late."""

_log = logging.getLogger(__name__)


class Supervisor:
    """Datagrams to systemd's notification socket (sd_notify(3)); without an address, silence.

    `address` is NOTIFY_SOCKET: a path, or an abstract name that begins with `@`. `patience` is
    WATCHDOG_USEC, None where nobody watches.
    """

    def __init__(self, address: str | None, *, patience: timedelta | None = None) -> None:
        self._address = address
        self._patience = patience if address else None

    def ready(self) -> None:
        """Say that the start is over."""
        self._tell("READY=1")

    def stopping(self) -> None:
        """Say that the end has begun."""
        self._tell("STOPPING=1")

    async def watch(self, alive: Callable[[], Awaitable[None]]) -> None:
        """Give a sign of life for ever, each only after `alive` has returned.

        Where `alive` hangs, or this loop does, no sign goes out, and the supervisor restarts us.
        An error that it raises is an answer too: a full disk is not mended by a restart.
        """
        if self._patience is None:
            return
        pause = self._patience.total_seconds() / _PINGS
        while True:
            try:
                await alive()
            except Exception as fault:  # noqa: BLE001 - as the docstring says
                _log.warning("the sign of life goes out all the same: %s", fault)
            self._tell("WATCHDOG=1")
            # Not until a moment of the wall clock, which may be set back.
            await asyncio.sleep(pause)

    def _tell(self, word: str) -> None:
        if not self._address:
            return
        name = f"\0{self._address[1:]}" if self._address.startswith("@") else self._address
        try:
            with socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM | socket.SOCK_CLOEXEC) as line:
                line.settimeout(0)  # a supervisor that does not read holds nobody up
                line.connect(name)
                line.send(word.encode())
        except OSError as error:
            _log.warning("the supervisor does not hear %s: %s", word, error)
