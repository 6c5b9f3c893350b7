"""Seats, decided and folded: who sits at the console, with which sign-in link and API tokens.

A `person` stream is one seat. Only whoever runs the bot changes seats, at its terminal; a link
proves itself by its hash.
"""

import re
from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from datetime import datetime
from typing import ClassVar, Final, TypeAlias

from bot.domain.decided import Decided, Decision, Refusal
from bot.domain.events import Envelope, Event
from bot.domain.intents import Intent
from bot.domain.permissions import Verb, allowed
from bot.domain.person import LinkMade, LinkUsed, SeatAdded, SeatRevoked, TokenMade
from bot.domain.policy import Policy
from bot.values import PersonId

NAME: Final = re.compile(r"[a-z][a-z0-9-]{0,31}")
"""A seat's name is part of addresses and of request ids."""


_EPOCH: Final = datetime.fromisoformat("1970-01-01T00:00:00+00:00")


@dataclass(frozen=True, slots=True, kw_only=True)
class Seating:
    """A seat as it stands; `person` is empty before it was added. `tokens` maps hashes to kinds."""

    name: str
    person: PersonId = PersonId("")
    groups: tuple[str, ...] = ()
    link_hash: str = ""
    link_expires_at: datetime | None = None
    tokens: Mapping[str, str] = field(default_factory=dict)
    revoked: bool = False
    last_at: datetime = _EPOCH

    @property
    def taken(self) -> bool:
        """Whether somebody sits there now."""
        return bool(self.person) and not self.revoked


@dataclass(frozen=True, slots=True, kw_only=True)
class AddSeat(Intent):
    """Give a person a seat; a revoked seat may be given anew."""

    VERB: ClassVar[Verb] = Verb.SYSTEM
    person: PersonId
    groups: tuple[str, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class MakeLink(Intent):
    """Make a sign-in link, which voids the one before."""

    VERB: ClassVar[Verb] = Verb.SYSTEM
    link_hash: str
    expires_at: datetime


@dataclass(frozen=True, slots=True, kw_only=True)
class UseLink(Intent):
    """Press the button behind a sign-in link."""

    VERB: ClassVar[Verb] = Verb.SYSTEM
    link_hash: str


@dataclass(frozen=True, slots=True, kw_only=True)
class MakeToken(Intent):
    """Make an API token."""

    VERB: ClassVar[Verb] = Verb.SYSTEM
    token_hash: str
    kind: str


@dataclass(frozen=True, slots=True, kw_only=True)
class RevokeSeat(Intent):
    """Void a seat with its link and tokens."""

    VERB: ClassVar[Verb] = Verb.SYSTEM


SeatIntent: TypeAlias = AddSeat | MakeLink | UseLink | MakeToken | RevokeSeat


def evolve(seat: Seating, envelope: Envelope) -> Seating:
    """Fold one event."""
    return replace(_changed(seat, envelope), last_at=envelope.at)


def _changed(seat: Seating, envelope: Envelope) -> Seating:
    match envelope.event:
        case SeatAdded(seat=name, person=person, groups=groups):
            return Seating(name=name, person=person, groups=groups)
        case LinkMade(link_hash=link_hash, expires_at=expires_at):
            return replace(seat, link_hash=link_hash, link_expires_at=expires_at)
        case LinkUsed():
            return replace(seat, link_hash="", link_expires_at=None)
        case TokenMade(token_hash=token_hash, kind=kind):
            return replace(seat, tokens={**seat.tokens, token_hash: kind})
        case SeatRevoked():
            return replace(seat, link_hash="", link_expires_at=None, tokens={}, revoked=True)
        case _:
            return seat


def decide(policy: Policy, seat: Seating, intent: SeatIntent, now: datetime) -> Decision:
    """Say what an intent leads to."""
    why_not = allowed(intent.by, intent.VERB)
    if why_not:
        return Refusal(reason=why_not)
    if isinstance(intent, AddSeat):
        return _add(policy, seat, intent)
    if not seat.taken:
        return Refusal(reason=f"There is no seat “{seat.name}”.", hidden=True)
    match intent:
        case MakeLink(link_hash=link_hash, expires_at=expires_at):
            made = LinkMade(seat=seat.name, link_hash=link_hash, expires_at=expires_at)
            return _done(made, f"A sign-in link for {seat.name}.")
        case UseLink(link_hash=link_hash):
            return _use(seat, link_hash, now)
        case MakeToken(token_hash=token_hash, kind=kind):
            made_token = TokenMade(seat=seat.name, token_hash=token_hash, kind=kind)
            return _done(made_token, f"A token of kind {kind} for {seat.name}.")
        case RevokeSeat():
            return _done(SeatRevoked(seat=seat.name), f"The seat {seat.name} is void.")


def _add(policy: Policy, seat: Seating, intent: AddSeat) -> Decision:
    if not NAME.fullmatch(seat.name):
        return Refusal(reason="A seat's name is up to 32 lower-case letters, digits and hyphens.")
    if seat.taken:
        return Refusal(reason=f"The seat {seat.name} is taken.")
    if not policy.open_door and intent.person not in policy.people:
        return Refusal(reason=f"The policy knows no person “{intent.person}”.")
    added = SeatAdded(seat=seat.name, person=intent.person, groups=intent.groups)
    return _done(added, f"The seat {seat.name} belongs to {intent.person}.")


def _use(seat: Seating, link_hash: str, now: datetime) -> Decision:
    fresh = seat.link_expires_at is not None and now < seat.link_expires_at
    if not link_hash or seat.link_hash != link_hash or not fresh:
        return Refusal(reason="This sign-in link is used up.", hidden=True)
    return _done(LinkUsed(seat=seat.name, link_hash=link_hash), "Signed in.")


def _done(event: Event, answer: str) -> Decided:
    return Decided(events=(event,), answer=answer)
