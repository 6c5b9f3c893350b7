"""Slack as a source of standings: what users.info says of an account, at most a minute old."""

import asyncio
from dataclasses import dataclass
from datetime import timedelta
from typing import Final

from bot.adapters.slack.accounts import PLATFORM
from bot.adapters.slack.web import Answer, Denied, SlackWeb, inner, text_in
from bot.errors import Unavailable
from bot.ports import Clock, StandingAnswer, StandingKind

_FRESH: Final = timedelta(seconds=60)
_SILENT: Final = timedelta(seconds=5)
"""How long after a failed question nobody else is made to wait for the same silence."""
_REMEMBERED: Final = 2000
_NOBODY: Final = frozenset({"user_not_found", "user_not_visible"})


@dataclass(frozen=True, slots=True, kw_only=True)
class _Failed:
    """A question that Slack did not answer, and until when it is not asked again."""

    until: float
    why: str


class SlackPeople:
    """`People` for Slack accounts; one that cannot be asked about raises `Unavailable`."""

    def __init__(self, *, web: SlackWeb, clock: Clock) -> None:
        self._web = web
        self._clock = clock
        self._known: dict[str, StandingAnswer] = {}
        self._failed: _Failed | None = None

    async def standing(self, platform: str, account: str) -> StandingAnswer:
        """Return the account's standing, asked anew after a minute."""
        now = self._clock.now()
        if platform != PLATFORM:
            return StandingAnswer(kind=StandingKind.UNKNOWN, checked_at=now)
        known = self._known.get(account)
        if known is not None and timedelta() <= now - known.checked_at < _FRESH:
            return known
        answer = StandingAnswer(kind=await self._asked(account), checked_at=now)
        self._known.pop(account, None)
        self._known[account] = answer
        if len(self._known) > _REMEMBERED:
            del self._known[next(iter(self._known))]
        return answer

    async def _asked(self, account: str) -> StandingKind:
        if self._failed is not None and self._clock.monotonic() < self._failed.until:
            raise Unavailable(self._failed.why)
        team, _, user = account.rpartition("/")
        try:
            answer = await self._web.ask("users.info", user=user)
        except Denied as denied:
            return StandingKind.STRANGER if denied.error in _NOBODY else StandingKind.UNKNOWN
        except (Unavailable, asyncio.CancelledError):
            # Whoever asks may have given up while Slack was silent: that is an answer, too.
            until = self._clock.monotonic() + _SILENT.total_seconds()
            self._failed = _Failed(until=until, why="Slack does not say who somebody is")
            raise
        return _kind(inner(answer, "user"), team)


def _kind(user: Answer, team: str) -> StandingKind:
    if user.get("deleted") is not False:
        return StandingKind.DEACTIVATED
    if user.get("is_bot") is True:
        return StandingKind.BOT
    if user.get("is_stranger") is True or text_in(user, "team_id") != team:
        return StandingKind.STRANGER
    if user.get("is_restricted") is not False or user.get("is_ultra_restricted") is True:
        return StandingKind.GUEST
    return StandingKind.ACTIVE
