"""Telegram accounts as the policy writes them, numeric user ids, and the people behind them."""

from collections.abc import Callable, Mapping
from typing import Final

from bot.domain.policy import Policy
from bot.values import PersonId

PLATFORM: Final = "telegram"


class Accounts:
    """Finds people's Telegram users in the policy that holds now."""

    def __init__(self, policy: Callable[[], Policy]) -> None:
        self._policy = policy

    def user(self, person: PersonId) -> int:
        """Return a person's Telegram user id, 0 where none is linked."""
        known = self._policy().people.get(person)
        linked = known.accounts if known is not None else _as_named(person)
        found = next((a for p, a in linked if p == PLATFORM), "")
        return int(found) if found.isascii() and found.isdigit() else 0

    def mentions(self) -> Mapping[PersonId, int]:
        """Return everybody of the policy who can be called in Telegram."""
        return {person: user for person in self._policy().people if (user := self.user(person))}


def _as_named(person: PersonId) -> tuple[tuple[str, str], ...]:
    """Somebody whom the policy does not name is called by their account (`telegram:42`)."""
    platform, _, account = person.partition(":")
    return ((platform, account),)
