"""Paging by a direct message in Slack, with the button that acknowledges."""

from bot.adapters.slack.accounts import PLATFORM
from bot.adapters.slack.platform import SlackPlatform
from bot.errors import OutcomeUnknown, Unavailable
from bot.ports import PagePacket
from bot.values import PersonId


class SlackPager:
    """`Pager` that posts the page's card into the person's direct conversation."""

    def __init__(self, chat: SlackPlatform) -> None:
        self._chat = chat

    @property
    def name(self) -> str:
        """`slack`."""
        return PLATFORM

    async def page(self, person: PersonId, address: str, packet: PagePacket) -> str:  # noqa: ARG002 - the policy links accounts
        """Post once per packet key; `Refused` where the person has no Slack account."""
        conversation = await self._chat.direct(person)
        try:
            message = await self._chat.post(conversation, packet.key, packet.card)
        except OutcomeUnknown as unknown:
            # Safe to repeat: the conversation is read before the page is posted again.
            raise Unavailable(str(unknown)) from unknown
        return f"{conversation.id}/{message.id}"
