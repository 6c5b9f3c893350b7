"""Seats of the console: who sits where, one-time sign-in links and API tokens."""

from dataclasses import dataclass
from enum import StrEnum
from typing import Protocol

from bot.values import PersonId


class TokenKind(StrEnum):
    """What an API token may be used for."""

    READ = "read"
    OPERATE = "operate"
    ANSWER = "answer"


@dataclass(frozen=True, slots=True, kw_only=True)
class Seat:
    """A seat that is not revoked."""

    name: str
    person: PersonId
    groups: tuple[str, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class ApiToken:
    """A token that is not revoked."""

    seat: Seat
    kind: TokenKind


class SeatLookup(Protocol):
    """What the console and the API ask of seats; secrets are compared by their SHA-256."""

    async def seat(self, name: str) -> Seat | None:
        """Return the seat of that name, None where there is none or it is revoked."""
        ...

    async def of_person(self, person: PersonId) -> Seat | None:
        """Return a seat of that person."""
        ...

    async def behind_link(self, secret: str) -> Seat | None:
        """Return the seat that an unused, unexpired sign-in link opens; uses nothing up."""
        ...

    async def use_link(self, secret: str) -> Seat | None:
        """Use the link up and return its seat; of two presses at once exactly one gets it."""
        ...

    async def behind_token(self, secret: str) -> ApiToken | None:
        """Return the seat and kind of an API token."""
        ...
