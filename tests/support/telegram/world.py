"""Telegram's chats as the service keeps them: people, rights, topics, messages and their ids."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from enum import StrEnum

from bot.values import Json

BOT = 4242
TOKEN = "4242:test"
NAME = "WardenBot"
GROUP = -1001000000001
ANNOUNCEMENTS = -1001000000002
STAKEHOLDERS = -1001000000003
GENERAL = 0
"""The topic that every forum has; its messages carry no thread."""


class Kind(StrEnum):
    """What the API calls the type of a chat."""

    PRIVATE = "private"
    GROUP = "group"
    SUPERGROUP = "supergroup"
    CHANNEL = "channel"


class BadCall(Exception):
    """What Telegram answers with an error; `more` are its response parameters."""

    def __init__(self, words: str, status: int = 400, **more: int) -> None:
        super().__init__(words)
        self.status = status
        self.more = more


@dataclass(slots=True, kw_only=True)
class Posted:
    """A message of the bot's: its text as people read it; `beside` = it answers another one."""

    id: int
    chat: int
    thread: int
    text: str
    keys: list[dict[str, str]]
    file: str = ""
    content: bytes = b""
    reply_to: int = 0
    pinned: bool = False
    edits: int = 0
    silent: bool = False

    @property
    def beside(self) -> bool:
        """Whether it answers another message."""
        return bool(self.reply_to)

    @property
    def labels(self) -> list[str]:
        """The words on its buttons."""
        return [key["text"] for key in self.keys]


@dataclass(slots=True, kw_only=True)
class Topic:
    """A forum topic; it is named after the id of its first message."""

    name: str
    closed: bool = False


@dataclass(slots=True, kw_only=True)
class Chat:
    """A conversation. `people` are statuses by user; `rights` are the bot's, None = not there."""

    id: int
    kind: Kind
    title: str = ""
    forum: bool = False
    people: dict[int, str] = field(default_factory=dict)
    rights: set[str] | None = None
    topics: dict[int, Topic] = field(default_factory=dict)
    moved_to: int = 0
    blocked: bool = False
    last: int = 0

    def described(self) -> dict[str, Json]:
        """Return the chat as messages name it."""
        named: dict[str, Json] = {"first_name": self.title} if self.id > 0 else {}
        if self.id < 0:
            named = {"title": self.title} | ({"is_forum": True} if self.forum else {})
        return {"id": self.id, "type": self.kind.value, **named}


RIGHTS = frozenset(
    {
        *("can_manage_chat", "can_delete_messages", "can_manage_video_chats", "can_change_info"),
        *("can_restrict_members", "can_promote_members", "can_invite_users", "can_post_stories"),
        *("can_edit_stories", "can_delete_stories", "can_pin_messages", "can_manage_topics"),
        *("can_post_messages", "can_edit_messages"),
    }
)
GRANTED = frozenset(
    {"can_manage_chat", "can_pin_messages", "can_manage_topics", "can_post_messages"}
)


class World:
    """A supergroup with topics, two channels, and two people who started the bot."""

    def __init__(self) -> None:
        self.chats: dict[int, Chat] = {}
        self.posted: list[Posted] = []
        self.deleted: list[Posted] = []
        self.shared = 0
        """The last message id of private chats and basic groups, which count together."""
        self.add(Chat(id=GROUP, kind=Kind.SUPERGROUP, title="Operations", forum=True))
        self.add(Chat(id=ANNOUNCEMENTS, kind=Kind.CHANNEL, title="Announcements"))
        self.add(Chat(id=STAKEHOLDERS, kind=Kind.CHANNEL, title="Stakeholders"))
        for user in (1, 2):
            self.join(user)
            self.meet(user)

    @property
    def group(self) -> Chat:
        """The team's group, wherever it has moved."""
        chat = self.chats[GROUP]
        return self.chats[chat.moved_to] if chat.moved_to else chat

    def add(self, chat: Chat) -> Chat:
        """Add a chat with the bot as its administrator."""
        chat.rights = set(GRANTED)
        self.chats[chat.id] = chat
        return chat

    def join(self, user: int, status: str = "member") -> None:
        """Let somebody into the team's group."""
        self.group.people[user] = status

    def meet(self, user: int) -> None:
        """Let somebody press Start in the bot's direct chat."""
        self.chats[user] = Chat(id=user, kind=Kind.PRIVATE, title=f"user {user}", rights=set())

    def plain(self, kind: Kind = Kind.GROUP) -> None:
        """Make the team's group one without topics."""
        self.group.kind, self.group.forum = kind, False

    def open_topic(self, name: str) -> int:
        """Let somebody open a topic in the team's group."""
        thread = self.next_message(self.group)
        self.group.topics[thread] = Topic(name=name)
        return thread

    def upgrade(self, new: int) -> None:
        """Make the basic group a supergroup, which gets another id and starts to count anew."""
        old = self.group
        self.chats[new] = Chat(
            id=new,
            kind=Kind.SUPERGROUP,
            title=old.title,
            people=dict(old.people),
            rights=set(old.rights or ()),
        )
        old.moved_to = new

    def next_message(self, chat: Chat) -> int:
        """Return a chat's next message id."""
        if chat.kind in {Kind.PRIVATE, Kind.GROUP}:
            self.shared += 1
            return self.shared
        chat.last += 1
        return chat.last

    def reachable(self, ident: int) -> Chat:
        """Return the chat where the bot may write; raises BadCall as Telegram does."""
        chat = self.chats.get(ident)
        if chat is None:
            if ident > 0:
                raise BadCall("Forbidden: bot can't initiate conversation with a user", 403)
            raise BadCall("Bad Request: chat not found")
        if chat.moved_to:
            raise BadCall(
                "Bad Request: group chat was upgraded to a supergroup chat",
                migrate_to_chat_id=chat.moved_to,
            )
        if chat.blocked:
            raise BadCall("Forbidden: bot was blocked by the user", 403)
        if chat.rights is None:
            raise BadCall(f"Forbidden: bot was kicked from the {chat.kind} chat", 403)
        if chat.kind is Kind.CHANNEL and "can_post_messages" not in chat.rights:
            raise BadCall("Bad Request: need administrator rights in the channel chat")
        return chat

    def message(self, chat: int, ident: int) -> Posted | None:
        """Return a message of the bot's that is still there."""
        found = (m for m in self.posted if (m.chat, m.id) == (chat, ident))
        return next(found, None)

    def put(self, posted: Posted) -> Mapping[str, Json]:
        """Keep a message and describe it."""
        self.posted.append(posted)
        return self.described(posted)

    def described(self, posted: Posted) -> dict[str, Json]:
        """Return a message as the API does."""
        chat = self.chats[posted.chat]
        said: dict[str, Json] = {
            "message_id": posted.id,
            "date": 1,
            "chat": chat.described(),
            "from": bot(),
            "text": posted.text,
        }
        if posted.thread:
            said |= {"message_thread_id": posted.thread, "is_topic_message": True}
            said["reply_to_message"] = self.root(chat, posted.thread)
        if posted.reply_to:
            said["reply_to_message"] = self.quoted(chat, posted.reply_to)
        return said

    def root(self, chat: Chat, thread: int) -> Mapping[str, Json]:
        """Return the message that opened a topic."""
        created: Mapping[str, Json] = {"name": chat.topics[thread].name, "icon_color": 0}
        return {
            "message_id": thread,
            "date": 1,
            "chat": chat.described(),
            "message_thread_id": thread,
            "forum_topic_created": created,
        }

    def quoted(self, chat: Chat, ident: int) -> Mapping[str, Json]:
        """Return a message that another one answers."""
        return {"message_id": ident, "date": 1, "chat": chat.described(), "text": "…"}


def bot() -> Mapping[str, Json]:
    """Return the bot as a user."""
    return {"id": BOT, "is_bot": True, "first_name": "Firewarden", "username": NAME}


def user(ident: int) -> Mapping[str, Json]:
    """Return a person."""
    return {"id": ident, "is_bot": False, "first_name": f"user {ident}"}


def units(text: str) -> int:
    """Return the length of a text as Telegram counts it: in UTF-16 units."""
    return len(text.encode("utf-16-le", "surrogatepass")) // 2


def within(text: str, least: int, most: int, words: str) -> None:
    """Raise BadCall where a text is too short or too long."""
    if not least <= units(text) <= most:
        raise BadCall(f"Bad Request: {words}")


def keys_of(rows: Sequence[Sequence[Mapping[str, str]]]) -> list[dict[str, str]]:
    """Return the buttons of an inline keyboard that Telegram would take."""
    keys = [dict(key) for row in rows for key in row]
    if len(keys) > 100 or any(len(row) > 8 for row in rows):
        raise BadCall("Bad Request: reply markup is too long")
    for key in keys:
        if not 1 <= len(key.get("callback_data", "").encode()) <= 64:
            raise BadCall("Bad Request: BUTTON_DATA_INVALID")
        if not key["text"]:
            raise BadCall("Bad Request: button text must be non-empty")
    return keys
