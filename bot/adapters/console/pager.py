"""Paging by a direct message at the console."""

from bot.adapters.console.platform import PLATFORM
from bot.ports import ChatPlatform, PagePacket
from bot.values import PersonId


class ConsolePager:
    """`Pager` that posts the page's card into the person's direct conversation."""

    def __init__(self, chat: ChatPlatform) -> None:
        self._chat = chat

    @property
    def name(self) -> str:
        """`console`."""
        return PLATFORM

    async def page(self, person: PersonId, address: str, packet: PagePacket) -> str:  # noqa: ARG002 - a seat needs no address
        """Post once per packet key; `Refused` where the person has no seat."""
        conversation = await self._chat.direct(person)
        message = await self._chat.post(conversation, packet.key, packet.card)
        return f"{conversation.id}/{message.id}"
