"""A way to a platform's emulator that goes wrong for as long as a test wants, in any known way."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass
from enum import StrEnum
from typing import Final

import aiohttp
from aiohttp import web
from multidict import CIMultiDict

from bot.ports import Clock

_HOPS: Final = frozenset({"content-length", "host", "transfer-encoding", "connection", "date"})
"""Headers that belong to one connection."""

PAUSE: Final = 30
"""Seconds of Retry-After."""


class Weather(StrEnum):
    """How the platform is."""

    FINE = "fine"
    THROTTLED = "429"
    BROKEN = "500"
    HANGING = "it hangs"
    DEAF = "the link drops once the request was taken"
    HTML = "HTML instead of JSON"


TROUBLES: Final = tuple(weather for weather in Weather if weather is not Weather.FINE)


@dataclass(frozen=True, slots=True, kw_only=True)
class Call:
    """One call: when, what, in which weather, and what the platform itself said (0 = nothing)."""

    at: float
    path: str
    body: str
    weather: Weather
    status: int


class Way:
    """Forwards every call to `target`, the emulator's address; `calls` are all, oldest first.

    `hanging` counts the calls that are held at this moment.
    """

    def __init__(self, target: str, clock: Clock) -> None:
        self.weather = Weather.FINE
        self.calls: list[Call] = []
        self.hanging = 0
        self.base = ""
        self._target = target
        self._clock = clock

    def taken(self) -> list[Call]:
        """Return the calls that the platform carried out, heard or not."""
        return [call for call in self.calls if call.status == 200]

    async def forward(self, request: web.Request) -> web.StreamResponse:
        """Answer one call as the weather is."""
        body = await request.read()
        match self.weather:
            case Weather.THROTTLED:
                self._note(request, body, 0)
                told = {"ok": False, "error": "ratelimited", "description": "Too Many Requests"}
                more = {"error_code": 429, "parameters": {"retry_after": PAUSE}}
                headers = {"Retry-After": str(PAUSE)}
                return web.json_response(told | more, status=429, headers=headers)
            case Weather.BROKEN:
                self._note(request, body, 0)
                return web.Response(status=500, text="Internal Server Error")
            case Weather.HTML:
                self._note(request, body, 0)
                page = "<html><body>Please sign in to the network</body></html>"
                return web.Response(text=page, content_type="text/html")
            case Weather.HANGING:
                self._note(request, body, 0)
                await self._hang()
            case _:
                pass
        answer = await self._sent(request, body)
        self._note(request, body, answer.status)
        if self.weather is Weather.DEAF and request.transport is not None:
            request.transport.abort()
        return answer

    async def _hang(self) -> None:
        self.hanging += 1
        try:
            await asyncio.Event().wait()
        finally:
            self.hanging -= 1

    async def _sent(self, request: web.Request, body: bytes) -> web.Response:
        headers = CIMultiDict(
            (name, value) for name, value in request.headers.items() if name.lower() not in _HOPS
        )
        async with (
            aiohttp.ClientSession() as session,
            session.request(
                request.method, f"{self._target}{request.raw_path[1:]}", data=body, headers=headers
            ) as got,
        ):
            kept = {name: v for name, v in got.headers.items() if name.lower() not in _HOPS}
            return web.Response(status=got.status, body=await got.read(), headers=kept)

    def _note(self, request: web.Request, body: bytes, status: int) -> None:
        self.calls.append(
            Call(
                at=self._clock.monotonic(),
                path=request.path,
                body=body.decode(errors="replace"),
                weather=self.weather,
                status=status,
            )
        )


@asynccontextmanager
async def way_to(target: str, clock: Clock) -> AsyncIterator[Way]:
    """Serve on a free port of loopback; `base` is the address to call instead of `target`."""
    way = Way(target, clock)
    app = web.Application(client_max_size=64 * 1024 * 1024)
    app.router.add_route("*", "/{rest:.*}", way.forward)
    # A caller who hangs up ends its call here, too.
    runner = web.AppRunner(app, shutdown_timeout=0.1, handler_cancellation=True)
    await runner.setup()
    await web.TCPSite(runner, "127.0.0.1", 0).start()
    way.base = f"http://127.0.0.1:{runner.addresses[0][1]}/"
    try:
        yield way
    finally:
        await runner.cleanup()
