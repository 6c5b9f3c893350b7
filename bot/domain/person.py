"""Seats with their credentials, and linked accounts: events about people."""

from dataclasses import dataclass
from datetime import datetime
from typing import TypeAlias

from bot.values import PersonId


@dataclass(frozen=True, slots=True, kw_only=True)
class SeatAdded:
    """A person has a seat at the console. `groups` are given by whoever runs the bot."""

    seat: str
    person: PersonId
    groups: tuple[str, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class LinkMade:
    """A one-time sign-in link exists; only its SHA-256 (hex) is kept."""

    seat: str
    link_hash: str
    expires_at: datetime


@dataclass(frozen=True, slots=True, kw_only=True)
class LinkUsed:
    """The sign-in link was pressed and is used up."""

    seat: str
    link_hash: str


@dataclass(frozen=True, slots=True, kw_only=True)
class TokenMade:
    """An API token exists; `kind` is read, operate or answer; only its SHA-256 (hex) is kept."""

    seat: str
    token_hash: str
    kind: str


@dataclass(frozen=True, slots=True, kw_only=True)
class SeatRevoked:
    """The seat, its links and its tokens are void."""

    seat: str


@dataclass(frozen=True, slots=True, kw_only=True)
class LinkCodeMade:
    """A one-time code that links an account exists; only its SHA-256 (hex) is kept."""

    person: PersonId
    code_hash: str
    expires_at: datetime


@dataclass(frozen=True, slots=True, kw_only=True)
class AccountLinked:
    """Whoever uses this account of a platform showed the person's code: they are that person."""

    person: PersonId
    platform: str
    account: str


@dataclass(frozen=True, slots=True, kw_only=True)
class AccountUnlinked:
    """The account is nobody's again."""

    person: PersonId
    platform: str
    account: str


PersonEvent: TypeAlias = (
    SeatAdded
    | LinkMade
    | LinkUsed
    | TokenMade
    | SeatRevoked
    | LinkCodeMade
    | AccountLinked
    | AccountUnlinked
)
