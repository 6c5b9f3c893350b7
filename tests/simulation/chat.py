"""One life's way to the chat and the pagers, which are not always there."""

from collections.abc import Coroutine, Sequence
from dataclasses import dataclass, field
from typing import TypeVar

from bot.adapters.memory.chat import MemoryChat
from bot.errors import Unavailable
from bot.ports import PagePacket, RoomSpec
from bot.values import ConversationRef, MessageRef, PersonId
from cards.model import Card
from tests.simulation.outside import Calls, lost_reply
from tests.simulation.trouble import AT_CHAT, AT_PAGER, Fault

T = TypeVar("T")

_SLOWEST = 0.4
"""Seconds of the slowest ordinary answer of a chat or pager."""


class SimulatedChat(MemoryChat):
    """`ChatPlatform` over the one chat in memory: it shares every room and message of it."""

    __slots__ = ("_calls",)

    def __init__(self, chat: MemoryChat, calls: Calls) -> None:
        super().__init__(
            people=chat.people,
            channels=chat.channels,
            platform=chat.platform,
            rooms=chat.rooms,
            cards=chat.cards,
            files=chat.files,
        )
        self._calls = calls

    async def open_room(self, spec: RoomSpec) -> ConversationRef:
        return await self._made("open room", super().open_room(spec))

    async def set_room(self, room: ConversationRef, *, name: str, topic: str) -> None:
        await self._made("set room", super().set_room(room, name=name, topic=topic))

    async def close_room(self, room: ConversationRef) -> None:
        await self._made("close room", super().close_room(room))

    async def reopen_room(self, room: ConversationRef) -> None:
        await self._made("reopen room", super().reopen_room(room))

    async def invite(self, room: ConversationRef, people: Sequence[PersonId]) -> None:
        await self._made("invite", super().invite(room, people))

    async def post(self, to: ConversationRef, key: str, card: Card) -> MessageRef:
        made, fault = await self._calls.make("post", AT_CHAT, super().post(to, key, card), _SLOWEST)
        if fault is Fault.CHAT_REPLY_LOST:
            raise lost_reply()
        return made

    async def update(self, message: MessageRef, card: Card) -> None:
        await self._made("update", super().update(message, card))

    async def find(self, to: ConversationRef, key: str) -> MessageRef | None:
        await self._calls.thread.turn()
        return await super().find(to, key)

    async def _made(self, what: str, call: Coroutine[object, object, T]) -> T:
        made, fault = await self._calls.make(what, AT_CHAT, call, _SLOWEST)
        if fault is Fault.CHAT_REPLY_LOST:
            raise Unavailable("its answer was lost")
        return made


@dataclass(slots=True)
class Pagers:
    """What arrived at people's pagers: (person, key of the page) in the order of arrival."""

    arrived: list[tuple[PersonId, str]] = field(default_factory=list)


class SimulatedPager:
    """`Pager` whose pages arrive in a list."""

    def __init__(self, name: str, pagers: Pagers, calls: Calls) -> None:
        self._name = name
        self._pagers = pagers
        self._calls = calls

    @property
    def name(self) -> str:
        return self._name

    async def page(self, person: PersonId, address: str, packet: PagePacket) -> str:
        async def arrive() -> str:
            self._pagers.arrived.append((person, packet.key))
            return packet.key

        ref, _ = await self._calls.make("page", AT_PAGER, arrive(), _SLOWEST)
        return ref
