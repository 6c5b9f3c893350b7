"""The Bot API on loopback, and people who write and press there.

async with telegram() as there:
    there.type(1, "/incident declare sev2 checkout is down")
    there.press(2, card, "Approve")
"""

import asyncio
import json
from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager
from dataclasses import dataclass

import aiohttp
from aiohttp import web

from bot.values import Json
from tests.support.telegram.methods import Args
from tests.support.telegram.people import People
from tests.support.telegram.world import (
    BOT,
    GROUP,
    NAME,
    TOKEN,
    BadCall,
    Posted,
)

__all__ = ["BOT", "GROUP", "NAME", "TOKEN", "Posted", "Telegram", "Trouble", "telegram"]

SECRET_HEADER = "X-Telegram-Bot-Api-Secret-Token"


@dataclass(frozen=True, slots=True, kw_only=True)
class Trouble:
    """How the next call of a method goes wrong; `after` = it is carried out all the same.

    `late` is after how many seconds it does, which may be longer than anybody waits.
    """

    status: int = 0
    retry_after: int = 0
    drop: bool = False
    after: bool = False
    late: float = 0.0
    description: str = "Internal Server Error"


@dataclass(slots=True, kw_only=True)
class Webhook:
    """Where updates are sent: `failed` is the last failure, "" after a success."""

    url: str
    secret: str
    kinds: tuple[str, ...]
    failed: str = ""


class Telegram(People):
    """See the module. `calls` are the methods that were called, in their order."""

    def __init__(self) -> None:
        super().__init__()
        self.calls: list[tuple[str, Args]] = []
        self.trouble: dict[str, list[Trouble]] = {}
        self.down = False
        """While it is set, every method answers 502."""
        self.webhook: Webhook | None = None
        self.failed_at = 1
        """When a call of the webhook failed last, in seconds of Unix time."""
        self.hold = 60.0
        """Seconds that a question for updates is held open at the most."""
        self.reach = ""
        """Where a webhook's calls really go, as through a reverse proxy; "" = its own address."""
        self.base = ""
        self._session: aiohttp.ClientSession | None = None

    # --- what can be seen ------------------------------------------------------------------

    @property
    def posted(self) -> list[Posted]:
        """Every message of the bot's that is there, oldest first."""
        return self.of.posted

    @property
    def answers(self) -> list[str]:
        """The short answers that presses got."""
        return self._methods.answers

    @property
    def commands(self) -> Mapping[tuple[str, str], list[tuple[str, str]]]:
        """The lists of commands, by scope and language."""
        return self._methods.commands

    @property
    def topics(self) -> Mapping[int, tuple[str, bool]]:
        """The group's topics: name, and whether it is closed."""
        return {ident: (t.name, t.closed) for ident, t in self.of.group.topics.items()}

    def seen(self, chat: int, thread: int = 0) -> list[Posted]:
        """Return the bot's messages in a conversation."""
        return [m for m in self.posted if (m.chat, m.thread) == (chat, thread)]

    def called(self, method: str) -> list[Args]:
        """Return the arguments of every call of a method."""
        return [args for name, args in self.calls if name == method]

    # --- the server ------------------------------------------------------------------------

    def application(self) -> web.Application:
        """Return the server's routes."""
        app = web.Application(client_max_size=64 * 1024 * 1024)
        app.router.add_post("/bot{token}/{method}", self._api)
        return app

    def connect(self, session: aiohttp.ClientSession) -> None:
        """Take the session over which webhooks are called."""
        self._session = session

    async def push(self) -> None:
        """Send updates to the webhook while there is one, each until it is taken."""
        while True:
            waiting = [u for u in self.updates if self._wanted(u)]
            if self.webhook is None or not waiting:
                self._news.clear()
                await self._news.wait()
                continue
            hook = self.webhook
            hook.failed = await self._sent(hook, waiting[0])
            if not hook.failed:
                self.updates.remove(waiting[0])
            else:
                await asyncio.sleep(0.02)

    async def _sent(self, hook: Webhook, update: Mapping[str, Json]) -> str:
        assert self._session is not None
        headers = {SECRET_HEADER: hook.secret} if hook.secret else {}
        try:
            async with self._session.post(
                self.reach or hook.url, json=update, headers=headers
            ) as got:
                return "" if got.status == 200 else f"Wrong response from the webhook: {got.status}"
        except aiohttp.ClientError as fault:
            return f"Connection failed: {type(fault).__name__}"

    def _wanted(self, update: Mapping[str, Json]) -> bool:
        return self.webhook is not None and any(kind in update for kind in self.webhook.kinds)

    async def _api(self, request: web.Request) -> web.StreamResponse:
        method, args = request.match_info["method"], await _args(request)
        if request.match_info["token"] != TOKEN:
            return _failed(BadCall("Unauthorized", 401))
        self.calls.append((method, args))
        if self.down:
            return web.Response(status=502, text="<html>Bad Gateway</html>")
        queue = self.trouble.get(method, [])
        now = queue.pop(0) if queue else None
        if now is not None and not now.after:
            return await _gone_wrong(request, now)
        try:
            answer = web.json_response({"ok": True, "result": await self._result(method, args)})
        except BadCall as bad:
            answer = _failed(bad)
        return answer if now is None else await _gone_wrong(request, now)

    async def _result(self, method: str, args: Args) -> Json:
        match method:
            case "getUpdates":
                return await self._updates(args)
            case "setWebhook":
                return self._set_webhook(args)
            case "deleteWebhook":
                self.webhook = None
                return True
            case "getWebhookInfo":
                return self._told_of_webhook()
            case _:
                return self._methods.one(method, args)

    async def _updates(self, given: Args) -> Json:
        if self.webhook is not None:
            raise BadCall("Conflict: can't use getUpdates method while webhook is active", 409)
        offset = int(given.get("offset", "0"))
        self.updates = [u for u in self.updates if int(str(u["update_id"])) >= offset]
        kinds = json.loads(given["allowed_updates"])

        def news() -> list[dict[str, Json]]:
            later = (u for u in self.updates if int(str(u["update_id"])) >= offset)
            return [u for u in later if any(k in u for k in kinds)]

        try:
            async with asyncio.timeout(min(int(given.get("timeout", "0")), self.hold)):
                while not (found := news()):
                    self._news.clear()
                    await self._news.wait()
        except TimeoutError:
            return []
        return found[: int(given.get("limit", "100"))]

    def _set_webhook(self, given: Args) -> Json:
        secret, url = given.get("secret_token", ""), given["url"]
        if secret and not (len(secret) <= 256 and secret.replace("-", "_").isidentifier()):
            raise BadCall("Bad Request: secret token contains unallowed characters")
        kinds = tuple(json.loads(given.get("allowed_updates", "[]")))
        self.webhook = Webhook(url=url, secret=secret, kinds=kinds) if url else None
        self._news.set()
        return True

    def _told_of_webhook(self) -> Json:
        hook = self.webhook
        told: dict[str, Json] = {
            "url": hook.url if hook else "",
            "has_custom_certificate": False,
            "pending_update_count": len(self.updates),
        }
        if hook is not None and hook.failed:
            told |= {"last_error_date": self.failed_at, "last_error_message": hook.failed}
        return told


@asynccontextmanager
async def telegram() -> AsyncIterator[Telegram]:
    """Serve it on a free port."""
    there = Telegram()
    runner = web.AppRunner(there.application(), shutdown_timeout=0.1)
    await runner.setup()
    site = web.TCPSite(runner, "127.0.0.1", 0)
    await site.start()
    there.base = f"http://127.0.0.1:{runner.addresses[0][1]}/"
    async with aiohttp.ClientSession() as session:
        there.connect(session)
        pushing = asyncio.create_task(there.push())
        try:
            yield there
        finally:
            pushing.cancel()
            await runner.cleanup()


async def _args(request: web.Request) -> Args:
    """Read texts as they are, a file as a pair of its name and bytes."""
    form = await request.post()
    return {
        name: value if isinstance(value, str) else (value.filename, value.file.read())
        for name, value in form.items()
        if isinstance(value, (str, web.FileField))
    }


def _failed(bad: BadCall) -> web.Response:
    said: dict[str, Json] = {"ok": False, "error_code": bad.status, "description": str(bad)}
    if bad.more:
        said["parameters"] = dict(bad.more)
    return web.json_response(said, status=bad.status)


async def _gone_wrong(request: web.Request, trouble: Trouble) -> web.Response:
    await asyncio.sleep(trouble.late)
    if trouble.drop and request.transport is not None:  # else the caller is gone already
        request.transport.close()
    if trouble.retry_after:
        words = f"Too Many Requests: retry after {trouble.retry_after}"
        return _failed(BadCall(words, 429, retry_after=trouble.retry_after))
    return _failed(BadCall(trouble.description, trouble.status or 500))
