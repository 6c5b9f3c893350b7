"""The library's own place for rate limits, filled with ours: every call passes the gate."""

from collections.abc import Callable, Coroutine, Mapping
from datetime import timedelta
from typing import Any, Final, TypeAlias

from telegram.error import (
    BadRequest,
    ChatMigrated,
    Conflict,
    Forbidden,
    InvalidToken,
    NetworkError,
    RetryAfter,
    TelegramError,
    TimedOut,
)
from telegram.ext import BaseRateLimiter

from bot.adapters.pacing.gate import Gate, within
from bot.adapters.pacing.queue import Scope
from bot.adapters.telegram.budgets import scopes
from bot.errors import Unavailable
from bot.ports import Clock

_WITHIN: Final = 10.0
_FILES_WITHIN: Final = 30.0
"""Seconds that a call may take, without and with a file."""

_SAID: Final = (BadRequest, ChatMigrated, Conflict, Forbidden, InvalidToken, RetryAfter)
"""What only Telegram itself says."""
_UNREADABLE: Final = (AttributeError, KeyError, TypeError)
"""What the library makes of JSON that is none of Telegram's."""

Answer: TypeAlias = "bool | dict[str, Any] | list[dict[str, Any]]"
Post: TypeAlias = Callable[..., Coroutine[Any, Any, Answer]]
"""The library's call, as its interface has it."""


class Paced(BaseRateLimiter[None]):
    """Keeps Telegram's limits and its retry_after; repeats nothing, because delivery does."""

    def __init__(self, clock: Clock) -> None:
        self._clock = clock
        self.gate = Gate(name="Telegram", clock=clock)

    async def initialize(self) -> None:
        """Begin with nothing."""

    async def shutdown(self) -> None:
        """Leave nothing behind."""

    async def process_request(
        self,
        callback: Post,
        args: tuple[Any, ...],
        kwargs: dict[str, Any],
        endpoint: str,
        data: dict[str, Any],
        rate_limit_args: None,
    ) -> Answer:
        """Make a call in its turn; the library asks this of every one but getUpdates."""
        del rate_limit_args

        async def ask() -> None:
            try:
                await self._made(callback("getMe", {}, **kwargs), "getMe", {})
            except TelegramError as fault:
                raise Unavailable("Telegram does not answer") from fault

        async with self.gate.turn(_scopes(endpoint, data), ask):
            return await self._made(callback(*args, **kwargs), endpoint, data)

    async def _made(
        self, call: Coroutine[Any, Any, Answer], endpoint: str, data: Mapping[str, object]
    ) -> Answer:
        try:
            answer = await self._answered(call, endpoint)
        except RetryAfter as fault:
            self.gate.heard()
            self.gate.throttled(_scopes(endpoint, data), _pause(fault))
            raise
        except _SAID:
            self.gate.heard()
            raise
        except TelegramError:
            self.gate.silent()
            raise
        self.gate.heard()
        return answer

    async def _answered(self, call: Coroutine[Any, Any, Answer], endpoint: str) -> Answer:
        """Return what Telegram answers; whatever somebody else answers is a `NetworkError`."""
        limit = _FILES_WITHIN if endpoint.endswith(("Document", "Photo")) else _WITHIN
        try:
            return await within(self._clock, limit, call)
        except TimeoutError as fault:
            raise TimedOut from fault
        except _UNREADABLE as fault:
            raise NetworkError("not an answer of Telegram's") from fault
        except TelegramError as fault:
            # The page of a proxy comes with a status that says nothing about our call.
            if type(fault) is TelegramError or type(fault.__cause__) is TelegramError:
                raise NetworkError("not an answer of Telegram's") from fault
            raise


def _scopes(endpoint: str, data: Mapping[str, object]) -> tuple[Scope, ...]:
    return scopes(endpoint, str(data.get("chat_id") or ""))


def _pause(fault: RetryAfter) -> timedelta:
    wait = fault.retry_after
    return wait if isinstance(wait, timedelta) else timedelta(seconds=wait)
