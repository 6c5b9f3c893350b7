"""Telegram as a source of standings: what the team's group says of a member, freshly."""

from bot.adapters.telegram.accounts import PLATFORM
from bot.adapters.telegram.api import TelegramApi
from bot.errors import Refused
from bot.ports import Clock, StandingAnswer, StandingKind

_MEMBERS = frozenset({"creator", "administrator", "member"})


class TelegramPeople:
    """`People` for numeric Telegram accounts: members of the group are active."""

    def __init__(self, *, api: TelegramApi, clock: Clock, group: int) -> None:
        self._api = api
        self._clock = clock
        self._group = group

    async def standing(self, platform: str, account: str) -> StandingAnswer:
        """Ask for the member; `Unavailable` where Telegram does not answer."""
        now = self._clock.now()
        if platform != PLATFORM or not (account.isascii() and account.isdigit()):
            return StandingAnswer(kind=StandingKind.UNKNOWN, checked_at=now)
        return StandingAnswer(kind=await self._asked(int(account)), checked_at=now)

    async def _asked(self, user: int) -> StandingKind:
        try:
            member = await self._api.ask(self._api.bot.get_chat_member(self._group, user))
        except Refused:
            return StandingKind.STRANGER
        if member is None:
            return StandingKind.UNKNOWN
        if member.user.is_bot:
            return StandingKind.BOT
        if member.status in _MEMBERS:
            return StandingKind.ACTIVE
        return StandingKind.GUEST if member.status == "restricted" else StandingKind.DEACTIVATED
