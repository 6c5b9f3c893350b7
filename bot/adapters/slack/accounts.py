"""Slack accounts as the policy writes them, `<team>/<user>`, and the people behind them."""

from collections.abc import Awaitable, Callable, Mapping
from typing import Final, TypeAlias

from bot.domain.policy import Policy
from bot.values import PersonId

PLATFORM: Final = "slack"

ByEmail: TypeAlias = Callable[[str], Awaitable[str]]
"""Finds the user of a confirmed e-mail address, "" where there is none."""


def account_of(team: str, user: str) -> str:
    """Return how a user of a team is written in the policy and in senders."""
    return f"{team}/{user}"


class Accounts:
    """Finds people's Slack users in the policy that holds now, and where it says so by e-mail."""

    def __init__(self, policy: Callable[[], Policy], by_email: ByEmail | None = None) -> None:
        self._policy = policy
        self._by_email = by_email
        self._found: dict[PersonId, str] = {}

    async def user(self, person: PersonId) -> str:
        """Return a person's Slack user id, "" where none is linked.

        Raises `Unavailable` where their address has to be looked up and Slack is silent.
        """
        named = self._named(person)
        policy = self._policy()
        known = policy.people.get(person)
        if named or known is None or not known.email or PLATFORM not in policy.link_by_email:
            return named
        if self._by_email is None:
            return ""
        self._found[person] = await self._by_email(known.email)
        return self._found[person]

    def mentions(self) -> Mapping[PersonId, str]:
        """Return everybody of the policy who can be called in Slack, as far as it is known."""
        policy = self._policy()
        by_email = self._found if PLATFORM in policy.link_by_email else {}
        found = {
            person: self._named(person) or by_email.get(person, "") for person in policy.people
        }
        return {person: user for person, user in found.items() if user}

    def _named(self, person: PersonId) -> str:
        known = self._policy().people.get(person)
        linked = known.accounts if known is not None else _as_called(person)
        return next((a.rpartition("/")[2] for p, a in linked if p == PLATFORM), "")


def _as_called(person: PersonId) -> tuple[tuple[str, str], ...]:
    """Somebody whom the policy does not name is called by their account (`slack:T1/U1`)."""
    platform, _, account = person.partition(":")
    return ((platform, account),)
