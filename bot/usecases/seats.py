"""Seats of the console: who sits where, one-time sign-in links and API tokens."""

import hashlib
import json
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import StrEnum
from typing import Final, Protocol

from bot.domain import seats
from bot.domain.actor import FIREWARDEN
from bot.domain.decided import Decision, Refusal
from bot.domain.events import Envelope
from bot.domain.person import SeatRevoked, TokenMade
from bot.domain.policy import Policy
from bot.domain.seats import (
    AddSeat,
    MakeLink,
    MakeToken,
    RevokeSeat,
    Seating,
    SeatIntent,
    UseLink,
)
from bot.errors import UserMistake
from bot.ports import Clock, Ids, Journal
from bot.records.rows import Put, Remove, Row, RowChange, SeatRow, TokenRow
from bot.usecases.deciding import Done
from bot.usecases.desk import Desk
from bot.values import PersonId

LINK_LASTS: Final = timedelta(hours=24)
"""How long a sign-in link may wait to be opened."""


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


class SeatNoun:
    """The pure functions of `person` streams, for the desk: one stream per seat, by its name."""

    kind = "person"

    def blank(self, ident: str) -> Seating:
        """See `Noun`."""
        return Seating(name=ident)

    def evolve(self, state: Seating, envelope: Envelope) -> Seating:
        """See `Noun`."""
        return seats.evolve(state, envelope)

    def decide(self, policy: Policy, state: Seating, intent: SeatIntent, now: datetime) -> Decision:
        """See `Noun`."""
        return seats.decide(policy, state, intent, now)

    def rows(
        self, before: Seating, after: Seating, envelopes: Sequence[Envelope]
    ) -> tuple[RowChange, ...]:
        """See `Noun`: the same rows as `person_rows` makes of the whole stream."""
        del before
        seat = SeatRow(
            name=after.name,
            person=after.person,
            groups=json.dumps(after.groups),
            link_hash=after.link_hash,
            link_expires_at=after.link_expires_at,
            revoked=after.revoked,
        )
        changes = [change for envelope in envelopes for change in _token_changes(envelope)]
        return (*changes, Put(seat))

    def exclusive(self, after: Seating, envelopes: Sequence[Envelope]) -> tuple[Row, ...]:
        """See `Noun`."""
        del after, envelopes
        return ()


class Seats:
    """Adds seats, makes their links and tokens, and finds them again (a `SeatLookup`)."""

    def __init__(
        self, *, desk: Desk[Seating, SeatIntent], journal: Journal, clock: Clock, ids: Ids
    ) -> None:
        self._desk = desk
        self._journal = journal
        self._clock = clock
        self._ids = ids

    async def add(self, name: str, person: PersonId, groups: Sequence[str]) -> Seat:
        """Give a person a seat; `UserMistake` where the name is taken or no good."""
        await self._submit(name, AddSeat(by=FIREWARDEN, person=person, groups=tuple(groups)))
        return Seat(name=name, person=person, groups=tuple(groups))

    async def make_link(self, name: str, lasts: timedelta = LINK_LASTS) -> str:
        """Return the secret of a new sign-in link, shown once; the one before is void."""
        secret = self._ids.secret()
        expires_at = self._clock.now() + lasts
        link = MakeLink(by=FIREWARDEN, link_hash=hash_of(secret), expires_at=expires_at)
        await self._submit(name, link)
        return secret

    async def make_token(self, name: str, kind: TokenKind) -> str:
        """Return a new API token, shown once."""
        secret = self._ids.secret()
        token = MakeToken(by=FIREWARDEN, token_hash=hash_of(secret), kind=kind.value)
        await self._submit(name, token)
        return secret

    async def revoke(self, name: str) -> None:
        """Void a seat with its link and tokens."""
        await self._submit(name, RevokeSeat(by=FIREWARDEN))

    async def all(self) -> Sequence[Seat]:
        """Return every seat that is not revoked, by name."""
        return [_seat(row) for row in await self._journal.rows(SeatRow) if not row.revoked]

    async def seat(self, name: str) -> Seat | None:
        """See `SeatLookup`."""
        return next(iter(await self._rows(name=name)), None)

    async def of_person(self, person: PersonId) -> Seat | None:
        """See `SeatLookup`."""
        return next(iter(await self._rows(person=person)), None)

    async def was_revoked(self, person: PersonId) -> bool:
        """Whether a seat of that person is void: only whoever runs the bot gives it anew."""
        return any(row.revoked for row in await self._journal.rows(SeatRow, person=person))

    async def behind_link(self, secret: str) -> Seat | None:
        """See `SeatLookup`."""
        rows = await self._journal.rows(SeatRow, link_hash=hash_of(secret))
        now = self._clock.now()
        valid = [row for row in rows if row.link_expires_at and now < row.link_expires_at]
        return next((_seat(row) for row in valid if not row.revoked), None)

    async def use_link(self, secret: str) -> Seat | None:
        """See `SeatLookup`."""
        seat = await self.behind_link(secret)
        if seat is None:
            return None
        used = await self._desk.submit(seat.name, UseLink(by=FIREWARDEN, link_hash=hash_of(secret)))
        return seat if isinstance(used, Done) else None

    async def behind_token(self, secret: str) -> ApiToken | None:
        """See `SeatLookup`."""
        for row in await self._journal.rows(TokenRow, hash=hash_of(secret)):
            seat = await self.seat(row.seat)
            if seat is not None and not row.revoked:
                return ApiToken(seat=seat, kind=TokenKind(row.kind))
        return None

    async def _rows(self, **equal: str) -> Sequence[Seat]:
        rows = await self._journal.rows(SeatRow, **equal)
        return [_seat(row) for row in rows if not row.revoked]

    async def _submit(self, name: str, intent: SeatIntent) -> None:
        result = await self._desk.submit(name, intent)
        if isinstance(result, Refusal):
            raise UserMistake(result.reason)


def hash_of(secret: str) -> str:
    """Return what is kept of a secret: its SHA-256, hex. Secrets have 256 random bits."""
    return hashlib.sha256(secret.encode()).hexdigest()


def _seat(row: SeatRow) -> Seat:
    return Seat(name=row.name, person=PersonId(row.person), groups=tuple(json.loads(row.groups)))


def _token_changes(envelope: Envelope) -> tuple[RowChange, ...]:
    match envelope.event:
        case TokenMade(seat=name, token_hash=token_hash, kind=kind):
            return (Put(TokenRow(hash=token_hash, seat=name, kind=kind, revoked=False)),)
        case SeatRevoked(seat=name):
            return (Remove(TokenRow, (("seat", name),)),)
        case _:
            return ()
