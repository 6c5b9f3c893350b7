"""Telegram as a source of standings: what the group says of a member, at most a minute old."""

from datetime import timedelta
from typing import Final

from bot.adapters.telegram.accounts import PLATFORM
from bot.adapters.telegram.api import Moved, TelegramApi
from bot.adapters.telegram.places import Chats
from bot.errors import Refused
from bot.ports import Clock, StandingAnswer, StandingKind

_FRESH: Final = timedelta(seconds=60)
_REMEMBERED: Final = 2000
_MEMBERS = frozenset({"creator", "administrator", "member"})


class TelegramPeople:
    """`People` for numeric Telegram accounts: members of the group are active."""

    def __init__(self, *, api: TelegramApi, chats: Chats, clock: Clock, group: int) -> None:
        self._api = api
        self._chats = chats
        self._clock = clock
        self._group = group
        self._known: dict[str, StandingAnswer] = {}

    async def standing(self, platform: str, account: str) -> StandingAnswer:
        """Ask for the member, anew after a minute; `Unavailable` where Telegram is silent."""
        now = self._clock.now()
        known = self._known.get(account)
        if platform == PLATFORM and known and timedelta() <= now - known.checked_at < _FRESH:
            return known
        if platform != PLATFORM or not (account.isascii() and account.isdigit()):
            return StandingAnswer(kind=StandingKind.UNKNOWN, checked_at=now)
        answer = StandingAnswer(kind=await self._asked(int(account)), checked_at=now)
        self._known.pop(account, None)
        self._known[account] = answer
        if len(self._known) > _REMEMBERED:
            del self._known[next(iter(self._known))]
        return answer

    async def _asked(self, user: int) -> StandingKind:
        group = await self._chats.now(self._group)
        try:
            member = await self._api.ask(self._api.bot.get_chat_member(group, user))
        except Moved as moved:
            await self._chats.moved(group, moved.chat)
            return await self._asked(user)
        except Refused:
            return StandingKind.STRANGER
        if member is None:
            return StandingKind.UNKNOWN
        if member.user.is_bot:
            return StandingKind.BOT
        if member.status in _MEMBERS:
            return StandingKind.ACTIVE
        return StandingKind.GUEST if member.status == "restricted" else StandingKind.DEACTIVATED
