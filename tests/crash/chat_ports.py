"""The ports of a life towards people, with a labelled point before and after each call."""

from collections.abc import Awaitable, Sequence
from typing import TypeVar

from bot.ports import (
    ChatPlatform,
    People,
    RoomBar,
    RoomLink,
    RoomSpec,
    StandingAnswer,
    UserGroups,
)
from bot.usecases.delivering.hints import DrillGround
from bot.values import ConversationRef, MessageRef, PersonId
from cards.model import Card
from tests.crash.fuse import Fuse
from tests.crash.ports import between

T = TypeVar("T")

CARD = "of a card"
MESSAGE = "of a message"
"""What is posted: a view of the state that changes, or the news of an event."""


class LabelledChat:
    """`ChatPlatform`, with points around each call, a post named by what is posted."""

    def __init__(self, inner: ChatPlatform, fuse: Fuse) -> None:
        self._inner = inner
        self._fuse = fuse

    @property
    def name(self) -> str:
        return self._inner.name

    async def _between(self, call: str, work: Awaitable[T]) -> T:
        return await between(self._fuse, f"{self.name} {call}", work)

    async def open_room(self, spec: RoomSpec) -> ConversationRef:
        return await self._between("open room", self._inner.open_room(spec))

    async def set_room(self, room: ConversationRef, *, name: str, topic: str) -> None:
        await self._between("set room", self._inner.set_room(room, name=name, topic=topic))

    async def close_room(self, room: ConversationRef) -> None:
        await self._between("close room", self._inner.close_room(room))

    async def reopen_room(self, room: ConversationRef) -> None:
        await self._between("reopen room", self._inner.reopen_room(room))

    async def invite(self, room: ConversationRef, people: Sequence[PersonId]) -> None:
        await self._between("invite", self._inner.invite(room, people))

    async def channel(self, name: str) -> ConversationRef:
        return await self._between("channel", self._inner.channel(name))

    async def direct(self, person: PersonId) -> ConversationRef:
        return await self._between("direct", self._inner.direct(person))

    async def post(self, to: ConversationRef, key: str, card: Card) -> MessageRef:
        what = CARD if key.startswith("card:") else MESSAGE
        return await self._between(f"post {what}", self._inner.post(to, key, card))

    async def update(self, message: MessageRef, card: Card) -> None:
        await self._between("update", self._inner.update(message, card))

    async def amend(self, message: MessageRef, card: Card) -> None:
        await self._between("amend", self._inner.amend(message, card))

    async def attach(self, to: ConversationRef, key: str, name: str, content: bytes) -> MessageRef:
        return await self._between("attach", self._inner.attach(to, key, name, content))

    async def find(self, to: ConversationRef, key: str) -> MessageRef | None:
        return await self._between("find", self._inner.find(to, key))


class LabelledPeople:
    """`People`, with points around each question."""

    def __init__(self, platform: str, inner: People, fuse: Fuse) -> None:
        self._platform = platform
        self._inner = inner
        self._fuse = fuse

    async def standing(self, platform: str, account: str) -> StandingAnswer:
        asked = self._inner.standing(platform, account)
        return await between(self._fuse, f"{self._platform} standing", asked)


class LabelledGroups:
    """`UserGroups` of Slack, with points around each question."""

    def __init__(self, inner: UserGroups, fuse: Fuse) -> None:
        self._inner = inner
        self._fuse = fuse

    async def members(self, group: str) -> frozenset[str]:
        return await between(self._fuse, "slack members", self._inner.members(group))


class LabelledBar:
    """`RoomBar` of Slack, with points around each call."""

    def __init__(self, inner: RoomBar, fuse: Fuse) -> None:
        self._inner = inner
        self._fuse = fuse

    async def link_room(self, room: ConversationRef, links: Sequence[RoomLink]) -> None:
        await between(self._fuse, "slack link room", self._inner.link_room(room, links))


class LabelledGround:
    """`DrillGround`, with points around each drill's beginning."""

    def __init__(self, inner: DrillGround, fuse: Fuse) -> None:
        self._inner = inner
        self._fuse = fuse

    async def begin(self, scenario: str, drill: str) -> None:
        await between(self._fuse, "ground begin", self._inner.begin(scenario, drill))
