"""How Slack reaches the bot: signed HTTP, or envelopes over Socket Mode."""

import asyncio
import hashlib
import hmac
import json
import time
from collections.abc import Callable
from dataclasses import dataclass, field

import aiohttp
from aiohttp import WSMsgType, web

from tests.support.slack.workspace import SIGNING_SECRET, Args
from tests.support.waiting import eventually


@dataclass(frozen=True, slots=True, kw_only=True)
class Heard:
    """What the bot's endpoint answered: `said` is the body's JSON, {} where it is empty."""

    status: int
    said: Args
    text: str
    headers: Args = field(default_factory=dict)


class Sending:
    """`sockets` are the connections that the bot has open, in the order of their opening."""

    def __init__(self, fresh: Callable[[str], str]) -> None:
        self._fresh = fresh
        self.session: aiohttp.ClientSession | None = None
        self.sockets: list[web.WebSocketResponse] = []
        self.switched_off = False
        """Whether somebody turned Socket Mode off in the app's settings."""
        self.silent = False
        """While it is set, connections open and no frame follows, not even `hello`."""
        self.acknowledged = 0
        """How many envelopes were acknowledged."""
        self.brief = False
        """While it is set, each connection is ended as soon as it is open."""
        self._used: set[str] = set()
        self._waiting: dict[str, asyncio.Future[Args]] = {}

    async def signed(
        self, url: str, body: bytes, kind: str, *, stamp: str, signature: str, headers: Args
    ) -> Heard:
        """POST to the bot, signed as Slack signs."""
        at = stamp or str(int(time.time()))
        whole = {
            "Content-Type": kind,
            "X-Slack-Request-Timestamp": at,
            "X-Slack-Signature": signature or signed(at, body),
            **headers,
        }
        assert self.session is not None
        async with self.session.post(url, data=body, headers=whole) as got:
            text = await got.text()
            said = json.loads(text) if got.content_type == "application/json" and text else {}
            return Heard(status=got.status, said=said, text=text, headers=dict(got.headers))

    async def envelope(
        self,
        kind: str,
        payload: Args,
        *,
        socket: int = 0,
        ident: str = "",
        more: Args | None = None,
    ) -> Args:
        """Send an envelope over one connection; returns what it was acknowledged with."""
        ident = ident or self._fresh("envelope-")
        acknowledged: asyncio.Future[Args] = asyncio.get_running_loop().create_future()
        self._waiting[ident] = acknowledged
        frame = {
            "envelope_id": ident,
            "type": kind,
            "payload": payload,
            "accepts_response_payload": kind != "events_api",
            **(more or {}),
        }
        await self.sockets[socket].send_json(frame)
        async with asyncio.timeout(3):
            return await acknowledged

    async def disconnect(self, socket: web.WebSocketResponse, reason: str) -> None:
        """Tell a connection that it ends, and wait until the bot has let go of it.

        Reasons: `warning`, `refresh_requested`, `link_disabled`, `too_many_websockets`.
        """
        await socket.send_json(
            {"type": "disconnect", "reason": reason, "debug_info": {"host": "applink-1"}}
        )

        async def gone() -> bool:
            return socket not in self.sockets

        await eventually(gone, bool)

    async def link(self, request: web.Request) -> web.StreamResponse:
        """Serve one connection; each address works once."""
        ticket = request.query.get("ticket", "")
        if not ticket or ticket in self._used:
            return web.Response(status=403)
        self._used.add(ticket)
        socket = web.WebSocketResponse()
        await socket.prepare(request)
        if not self.silent:
            await socket.send_json(
                {
                    "type": "hello",
                    "num_connections": len(self.sockets) + 1,
                    "debug_info": {"host": "applink-1", "approximate_connection_time": 3600},
                    "connection_info": {"app_id": "A1"},
                }
            )
        self.sockets.append(socket)
        if self.brief:
            await socket.send_json({"type": "disconnect", "reason": "refresh_requested"})
        try:
            async for frame in socket:
                if frame.type is WSMsgType.TEXT and frame.data.startswith("{"):
                    told = json.loads(frame.data)
                    self.acknowledged += 1
                    waiting = self._waiting.pop(told["envelope_id"], None)
                    if waiting is not None and not waiting.done():
                        waiting.set_result(told.get("payload") or {})
        finally:
            self.sockets.remove(socket)
        return socket


def signed(stamp: str, body: bytes) -> str:
    """Return the signature that Slack would send."""
    base = b"v0:" + stamp.encode() + b":" + body
    return "v0=" + hmac.new(SIGNING_SECRET.encode(), base, hashlib.sha256).hexdigest()
