"""Accounts that people proved to be theirs: making codes, using them up, and finding who is who."""

import hashlib
from collections.abc import Mapping, Sequence
from datetime import datetime, timedelta
from typing import Final, Protocol

from bot.domain import links
from bot.domain.actor import Actor
from bot.domain.decided import Decision, Refusal
from bot.domain.events import Envelope
from bot.domain.links import NO_SUCH_CODE, LinkIntent, MakeCode, Unlink, UseCode
from bot.domain.person import AccountLinked, AccountUnlinked
from bot.domain.policy import Policy
from bot.errors import UserMistake
from bot.ports import Clock, Ids, Journal
from bot.records.rows import LinkCodeRow, LinkRow, Put, Remove, Row, RowChange
from bot.usecases.deciding import Extra, Known, Result
from bot.usecases.desk import Desk
from bot.values import PersonId

_LENGTH: Final = 16
"""Characters of a code, of 32 different ones: 80 bits."""
_GROUP: Final = 4
_TRIES: Final = 5
_WITHIN: Final = timedelta(minutes=10)
"""So many wrong codes may one account show in this time."""
_REMEMBERED: Final = 5000


class LinkLookup(Protocol):
    """Who an account was linked to with a code."""

    async def person(self, platform: str, account: str) -> PersonId | None:
        """Return the person, None where nobody linked it."""
        ...


class NoLinks:
    """`LinkLookup` where no account was ever linked with a code."""

    async def person(self, platform: str, account: str) -> PersonId | None:
        """Return nobody."""
        del platform, account
        nobody: PersonId | None = None
        return nobody


class LinkNoun:
    """The pure functions of `account` streams, for the desk: one stream per person."""

    kind = "account"

    def blank(self, ident: str) -> links.Links:
        """See `Noun`."""
        return links.Links(person=PersonId(ident))

    def evolve(self, state: links.Links, envelope: Envelope) -> links.Links:
        """See `Noun`."""
        return links.evolve(state, envelope)

    def decide(
        self, policy: Policy, state: links.Links, intent: LinkIntent, now: datetime
    ) -> Decision:
        """See `Noun`."""
        return links.decide(policy, state, intent, now)

    def rows(
        self, before: links.Links, after: links.Links, envelopes: Sequence[Envelope]
    ) -> tuple[RowChange, ...]:
        """See `Noun`."""
        changes: list[RowChange] = []
        for envelope in envelopes:
            match envelope.event:
                case AccountLinked():
                    changes.append(Put(_row(envelope.event)))
                case AccountUnlinked(platform=platform, account=account):
                    equal = (("platform", platform), ("account", account))
                    changes.append(Remove(LinkRow, equal))
                case _:
                    pass
        if before.code_hash and before.code_hash != after.code_hash:
            changes.append(Remove(LinkCodeRow, (("hash", before.code_hash),)))
        if after.code_hash:
            changes.append(Put(LinkCodeRow(hash=after.code_hash, person=after.person)))
        return tuple(changes)

    def exclusive(self, after: links.Links, envelopes: Sequence[Envelope]) -> tuple[Row, ...]:
        """See `Noun`: an account belongs to one person."""
        del after
        return tuple(_row(e.event) for e in envelopes if isinstance(e.event, AccountLinked))


class Linking:
    """Makes codes and uses them up, and finds the person behind an account (a `LinkLookup`)."""

    def __init__(
        self,
        *,
        desk: Desk[links.Links, LinkIntent],
        journal: Journal,
        clock: Clock,
        ids: Ids,
    ) -> None:
        self._desk = desk
        self._journal = journal
        self._clock = clock
        self._ids = ids
        self._wrong: dict[tuple[str, str], tuple[datetime, int]] = {}

    async def make(self, actor: Actor, request: str) -> tuple[Result, str]:
        """Return what came of it and the code, which is said once; "" where there is none."""
        code = self._ids.new()[:_LENGTH]
        intent = MakeCode(by=actor, code_hash=hash_of(code))
        result = await self._desk.submit(actor.person, intent, Extra(request=request))
        made = not isinstance(result, Refusal | Known)
        return result, _grouped(code) if made else ""

    async def use(self, actor: Actor, code: str, request: str) -> Result:
        """Link the actor's account to whoever got the code.

        Raises UserMistake where there is none, and for whoever guesses.
        """
        self._refuse_guessing(actor)
        hashed = hash_of(code)
        rows = await self._journal.rows(LinkCodeRow, hash=hashed)
        if not rows:
            self._count(actor)
            raise UserMistake(NO_SUCH_CODE)
        if await self.person(actor.platform, actor.account) is not None:
            raise UserMistake("This account is linked to somebody already: unlink it there first.")
        intent = UseCode(by=actor, code_hash=hashed)
        return await self._desk.submit(rows[0].person, intent, Extra(request=request))

    async def unlink(self, actor: Actor, request: str) -> Result:
        """Give the actor's linked accounts up."""
        return await self._desk.submit(actor.person, Unlink(by=actor), Extra(request=request))

    async def person(self, platform: str, account: str) -> PersonId | None:
        """See `LinkLookup`."""
        rows = await self._journal.rows(LinkRow, platform=platform, account=account)
        return PersonId(rows[0].person) if rows else None

    async def accounts(self, platform: str) -> Mapping[PersonId, str]:
        """Return the linked account of each person who has one on this platform."""
        rows = await self._journal.rows(LinkRow, platform=platform)
        return {PersonId(row.person): row.account for row in rows}

    def _refuse_guessing(self, actor: Actor) -> None:
        since, count = self._wrong.get(_account(actor), (self._clock.now(), 0))
        if self._clock.now() >= since + _WITHIN:
            self._wrong.pop(_account(actor), None)
        elif count >= _TRIES:
            raise UserMistake("Too many wrong codes from this account: wait ten minutes.")

    def _count(self, actor: Actor) -> None:
        since, count = self._wrong.get(_account(actor), (self._clock.now(), 0))
        self._wrong[_account(actor)] = (since, count + 1)
        if len(self._wrong) > _REMEMBERED:
            del self._wrong[next(iter(self._wrong))]


def hash_of(code: str) -> str:
    """Return what is kept of a code: its SHA-256, hex; groups and capitals do not matter."""
    plain = "".join(one for one in code.casefold() if one.isalnum())
    return hashlib.sha256(f"link:{plain}".encode()).hexdigest()


def _grouped(code: str) -> str:
    return "-".join(code[n : n + _GROUP] for n in range(0, len(code), _GROUP))


def _account(actor: Actor) -> tuple[str, str]:
    return actor.platform, actor.account


def _row(linked: AccountLinked) -> LinkRow:
    return LinkRow(platform=linked.platform, account=linked.account, person=str(linked.person))
