"""Rooms of incidents: topics of the group; where it has none, threads; direct chats for privacy."""

import asyncio
import hashlib
import logging
from collections import defaultdict
from collections.abc import Sequence
from html import escape
from typing import Final

from telegram import Message

from bot.adapters.telegram.api import Moved, TelegramApi
from bot.adapters.telegram.places import Chats, Place, is_private, place, ref
from bot.adapters.telegram.sending import Sending, Written
from bot.adapters.telegram.store import TelegramStore
from bot.errors import OutcomeUnknown, Refused, Unavailable
from bot.ports import RoomSpec
from bot.values import ConversationRef, PersonId
from cards.overflow import cut_to
from cards.telegram_html import MOST_TOPIC_NAME

_TRIED: Final = 12
_NO_TOPICS: Final = ("not a forum", "not enough rights", "chat_admin_required", "forum_disabled")
_MOST_LINE: Final = 400

_log = logging.getLogger(__name__)


class Rooms:
    """Opens rooms once per key, and keeps them in step.

    A topic whose making was not answered is looked for among the ids that follow: a silent message
    is sent into each that is a topic, and its answer names the topic.
    """

    def __init__(
        self,
        *,
        api: TelegramApi,
        store: TelegramStore,
        sending: Sending,
        chats: Chats,
        group: int,
    ) -> None:
        self._api = api
        self._store = store
        self._sending = sending
        self._chats = chats
        self._group = group
        self._opening = asyncio.Lock()
        self._not_it: defaultdict[str, set[int]] = defaultdict(set)
        """Ids that were tried in vain, by the room's key: see `Sending`."""

    async def open(self, spec: RoomSpec) -> ConversationRef:
        """Return the room of a key, made on the first call."""
        async with self._opening:
            known = await self._store.room(spec.key)
            if not known:
                known = await (self._private(spec) if spec.private else self._made(spec))
                await self._store.keep_room(spec.key, known)
        return ref(known)

    async def rename(self, room: ConversationRef, name: str, topic: str) -> None:
        """Change a topic's name; the line that a thread hangs below follows its card."""
        del topic  # a topic has a name only
        where = await self._ours(room)
        if where is not None and where.thread is not None:
            wanted = _named(name)
            chat = await self._chats.now(where.chat)
            await self._api.ask(self._api.bot.edit_forum_topic(chat, where.thread, name=wanted))

    async def close(self, room: ConversationRef) -> None:
        """Close a topic, or unpin a thread's card; forget what a private room held."""
        where = await self._ours(room)
        if where is None:
            await self._store.forget_shown(room.id)
            return
        if where.thread is not None:
            chat = await self._chats.now(where.chat)
            await self._api.ask(self._api.bot.close_forum_topic(chat, where.thread))
        else:
            await self._sending.unpin(where, await self._root(where))

    async def reopen(self, room: ConversationRef) -> None:
        """Undo `close`."""
        where = await self._ours(room)
        if where is None:
            return
        if where.thread is not None:
            chat = await self._chats.now(where.chat)
            await self._api.ask(self._api.bot.reopen_forum_topic(chat, where.thread))
        else:
            await self._sending.pin(where, await self._root(where))

    async def invite(self, room: ConversationRef, people: Sequence[PersonId]) -> None:
        """Let people into a private room; whoever is in the group is in its topics already."""
        if await self._ours(room) is None:
            await self._store.add_members(room.id, people)

    async def members(self, room: ConversationRef) -> Sequence[PersonId]:
        """Return the people of a private room; `Refused` where there is none."""
        if not await self._store.is_room(room.id):
            raise Refused("this is no room that we opened in Telegram")
        return await self._store.members(room.id)

    async def _ours(self, room: ConversationRef) -> Place | None:
        """Return where a room is, None for a private one; `Refused` where it is none of ours."""
        private = is_private(room)
        where = None if private else place(room)
        if not await self._store.is_room(room.id):
            raise Refused("this is no room that we opened in Telegram")
        return where

    async def _root(self, where: Place) -> int:
        return await self._store.replacement(where.chat, where.root) or where.root

    async def _private(self, spec: RoomSpec) -> str:
        """Make a room of direct chats: a topic is read by its whole group."""
        room = f"private:{hashlib.sha256(spec.key.encode()).hexdigest()[:40]}"
        await self._store.add_members(room, spec.members)
        return room

    async def _made(self, spec: RoomSpec) -> str:
        lacking = ""
        if await self._has_topics():
            try:
                return f"{self._group}/{await self._topic(spec)}"
            except Refused as refused:
                if not any(words in str(refused).lower() for words in _NO_TOPICS):
                    raise
                _log.error("no topic could be made, so the room is a thread: %s", refused)
                lacking = (
                    "\n\nI may not make topics here: make me an administrator who may manage "
                    "topics. Until then an incident is a thread below its card."
                )
        return f"{self._group}:{await self._thread(spec, lacking)}"

    async def _has_topics(self) -> bool:
        chat = await self._chats.now(self._group)
        try:
            found = await self._api.ask(self._api.bot.get_chat(chat))
        except Moved as moved:
            await self._chats.moved(chat, moved.chat)
            found = await self._api.ask(self._api.bot.get_chat(moved.chat))
        return found is not None and bool(found.is_forum)

    async def _topic(self, spec: RoomSpec) -> int:
        chat = await self._chats.now(self._group)
        doubt = await self._store.opening(spec.key)
        found = 0 if doubt is None else await self._looked_for(spec.key, chat, *doubt)
        self._not_it.pop(spec.key, None)
        if found:
            return found
        name = _named(spec.name)
        if doubt is not None:
            await self._store.end_opening(spec.key)
        await self._store.begin_opening(spec.key, name, await self._sending.floor(self._group))
        try:
            made = await self._api.once(self._api.bot.create_forum_topic(chat, name))
        except OutcomeUnknown as unknown:
            # Asked again, it is looked for before another one is made.
            raise Unavailable(f"nobody knows whether a topic was made: {unknown}") from unknown
        except (Refused, Unavailable):
            await self._store.end_opening(spec.key)
            raise
        self._sending.saw(chat, made.message_thread_id)
        return made.message_thread_id

    async def _looked_for(self, key: str, chat: int, name: str, floor: int) -> int:
        """Return the topic of this name that was made after `floor`, 0 where there is none."""
        ours = await self._store.known(self._group, floor)
        for thread in range(floor + 1, floor + 1 + _TRIED):
            if thread in ours or thread in self._not_it[key]:
                continue
            if await self._store.is_room(f"{self._group}/{thread}"):
                continue
            if await self._name_of(chat, thread) == name:
                _log.info("the topic whose answer was lost is there: %s", name)
                return thread
            # The pacing may interrupt us at each of them, and a busy group never lets all pass.
            self._not_it[key].add(thread)
        return 0

    async def _name_of(self, chat: int, thread: int) -> str:
        """Return a topic's name, "" where there is none."""
        try:
            sent = await self._api.ask(
                self._api.bot.send_message(
                    chat, "…", message_thread_id=thread, disable_notification=True
                )
            )
        except Refused:
            return ""
        if sent is None:
            return ""
        await self._api.ask(self._api.bot.delete_message(chat, sent.message_id))
        return _topic_named(sent)

    async def _thread(self, spec: RoomSpec, lacking: str) -> int:
        """Post and pin the message that becomes the incident's card, and that all others answer."""
        line = escape(cut_to(f"{spec.name}: {spec.topic}", _MOST_LINE), quote=False)
        written = Written(html=f"<code>{line}</code>{lacking}", pinned=True)
        to = Place(id=f"{self._group}", chat=self._group)
        return await self._sending.post(to, f"room:{spec.key}", written)


def _named(name: str) -> str:
    return cut_to(name, MOST_TOPIC_NAME) or "room"


def _topic_named(sent: Message) -> str:
    """Return the name of the topic that a message was sent into, as its answer tells it."""
    root = sent.reply_to_message
    created = None if root is None else root.forum_topic_created
    return "" if created is None else created.name
