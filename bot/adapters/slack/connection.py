"""One Socket Mode connection: it is open once Slack has said hello, and never renews itself."""

import asyncio
import json
import logging
from collections import OrderedDict
from contextlib import suppress
from typing import Final

from aiohttp import WSMessage
from slack_bolt.adapter.socket_mode.async_internals import run_async_bolt_app, send_async_response
from slack_bolt.async_app import AsyncApp
from slack_bolt.response import BoltResponse
from slack_sdk.socket_mode.aiohttp import SocketModeClient
from slack_sdk.socket_mode.async_client import AsyncBaseSocketModeClient
from slack_sdk.socket_mode.request import SocketModeRequest
from slack_sdk.web.async_client import AsyncWebClient

from bot.ports import Clock

_WITHIN: Final = 15.0
"""Seconds until hello. The library would try one address for ever, which works only shortly."""
_PING: Final = 10
_ANSWERED_WITHIN: Final = 3.0
"""Seconds after which Slack has told the person that we did not answer."""
_REMEMBERED: Final = 2000
_OK: Final = 200

_log = logging.getLogger(__name__)


class Envelopes:
    """Answers each envelope once, on whichever connections it comes."""

    def __init__(self) -> None:
        self._answers: OrderedDict[str, asyncio.Future[BoltResponse]] = OrderedDict()

    async def answer(self, app: AsyncApp, request: SocketModeRequest) -> BoltResponse:
        """Return the answer to an envelope; one that failed is asked again when it comes again."""
        known = self._answers.get(request.envelope_id)
        if known is not None:
            return await asyncio.shield(known)
        answering = asyncio.get_running_loop().create_future()
        self._answers[request.envelope_id] = answering
        while len(self._answers) > _REMEMBERED:
            self._answers.popitem(last=False)
        try:
            response: BoltResponse = await run_async_bolt_app(app, request)
        except BaseException:
            answering.cancel()
            self._answers.pop(request.envelope_id, None)
            raise
        answering.set_result(response)
        if response.status != _OK:
            self._answers.pop(request.envelope_id, None)
        return response


class Connection:
    """See the module. `ended` is set when it has to be replaced, `why` then says the reason."""

    def __init__(
        self, *, app: AsyncApp, token: str, base_url: str, envelopes: Envelopes, clock: Clock
    ) -> None:
        self._app = app
        self._envelopes = envelopes
        self._clock = clock
        self.ended = asyncio.Event()
        self.why = "it broke"
        self.opened_at = 0.0
        self._greeted = asyncio.Event()
        self._quiet = asyncio.Event()
        self._quiet.set()
        self._answering = 0
        web = AsyncWebClient(token=token, base_url=base_url, retry_handlers=[], logger=_log)
        self._client = _Client(self.ended, token=token, web=web)
        self._client.on_message_listeners.append(self._looked_at)
        self._client.socket_mode_request_listeners.append(self._taken)

    async def open(self) -> None:
        """Return once Slack has said hello; raises TimeoutError where it does not in time."""
        async with asyncio.timeout(_WITHIN):
            self._client.wss_uri = await self._client.issue_new_wss_url()
            await self._client.connect()  # type: ignore[no-untyped-call]  # as it ships
            await self._greeted.wait()
        self.opened_at = self._clock.monotonic()

    async def is_connected(self) -> bool:
        """Whether it answers its pings."""
        return await self._client.is_connected()

    async def close(self) -> None:
        """Let it go, once what came before has been answered, or would be too late."""
        try:
            with suppress(TimeoutError):
                async with asyncio.timeout(_ANSWERED_WITHIN):
                    await self._quiet.wait()
        finally:
            try:
                await self._client.close()  # type: ignore[no-untyped-call]  # as it ships
            finally:
                # Whoever is in a hurry gives up waiting for Slack's farewell, and leaves nothing.
                await self._client.aiohttp_client_session.close()

    async def _looked_at(self, message: WSMessage) -> None:
        """Take note of the frames that are about the connection itself."""
        frame = json.loads(message.data) if str(message.data).startswith("{") else {}
        match frame:
            case {"type": "hello"}:
                self._greeted.set()
            case {"type": "disconnect"}:
                self.why = str(frame.get("reason") or "Slack ends it")
                self.ended.set()
            case _:
                pass

    async def _taken(self, client: AsyncBaseSocketModeClient, request: SocketModeRequest) -> None:
        self._answering += 1
        self._quiet.clear()
        try:
            response = await self._envelopes.answer(self._app, request)
            await send_async_response(client, request, response, 0.0)
        finally:
            self._answering -= 1
            if not self._answering:
                self._quiet.set()


class _Client(SocketModeClient):
    """The library's client without its own renewal, which closes the old connection first."""

    def __init__(self, ended: asyncio.Event, *, token: str, web: AsyncWebClient) -> None:
        super().__init__(app_token=token, logger=_log, web_client=web, ping_interval=_PING)
        self._ended = ended

    async def connect_to_new_endpoint(self, force: bool = False) -> None:  # noqa: FBT001, FBT002, ARG002 - the library's
        """Leave the renewal to whoever keeps the connections."""
        self._ended.set()
