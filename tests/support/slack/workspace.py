"""One Slack workspace in memory: people, channels, messages, files and views."""

from dataclasses import dataclass, field
from itertools import count
from typing import Any

from tests.support.clock import START

Args = dict[str, Any]
"""Arguments or payloads, as they look on the wire."""

TEAM = "T1"
BOT = "UBOT"
BOT_TOKEN = "xoxb-of-tests"
APP_TOKEN = "xapp-of-tests"
SIGNING_SECRET = "a-signing-secret"

SCOPES = frozenset(
    {
        "app_mentions:read",
        "bookmarks:read",
        "bookmarks:write",
        "channels:history",
        "channels:join",
        "channels:manage",
        "channels:read",
        "chat:write",
        "commands",
        "files:write",
        "groups:history",
        "groups:read",
        "groups:write",
        "im:history",
        "im:write",
        "pins:write",
        "reactions:read",
        "usergroups:read",
        "users:read",
        "users:read.email",
    }
)
"""What the manifest asks for, where the policy uses everything."""


class Fault(Exception):
    """A method's documented error; `more` joins the answer."""

    def __init__(self, error: str, **more: Any) -> None:  # noqa: ANN401 - JSON
        super().__init__(error)
        self.error = error
        self.more = more


@dataclass(slots=True, kw_only=True)
class User:
    """An account, as users.info describes it."""

    id: str
    name: str
    team: str = TEAM
    deleted: bool = False
    guest: bool = False
    bot: bool = False
    email: str = ""
    confirmed: bool = True
    """Whether the person proved that the address is theirs."""

    def described(self, *, email: bool = False) -> Args:
        """Return the object of users.info; the address only with its own scope."""
        return {
            "id": self.id,
            "team_id": self.team,
            "name": self.name,
            "deleted": self.deleted,
            "is_bot": self.bot,
            "is_restricted": self.guest,
            "is_ultra_restricted": False,
            "is_stranger": self.team != TEAM,
            "is_email_confirmed": self.confirmed,
            "profile": {"email": self.email} if email and self.email else {},
        }


@dataclass(slots=True, kw_only=True)
class Posted:
    """One message; `only_for` names who alone sees an ephemeral one."""

    ts: str
    text: str
    blocks: list[Args]
    user: str = BOT
    thread: str = ""
    metadata: Args = field(default_factory=dict)
    files: dict[str, str] = field(default_factory=dict)
    """Titles by id."""
    only_for: str = ""

    def described(self, *, metadata: bool) -> Args:
        """Return the object of conversations.history."""
        told: Args = {"type": "message", "ts": self.ts, "text": self.text, "blocks": self.blocks}
        told |= {"user": self.user}
        if self.user == BOT:
            told["bot_id"] = "BBOT"
        if self.thread:
            told["thread_ts"] = self.thread
        if self.files:
            told["files"] = [{"id": ident, "title": title} for ident, title in self.files.items()]
        if metadata and self.metadata:
            told["metadata"] = self.metadata
        return told


@dataclass(slots=True, kw_only=True)
class Bookmark:
    """A link in a channel's bar."""

    id: str
    title: str
    link: str

    def described(self) -> Args:
        """Return the object of bookmarks.list."""
        return {"id": self.id, "title": self.title, "link": self.link, "type": "link"}


@dataclass(slots=True, kw_only=True)
class Channel:
    """A channel or direct conversation with all that was posted in it, oldest first."""

    id: str
    name: str
    private: bool = False
    creator: str = BOT
    archived: bool = False
    topic: str = ""
    purpose: str = ""
    members: set[str] = field(default_factory=set)
    messages: list[Posted] = field(default_factory=list)
    pins: list[str] = field(default_factory=list)
    bookmarks: list[Bookmark] = field(default_factory=list)
    direct: bool = False

    def described(self) -> Args:
        """Return the object of conversations.info."""
        return {
            "id": self.id,
            "name": self.name,
            "is_private": self.private,
            "is_archived": self.archived,
            "is_member": BOT in self.members,
            "creator": self.creator,
            "topic": {"value": self.topic},
            "purpose": {"value": self.purpose},
        }

    def seen(self) -> list[Posted]:
        """Return what everybody sees outside of threads."""
        return [m for m in self.messages if not m.thread and not m.only_for]


@dataclass(slots=True, kw_only=True)
class View:
    """An open modal: who sees it, and its content as it was sent."""

    id: str
    user: str
    content: Args


@dataclass(slots=True)
class Workspace:
    """Everything that the workspace remembers."""

    users: dict[str, User] = field(default_factory=dict)
    channels: dict[str, Channel] = field(default_factory=dict)
    uploads: dict[str, bytes] = field(default_factory=dict)
    snippets: dict[str, str] = field(default_factory=dict)
    """The syntax that each file is shown in, "" where it is only for download."""
    views: dict[str, View] = field(default_factory=dict)
    groups: dict[str, set[str]] = field(default_factory=dict)
    """User groups: the ids of their people, by the group's id."""
    homes: dict[str, Args] = field(default_factory=dict)
    """The Home of the bot, by person."""
    triggers: dict[str, tuple[str, float]] = field(default_factory=dict)
    """Unused trigger ids, with their person and the moment of the clock that ends them."""
    used_triggers: set[str] = field(default_factory=set)
    scopes: set[str] = field(default_factory=lambda: set(SCOPES))
    now: float = START.timestamp()
    """What the time stamps of messages begin with; its six digits behind the point count."""
    _numbers: "count[int]" = field(default_factory=lambda: count(1))

    def next(self, prefix: str) -> str:
        """Return a fresh id."""
        return f"{prefix}{next(self._numbers):04d}"

    def next_ts(self) -> str:
        """Return the next message's time stamp, which is its id."""
        return f"{int(self.now)}.{next(self._numbers):06d}"

    def add_user(self, ident: str, name: str, **more: Any) -> User:  # noqa: ANN401 - fields of User
        """Add an account."""
        user = User(id=ident, name=name, **more)
        self.users[ident] = user
        return user

    def add_channel(self, name: str, *, bot: bool = True, private: bool = False) -> Channel:
        """Add a channel that somebody made, with or without the bot in it."""
        channel = Channel(id=self.next("C"), name=name, private=private, creator="UADMIN")
        channel.members = {BOT} if bot else set()
        self.channels[channel.id] = channel
        return channel

    def named(self, name: str) -> Channel:
        """Return the channel of that name."""
        return next(c for c in self.channels.values() if c.name == name)

    def channel(self, ident: object) -> Channel:
        """Return a channel that the bot may know of."""
        found = self.channels.get(str(ident))
        if found is None or (found.private and BOT not in found.members):
            raise Fault("channel_not_found")
        return found
