"""Short answers to people: what a press shows at once, and direct messages; none is awaited."""

import asyncio
import logging
from collections import defaultdict
from collections.abc import Awaitable
from dataclasses import replace
from html import escape
from typing import Final

from bot.adapters.telegram.api import TelegramApi
from bot.adapters.telegram.incoming import Where
from bot.adapters.telegram.places import Chats, Place
from bot.adapters.telegram.sending import Sending, Written
from bot.errors import FirewardenError, Refused
from bot.requests import Reply
from cards import telegram_html
from cards.overflow import cut_to
from cards.plaintext import visible_block
from cards.telegram_html import TelegramMessage

_MOST: Final = 3500
NOTHING: Final = "n"
"""Callback data of a button that does nothing."""
OPEN_CHAT: Final = "I answer in a direct chat: open one with me, press Start, then try again."

_log = logging.getLogger(__name__)


class Answering:
    """Sends what a person waits for; an answer is no truth, and one that is lost is asked again.

    Answers to one person leave in their order. Nothing that comes in waits for one.
    """

    def __init__(
        self, *, api: TelegramApi, sending: Sending, chats: Chats, tasks: asyncio.TaskGroup
    ) -> None:
        self._api = api
        self._sending = sending
        self._chats = chats
        self._tasks = tasks
        self._turns: defaultdict[int, asyncio.Lock] = defaultdict(asyncio.Lock)

    def later(self, user: int, sending: Awaitable[object]) -> None:
        """Send after everything else for this person."""
        self._tasks.create_task(self._sent(self._turns[user], sending))

    def tell(self, query: str, words: str) -> None:
        """Answer a press at once, over its button; one that is too old stays without."""
        text = telegram_html.callback_answer(words)
        self._tasks.create_task(
            self._sent(
                asyncio.Lock(), self._api.ask(self._api.bot.answer_callback_query(query, text))
            )
        )

    def reply(self, user: int, where: Where, reply: Reply) -> None:
        """Answer a command to its asker alone."""
        self.later(user, self._replied(user, where, reply))

    def say(self, user: int, words: str) -> None:
        """Write to one person."""
        self.later(user, self.write(user, Written(html=_html(words))))

    def say_in(self, where: Where, words: str) -> None:
        """Write into the chat where something came from."""
        self.later(where.chat, self._in_chat(where, words))

    async def write(self, user: int, written: Written) -> int:
        """Write to one person now; `Refused` where they never started the bot."""
        return await self._sending.say(user, written)

    async def change(self, user: int, message: int, written: Written) -> None:
        """Change what was written to one person."""
        await self._sending.edit(Place(id=f"{user}", chat=user), message, written)

    async def _replied(self, user: int, where: Where, reply: Reply) -> None:
        shown = _shown(reply)
        try:
            await self.write(user, Written(html=shown.html))
            for file in shown.attachments:
                content = file.content.encode()
                await self._api.ask(self._api.bot.send_document(user, content, filename=file.name))
        except Refused:
            if where.chat == user:
                raise
            await self._in_chat(where, OPEN_CHAT)

    async def _in_chat(self, where: Where, words: str) -> None:
        chat = await self._chats.then(where.chat)
        await self._sending.say(chat, Written(html=_html(words)), thread=where.thread)

    async def _sent(self, turn: asyncio.Lock, sending: Awaitable[object]) -> None:
        try:
            async with turn:
                await sending
        except FirewardenError as fault:
            _log.warning("an answer did not reach its asker: %s", fault)
        except Exception:  # noqa: BLE001 - the outermost frame: a bug in an answer ends nothing else
            _log.exception("an answer could not be sent")


def _shown(reply: Reply) -> TelegramMessage:
    if reply.card is None or reply.card.form:
        return TelegramMessage(html=_html(reply.text))
    # Views are looked at, never pressed: their buttons are on the cards themselves.
    still = replace(reply.card, buttons=())
    shown = telegram_html.render(still, pack=lambda _card, _option: NOTHING)
    return replace(shown, html=shown.html or "…")


def _html(words: str) -> str:
    """Return words as characters that nothing comes alive of; a mistake may repeat anybody's."""
    shown = cut_to(visible_block(words), _MOST)
    return f"<code>{escape(shown, quote=False)}</code>" if shown.strip() else "…"
