"""Slack on loopback: the Web API over a workspace, and people who use it over signed HTTP.

async with slack() as team:
    team.of.add_user("U1", "ann")
    team.bot_url = f"http://{ingest}/slack/events"
    said = await team.slash("U1", channel, "/incident declare sev2 checkout is down")
"""

import asyncio
import hashlib
import hmac
import json
import time
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from typing import Any
from urllib.parse import urlencode

import aiohttp
from aiohttp import WSMsgType, web

from tests.support.chat_limits import read_slack
from tests.support.slack.methods import Methods, checked_view
from tests.support.slack.workspace import (
    APP_TOKEN,
    BOT_TOKEN,
    SIGNING_SECRET,
    TEAM,
    Args,
    Channel,
    Fault,
    Posted,
    View,
    Workspace,
)
from tests.support.waiting import eventually


@dataclass(frozen=True, slots=True, kw_only=True)
class Trouble:
    """How the next call of a method goes wrong; `after` = it is carried out all the same."""

    status: int = 200
    headers: Args = field(default_factory=dict)
    body: str = ""
    content_type: str = "application/json"
    drop: bool = False
    after: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class Heard:
    """What the bot's endpoint answered: `said` is the body's JSON, {} where it is empty."""

    status: int
    said: Args
    text: str


class Slack:
    """See the module. `calls` are the methods that were called, in their order."""

    def __init__(self) -> None:
        self.of = Workspace()
        self.calls: list[tuple[str, Args]] = []
        self.down = False
        """While it is set, every method answers 503."""
        self.trouble: dict[str, list[Trouble]] = {}
        self.replies: list[tuple[str, Args]] = []
        """What came back over response URLs, with the person that it was for."""
        self.bot_url = ""
        self.base = ""
        self.sockets: list[web.WebSocketResponse] = []
        self._envelopes: dict[str, asyncio.Future[Args]] = {}
        self._methods = Methods(self.of, lambda: self.base)
        self._response_urls: dict[str, tuple[str, int]] = {}
        self._session: aiohttp.ClientSession | None = None
        self._runner: web.AppRunner | None = None

    def called(self, method: str) -> list[Args]:
        """Return the arguments of every call of a method."""
        return [args for name, args in self.calls if name == method]

    # --- people --------------------------------------------------------------------------

    async def slash(self, user: str, channel: Channel, line: str, *, trigger: str = "") -> Heard:
        """Type a slash command."""
        command, _, text = line.partition(" ")
        form = {
            "team_id": TEAM,
            "channel_id": channel.id,
            "channel_name": channel.name,
            "user_id": user,
            "user_name": self.of.users[user].name if user in self.of.users else user,
            "command": command,
            "text": text,
            "response_url": self._response_url(user),
            "trigger_id": trigger or self._trigger(user),
        }
        return await self.send(urlencode(form).encode())

    async def press(self, user: str, channel: Channel, message: Posted, label: str) -> Heard:
        """Press the button of that label in a message."""
        action = button(message, label)
        return await self.interact(
            {
                "type": "block_actions",
                "channel": {"id": channel.id},
                "container": {"type": "message", "message_ts": message.ts},
                "message": message.described(metadata=False),
                "actions": [{**action, "action_ts": self.of.next_ts(), "block_id": "b"}],
            },
            user,
        )

    async def submit(self, user: str, view: View, values: Args) -> Heard:
        """Fill a modal in, by block id, and press its submit button."""
        state: Args = {}
        for block in view.content["blocks"]:
            if block["type"] == "input":
                given = _given(block["element"], values.get(block["block_id"]))
                if given is None and not block.get("optional"):
                    raise AssertionError(f"{block['block_id']} must be filled in")
                state[block["block_id"]] = {block["element"]["action_id"]: given or {}}
        payload = {
            "type": "view_submission",
            "view": {**view.content, "id": view.id, "hash": "h", "state": {"values": state}},
        }
        heard = await self.interact(payload, user)
        if heard.said.get("response_action") == "update":
            view.content = checked_view(heard.said["view"])
        elif not heard.said:
            del self.of.views[view.id]
        return heard

    async def interact(self, payload: Args, user: str) -> Heard:
        """Send an interaction of a person."""
        whole = {
            "team": {"id": TEAM},
            "user": {"id": user, "team_id": self.of.users[user].team, "username": user},
            "trigger_id": self._trigger(user),
            "response_url": self._response_url(user),
            **payload,
        }
        return await self.send(urlencode({"payload": json.dumps(whole)}).encode())

    async def event(self, event: Args, *, ident: str = "") -> Heard:
        """Send an event of the Events API."""
        body = {
            "type": "event_callback",
            "team_id": TEAM,
            "api_app_id": "A1",
            "event_id": ident or self.of.next("Ev"),
            "event": event,
        }
        return await self.send(json.dumps(body).encode(), kind="application/json")

    async def send(
        self,
        body: bytes,
        *,
        kind: str = "application/x-www-form-urlencoded",
        stamp: str = "",
        signature: str = "",
    ) -> Heard:
        """POST to the bot, signed as Slack signs."""
        at = stamp or str(int(time.time()))
        headers = {
            "Content-Type": kind,
            "X-Slack-Request-Timestamp": at,
            "X-Slack-Signature": signature or signed(at, body),
        }
        assert self._session is not None
        async with self._session.post(self.bot_url, data=body, headers=headers) as got:
            text = await got.text()
            said = json.loads(text) if got.content_type == "application/json" and text else {}
            return Heard(status=got.status, said=said, text=text)

    def _trigger(self, user: str) -> str:
        trigger = self.of.next("trigger.")
        self.of.triggers[trigger] = (user, asyncio.get_running_loop().time() + 3.0)
        return trigger

    def _response_url(self, user: str) -> str:
        ident = self.of.next("r")
        self._response_urls[ident] = (user, 0)
        return f"{self.base}response/{ident}"

    # --- Socket Mode -----------------------------------------------------------------------

    async def envelope(self, kind: str, payload: Args, *, socket: int = 0) -> Args:
        """Send an envelope over one connection; returns what it was acknowledged with."""
        ident = self.of.next("envelope-")
        acknowledged: asyncio.Future[Args] = asyncio.get_running_loop().create_future()
        self._envelopes[ident] = acknowledged
        frame = {
            "envelope_id": ident,
            "type": kind,
            "payload": payload,
            "accepts_response_payload": True,
        }
        await self.sockets[socket].send_json(frame)
        async with asyncio.timeout(3):
            return await acknowledged

    async def refresh(self, socket: web.WebSocketResponse) -> None:
        """Tell a connection to come again, and wait until it has gone."""
        await socket.send_json({"type": "disconnect", "reason": "refresh_requested"})

        async def gone() -> bool:
            return socket not in self.sockets

        await eventually(gone, bool)

    async def _link(self, request: web.Request) -> web.StreamResponse:
        socket = web.WebSocketResponse()
        await socket.prepare(request)
        await socket.send_json({"type": "hello", "num_connections": len(self.sockets) + 1})
        self.sockets.append(socket)
        try:
            async for frame in socket:
                if frame.type is WSMsgType.TEXT and frame.data.startswith("{"):
                    told = json.loads(frame.data)
                    self._envelopes.pop(told["envelope_id"]).set_result(told.get("payload") or {})
        finally:
            self.sockets.remove(socket)
        return socket

    # --- the server ------------------------------------------------------------------------

    async def start(self, session: aiohttp.ClientSession, runner: web.AppRunner) -> None:
        """Listen on loopback."""
        self._session, self._runner = session, runner
        await runner.setup()
        site = web.TCPSite(runner, "127.0.0.1", 0)
        await site.start()
        host, port = runner.addresses[0][:2]
        self.base = f"http://{host}:{port}/"

    async def stop(self) -> None:
        """Be gone."""
        assert self._runner is not None
        await self._runner.cleanup()

    def application(self) -> web.Application:
        """Return the server's routes."""
        app = web.Application(client_max_size=16 * 1024 * 1024)
        app.router.add_route("*", "/api/{method}", self._api)
        app.router.add_get("/link", self._link)
        app.router.add_post("/upload/{file}", self._upload)
        app.router.add_post("/response/{ident}", self._respond)
        return app

    async def _api(self, request: web.Request) -> web.StreamResponse:
        method, args = request.match_info["method"], await _args(request)
        trouble = self.trouble.get(method, [])
        now = trouble.pop(0) if trouble else None
        self.calls.append((method, args))
        if self.down:
            return web.Response(status=503)
        if now is not None and not now.after:
            return self._gone_wrong(request, now)
        answer = self._answered(request, method, args)
        return answer if now is None else self._gone_wrong(request, now)

    def _answered(self, request: web.Request, method: str, args: Args) -> web.Response:
        token = request.headers.get("Authorization", "").removeprefix("Bearer ")
        if method == "apps.connections.open" and token == APP_TOKEN:
            url = f"{self.base.replace('http', 'ws', 1)}link"
            return web.json_response({"ok": True, "url": url})
        if token != BOT_TOKEN:
            return web.json_response({"ok": False, "error": "invalid_auth"})
        try:
            answer = {"ok": True, **self._methods.one(method, args)}
            granted = {"X-OAuth-Scopes": ",".join(sorted(self.of.scopes))}
            return web.json_response(answer, headers=granted)
        except Fault as fault:
            return web.json_response({"ok": False, "error": fault.error, **fault.more})

    def _gone_wrong(self, request: web.Request, trouble: Trouble) -> web.Response:
        if trouble.drop:
            assert request.transport is not None
            request.transport.close()
        return web.Response(
            status=trouble.status,
            text=trouble.body,
            headers=trouble.headers,
            content_type=trouble.content_type,
        )

    async def _upload(self, request: web.Request) -> web.Response:
        self.of.uploads[request.match_info["file"]] = await request.read()
        return web.Response(text="OK")

    async def _respond(self, request: web.Request) -> web.Response:
        user, used = self._response_urls.get(request.match_info["ident"], ("", 5))
        if used >= 5:
            return web.Response(status=404, text="used_url")
        self._response_urls[request.match_info["ident"]] = (user, used + 1)
        said = await request.json()
        if said.get("blocks"):
            read_slack(said["blocks"])
        self.replies.append((user, said))
        return web.Response(text="ok")


@asynccontextmanager
async def slack() -> AsyncIterator[Slack]:
    """Run a workspace with a bot in it, and with nobody else yet."""
    team = Slack()
    runner = web.AppRunner(team.application())
    try:
        async with aiohttp.ClientSession() as session:
            await team.start(session, runner)
            yield team
    finally:
        await runner.cleanup()


def signed(stamp: str, body: bytes) -> str:
    """Return the signature that Slack would send."""
    base = b"v0:" + stamp.encode() + b":" + body
    return "v0=" + hmac.new(SIGNING_SECRET.encode(), base, hashlib.sha256).hexdigest()


def button(message: Posted, label: str) -> Args:
    """Return the button of that label; fails where there is none."""
    rows = [b["elements"] for b in message.blocks if b["type"] == "actions"]
    found = [e for row in rows for e in row if e["text"]["text"] == label]
    assert found, f"no button {label} in {message.text}"
    return {key: found[0][key] for key in ("type", "action_id", "value", "text")}


def words(blocks: Any) -> str:  # noqa: ANN401 - any part of a message
    """Return everything that blocks show, in order."""
    if isinstance(blocks, list):
        return "\n".join(part for part in map(words, blocks) if part)
    if not isinstance(blocks, dict):
        return ""
    if isinstance(blocks.get("text"), str):
        return str(blocks["text"])
    return "".join(words(blocks[key]) for key in ("text", "label", "elements") if key in blocks)


async def _args(request: web.Request) -> Args:
    """Read arguments wherever a client may have put them: query, form and JSON."""
    args: Args = dict(request.query)
    if request.content_type == "application/json":
        args |= await request.json() if request.can_read_body else {}
    else:
        args |= dict((await request.post()).items())
    return args


def _given(element: Args, value: object) -> Args | None:
    if value in {None, ""}:
        value = element.get("initial_value")
    kind = element["type"]
    if kind in {"plain_text_input", "number_input"}:
        return None if value is None else {"type": kind, "value": value}
    options = element.get("options", [])
    if kind == "static_select":
        chosen = [o for o in options if o["value"] == value]
        picked = chosen[0] if chosen else element.get("initial_option")
        return None if picked is None else {"type": kind, "selected_option": picked}
    wanted = str(value or "").split(",")
    return {"type": kind, "selected_options": [o for o in options if o["value"] in wanted]}
