"""Paging by a direct message in Telegram, with the button that acknowledges."""

from bot.adapters.telegram.accounts import PLATFORM
from bot.adapters.telegram.platform import TelegramPlatform
from bot.errors import OutcomeUnknown, Unavailable
from bot.ports import PagePacket
from bot.values import PersonId


class TelegramPager:
    """`Pager` that posts the page's card into the person's direct conversation."""

    def __init__(self, chat: TelegramPlatform) -> None:
        self._chat = chat

    @property
    def name(self) -> str:
        """`telegram`."""
        return PLATFORM

    async def page(self, person: PersonId, address: str, packet: PagePacket) -> str:  # noqa: ARG002 - the policy links accounts
        """Post once per packet key; `Refused` where the person never started the bot."""
        conversation = await self._chat.direct(person)
        try:
            message = await self._chat.post(conversation, packet.key, packet.card)
        except OutcomeUnknown as unknown:
            # Safe to repeat: a page that came twice wakes once.
            raise Unavailable(str(unknown)) from unknown
        return f"{conversation.id}/{message.id}"
