"""Calls of the Bot API with its errors told by whose turn it is next."""

import os
from collections.abc import Awaitable
from datetime import timedelta
from typing import Final, Self, TypeVar

from telegram import Bot
from telegram.error import (
    BadRequest,
    ChatMigrated,
    Conflict,
    Forbidden,
    InvalidToken,
    NetworkError,
    RetryAfter,
    TelegramError,
)
from telegram.ext import ExtBot
from telegram.request import HTTPXRequest

from bot.adapters.telegram.budgets import scopes
from bot.adapters.telegram.pacing import Paced
from bot.errors import OutcomeUnknown, Refused, Throttled, Unavailable
from bot.ports import Clock

_FINE: Final = ("message is not modified", "topic_not_modified", "query is too old")
_NEVER_SENT: Final = frozenset({"ConnectError", "ConnectTimeout", "PoolTimeout"})
"""What the library's transport calls a link that broke before the request went out."""
_CONNECTIONS: Final = 32
_POOL_TIMEOUT: Final = 10.0
"""Seconds that a call waits for a free connection."""

T = TypeVar("T")


class Moved(Refused):
    """The group became a supergroup, which has another id; nothing was carried out."""

    def __init__(self, chat: int) -> None:
        super().__init__(f"the group became a supergroup: its id is {chat} now")
        self.chat = chat


class TelegramApi:
    """A `Bot` whose every call goes through `once` or `ask`."""

    def __init__(self, bot: Bot, paced: Paced, requests: tuple[HTTPXRequest, ...]) -> None:
        self.bot = bot
        self.paced = paced
        self._requests = requests

    @classmethod
    def open(cls, *, token: str, base_url: str, clock: Clock) -> Self:
        """`base_url` ends with a slash; nothing is called yet."""
        # The library tells a wait as a timedelta where it is asked to, and warns where it is not.
        os.environ.setdefault("PTB_TIMEDELTA", "1")
        calls = HTTPXRequest(connection_pool_size=_CONNECTIONS, pool_timeout=_POOL_TIMEOUT)
        updates = HTTPXRequest()
        paced = Paced(clock)
        bot = ExtBot(
            token,
            base_url=f"{base_url}bot",
            request=calls,
            get_updates_request=updates,
            rate_limiter=paced,
        )
        return cls(bot, paced, (calls, updates))

    def expect_edit(self, chat: int) -> None:
        """Raise `Throttled` where an edit would: nothing is rendered that may not go out."""
        self.paced.gate.expect(scopes("editMessageText", f"{chat}"))

    async def once(self, call: Awaitable[T]) -> T:
        """Make a call that must not happen twice: a lost answer is `OutcomeUnknown`."""
        try:
            return await self._made(call)
        except NetworkError as fault:
            if type(fault.__cause__).__name__ in _NEVER_SENT:
                raise Unavailable("Telegram cannot be reached") from fault
            raise OutcomeUnknown("Telegram did not answer") from fault

    async def ask(self, call: Awaitable[T]) -> T | None:
        """Make a call that may be repeated; None where there was nothing left to change."""
        try:
            return await self._made(call)
        except NetworkError as fault:
            raise Unavailable("Telegram does not answer") from fault
        except Refused as refused:
            if any(words in str(refused).lower() for words in _FINE):
                return None
            raise

    async def close(self) -> None:
        """Close the connections."""
        for request in self._requests:
            await request.shutdown()

    async def _made(self, call: Awaitable[T]) -> T:
        try:
            return await call
        except RetryAfter as fault:
            wait = fault.retry_after
            pause = wait if isinstance(wait, timedelta) else timedelta(seconds=wait)
            raise Throttled("Telegram asks us to slow down", retry_after=pause) from fault
        except ChatMigrated as fault:
            raise Moved(fault.new_chat_id) from fault
        except (BadRequest, Forbidden, InvalidToken, Conflict) as fault:
            raise Refused(f"Telegram: {fault.message}") from fault
        except NetworkError:
            raise
        except TelegramError as fault:
            raise Refused(f"Telegram: {fault.message}") from fault
