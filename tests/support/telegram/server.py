"""The Bot API on loopback: topics, messages, keyboards, presses and updates with long polling."""

import asyncio
import html
import json
import re
from collections.abc import AsyncIterator, Callable, Mapping
from contextlib import asynccontextmanager
from dataclasses import dataclass, field

from aiohttp import web

from bot.values import Json

TOKEN = "4242:test"
GROUP = -1001
NAME = "WardenBot"


@dataclass(slots=True, kw_only=True)
class Posted:
    """A message of the bot's: its text as people read it."""

    id: int
    chat: int
    thread: int
    text: str
    keys: list[dict[str, str]]
    file: str = ""
    beside: bool = False


class BadCall(Exception):
    """What Telegram answers with 400 or 403."""

    def __init__(self, words: str, status: int = 400) -> None:
        super().__init__(words)
        self.status = status


@dataclass(slots=True)
class Telegram:
    """One bot, one group with topics, channels, and the users who started the bot."""

    chats: set[int] = field(default_factory=lambda: {GROUP, -1002, -1003, 1, 2})
    members: set[int] = field(default_factory=lambda: {1, 2})
    topics: dict[int, tuple[str, bool]] = field(default_factory=dict)
    posted: list[Posted] = field(default_factory=list)
    updates: list[dict[str, Json]] = field(default_factory=list)
    answers: list[str] = field(default_factory=list)
    resting: int = 0
    """Seconds of `retry_after` that the next call of sendMessage gets."""
    base: str = ""
    last: int = 0
    news: asyncio.Event = field(default_factory=asyncio.Event)

    def next(self) -> int:
        """Return the next id."""
        self.last += 1
        return self.last

    def type(self, user: int, text: str, kind: str = "message") -> None:
        """Write in the group."""
        message = self._message(self.next(), GROUP, 0, text)
        message["from"] = _user(user)
        self.tell({kind: message})

    def press(self, user: int, shown: Posted, label: str) -> None:
        """Press a button by its label."""
        [data] = [key["callback_data"] for key in shown.keys if key["text"] == label]
        self.tell(
            {
                "callback_query": {
                    "id": str(self.next()),
                    "from": _user(user),
                    "chat_instance": "1",
                    "data": data,
                    "message": self._message(shown.id, shown.chat, shown.thread, shown.text),
                }
            }
        )

    def tell(self, update: Mapping[str, Json]) -> None:
        """Queue an update."""
        self.updates.append({"update_id": self.next(), **update})
        self.news.set()

    async def call(self, request: web.Request) -> web.Response:
        """Answer one call."""
        form = await request.post()
        given = {
            k: v if isinstance(v, str) else v.filename if isinstance(v, web.FileField) else ""
            for k, v in form.items()
        }
        method = request.match_info["method"]
        try:
            if method == "getUpdates":
                result: Json = await self._updates(given)
            else:
                result = self._methods()[method](given)
        except BadCall as bad:
            said = {"ok": False, "error_code": bad.status, "description": str(bad)}
            if bad.status == 429:
                wait, self.resting = self.resting, 0
                said["parameters"] = {"retry_after": wait}
            return web.json_response(said, status=bad.status)
        return web.json_response({"ok": True, "result": result})

    def _methods(self) -> dict[str, Callable[[dict[str, str]], Json]]:
        return {
            "getMe": lambda _: {**_user(4242), "is_bot": True, "username": NAME},
            "sendMessage": self._send,
            "sendDocument": self._document,
            "editMessageText": self._edit,
            "answerCallbackQuery": self._answer,
            "createForumTopic": self._create,
            "editForumTopic": self._rename,
            "closeForumTopic": lambda given: self._close(given, closed=True),
            "reopenForumTopic": lambda given: self._close(given, closed=False),
            "getChatMember": self._member,
        }

    async def _updates(self, given: dict[str, str]) -> Json:
        offset = int(given.get("offset", "0"))
        self.updates = [u for u in self.updates if int(str(u["update_id"])) >= offset]
        if not self.updates:
            self.news.clear()
            try:
                async with asyncio.timeout(int(given.get("timeout", "0"))):
                    await self.news.wait()
            except TimeoutError:
                return []
        asked = json.loads(given["allowed_updates"])
        return [u for u in self.updates if asked[0] in u or asked[1] in u]

    def _send(self, given: dict[str, str]) -> Json:
        if self.resting:
            raise BadCall("Too Many Requests: retry later", 429)
        return self._post(given, _read(given["text"]), "")

    def _document(self, given: dict[str, str]) -> Json:
        return self._post(given, "", given["document"])

    def _post(self, given: dict[str, str], text: str, file: str) -> Json:
        chat, thread = int(given["chat_id"]), int(given.get("message_thread_id", "0"))
        if chat not in self.chats:
            raise BadCall("Forbidden: bot can't initiate conversation with a user", 403)
        if thread and thread not in self.topics:
            raise BadCall("Bad Request: message thread not found")
        beside = "reply_parameters" in given
        shown = Posted(
            id=self.next(),
            chat=chat,
            thread=thread,
            text=text,
            keys=_keys(given),
            file=file,
            beside=beside,
        )
        self.posted.append(shown)
        return self._message(shown.id, chat, thread, text)

    def _edit(self, given: dict[str, str]) -> Json:
        ident, text, keys = int(given["message_id"]), _read(given["text"]), _keys(given)
        for shown in self.posted:
            if shown.id == ident and shown.chat == int(given["chat_id"]):
                if (shown.text, shown.keys) == (text, keys):
                    raise BadCall("Bad Request: message is not modified")
                shown.text, shown.keys = text, keys
                return self._message(ident, shown.chat, shown.thread, text)
        raise BadCall("Bad Request: message to edit not found")

    def _answer(self, given: dict[str, str]) -> Json:
        if _units(given.get("text", "")) > 200:
            raise BadCall("Bad Request: MESSAGE_TOO_LONG")
        self.answers.append(given.get("text", ""))
        return True

    def _create(self, given: dict[str, str]) -> Json:
        if not 1 <= _units(given["name"]) <= 128:
            raise BadCall("Bad Request: topic name is invalid")
        thread = self.next()
        self.topics[thread] = (given["name"], False)
        return {"message_thread_id": thread, "name": given["name"], "icon_color": 0}

    def _rename(self, given: dict[str, str]) -> Json:
        return self._topic(given, (given["name"], self.topics[int(given["message_thread_id"])][1]))

    def _close(self, given: dict[str, str], *, closed: bool) -> Json:
        return self._topic(given, (self.topics[int(given["message_thread_id"])][0], closed))

    def _topic(self, given: dict[str, str], wanted: tuple[str, bool]) -> Json:
        thread = int(given["message_thread_id"])
        if self.topics[thread] == wanted:
            raise BadCall("Bad Request: TOPIC_NOT_MODIFIED")
        self.topics[thread] = wanted
        return True

    def _member(self, given: dict[str, str]) -> Json:
        user = int(given["user_id"])
        return {"user": _user(user), "status": "member" if user in self.members else "left"}

    def _message(self, ident: int, chat: int, thread: int, text: str) -> dict[str, Json]:
        kind = "private" if chat > 0 else "supergroup"
        said: dict[str, Json] = {
            "message_id": ident,
            "date": 1,
            "chat": {"id": chat, "type": kind},
            "text": text,
        }
        return said | ({"message_thread_id": thread, "is_topic_message": True} if thread else {})


def _user(ident: int) -> dict[str, Json]:
    return {"id": ident, "is_bot": False, "first_name": f"user {ident}"}


def _keys(given: dict[str, str]) -> list[dict[str, str]]:
    rows = json.loads(given.get("reply_markup", "{}")).get("inline_keyboard", [])
    keys = [key for row in rows for key in row]
    if any(not 1 <= len(key["callback_data"].encode()) <= 64 for key in keys):
        raise BadCall("Bad Request: BUTTON_DATA_INVALID")
    return keys


def _read(text: str) -> str:
    shown = html.unescape(re.sub(r"<[^>]*>", "", text))
    if not 1 <= _units(shown) <= 4096:
        raise BadCall("Bad Request: message is too long")
    return shown


def _units(text: str) -> int:
    return len(text.encode("utf-16-le")) // 2


@asynccontextmanager
async def telegram() -> AsyncIterator[Telegram]:
    """Serve it on a free port."""
    there = Telegram()
    app = web.Application()
    app.router.add_post(f"/bot{TOKEN}/{{method}}", there.call)
    runner = web.AppRunner(app, shutdown_timeout=0.1)
    await runner.setup()
    site = web.TCPSite(runner, "127.0.0.1", 0)
    await site.start()
    there.base = f"http://127.0.0.1:{runner.addresses[0][1]}/"
    try:
        yield there
    finally:
        await runner.cleanup()
