"""Words of a room that are kept on the timeline: by shortcut, by :pushpin:, or under an update."""

import asyncio
from collections import OrderedDict
from typing import Final

from bot.adapters.slack import incoming
from bot.adapters.slack.keys import key_in
from bot.adapters.slack.web import Answer, Denied, SlackWeb, listed, text_in
from bot.errors import Unavailable
from bot.requests import Dispatch, MessageSaid, Reply, ReplyTone

_WITHIN: Final = 1.2
"""Seconds for fetching a message: Slack wants its answer within three."""
_REMEMBERED: Final = 2000
"""Threads whose first message is known; another one is read again."""


class Keeping:
    """Turns messages into what was said in an incident's room.

    What cannot be recorded raises `Unavailable`: Slack sends events again.
    """

    def __init__(self, *, web: SlackWeb, dispatch: Dispatch) -> None:
        self._web = web
        self._dispatch = dispatch
        self._threads: OrderedDict[tuple[str, str], str] = OrderedDict()

    async def pinned(self, pinned: incoming.Pinned) -> Reply | None:
        """Keep the message that somebody pinned; None where there is nothing to keep."""
        message = await self._message(pinned.channel, pinned.ts)
        if message is None or text_in(message, "bot_id"):
            return None  # what the bot said is on the timeline already
        return await self._kept(pinned.said(message))

    async def replied(self, said: incoming.Replied) -> Reply | None:
        """Keep a reply in the thread of a message of ours; which ones count is decided inside."""
        under = await self._under(said.channel, said.thread)
        return await self._kept(said.said(under)) if under else None

    async def _kept(self, said: MessageSaid) -> Reply:
        reply = await self._dispatch.handle(said)
        if reply.tone is ReplyTone.NOT_RECORDED:
            raise Unavailable(reply.text)
        return reply

    async def _under(self, channel: str, thread: str) -> str:
        """Return the key of the thread's first message, "" where it is not ours."""
        place = (channel, thread)
        if place not in self._threads:
            message = await self._message(channel, thread)
            self._threads[place] = "" if message is None else key_in(message)
            while len(self._threads) > _REMEMBERED:
                self._threads.popitem(last=False)
        return self._threads[place]

    async def _message(self, channel: str, ts: str) -> Answer | None:
        """Return one message, of a channel or of a thread; None where it is gone."""
        try:
            async with asyncio.timeout(_WITHIN):
                found = await self._web.ask(
                    "conversations.replies",
                    channel=channel,
                    ts=ts,
                    limit=1,
                    include_all_metadata=True,
                )
        except Denied as denied:
            if denied.error in {"thread_not_found", "channel_not_found", "not_in_channel"}:
                return None
            raise
        return next((m for m in listed(found, "messages") if text_in(m, "ts") == ts), None)
