"""Telegram accounts, numeric user ids, and the people behind them: by the policy, or by a link."""

from collections.abc import Callable, Mapping
from typing import Final, Protocol

from bot.domain.policy import Policy
from bot.values import PersonId

PLATFORM: Final = "telegram"


class Linked(Protocol):
    """Knows the accounts that people proved to be theirs with a one-time code."""

    async def accounts(self, platform: str) -> Mapping[PersonId, str]:
        """Return the linked account of each person who has one."""
        ...


class NobodyIsLinked:
    """`Linked` where the policy alone names accounts."""

    async def accounts(self, platform: str) -> Mapping[PersonId, str]:  # noqa: ARG002 - of any
        """Return nobody."""
        return {}


class Accounts:
    """Finds people's Telegram users in the policy that holds now, and among the linked ones."""

    def __init__(self, policy: Callable[[], Policy], linked: Linked) -> None:
        self._policy = policy
        self._linked = linked

    async def user(self, person: PersonId) -> int:
        """Return a person's Telegram user id, 0 where none is linked."""
        return self._user(person, await self._linked.accounts(PLATFORM))

    async def mentions(self) -> Mapping[PersonId, int]:
        """Return everybody who can be called in Telegram."""
        linked = await self._linked.accounts(PLATFORM)
        people = {*self._policy().people, *linked}
        return {person: user for person in people if (user := self._user(person, linked))}

    def names(self) -> Mapping[str, str]:
        """Return the names of the policy's people by their ids, for choosing somebody."""
        return {str(person.id): person.name for person in self._policy().people.values()}

    def _user(self, person: PersonId, linked: Mapping[PersonId, str]) -> int:
        known = self._policy().people.get(person)
        named = known.accounts if known is not None else _as_named(person)
        found = next((a for p, a in named if p == PLATFORM), "")
        return _number(found or linked.get(person, ""))


def _number(account: str) -> int:
    return int(account) if account.isascii() and account.isdigit() else 0


def _as_named(person: PersonId) -> tuple[tuple[str, str], ...]:
    """Somebody whom the policy does not name is called by their account (`telegram:42`)."""
    platform, _, account = person.partition(":")
    return ((platform, account),)
