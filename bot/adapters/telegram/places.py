"""What our ids of conversations and messages mean in Telegram, and where a group is by now."""

import re
from dataclasses import dataclass
from typing import Final

from bot.adapters.telegram.accounts import PLATFORM
from bot.adapters.telegram.store import TelegramStore
from bot.errors import Refused
from bot.values import ConversationRef

_CONVERSATION: Final = re.compile(
    r"(?P<chat>-?[1-9][0-9]{0,18})(?:/(?P<thread>[1-9][0-9]{0,18})|:(?P<root>[1-9][0-9]{0,18}))?"
)
_PRIVATE: Final = re.compile(r"private:[0-9a-f]{40}")
_BIG: Final = -1_000_000_000_000
"""Ids of supergroups and channels are below this one; they count their messages each for itself.

https://core.telegram.org/api/bots/ids
"""
_ENDS: Final = 2**62


@dataclass(frozen=True, slots=True, kw_only=True)
class Place:
    """Where messages go: a chat; of a forum a topic of it; elsewhere below a message of it.

    `chat` is the id that the chat had when the conversation was opened.
    """

    id: str
    chat: int
    thread: int | None = None
    root: int = 0


class Chats:
    """Which group became which supergroup: stored ids stay, and are followed from here."""

    def __init__(self, store: TelegramStore) -> None:
        self._store = store
        self._moves: dict[int, int] | None = None

    async def now(self, chat: int) -> int:
        """Return the id that a chat has today."""
        moves = await self._known()
        while chat in moves:
            chat = moves[chat]
        return chat

    async def then(self, chat: int) -> int:
        """Return the id that a chat had when we first met it."""
        before = {new: old for old, new in (await self._known()).items()}
        while chat in before:
            chat = before[chat]
        return chat

    async def moved(self, old: int, new: int) -> None:
        """Remember that a group is a supergroup now."""
        moves = await self._known()
        if old != new and moves.get(old) != new:
            await self._store.keep_move(old, new)
            moves[old] = new

    async def _known(self) -> dict[int, int]:
        if self._moves is None:
            self._moves = await self._store.moves()
        return self._moves


def place(conversation: ConversationRef) -> Place:
    """Return what a conversation means; `Refused` where it can be none of Telegram's."""
    found = _CONVERSATION.fullmatch(conversation.id)
    if conversation.platform != PLATFORM or found is None:
        raise Refused(f"Telegram has no conversation {conversation.platform}:{conversation.id}")
    thread = int(found["thread"]) if found["thread"] else None
    root = int(found["root"] or 0)
    return Place(id=conversation.id, chat=int(found["chat"]), thread=thread, root=root)


def is_private(conversation: ConversationRef) -> bool:
    """Say whether this is the room of a private incident, which lies in direct chats."""
    return conversation.platform == PLATFORM and bool(_PRIVATE.fullmatch(conversation.id))


def ref(conversation: str) -> ConversationRef:
    """Return a conversation of ours."""
    return ConversationRef(platform=PLATFORM, id=conversation)


def counted_with(chat: int) -> tuple[int, int]:
    """Return the range of chats whose messages are numbered together with this chat's.

    Direct chats and basic groups share one count; a channel or supergroup has its own.
    """
    return (chat, chat) if chat < _BIG else (_BIG, _ENDS)
