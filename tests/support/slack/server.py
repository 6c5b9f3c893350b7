"""Slack on loopback: the Web API over a workspace, and ways to the bot over both transports.

async with slack() as team:
    team.of.add_user("U1", "ann")
    team.bot_url = f"http://{ingest}/slack/events"
    said = await team.slash("U1", channel, "/incident declare sev2 checkout is down")
"""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass, field

import aiohttp
from aiohttp import web

from bot.adapters.clock import SystemClock
from bot.ports import Clock
from tests.support.slack.blocks import block_faults
from tests.support.slack.interacting import Interacting
from tests.support.slack.methods import Methods
from tests.support.slack.rates import Rates
from tests.support.slack.workspace import APP_TOKEN, BOT_TOKEN, Args, Fault


@dataclass(frozen=True, slots=True, kw_only=True)
class Trouble:
    """How the next call of a method goes wrong; `after` = it is carried out all the same.

    `late` is after how many seconds it does, which may be longer than anybody waits.
    """

    status: int = 200
    headers: Args = field(default_factory=dict)
    body: str = ""
    content_type: str = "application/json"
    drop: bool = False
    after: bool = False
    late: float = 0.0


class Slack(Interacting):
    """See the module. `calls` are the methods that were called, in their order."""

    def __init__(self, clock: Clock | None = None) -> None:
        super().__init__(clock or SystemClock())
        self.calls: list[tuple[str, Args]] = []
        self.down = False
        """While it is set, every method answers 503."""
        self.revoked = ""
        """An error that every method answers with, as `token_revoked`."""
        self.trouble: dict[str, list[Trouble]] = {}
        self.replies: list[tuple[str, Args]] = []
        """What came back over response URLs, with the person that it was for."""
        self.rates = Rates(self.clock.monotonic)
        self.echoing = False
        """Whether the bot is told of its own messages, as the manifest asks for."""
        self._methods = Methods(self.of, lambda: self.base, self.clock.monotonic)
        self._runner: web.AppRunner | None = None
        self._telling: set[asyncio.Task[object]] = set()

    @property
    def sockets(self) -> list[web.WebSocketResponse]:
        """The connections that the bot has open."""
        return self.sending.sockets

    def called(self, method: str) -> list[Args]:
        """Return the arguments of every call of a method."""
        return [args for name, args in self.calls if name == method]

    async def start(self, session: aiohttp.ClientSession, runner: web.AppRunner) -> None:
        """Listen on loopback."""
        self.sending.session, self._runner = session, runner
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
        app.router.add_get("/link", self.sending.link)
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
            return await _gone_wrong(request, now)
        wait = self.rates.wait(method, str(args.get("channel", "")))
        if wait:
            told = {"ok": False, "error": "ratelimited"}
            return web.json_response(told, status=429, headers={"Retry-After": str(wait)})
        answer = self._answered(request, method, args)
        return answer if now is None else await _gone_wrong(request, now)

    def _answered(self, request: web.Request, method: str, args: Args) -> web.Response:
        token = request.headers.get("Authorization", "").removeprefix("Bearer ")
        if method == "apps.connections.open":
            return self._link_opened(token)
        if token != BOT_TOKEN:
            return web.json_response({"ok": False, "error": "invalid_auth"})
        if self.revoked:
            return web.json_response({"ok": False, "error": self.revoked})
        try:
            answer = {"ok": True, **self._methods.one(method, args)}
        except Fault as fault:
            return web.json_response({"ok": False, "error": fault.error, **fault.more})
        if method == "chat.postMessage" and self.echoing:
            self._echo(str(answer["channel"]), str(answer["ts"]))
        granted = {"X-OAuth-Scopes": ",".join(sorted(self.of.scopes))}
        return web.json_response(answer, headers=granted)

    def _link_opened(self, token: str) -> web.Response:
        if token != APP_TOKEN:
            return web.json_response({"ok": False, "error": "invalid_auth"})
        if self.sending.switched_off:
            return web.json_response({"ok": False, "error": "socket_mode_disabled"})
        url = f"{self.base.replace('http', 'ws', 1)}link?ticket={self.of.next('ticket')}"
        return web.json_response({"ok": True, "url": url})

    def _echo(self, channel: str, ts: str) -> None:
        """Tell the bot of its own message, as soon as it has the answer to its call."""
        posted = next(m for m in self.of.channels[channel].messages if m.ts == ts)
        task: asyncio.Task[object] = asyncio.create_task(
            self.event({**posted.described(metadata=False), "type": "message", "channel": channel})
        )
        self._telling.add(task)
        task.add_done_callback(self._telling.discard)

    async def _upload(self, request: web.Request) -> web.Response:
        self.of.uploads[request.match_info["file"]] = await request.read()
        return web.Response(text="OK")

    async def _respond(self, request: web.Request) -> web.Response:
        ident = request.match_info["ident"]
        user, used, until = self.response_urls.get(ident, ("", 5, 0.0))
        if used >= 5:
            return web.Response(status=404, text="used_url")
        if self.clock.monotonic() > until:
            return web.Response(status=404, text="expired_url")
        self.response_urls[ident] = (user, used + 1, until)
        said = await request.json()
        faults = block_faults(said["blocks"], most=50) if said.get("blocks") else []
        if faults:
            return web.Response(status=400, text="invalid_blocks")
        self.replies.append((user, said))
        return web.Response(text="ok")


@asynccontextmanager
async def slack(clock: Clock | None = None) -> AsyncIterator[Slack]:
    """Run a workspace with a bot in it, and with nobody else yet."""
    team = Slack(clock)
    runner = web.AppRunner(team.application(), shutdown_timeout=0.1)
    try:
        async with aiohttp.ClientSession() as session:
            await team.start(session, runner)
            yield team
    finally:
        await runner.cleanup()


async def _gone_wrong(request: web.Request, trouble: Trouble) -> web.Response:
    await asyncio.sleep(trouble.late)
    if trouble.drop and request.transport is not None:  # else the caller is gone already
        request.transport.close()
    return web.Response(
        status=trouble.status,
        text=trouble.body,
        headers=trouble.headers,
        content_type=trouble.content_type,
    )


async def _args(request: web.Request) -> Args:
    """Read arguments wherever a client may have put them: query, form and JSON."""
    args: Args = dict(request.query)
    if request.content_type == "application/json":
        args |= await request.json() if request.can_read_body else {}
    else:
        args |= dict((await request.post()).items())
    return args
