"""Slack users by e-mail address, for people whom the policy links by theirs."""

from datetime import datetime, timedelta
from typing import Final

from bot.adapters.slack.people import confirmed_email, kind_of
from bot.adapters.slack.web import Denied, SlackWeb, inner, text_in
from bot.ports import Clock, StandingKind

_FRESH: Final = timedelta(minutes=10)
"""An address that moved is followed within this; what is decided asks anew (`SlackPeople`)."""


class Directory:
    """Finds active members of the bot's own workspace; never a guest, a bot or a stranger."""

    def __init__(self, *, web: SlackWeb, clock: Clock) -> None:
        self._web = web
        self._clock = clock
        self._known: dict[str, tuple[datetime, str]] = {}

    async def user(self, email: str) -> str:
        """Return the user id of an address, "" where nobody in good standing has confirmed it."""
        now = self._clock.now()
        known = self._known.get(email.casefold())
        if known is not None and timedelta() <= now - known[0] < _FRESH:
            return known[1]
        found = await self._asked(email)
        self._known[email.casefold()] = (now, found)
        return found

    async def _asked(self, email: str) -> str:
        try:
            user = inner(await self._web.ask("users.lookupByEmail", email=email), "user")
        except Denied as denied:
            if denied.error == "users_not_found":
                return ""
            raise
        home = text_in(await self._web.ask("auth.test"), "team_id")
        active = kind_of(user, text_in(user, "team_id"), home) is StandingKind.ACTIVE
        confirmed = confirmed_email(user).casefold() == email.casefold()
        return text_in(user, "id") if active and confirmed else ""
