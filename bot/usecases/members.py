"""People of the policy whom somebody outside vouches for: from an e-mail address to their seat."""

from collections.abc import Iterator
from typing import Final

from bot.domain.policy import Policy, PolicyPerson
from bot.domain.seats import NAME
from bot.errors import UserMistake
from bot.usecases.current import Current
from bot.usecases.identity import CONSOLE
from bot.usecases.seats import Seat, Seats
from bot.values import PersonId

_SAME_NAME: Final = 9
"""Seats that may begin with one name: more people called alike are seated by hand."""


class Members:
    """The people of the policy with an e-mail address, and where they sit."""

    def __init__(self, *, current: Current, seats: Seats) -> None:
        self._current = current
        self._seats = seats

    def person(self, email: str) -> PolicyPerson | None:
        """Return whom the policy of this moment gives the address, None where nobody.

        Addresses differ in their case alone; look-alikes are nobody's.
        """
        if not email.isascii() or not email:
            return None
        people = self._current.policy.people.values()
        found = [person for person in people if person.email.lower() == email.lower()]
        return found[0] if len(found) == 1 else None

    async def seat(self, person: PolicyPerson) -> Seat | None:
        """Return the person's seat, made at their first sign-in; None where it was revoked."""
        policy = self._current.policy
        for name in _own_names(person):
            seat = await self._seats.seat(name)
            if seat is not None:
                return seat
        seat = await self._seats.of_person(person.id)
        if seat is not None and not _is_anothers(policy, person, seat.name):
            return seat
        if await self._seats.was_revoked(person.id):
            return None
        return await self._made(policy, person)

    async def sits(self, person: PersonId) -> bool:
        """Whether a person has a seat, or gets one as soon as they sign in."""
        if await self._seats.of_person(person) is not None:
            return True
        known = self._current.policy.people.get(person)
        can = known is not None and bool(known.email)
        return can and not await self._seats.was_revoked(person)

    async def _made(self, policy: Policy, person: PolicyPerson) -> Seat | None:
        for name in _free_names(person):
            if _is_anothers(policy, person, name) or await self._seats.seat(name) is not None:
                continue
            try:
                return await self._seats.add(name, person.id, ())
            except UserMistake:
                # Two windows were opened at once: whoever came second sits there already.
                return await self._seats.of_person(person.id)
        return None


def _own_names(person: PolicyPerson) -> Iterator[str]:
    """Yield the seats that the policy itself gives a person."""
    return (account for platform, account in person.accounts if platform == CONSOLE)


def _free_names(person: PolicyPerson) -> Iterator[str]:
    yield from filter(NAME.fullmatch, _own_names(person))
    letters = "".join(c if c.isalnum() else "-" for c in person.id).strip("-")
    plain = letters if NAME.match(letters) else f"p-{letters}"
    name = plain[:28].rstrip("-")
    yield name
    yield from (f"{name}-{number}" for number in range(2, _SAME_NAME + 1))


def _is_anothers(policy: Policy, person: PolicyPerson, name: str) -> bool:
    """Whether the policy gives the seat of this name to somebody else."""
    account = (CONSOLE, name)
    return any(account in other.accounts for other in policy.people.values() if other != person)
