"""Slack accounts as the policy writes them, `<team>/<user>`, and the people behind them."""

from collections.abc import Callable, Mapping
from typing import Final

from bot.domain.policy import Policy
from bot.values import PersonId

PLATFORM: Final = "slack"


def account_of(team: str, user: str) -> str:
    """Return how a user of a team is written in the policy and in senders."""
    return f"{team}/{user}"


class Accounts:
    """Finds people's Slack users in the policy that holds now."""

    def __init__(self, policy: Callable[[], Policy]) -> None:
        self._policy = policy

    def user(self, person: PersonId) -> str:
        """Return a person's Slack user id, "" where none is linked."""
        known = self._policy().people.get(person)
        linked = known.accounts if known is not None else _as_named(person)
        return next((a.rpartition("/")[2] for p, a in linked if p == PLATFORM), "")

    def mentions(self) -> Mapping[PersonId, str]:
        """Return everybody of the policy who can be called in Slack."""
        return {person: user for person in self._policy().people if (user := self.user(person))}


def _as_named(person: PersonId) -> tuple[tuple[str, str], ...]:
    """Somebody whom the policy does not name is called by their account (`slack:T1/U1`)."""
    platform, _, account = person.partition(":")
    return ((platform, account),)
