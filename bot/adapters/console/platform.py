"""The console as a chat platform: rooms, channels and direct conversations in its own store."""

from collections.abc import Awaitable, Callable, Sequence
from typing import Final, TypeVar

from sqlite_utils import Database

from bot.adapters.console import messages
from bot.adapters.console.changes import Changes
from bot.adapters.console.cutting import fitted
from bot.adapters.console.messages import CHANNEL, DIRECT, ROOM, Draft, Room
from bot.adapters.console.store import ConsoleStore
from bot.errors import Refused
from bot.ports import Clock, RoomSpec
from bot.values import ConversationRef, MessageRef, PersonId, Untrusted
from cards import codec
from cards.model import Card, Code, Person, message

PLATFORM: Final = "console"

CHANNELS: Final = ("announcements", "stakeholders")
"""Channels that the console ships; every window lists them."""

Seated = Callable[[PersonId], Awaitable[bool]]
"""Whether a person has a seat, so that a direct message reaches somebody."""

T = TypeVar("T")


class ConsolePlatform:
    """`ChatPlatform` of the console. Every change wakes the open windows."""

    def __init__(
        self, store: ConsoleStore, *, clock: Clock, changes: Changes, seated: Seated
    ) -> None:
        self._store = store
        self._clock = clock
        self._changes = changes
        self._seated = seated

    @property
    def name(self) -> str:
        """`console`."""
        return PLATFORM

    async def open_room(self, spec: RoomSpec) -> ConversationRef:
        """Return the room of `spec.key`."""
        return _ref(await self._write(lambda db: messages.open_room(db, spec)))

    async def set_room(self, room: ConversationRef, *, name: str, topic: str) -> None:
        """Change a room's name and topic."""
        await self._write(lambda db: messages.set_room(db, _ours(room), name=name, topic=topic))

    async def close_room(self, room: ConversationRef) -> None:
        """Close the room for people's words; it stays readable."""
        await self._write(lambda db: messages.set_closed(db, _ours(room), closed=True))

    async def reopen_room(self, room: ConversationRef) -> None:
        """Undo `close_room`."""
        await self._write(lambda db: messages.set_closed(db, _ours(room), closed=False))

    async def invite(self, room: ConversationRef, people: Sequence[PersonId]) -> None:
        """Add members."""
        await self._write(lambda db: messages.add_members(db, _ours(room), people))

    async def channel(self, name: str) -> ConversationRef:
        """Return a channel that the console ships."""
        if name.removeprefix("#") not in CHANNELS:
            raise Refused(f"the console has no channel #{name}")
        return _ref(CHANNEL + name.removeprefix("#"))

    async def direct(self, person: PersonId) -> ConversationRef:
        """Return the direct conversation with a seated person."""
        if not await self._seated(person):
            raise Refused("this person has no seat at the console")
        return _ref(DIRECT + person)

    async def post(self, to: ConversationRef, key: str, card: Card) -> MessageRef:
        """Post once per (conversation, key)."""
        return await self._post(to, key, card)

    async def update(self, message: MessageRef, card: Card) -> None:
        """Replace a message in place."""
        conversation = _ours(message.conversation)
        if not message.id.isdigit():
            raise Refused("this is no message of the console")
        encoded, at = codec.to_json(fitted(card)), self._clock.now()
        position = int(message.id)
        await self._write(lambda db: messages.update(db, conversation, position, encoded, at))

    async def amend(self, message: MessageRef, card: Card) -> None:
        """Replace a message, its file and every trace of them in the store."""
        conversation = _ours(message.conversation)
        if not message.id.isdigit():
            raise Refused("this is no message of the console")
        encoded, at = codec.to_json(fitted(card)), self._clock.now()
        position = int(message.id)

        def amended(database: Database) -> None:
            messages.update(database, conversation, position, encoded, at)
            messages.drop_file(database, position)

        await self._store.run(amended, scrub=True)
        self._changes.publish()

    async def attach(self, to: ConversationRef, key: str, name: str, content: bytes) -> MessageRef:
        """Post a file once per (conversation, key)."""
        card = Card(kind="file", title=("File ", Code(name), f", {len(content)} bytes"))
        return await self._post(to, key, card, file_name=name, file=content)

    async def room(self, room: ConversationRef) -> Room:
        """Return a room as it stands; `Refused` where there is none."""
        return await self._store.run(lambda db: messages.find_room(db, _ours(room)))

    def wake(self) -> None:
        """Let every open window look again."""
        self._changes.publish()

    async def say(self, room: ConversationRef, key: str, person: Person, words: str) -> MessageRef:
        """Show what a person typed in a room, once per key; the timeline has it already."""
        return await self._post(room, key, message(person, ": ", Untrusted(words)))

    async def find(self, to: ConversationRef, key: str) -> MessageRef | None:
        """Return the message under a key."""
        found = await self._store.run(lambda db: messages.find(db, _ours(to), key))
        return None if found is None else MessageRef(conversation=to, id=str(found))

    async def _post(
        self,
        to: ConversationRef,
        key: str,
        card: Card,
        *,
        file_name: str = "",
        file: bytes | None = None,
    ) -> MessageRef:
        draft = Draft(
            conversation=_ours(to),
            key=key,
            card=codec.to_json(fitted(card)),
            at=self._clock.now(),
            file_name=file_name,
            file=file,
        )
        position = await self._write(lambda db: messages.post(db, draft))
        return MessageRef(conversation=to, id=str(position))

    async def _write(self, work: Callable[[Database], T]) -> T:
        result = await self._store.run(work)
        self._changes.publish()
        return result


def _ref(conversation: str) -> ConversationRef:
    return ConversationRef(platform=PLATFORM, id=conversation)


def _ours(conversation: ConversationRef) -> str:
    known = conversation.id.startswith((ROOM, DIRECT)) or (
        conversation.id.removeprefix(CHANNEL) in CHANNELS
    )
    if conversation.platform != PLATFORM or not known:
        raise Refused(f"the console has no conversation {conversation.platform}:{conversation.id}")
    return conversation.id
