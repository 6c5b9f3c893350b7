"""Socket Mode: two connections at once, each replaced before it is let go, and watched."""

import asyncio
import logging
from datetime import timedelta
from typing import Final

from aiohttp import ClientError
from slack_bolt.async_app import AsyncApp
from slack_sdk.errors import SlackApiError, SlackClientError

from bot.adapters.slack.connection import Connection, Envelopes
from bot.adapters.slack.echoes import Echoes
from bot.ports import Clock

_CONNECTIONS: Final = 2
"""Slack allows ten per app, and sends each envelope to any one of them."""
_WATCH: Final = timedelta(seconds=15)
_PATIENCE: Final = 2
"""Looks that may find a connection away before it is replaced."""
_FIRST_WAIT: Final = timedelta(seconds=1)
_LONGEST_WAIT: Final = timedelta(seconds=60)
_BRIEF: Final = 30.0
"""Seconds that a connection lasts at least where all is well; Slack renews them after hours."""
_TOO_MANY: Final = "too_many_websockets"
_SWITCHED_OFF: Final = frozenset({"link_disabled", "socket_mode_disabled"})

_log = logging.getLogger(__name__)


class Sockets:
    """Keeps the connections open until its tasks are cancelled."""

    def __init__(
        self, *, app: AsyncApp, token: str, base_url: str, clock: Clock, echoes: Echoes
    ) -> None:
        self._app = app
        self._token = token
        self._base_url = base_url
        self._clock = clock
        self._echoes = echoes
        self._envelopes = Envelopes()
        self._open: dict[int, Connection] = {}
        self._why = "not connected yet"

    def faults(self) -> tuple[str, ...]:
        """Say why nothing can be heard now; nothing where a connection is open."""
        return () if self._open else (f"Slack is not heard: {self._why}",)

    async def run(self) -> None:
        """Hear until cancelled."""
        try:
            async with asyncio.TaskGroup() as tasks:
                for number in range(1, _CONNECTIONS + 1):
                    tasks.create_task(self._keep(number))
        finally:
            for connection in list(self._open.values()):
                await _let_go(connection)

    async def _keep(self, number: int) -> None:
        """Have a connection, and another one before that one is let go."""
        wait, brief = _FIRST_WAIT, 0
        while True:
            connection = None if brief > _PATIENCE else await self._opened(number)
            if connection is None:
                await self._clock.sleep_until(self._clock.now() + wait)
                wait, brief = min(wait * 2, _LONGEST_WAIT), 0
                continue
            old, self._open[number] = self._open.get(number), connection
            if old is not None:
                await _let_go(old)
            self._why = await self._until_over(connection)
            _log.warning("Slack connection %d ends: %s", number, self._why)
            if self._clock.monotonic() - connection.opened_at < _BRIEF:
                brief += 1  # Slack lets itself be asked for connections only so often
            else:
                wait, brief = _FIRST_WAIT, 0
            if self._why in {_TOO_MANY, *_SWITCHED_OFF} or not await connection.is_connected():
                # There is nothing left to hear on it, or no room for its successor.
                del self._open[number]
                await _let_go(connection)

    async def _opened(self, number: int) -> Connection | None:
        """Return a connection over which Slack has said hello, None where there is none now."""
        connection = self._connection()
        try:
            await connection.open()
        except (SlackClientError, ClientError, TimeoutError, OSError) as fault:
            self._why = _told(fault)
            _log.warning("Slack connection %d cannot be opened: %s", number, self._why)
        except Exception:  # noqa: BLE001 - the outermost frame: we go on hearing
            self._why = "a fault of Firewarden's own"
            _log.exception("Slack connection %d met a fault", number)
        except BaseException:
            await connection.close()
            raise
        else:
            _log.info("Slack connection %d is open", number)
            return connection
        await _let_go(connection)
        if number in self._open and not await self._open[number].is_connected():
            await _let_go(self._open.pop(number))
        return None

    async def _until_over(self, connection: Connection) -> str:
        """Return why a connection has to be replaced, as soon as that is known."""
        missing = 0
        while True:
            ended = asyncio.ensure_future(connection.ended.wait())
            looking = asyncio.ensure_future(self._clock.sleep_until(self._clock.now() + _WATCH))
            try:
                await asyncio.wait({ended, looking}, return_when=asyncio.FIRST_COMPLETED)
            finally:
                ended.cancel()
                looking.cancel()
            if connection.ended.is_set():
                return connection.why
            silence = self._echoes.silent_for(since=connection.opened_at)
            if silence:
                return f"deaf: what was posted {silence:.0f} s ago was not heard"
            missing = 0 if await connection.is_connected() else missing + 1
            if missing >= _PATIENCE:
                return "its pings stay unanswered"

    def _connection(self) -> Connection:
        return Connection(
            app=self._app,
            token=self._token,
            base_url=self._base_url,
            envelopes=self._envelopes,
            clock=self._clock,
        )


async def _let_go(connection: Connection) -> None:
    """Close a connection, which may be broken in ways of its own."""
    try:
        await connection.close()
    except Exception:  # noqa: BLE001 - the outermost frame: the others go on hearing
        _log.exception("a Slack connection could not be closed")


def _told(fault: Exception) -> str:
    """Return what went wrong without a word of the address, which holds a secret."""
    if isinstance(fault, SlackApiError):
        error = str(fault.response.get("error", ""))
        if error in _SWITCHED_OFF:
            return "Socket Mode is switched off in the app's settings"
        return error or type(fault).__name__
    return type(fault).__name__
