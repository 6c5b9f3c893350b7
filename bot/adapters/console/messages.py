"""Rooms and messages in the console's store: one function per question, each one transaction."""

import hashlib
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from sqlite_utils import Database

from bot.errors import Refused
from bot.ports import RoomSpec
from bot.values import PersonId

ROOM = "room:"
CHANNEL = "channel:"
DIRECT = "direct:"

PAGE = 200
"""Messages that a window shows at first; older ones are fetched by hand."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Room:
    """A room as it stands."""

    id: str
    name: str
    topic: str
    private: bool
    closed: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class Message:
    """One message: `position` orders it, `revision` counts changes over all messages."""

    position: int
    conversation: str
    key: str
    revision: int
    card: str
    posted_at: datetime
    changed_at: datetime
    file_name: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Draft:
    """A message to post. `card` is encoded; a file has a name."""

    conversation: str
    key: str
    card: str
    at: datetime
    file_name: str = ""
    file: bytes | None = None


def room_id(key: str) -> str:
    """Return the id of the room with this key: the same key is the same room for ever."""
    return ROOM + hashlib.sha256(key.encode()).hexdigest()[:20]


def open_room(database: Database, spec: RoomSpec) -> str:
    """Make the room on the first call; add members on every one."""
    ident = room_id(spec.key)
    database.execute(
        "INSERT INTO rooms (id, key, name, topic, private, closed) VALUES (?, ?, ?, ?, ?, 0)"
        " ON CONFLICT (id) DO NOTHING",
        [ident, spec.key, spec.name, spec.topic, int(spec.private)],
    )
    add_members(database, ident, spec.members)
    return ident


def add_members(database: Database, room: str, people: Sequence[PersonId]) -> None:
    """Bring people in; `Refused` where there is no such room."""
    find_room(database, room)
    for person in people:
        database.execute(
            "INSERT INTO members (room, person) VALUES (?, ?) ON CONFLICT DO NOTHING",
            [room, person],
        )


def members_of(database: Database, room: str) -> tuple[PersonId, ...]:
    """Return who is in a room, by id."""
    rows = database.execute("SELECT person FROM members WHERE room = ? ORDER BY person", [room])
    return tuple(PersonId(row[0]) for row in rows.fetchall())


def find_room(database: Database, room: str) -> Room:
    """Return a room; `Refused` where there is none."""
    row = database.execute(
        "SELECT id, name, topic, private, closed FROM rooms WHERE id = ?", [room]
    ).fetchone()
    if row is None:
        raise Refused(f"the console has no room {room}")
    return Room(id=row[0], name=row[1], topic=row[2], private=bool(row[3]), closed=bool(row[4]))


def set_room(database: Database, room: str, *, name: str, topic: str) -> None:
    """Change name and topic."""
    find_room(database, room)
    database.execute("UPDATE rooms SET name = ?, topic = ? WHERE id = ?", [name, topic, room])


def set_closed(database: Database, room: str, *, closed: bool) -> None:
    """Close or reopen."""
    find_room(database, room)
    database.execute("UPDATE rooms SET closed = ? WHERE id = ?", [int(closed), room])


def post(database: Database, draft: Draft) -> int:
    """Return the position of the message under the draft's key, posting it if it is the first."""
    known = find(database, draft.conversation, draft.key)
    if known is not None:
        return known
    if draft.conversation.startswith(ROOM):
        find_room(database, draft.conversation)
    at = draft.at.isoformat()
    cursor = database.execute(
        "INSERT INTO messages"
        " (conversation, key, revision, card, posted_at, changed_at, file_name, file)"
        " VALUES (?, ?, ?, ?, ?, ?, ?, ?)",
        [
            draft.conversation,
            draft.key,
            _next_revision(database),
            draft.card,
            at,
            at,
            draft.file_name,
            draft.file,
        ],
    )
    return int(cursor.lastrowid or 0)


def update(database: Database, conversation: str, position: int, card: str, at: datetime) -> bool:
    """Replace a message's card; False where it was the same already, `Refused` where it is gone."""
    row = database.execute(
        "SELECT card FROM messages WHERE position = ? AND conversation = ?",
        [position, conversation],
    ).fetchone()
    if row is None:
        raise Refused("the console has no such message")
    if row[0] == card:
        return False
    database.execute(
        "UPDATE messages SET card = ?, revision = ?, changed_at = ? WHERE position = ?",
        [card, _next_revision(database), at.isoformat(), position],
    )
    return True


def drop_file(database: Database, position: int) -> None:
    """Take a message's file away."""
    database.execute("UPDATE messages SET file = NULL WHERE position = ?", [position])


def find(database: Database, conversation: str, key: str) -> int | None:
    """Return the position of the message under a key."""
    row = database.execute(
        "SELECT position FROM messages WHERE conversation = ? AND key = ?", [conversation, key]
    ).fetchone()
    return None if row is None else int(row[0])


def latest(database: Database, conversation: str, before: int | None = None) -> tuple[Message, ...]:
    """Return the newest page of a conversation (before a position), oldest first."""
    bound = 2**62 if before is None else before
    rows = database.execute(
        f"SELECT {_COLUMNS} FROM messages WHERE conversation = ? AND position < ?"  # noqa: S608 - our own columns
        " ORDER BY position DESC LIMIT ?",
        [conversation, bound, PAGE],
    ).fetchall()
    return tuple(_message(row) for row in reversed(rows))


def changed_since(database: Database, conversation: str, revision: int) -> tuple[Message, ...]:
    """Return at most a page of what was posted or changed after `revision`, oldest change first."""
    rows = database.execute(
        f"SELECT {_COLUMNS} FROM messages WHERE conversation = ? AND revision > ?"  # noqa: S608 - our own columns
        " ORDER BY revision LIMIT ?",
        [conversation, revision, PAGE],
    ).fetchall()
    return tuple(_message(row) for row in rows)


def last_revision(database: Database) -> int:
    """Return the number of the newest change of all."""
    return int(database.execute("SELECT last FROM revisions").fetchone()[0])


def attached_file(database: Database, conversation: str, position: int) -> tuple[str, bytes] | None:
    """Return the name and content of a message's file."""
    row = database.execute(
        "SELECT file_name, file FROM messages"
        " WHERE position = ? AND conversation = ? AND file IS NOT NULL",
        [position, conversation],
    ).fetchone()
    return None if row is None else (str(row[0]), bytes(row[1]))


_COLUMNS = "position, conversation, key, revision, card, posted_at, changed_at, file_name"


def _message(row: tuple[int, str, str, int, str, str, str, str]) -> Message:
    return Message(
        position=row[0],
        conversation=row[1],
        key=row[2],
        revision=row[3],
        card=row[4],
        posted_at=datetime.fromisoformat(row[5]),
        changed_at=datetime.fromisoformat(row[6]),
        file_name=row[7],
    )


def _next_revision(database: Database) -> int:
    database.execute("UPDATE revisions SET last = last + 1")
    return last_revision(database)
