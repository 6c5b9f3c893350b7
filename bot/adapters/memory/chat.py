"""A chat platform in memory: passes the contract of every other, for tests and the simulator."""

from collections.abc import Sequence
from dataclasses import dataclass, field, replace

from bot.errors import Refused
from bot.ports import RoomSpec
from bot.values import ConversationRef, MessageRef, PersonId
from cards.model import Card, Code, Line

LONGEST = 32_000
"""Characters of one piece of text before it is cut visibly."""


@dataclass(slots=True, kw_only=True)
class MemoryRoom:
    """A room as it stands, for tests to look at."""

    name: str
    topic: str
    members: set[PersonId]
    private: bool
    closed: bool = False


@dataclass(slots=True)
class MemoryChat:
    """`ChatPlatform` whose rooms and messages are plain attributes.

    `people` may be reached directly; everybody else is refused, as are unknown channels.
    """

    people: frozenset[PersonId]
    channels: frozenset[str] = frozenset({"announcements", "stakeholders"})
    platform: str = "memory"
    rooms: dict[str, MemoryRoom] = field(default_factory=dict)
    cards: dict[str, dict[str, Card]] = field(default_factory=dict)
    files: dict[tuple[str, str], bytes] = field(default_factory=dict)

    @property
    def name(self) -> str:
        """The platform's name in refs."""
        return self.platform

    async def open_room(self, spec: RoomSpec) -> ConversationRef:
        """Return the room of `spec.key`."""
        ident = f"room:{spec.key}"
        room = self.rooms.setdefault(
            ident,
            MemoryRoom(name=spec.name, topic=spec.topic, members=set(), private=spec.private),
        )
        room.members.update(spec.members)
        return self._ref(ident)

    async def set_room(self, room: ConversationRef, *, name: str, topic: str) -> None:
        """Change a room's name and topic."""
        found = self._room(room)
        found.name, found.topic = name, topic

    async def close_room(self, room: ConversationRef) -> None:
        """Archive the room."""
        self._room(room).closed = True

    async def reopen_room(self, room: ConversationRef) -> None:
        """Undo `close_room`."""
        self._room(room).closed = False

    async def invite(self, room: ConversationRef, people: Sequence[PersonId]) -> None:
        """Bring people in."""
        self._room(room).members.update(people)

    async def channel(self, name: str) -> ConversationRef:
        """Return the channel of that name."""
        bare = name.removeprefix("#")
        if bare not in self.channels:
            raise Refused(f"there is no channel #{bare}")
        return self._ref(f"channel:{bare}")

    async def direct(self, person: PersonId) -> ConversationRef:
        """Return the direct conversation with a person."""
        if person not in self.people:
            raise Refused("this person cannot be reached here")
        return self._ref(f"direct:{person}")

    async def post(self, to: ConversationRef, key: str, card: Card) -> MessageRef:
        """Post once per (conversation, key)."""
        self._messages(to).setdefault(key, _fitted(card))
        return MessageRef(conversation=to, id=key)

    async def update(self, message: MessageRef, card: Card) -> None:
        """Replace a message in place."""
        posted = self._messages(message.conversation)
        if message.id not in posted:
            raise Refused("there is no such message")
        posted[message.id] = _fitted(card)

    async def amend(self, message: MessageRef, card: Card) -> None:
        """Replace a message and forget its file."""
        await self.update(message, card)
        self.files.pop((message.conversation.id, message.id), None)

    async def attach(self, to: ConversationRef, key: str, name: str, content: bytes) -> MessageRef:
        """Post a file once per (conversation, key)."""
        self.files.setdefault((to.id, key), content)
        title = ("File ", Code(name), f", {len(content)} bytes")
        return await self.post(to, key, Card(kind="file", title=title))

    async def find(self, to: ConversationRef, key: str) -> MessageRef | None:
        """Return the message under a key."""
        return MessageRef(conversation=to, id=key) if key in self._messages(to) else None

    def _ref(self, ident: str) -> ConversationRef:
        return ConversationRef(platform=self.platform, id=ident)

    def _room(self, room: ConversationRef) -> MemoryRoom:
        found = self.rooms.get(room.id)
        if found is None or room.platform != self.platform:
            raise Refused("there is no such room")
        return found

    def _messages(self, conversation: ConversationRef) -> dict[str, Card]:
        kind, _, name = conversation.id.partition(":")
        known = {
            "room": conversation.id in self.rooms,
            "channel": name in self.channels,
            "direct": PersonId(name) in self.people,
        }
        if conversation.platform != self.platform or not known.get(kind, False):
            raise Refused("there is no such conversation")
        return self.cards.setdefault(conversation.id, {})


def _fitted(card: Card) -> Card:
    title = _fitted_line(card.title)
    return card if title == card.title else replace(card, title=title)


def _fitted_line(line: Line) -> Line:
    return tuple(_cut(part) if isinstance(part, str) else part for part in line)


def _cut(text: str) -> str:
    missing = len(text) - LONGEST
    return text if missing <= 0 else f"{text[:LONGEST]}… [cut: {missing} more characters]"
