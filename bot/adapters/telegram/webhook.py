"""`/telegram/webhook`: the secret is compared before the body is read; 200 means durable."""

import hmac
import json
import logging
import re
from http import HTTPStatus
from typing import Final

from telegram import Bot, Update

from bot.adapters.http.raw import RawHead, RawRequest, RawResponse, text
from bot.adapters.http.routes import Caller, Route
from bot.adapters.telegram.taking import Taking
from bot.errors import Unavailable

PATH: Final = "/telegram/webhook"
SECRET: Final = re.compile(r"[A-Za-z0-9_-]{1,256}")
"""https://core.telegram.org/bots/api#setwebhook"""
_HEADER: Final = "X-Telegram-Bot-Api-Secret-Token"
_LARGEST: Final = 1024 * 1024
"""Bytes: an update holds a message of 4096 characters, and the one that it answers."""

_log = logging.getLogger(__name__)


class Door:
    """Lets in whoever knows the secret.

    The same update again is let in too: it makes the same request id, and the journal knows it.
    """

    def __init__(self, *, bot: Bot, secret: str) -> None:
        self._bot = bot
        self._secret = secret.encode()
        self._taking: Taking | None = None
        self._name = ""

    def open(self, taking: Taking, name: str) -> None:
        """Let updates through from here on; before, Telegram is asked to come again."""
        self._taking, self._name = taking, name

    def route(self) -> Route:
        """Return the one route."""
        return Route(
            method="POST",
            pattern=PATH,
            endpoint=self._enter,
            caller=Caller.MACHINE,
            admit=self._admit,
            body_limit=_LARGEST,
        )

    def _admit(self, head: RawHead) -> RawResponse | None:
        shown = head.headers.get(_HEADER, "").encode("utf-8", "surrogateescape")
        if hmac.compare_digest(shown, self._secret):
            return None
        return text(HTTPStatus.UNAUTHORIZED, "This does not come from Telegram.")

    async def _enter(self, request: RawRequest) -> RawResponse:
        update = self._read(request.body)
        if update is None:
            return text(HTTPStatus.BAD_REQUEST, "This is no update.")
        if self._taking is None:
            return _later("Firewarden is starting.")
        try:
            await self._taking.take(update, self._name)
        except Unavailable as fault:
            _log.warning("%s", fault)
            return _later("Not recorded: send it again.")
        return text(HTTPStatus.OK, "Taken.")

    def _read(self, body: bytes) -> Update | None:
        """Return the update of a body, None where it is none."""
        try:
            found = json.loads(body)
            return Update.de_json(found, self._bot) if isinstance(found, dict) else None
        except (ValueError, TypeError, KeyError, AttributeError, RecursionError):
            _log.warning("a call with the right secret is no update", exc_info=True)
            return None


def _later(words: str) -> RawResponse:
    return text(HTTPStatus.SERVICE_UNAVAILABLE, words, ("Retry-After", "1"))
