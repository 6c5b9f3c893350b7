"""Telegram as a chat platform: rooms are forum topics of one group, keys are in our own store."""

import asyncio
import hashlib
import re
from collections import defaultdict
from collections.abc import Mapping, Sequence
from typing import Final

from telegram import InlineKeyboardButton, InlineKeyboardMarkup, Message, ReplyParameters

from bot.adapters.telegram.accounts import PLATFORM, Accounts
from bot.adapters.telegram.api import TelegramApi
from bot.adapters.telegram.store import Offered, TelegramStore
from bot.errors import Refused
from bot.ports import Clock, RoomSpec
from bot.values import ConversationRef, MessageRef, PersonId
from cards import telegram_html
from cards.model import Card
from cards.overflow import cut_to
from cards.telegram_html import MOST_TOPIC_NAME, Key, TelegramMessage

_CONVERSATION: Final = re.compile(r"(-?[1-9][0-9]{0,18})(?:/([1-9][0-9]{0,18}))?")
_MESSAGE: Final = re.compile(r"[1-9][0-9]{0,18}")
PRESS: Final = "a:"
CONFIRMED: Final = "y:"
CANCEL: Final = "n"


class TelegramPlatform:
    """`ChatPlatform` over the Bot API."""

    def __init__(
        self,
        *,
        api: TelegramApi,
        store: TelegramStore,
        accounts: Accounts,
        clock: Clock,
        group: int,
        channels: Mapping[str, int],
    ) -> None:
        self._api = api
        self._store = store
        self._accounts = accounts
        self._clock = clock
        self._group = group
        self._channels = channels
        self._opening = asyncio.Lock()
        self._turns: defaultdict[str, asyncio.Lock] = defaultdict(asyncio.Lock)

    @property
    def name(self) -> str:
        """`telegram`."""
        return PLATFORM

    async def open_room(self, spec: RoomSpec) -> ConversationRef:
        """Return the topic of `spec.key`; `Refused` where the room must be private."""
        if spec.private:
            raise Refused("a topic is read by its whole group: no room of a private incident")
        async with self._opening:
            known = await self._store.room(spec.key)
            if not known:
                name = cut_to(spec.name, MOST_TOPIC_NAME) or "room"
                made = await self._api.once(self._api.bot.create_forum_topic(self._group, name))
                known = f"{self._group}/{made.message_thread_id}"
                await self._store.keep_room(spec.key, known)
        return _ref(known)

    async def set_room(self, room: ConversationRef, *, name: str, topic: str) -> None:  # noqa: ARG002 - a topic has a name only
        """Change a topic's name."""
        chat, thread = await self._topic(room)
        wanted = cut_to(name, MOST_TOPIC_NAME) or "room"
        await self._api.ask(self._api.bot.edit_forum_topic(chat, thread, name=wanted))

    async def close_room(self, room: ConversationRef) -> None:
        """Close the topic."""
        await self._api.ask(self._api.bot.close_forum_topic(*await self._topic(room)))

    async def reopen_room(self, room: ConversationRef) -> None:
        """Open the topic again."""
        await self._api.ask(self._api.bot.reopen_forum_topic(*await self._topic(room)))

    async def invite(self, room: ConversationRef, people: Sequence[PersonId]) -> None:  # noqa: ARG002 - see below
        """Check the room: whoever is in the group is in its topics, and bots can add nobody."""
        await self._topic(room)

    async def channel(self, name: str) -> ConversationRef:
        """Return a channel that the settings name."""
        found = self._channels.get(name.removeprefix("#"))
        if found is None:
            raise Refused(f"TELEGRAM_CHANNELS names no {name!r}")
        return _ref(str(found))

    async def direct(self, person: PersonId) -> ConversationRef:
        """Return the direct conversation with a person whom the policy links to Telegram."""
        user = self._accounts.user(person)
        if not user:
            raise Refused("this person has no Telegram account in the policy")
        return _ref(str(user))

    async def post(self, to: ConversationRef, key: str, card: Card) -> MessageRef:
        """Post once per (conversation, key), with what did not fit as documents below it."""
        chat, thread = place(to)
        shown = await self._rendered(card)
        async with self._turns[to.id]:
            message = await self._store.message(to.id, key)
            if not message:
                sent = await self._api.once(
                    self._api.bot.send_message(
                        chat,
                        shown.html or "…",
                        parse_mode="HTML",
                        message_thread_id=thread,
                        reply_markup=_markup(shown.keyboard),
                    )
                )
                message = await self._kept(to, key, sent)
            await self._attach(to, message, shown)
        return MessageRef(conversation=to, id=message)

    async def update(self, message: MessageRef, card: Card) -> None:
        """Replace a message in place."""
        chat, _ = place(message.conversation)
        if not _MESSAGE.fullmatch(message.id):
            raise Refused("this is no message of Telegram")
        shown = await self._rendered(card)
        await self._api.ask(
            self._api.bot.edit_message_text(
                shown.html or "…",
                chat_id=chat,
                message_id=int(message.id),
                parse_mode="HTML",
                reply_markup=_markup(shown.keyboard),
            )
        )
        async with self._turns[message.conversation.id]:
            await self._attach(message.conversation, message.id, shown)

    async def attach(self, to: ConversationRef, key: str, name: str, content: bytes) -> MessageRef:
        """Post a document once per (conversation, key)."""
        async with self._turns[to.id]:
            return MessageRef(conversation=to, id=await self._document(to, key, name, content, ""))

    async def find(self, to: ConversationRef, key: str) -> MessageRef | None:
        """Return the message that was kept under the key."""
        place(to)
        found = await self._store.message(to.id, key)
        return MessageRef(conversation=to, id=found) if found else None

    async def _topic(self, room: ConversationRef) -> tuple[int, int]:
        chat, thread = place(room)
        if thread is None or not await self._store.is_room(room.id):
            raise Refused("this is no room that we opened in Telegram")
        return chat, thread

    async def _rendered(self, card: Card) -> TelegramMessage:
        for button in card.buttons:
            await self._store.keep_button(
                Offered(
                    id=_digest(card.id, button.option),
                    card=card.id,
                    option=button.option,
                    label=button.label,
                    confirm=button.confirm,
                )
            )
        return telegram_html.render(
            card,
            pack=lambda ident, option: PRESS + _digest(ident, option),
            mentions=self._accounts.mentions(),
            today=self._clock.now().date(),
        )

    async def _attach(self, to: ConversationRef, message: str, shown: TelegramMessage) -> None:
        for file in shown.attachments:
            content = file.content.encode()
            key = f"beside:{message}:{hashlib.sha256(content).hexdigest()}"
            await self._document(to, key, file.name, content, message)

    async def _document(
        self, to: ConversationRef, key: str, name: str, content: bytes, beside: str
    ) -> str:
        chat, thread = place(to)
        known = await self._store.message(to.id, key)
        if known:
            return known
        sent = await self._api.once(
            self._api.bot.send_document(
                chat,
                content,
                filename=name,
                message_thread_id=thread,
                reply_parameters=ReplyParameters(int(beside)) if beside else None,
            )
        )
        return await self._kept(to, key, sent)

    async def _kept(self, to: ConversationRef, key: str, sent: Message) -> str:
        message = str(sent.message_id)
        await self._store.keep_message(to.id, key, message)
        return message


def place(conversation: ConversationRef) -> tuple[int, int | None]:
    """Return chat id and topic of a conversation; `Refused` where it can be none of Telegram's."""
    found = _CONVERSATION.fullmatch(conversation.id)
    if conversation.platform != PLATFORM or found is None:
        raise Refused(f"Telegram has no conversation {conversation.platform}:{conversation.id}")
    return int(found[1]), int(found[2]) if found[2] else None


def _ref(conversation: str) -> ConversationRef:
    return ConversationRef(platform=PLATFORM, id=conversation)


def _digest(card: str, option: str) -> str:
    return hashlib.sha256(f"{card}\0{option}".encode()).hexdigest()[:40]


def _markup(rows: Sequence[Sequence[Key]]) -> InlineKeyboardMarkup | None:
    keys = [[InlineKeyboardButton(k.text, callback_data=k.callback_data) for k in r] for r in rows]
    return InlineKeyboardMarkup(keys) if keys else None
