"""Slack's user groups as groups of people: who is in one, at most a minute ago."""

from datetime import datetime, timedelta
from typing import Final

from bot.adapters.slack.accounts import account_of
from bot.adapters.slack.web import SlackWeb
from bot.errors import Unavailable
from bot.ports import Clock

_FRESH: Final = timedelta(seconds=60)
_SILENT: Final = timedelta(seconds=5)
"""How long after a failed question nobody else is made to wait for the same silence."""


class SlackGroups:
    """`UserGroups` by usergroups.users.list, which leaves deactivated people out by itself."""

    def __init__(self, *, web: SlackWeb, clock: Clock) -> None:
        self._web = web
        self._clock = clock
        self._known: dict[str, tuple[datetime, frozenset[str]]] = {}
        self._silent_until = 0.0

    async def members(self, group: str) -> frozenset[str]:
        """Return the accounts (`<team>/<user>`) of `<team>/<group id>`, at most a minute old."""
        now = self._clock.now()
        known = self._known.get(group)
        if known is not None and timedelta() <= now - known[0] < _FRESH:
            return known[1]
        if self._clock.monotonic() < self._silent_until:
            raise Unavailable("Slack does not say who is in a user group")
        team, _, ident = group.rpartition("/")
        try:
            answer = await self._web.ask(
                "usergroups.users.list", usergroup=ident, include_disabled=False
            )
        except BaseException:
            # Whoever asks may have given up while Slack was silent: that is an answer, too.
            self._silent_until = self._clock.monotonic() + _SILENT.total_seconds()
            raise
        users = answer.get("users")
        listed = users if isinstance(users, list) else []
        found = frozenset(account_of(team, user) for user in listed if isinstance(user, str))
        self._known[group] = (now, found)
        return found
