"""Socket Mode: two connections at once, so that one may be renewed while the other hears."""

import asyncio
import logging
from datetime import timedelta
from typing import Final

from aiohttp import ClientError
from slack_bolt.adapter.socket_mode.aiohttp import AsyncSocketModeHandler
from slack_bolt.async_app import AsyncApp
from slack_sdk.errors import SlackClientError
from slack_sdk.web.async_client import AsyncWebClient

from bot.ports import Clock

_CONNECTIONS: Final = 2
"""Slack allows ten per app, and sends each envelope to any one of them."""
_WATCH: Final = timedelta(seconds=15)
_CONNECT_WITHIN: Final = 15.0
"""Seconds. The library would try one address for ever, and Slack lets it be used only shortly."""
_PATIENCE: Final = 2
"""Looks that may find a connection away: the library is renewing it."""
_LONGEST_WAIT: Final = timedelta(seconds=60)

_log = logging.getLogger(__name__)


class Sockets:
    """Keeps the connections open until its tasks are cancelled.

    The library renews a connection that Slack ends and one whose pings stay without an answer;
    what it gives up is opened anew here.
    """

    def __init__(self, *, app: AsyncApp, token: str, base_url: str, clock: Clock) -> None:
        self._app = app
        self._token = token
        self._base_url = base_url
        self._clock = clock

    async def run(self) -> None:
        """Hear until cancelled."""
        async with asyncio.TaskGroup() as tasks:
            for number in range(1, _CONNECTIONS + 1):
                tasks.create_task(self._keep(number))

    async def _keep(self, number: int) -> None:
        wait = timedelta(seconds=1)
        while True:
            handler = self._handler()
            try:
                await _connected(handler)
                _log.info("Slack connection %d is open", number)
                wait = timedelta(seconds=1)
                await self._deaf(handler)
                _log.warning("Slack connection %d hears nothing any more", number)
            except (SlackClientError, ClientError, TimeoutError, OSError) as fault:
                _log.warning("Slack connection %d failed: %s", number, type(fault).__name__)
            except Exception:  # noqa: BLE001 - the outermost frame: we go on hearing
                _log.exception("Slack connection %d met a fault", number)
            finally:
                await handler.client.close()  # type: ignore[no-untyped-call]  # as it ships
            await self._rest(wait)
            wait = min(wait * 2, _LONGEST_WAIT)

    async def _deaf(self, handler: AsyncSocketModeHandler) -> None:
        """Return when a connection stayed away, or left its pings unanswered, twice in a row."""
        missing = 0
        while missing < _PATIENCE:
            await self._rest(_WATCH)
            missing = 0 if await handler.client.is_connected() else missing + 1

    def _handler(self) -> AsyncSocketModeHandler:
        web = AsyncWebClient(
            token=self._token, base_url=self._base_url, retry_handlers=[], logger=_log
        )
        return AsyncSocketModeHandler(
            self._app, self._token, logger=_log, web_client=web, ping_interval=10
        )

    async def _rest(self, span: timedelta) -> None:
        await self._clock.sleep_until(self._clock.now() + span)


async def _connected(handler: AsyncSocketModeHandler) -> None:
    async with asyncio.timeout(_CONNECT_WITHIN):
        handler.client.wss_uri = await handler.client.issue_new_wss_url()
        await handler.client.connect()  # type: ignore[no-untyped-call]  # as it ships
