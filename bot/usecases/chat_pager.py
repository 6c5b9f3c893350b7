"""Paging by a direct message in any chat, with the button that acknowledges."""

from bot.errors import OutcomeUnknown, Unavailable
from bot.ports import ChatPlatform, PagePacket
from bot.values import PersonId


class ChatPager:
    """`Pager` that posts the page's card into the person's direct conversation."""

    def __init__(self, chat: ChatPlatform) -> None:
        self._chat = chat

    @property
    def name(self) -> str:
        """The chat's own name."""
        return self._chat.name

    async def page(self, person: PersonId, address: str, packet: PagePacket) -> str:  # noqa: ARG002 - a chat knows its people
        """Post once per packet key; `Refused` where the person cannot be reached there."""
        conversation = await self._chat.direct(person)
        try:
            message = await self._chat.post(conversation, packet.key, packet.card)
        except OutcomeUnknown as unknown:
            # Safe to repeat: a chat looks for the key first, and a second page wakes nobody anew.
            raise Unavailable(str(unknown)) from unknown
        return f"{conversation.id}/{message.id}"
