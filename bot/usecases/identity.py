"""Who somebody is: an account of a platform becomes a person as they stand at this moment."""

import asyncio
import logging
from collections.abc import Awaitable, Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import TypeVar

from bot.domain.actor import Actor, Standing
from bot.domain.approval import Asked
from bot.domain.events import VoteCast
from bot.domain.policy import Group, Policy, PolicyPerson
from bot.errors import Refused, Unavailable
from bot.ports import People, UserGroups
from bot.requests import Sender
from bot.usecases.current import Current
from bot.usecases.links import LinkLookup, NoLinks
from bot.usecases.seats import Seat, SeatLookup, TokenKind
from bot.usecases.together import both
from bot.usecases.urgency import Urgency, carried_with
from bot.values import PersonId, Untrusted

A = TypeVar("A")

CONSOLE = "console"
"""The platform whose accounts are seats."""

SLACK = "slack"
"""The platform whose user groups may stand in for groups of the policy."""

_log = logging.getLogger(__name__)

_STANDING_WITHIN = 0.7
"""Seconds that a platform has for saying who an account is: half of what a request has in all."""

_GROUPS_WITHIN = 0.5
"""Seconds for asking who is in a user group; most answers are kept for a minute."""

_OPEN_DOOR = frozenset({Group.READER, Group.RESPONDER})
"""Groups of every account where no policy names anybody."""

_NO_LINKS = NoLinks()


@dataclass(frozen=True, slots=True, kw_only=True)
class _Whom:
    """The person behind an account; `known` = named by the policy."""

    person: PersonId
    name: str
    groups: frozenset[str]
    known: bool
    linked: bool


class Identity:
    """Finds the person behind an account. Nothing is kept: every answer is fresh."""

    def __init__(
        self,
        *,
        current: Current,
        seats: SeatLookup,
        people: People,
        slack_groups: UserGroups | None = None,
        links: LinkLookup = _NO_LINKS,
    ) -> None:
        self._current = current
        self._seats = seats
        self._people = people
        self._slack_groups = slack_groups
        self._links = links

    async def actor(self, sender: Sender) -> Actor:
        """Return who acts: groups and standing as of now.

        Raises Unavailable where the seats cannot be read.
        """
        policy = self._current.policy
        seat, (standing, checked_at, email) = await self._met(sender)
        whom = _whom(policy, sender, seat, standing, email)
        if not whom.known and seat is None:
            whom = await self._by_code(policy, sender) or whom
        return Actor(
            person=whom.person,
            name=whom.name,
            groups=whom.groups | await self._grouped(policy, whom, sender, standing),
            platform=sender.platform,
            account=sender.account,
            standing=standing,
            checked_at=checked_at,
            token_kind=sender.token_kind,
            practice_only=_practice_only(policy, sender, known=whom.known),
            linked=whom.linked,
            signed_in_at=sender.signed_in_at,
            stale=sender.stale,
        )

    async def voters(self, card: Asked) -> tuple[Actor, ...]:
        """Return those who decided a card, as the accounts that they voted with stand now.

        An account that belongs to somebody else by now is that somebody, and counts for nobody
        of the card's voters.
        """
        by = card.decided.by if card.decided else ()
        votes = [card.votes[person] for person in by if person in card.votes]
        return tuple([await self.actor(_voter(vote)) for vote in votes])

    async def person_called(self, words: str, platform: str, beside: str = "") -> PersonId | None:
        """Return the person that `@ann`, `"Ann Lee"`, `<@U123|ann>` or a seat's name means.

        `beside` is the account of whoever said it: a mention is of the same team.
        """
        policy = self._current.policy
        name = words.strip().strip("<>").removeprefix("@")
        account, _, shown = name.partition("|")
        for person in policy.people.values():
            if any(p == platform and _is_called(a, account) for p, a in person.accounts):
                return person.id
        if words.strip().startswith("<@"):
            # A mention means one account; the name beside it is what its owner calls themselves.
            return await self._mentioned(policy, platform, account, beside)
        wanted = {account.casefold(), shown.casefold()} - {""}
        for person in policy.people.values():
            if wanted & {person.id.casefold(), person.name.casefold()}:
                return person.id
        seat = await self._seats.seat(account) or await self._seats.of_person(PersonId(account))
        return None if seat is None else _of_seat(policy, seat)

    async def _mentioned(
        self, policy: Policy, platform: str, account: str, beside: str
    ) -> PersonId | None:
        """Return who confirmed the e-mail address of the account that a mention means."""
        if platform not in policy.link_by_email:
            return None
        team = beside.rpartition("/")[0]
        whole = Sender(platform=platform, account=f"{team}/{account}", name=Untrusted(account))
        _, _, email = await self._standing(whole)
        person = _person_of(policy, platform, whole.account, email)
        return None if person is None else person.id

    async def _grouped(
        self, policy: Policy, whom: _Whom, sender: Sender, standing: Standing
    ) -> frozenset[str]:
        """Return the groups that somebody belongs to by a Slack user group, freshly.

        What cannot be found out in time is no membership.
        """
        wanted = {name: of for name, of in policy.slack_groups.items() if of}
        if not wanted or not whom.known or self._slack_groups is None:
            return frozenset()
        if sender.platform == SLACK and standing is not Standing.ACTIVE:
            return frozenset()
        linked = {account for platform, account in _accounts(policy, whom) if platform == SLACK}
        mine = linked | ({sender.account} if sender.platform == SLACK else set())
        if not mine:
            return frozenset()
        try:
            members = await _asked(_GROUPS_WITHIN, _members(self._slack_groups, _all(wanted)))
        except (TimeoutError, Unavailable, Refused) as fault:
            _log.warning("Slack's user groups are not known: %s", fault)
            return frozenset()
        return frozenset(n for n, of in wanted.items() if any(mine & members[g] for g in of))

    async def _by_code(self, policy: Policy, sender: Sender) -> _Whom | None:
        """Return whom an account was linked to with a code, as long as they are somebody here."""
        person = await self._links.person(sender.platform, sender.account)
        if person is None:
            return None
        seat = await self._seats.of_person(person)
        given = frozenset(seat.groups) if seat else frozenset[str]()
        known = policy.people.get(person)
        if known is not None:
            groups = _groups_of(policy, person) | given
            return _Whom(person=person, name=known.name, groups=groups, known=True, linked=True)
        if seat is None or not policy.open_door:
            return None
        groups = given | _OPEN_DOOR
        return _Whom(person=person, name=str(person), groups=groups, known=False, linked=True)

    async def _standing(self, sender: Sender) -> tuple[Standing, datetime | None, str]:
        """Ask the platform; one that does not answer in time leaves the standing unknown.

        Unknown fails closed where it matters, and lets a linked person go on in an emergency.
        """
        try:
            standing = self._people.standing(sender.platform, sender.account)
            asked = await _asked(_STANDING_WITHIN, standing)
        except (TimeoutError, Unavailable):
            return Standing.UNKNOWN, None, ""
        return Standing(asked.kind.value), asked.checked_at, asked.email

    async def _met(
        self, sender: Sender
    ) -> tuple[Seat | None, tuple[Standing, datetime | None, str]]:
        """Return somebody's seat, which only accounts of the console have, and their standing."""
        if sender.platform != CONSOLE:
            return None, await self._standing(sender)
        return await both(self._seats.seat(sender.account), self._standing(sender))


async def _asked(within: float, question: Awaitable[A]) -> A:
    """Bound a question about somebody, and let it wait behind nothing that is to be shown.

    Whoever starts an approved step asks too, and an unknown standing voids the approval.
    """
    with carried_with(Urgency.ANSWER):
        async with asyncio.timeout(within):
            return await question


async def _members(of: UserGroups, groups: frozenset[str]) -> Mapping[str, frozenset[str]]:
    return {group: await of.members(group) for group in groups}


def _whom(
    policy: Policy, sender: Sender, seat: Seat | None, standing: Standing, email: str
) -> _Whom:
    person = _person_of(policy, sender.platform, sender.account, email)
    if person is None and seat is not None:
        person = policy.people.get(seat.person)
    given = frozenset(seat.groups) if seat else frozenset[str]()
    if person is not None:
        groups = _groups_of(policy, person.id) | given
        return _Whom(person=person.id, name=person.name, groups=groups, known=True, linked=True)
    if seat is not None:
        groups = given | (_OPEN_DOOR if policy.open_door else frozenset())
        name = str(seat.person)
        return _Whom(person=seat.person, name=name, groups=groups, known=False, linked=True)
    return _Whom(
        person=PersonId(f"{sender.platform}:{sender.account}"),
        name=sender.name.text or sender.account,
        groups=_strangers_groups(policy, standing),
        known=False,
        linked=policy.open_door,
    )


def _strangers_groups(policy: Policy, standing: Standing) -> frozenset[str]:
    """Return what an account that belongs to nobody may: look and declare, where it is active."""
    if standing is not Standing.ACTIVE:
        return frozenset()
    return _OPEN_DOOR if policy.open_door else frozenset({Group.READER})


def _practice_only(policy: Policy, sender: Sender, *, known: bool) -> bool:
    """Whether only drills may be decided: no policy of a team, or none that names them."""
    if policy.open_door or not known:
        return True
    named = sender.account in policy.answer_tokens
    return sender.token_kind == TokenKind.ANSWER and not named


def _person_of(policy: Policy, platform: str, account: str, email: str = "") -> PolicyPerson | None:
    """Return who an account belongs to: the policy names it, or trusts the platform's address.

    Whoever has an account named by the policy has no second one by their address.
    """
    for person in policy.people.values():
        if (platform, account) in person.accounts:
            return person
    # Letter by letter: folding would make a Kelvin sign a k, and a stranger one of us.
    if not email or not email.isascii() or platform not in policy.link_by_email:
        return None
    for person in policy.people.values():
        named = any(platform == known for known, _ in person.accounts)
        if not named and person.email.lower() == email.lower():
            return person
    return None


def _accounts(policy: Policy, whom: _Whom) -> tuple[tuple[str, str], ...]:
    person = policy.people.get(whom.person)
    return () if person is None else person.accounts


def _all(groups: Mapping[str, tuple[str, ...]]) -> frozenset[str]:
    return frozenset(group for of in groups.values() for group in of)


def _is_called(account: str, mentioned: str) -> bool:
    """Whether a mention means this account; inside its team, `team/user` goes by `user`."""
    return mentioned in {account, account.rpartition("/")[2]}


def _of_seat(policy: Policy, seat: Seat) -> PersonId:
    person = _person_of(policy, CONSOLE, seat.name)
    return seat.person if person is None else person.id


def _groups_of(policy: Policy, person: PersonId) -> frozenset[str]:
    return frozenset(name for name, people in policy.groups.items() if person in people)


def _voter(vote: VoteCast) -> Sender:
    kind = TokenKind.ANSWER.value if vote.token else ""
    return Sender(
        platform=vote.where, account=vote.account, name=Untrusted(vote.person), token_kind=kind
    )
