"""Which messages are there already: keys in message metadata, read once per conversation."""

import asyncio
from collections import OrderedDict
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from datetime import timedelta
from typing import Final
from weakref import WeakValueDictionary

from bot.adapters.slack.web import Answer, SlackWeb, inner, text_in
from bot.ports import Clock
from bot.values import Json

EVENT_TYPE: Final = "firewarden"
_LOOK_BACK: Final = timedelta(days=2)
"""How old a message may be that a restarted bot still finds again: it is in doubt for the length
of an outage, and a busy channel of a month would take more calls than Slack allows in a minute."""
_CONVERSATIONS: Final = 1000
"""Conversations whose keys are remembered; an older one is read again when it is needed."""


def metadata(key: str) -> Json:
    """Return what a message carries so that it is found again."""
    return {"event_type": EVENT_TYPE, "event_payload": {"key": key}}


def key_in(message: Answer) -> str:
    """Return the key of one of our messages, "" of any other."""
    told = inner(message, "metadata")
    if text_in(told, "event_type") != EVENT_TYPE or not text_in(message, "bot_id"):
        return ""
    return text_in(inner(told, "event_payload"), "key")


class Keys:
    """Time stamps of our messages by conversation and key."""

    def __init__(self, *, web: SlackWeb, clock: Clock) -> None:
        self._web = web
        self._clock = clock
        self._known: OrderedDict[str, dict[str, str]] = OrderedDict()
        self._turns: WeakValueDictionary[tuple[str, str], asyncio.Lock] = WeakValueDictionary()

    @asynccontextmanager
    async def turn(self, channel: str, key: str) -> AsyncIterator[None]:
        """Let one at a time look for a key and post it."""
        lock = self._turns.setdefault((channel, key), asyncio.Lock())
        async with lock:
            yield

    async def find(self, channel: str, key: str) -> str:
        """Return the time stamp of the message under a key, "" where there is none."""
        async with self.turn(channel, ""):
            if channel not in self._known:
                self._remember(channel, await self._read(channel))
            self._known.move_to_end(channel)
            return self._known[channel].get(key, "")

    def add(self, channel: str, key: str, ts: str) -> None:
        """Remember a message that was posted just now."""
        if channel in self._known:
            self._known[channel][key] = ts

    def empty(self, channel: str) -> None:
        """Remember that a new channel holds nothing of ours yet."""
        self._remember(channel, {})

    def doubt(self, channel: str) -> None:
        """Read the conversation again before its keys are trusted: an answer was lost."""
        self._known.pop(channel, None)

    async def _read(self, channel: str) -> dict[str, str]:
        oldest = f"{(self._clock.now() - _LOOK_BACK).timestamp():.6f}"
        found: dict[str, str] = {}
        async for message in self._web.pages(
            "conversations.history",
            "messages",
            channel=channel,
            oldest=oldest,
            include_all_metadata=True,
        ):
            key = key_in(message)
            if key:
                # Newest first: the oldest of several is the one that stands.
                found[key] = text_in(message, "ts")
        return found

    def _remember(self, channel: str, keys: dict[str, str]) -> None:
        self._known[channel] = keys
        while len(self._known) > _CONVERSATIONS:
            self._known.popitem(last=False)
