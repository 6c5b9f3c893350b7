"""What Telegram cannot be asked for again: rooms and messages by key, and what buttons mean."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final

from bot.adapters.telegram.database import Database, Statement
from bot.values import PersonId

_REMEMBERED: Final = 5000
"""Buttons that were written and need not be written again; a card is edited very often."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Offered:
    """A button that was shown: `id` is its callback data without the mark before it.

    `asks` = its card has a form, or the press takes a reason.
    """

    id: str
    card: str
    option: str
    label: str
    confirm: str
    asks: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class Key:
    """One message of ours: what it is called, where, and in which chat it lies.

    A private room is one conversation whose messages lie in several direct chats.
    """

    conversation: str
    key: str
    chat: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Doubt:
    """A message that is perhaps there: what it would look like, and the last id before it."""

    html: str
    keyboard: str
    floor: int


class TelegramStore:
    """Rooms, messages and buttons in the adapter's own file."""

    def __init__(self, database: Database) -> None:
        self._db = database
        self._written: dict[Offered, None] = {}

    # --- rooms -----------------------------------------------------------------------------

    async def room(self, key: str) -> str:
        """Return the conversation of a room's key, "" where there is none."""
        row = await self._db.row("SELECT conversation FROM rooms WHERE key = ?", key)
        return "" if row is None else str(row[0])

    async def is_room(self, conversation: str) -> bool:
        """Say whether we made this room."""
        query = "SELECT 1 FROM rooms WHERE conversation = ?"
        return await self._db.row(query, conversation) is not None

    async def keep_room(self, key: str, conversation: str) -> None:
        """Remember a room; its opening is in no doubt any more."""
        await self._db.write(
            ("INSERT OR IGNORE INTO rooms VALUES (?, ?)", (key, conversation)),
            ("DELETE FROM openings WHERE key = ?", (key,)),
        )

    async def begin_opening(self, key: str, name: str, floor: int) -> None:
        """Remember that a topic of this name may be made from here on."""
        await self._db.write(("INSERT INTO openings VALUES (?, ?, ?)", (key, name, floor)))

    async def end_opening(self, key: str) -> None:
        """Forget it: no topic was made."""
        await self._db.write(("DELETE FROM openings WHERE key = ?", (key,)))

    async def opening(self, key: str) -> tuple[str, int] | None:
        """Return name and floor of a topic that was perhaps made."""
        row = await self._db.row("SELECT name, floor FROM openings WHERE key = ?", key)
        return None if row is None else (str(row[0]), int(row[1]))

    async def members(self, room: str) -> Sequence[PersonId]:
        """Return the people of a private room."""
        rows = await self._db.rows("SELECT person FROM members WHERE room = ? ORDER BY 1", room)
        return [PersonId(str(row[0])) for row in rows]

    async def add_members(self, room: str, people: Sequence[PersonId]) -> None:
        """Bring people into a private room."""
        statement = "INSERT OR IGNORE INTO members VALUES (?, ?)"
        await self._db.write(*((statement, (room, str(person))) for person in people))

    async def keep_shown(self, room: str, key: str, shown: Doubt, *, pinned: bool) -> None:
        """Remember what a private room shows, for whoever comes later."""
        statement = (
            "INSERT INTO shown (room, key, html, keyboard, pinned) VALUES (?, ?, ?, ?, ?) "
            "ON CONFLICT (room, key) DO UPDATE SET html = excluded.html, "
            "keyboard = excluded.keyboard"
        )
        values = (room, key, shown.html, shown.keyboard, int(pinned))
        await self._db.write((statement, values))

    async def forget_shown(self, room: str) -> None:
        """Forget it: nobody joins a room that is closed."""
        await self._db.write(("DELETE FROM shown WHERE room = ?", (room,)))

    async def shown(self, room: str, most: int) -> Sequence[tuple[str, Doubt, bool]]:
        """Return key, content and whether it is pinned of a private room's last messages."""
        query = (
            "SELECT key, html, keyboard, pinned FROM (SELECT * FROM shown WHERE room = ? "
            "ORDER BY position DESC LIMIT ?) ORDER BY position"
        )
        return [
            (str(key), Doubt(html=str(html), keyboard=str(keyboard), floor=0), bool(pinned))
            for key, html, keyboard, pinned in await self._db.rows(query, room, most)
        ]

    # --- messages --------------------------------------------------------------------------

    async def message(self, key: Key) -> int:
        """Return the message of a key, 0 where there is none."""
        query = "SELECT message FROM posts WHERE conversation = ? AND key = ? AND chat = ?"
        row = await self._db.row(query, key.conversation, key.key, key.chat)
        return 0 if row is None else int(row[0])

    async def beside(self, conversation: str, chat: int, message: int) -> dict[str, int]:
        """Return the files that were sent beside a message: their ids by key."""
        query = "SELECT key, message FROM posts WHERE conversation = ? AND chat = ? AND key LIKE ?"
        found = await self._db.rows(query, conversation, chat, f"beside:{message}:%")
        return {str(key): int(file) for key, file in found}

    async def forget(self, key: Key) -> None:
        """Forget a message that is gone."""
        query = "DELETE FROM posts WHERE conversation = ? AND key = ? AND chat = ?"
        await self._db.write((query, (key.conversation, key.key, key.chat)))

    async def keep_message(self, key: Key, message: int) -> None:
        """Remember a message; it is in no doubt any more."""
        await self._db.write(
            (
                "INSERT OR REPLACE INTO posts VALUES (?, ?, ?, ?)",
                (key.conversation, key.key, key.chat, message),
            ),
            _forgotten(key),
        )

    async def begin(self, key: Key, doubt: Doubt) -> None:
        """Remember that the message may be there from here on."""
        await self._db.write(
            (
                "INSERT OR REPLACE INTO doubts VALUES (?, ?, ?, ?, ?, ?)",
                (key.conversation, key.key, key.chat, doubt.html, doubt.keyboard, doubt.floor),
            )
        )

    async def end(self, key: Key) -> None:
        """Forget it: nothing was sent."""
        await self._db.write(_forgotten(key))

    async def doubt(self, key: Key) -> Doubt | None:
        """Return what was perhaps sent under a key."""
        query = (
            "SELECT html, keyboard, floor FROM doubts "
            "WHERE conversation = ? AND key = ? AND chat = ?"
        )
        row = await self._db.row(query, key.conversation, key.key, key.chat)
        if row is None:
            return None
        return Doubt(html=str(row[0]), keyboard=str(row[1]), floor=int(row[2]))

    async def last_message(self, chats: tuple[int, int]) -> int:
        """Return the highest message id that we know in chats of this range of ids."""
        query = "SELECT max(message) FROM posts WHERE chat BETWEEN ? AND ?"
        row = await self._db.row(query, *chats)
        return 0 if row is None or row[0] is None else int(row[0])

    async def known(self, chat: int, after: int) -> frozenset[int]:
        """Return the ids of our messages in a chat that come after this one."""
        query = "SELECT message FROM posts WHERE chat = ? AND message > ?"
        return frozenset(int(row[0]) for row in await self._db.rows(query, chat, after))

    async def conversation_of(self, chat: int, message: int) -> str:
        """Return the conversation that a message of ours belongs to, "" for any other message."""
        # The message that a thread hangs below was posted to the group before there was a thread.
        query = (
            "SELECT conversation FROM posts WHERE chat = ? AND message = ? "
            "ORDER BY length(conversation) DESC"
        )
        row = await self._db.row(query, chat, message)
        return "" if row is None else str(row[0])

    async def replacement(self, chat: int, message: int) -> int:
        """Return the message that took another one's place, 0 where none did."""
        query = "SELECT by FROM replaced WHERE chat = ? AND message = ?"
        row = await self._db.row(query, chat, message)
        return 0 if row is None else int(row[0])

    async def replace(self, chat: int, message: int, by: int) -> None:
        """Remember that a message took the place of one that is gone."""
        statement = "INSERT OR REPLACE INTO replaced VALUES (?, ?, ?)"
        await self._db.write((statement, (chat, message, by)))

    # --- chats and buttons -------------------------------------------------------------------

    async def moves(self) -> dict[int, int]:
        """Return which group became which supergroup."""
        return {int(old): int(new) for old, new in await self._db.rows("SELECT * FROM moves")}

    async def keep_move(self, old: int, new: int) -> None:
        """Remember that a group became a supergroup."""
        await self._db.write(("INSERT OR REPLACE INTO moves VALUES (?, ?)", (old, new)))

    async def button(self, ident: str) -> Offered | None:
        """Return a button that we showed, None where it is none of ours."""
        query = "SELECT id, card, option, label, confirm, asks FROM buttons WHERE id = ?"
        row = await self._db.row(query, ident)
        if row is None:
            return None
        found, card, option, label, confirm = map(str, row[:5])
        return Offered(
            id=found, card=card, option=option, label=label, confirm=confirm, asks=bool(row[5])
        )

    async def keep_buttons(self, shown: Sequence[Offered]) -> None:
        """Remember buttons before they are shown."""
        fresh = [button for button in shown if button not in self._written]
        if not fresh:
            return
        statement = "INSERT OR REPLACE INTO buttons VALUES (?, ?, ?, ?, ?, ?)"
        await self._db.write(
            *((statement, (b.id, b.card, b.option, b.label, b.confirm, int(b.asks))) for b in fresh)
        )
        if len(self._written) > _REMEMBERED:
            self._written.clear()
        self._written |= dict.fromkeys(fresh)


def _forgotten(key: Key) -> Statement:
    return (
        "DELETE FROM doubts WHERE conversation = ? AND key = ? AND chat = ?",
        (key.conversation, key.key, key.chat),
    )
