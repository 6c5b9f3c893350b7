"""The bar of a channel: links to the console and to what was linked to the incident."""

import logging
from collections import OrderedDict
from collections.abc import Sequence
from typing import Final

from bot.adapters.slack.accounts import PLATFORM
from bot.adapters.slack.web import Denied, SlackWeb, listed, text_in
from bot.ports import RoomLink
from bot.values import ConversationRef
from cards.overflow import cut_to
from cards.plaintext import visible

_MOST_TITLE: Final = 80
_MOST: Final = 20
"""Links of ours in one bar; Slack takes a hundred, and nobody reads as many."""
_REMEMBERED: Final = 1000

_log = logging.getLogger(__name__)


class SlackBar:
    """`RoomBar` by bookmarks; a bar that is full or forbidden costs comfort, and nothing else."""

    def __init__(self, web: SlackWeb) -> None:
        self._web = web
        self._there: OrderedDict[str, frozenset[str]] = OrderedDict()

    async def link_room(self, room: ConversationRef, links: Sequence[RoomLink]) -> None:
        """See `RoomBar`."""
        if room.platform != PLATFORM:
            return
        try:
            await self._link(room.id, links[:_MOST])
        except Denied as denied:
            _log.warning("a room has no links: %s", denied)

    async def _link(self, channel: str, links: Sequence[RoomLink]) -> None:
        wanted = {link.url: link for link in links if link.url.startswith(_WEB)}
        if wanted.keys() <= self._there.get(channel, frozenset()):
            return
        answer = await self._web.ask("bookmarks.list", channel_id=channel)
        there = {text_in(mark, "link") for mark in listed(answer, "bookmarks")}
        for url, link in wanted.items():
            if url not in there:
                title = cut_to(str(visible(link.title)), _MOST_TITLE) or "link"
                await self._web.ask(
                    "bookmarks.add", channel_id=channel, title=title, type="link", link=url
                )
        self._there[channel] = frozenset(there | wanted.keys())
        if len(self._there) > _REMEMBERED:
            self._there.popitem(last=False)


_WEB: Final = ("https://", "http://")
