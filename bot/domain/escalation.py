"""Paging: one person after the other until somebody says "I have it", then everybody.

open          --acknowledge-->  acknowledged
open          --time over / nobody reachable-->  open (next person)  ...  exhausted
exhausted     --acknowledge-->  acknowledged (late is still good news)
"""

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from datetime import datetime

from bot.domain.effects import ClearTimer, Effect, Place, SendPage, Show, Target, Timer
from bot.domain.events import (
    Event,
    PageAcknowledged,
    PageDelivered,
    PageExhausted,
    PageStarted,
    PageUndeliverable,
    PersonPaged,
)
from bot.domain.policy import Escalation, Policy
from bot.values import PersonId, Untrusted


@dataclass(frozen=True, slots=True, kw_only=True)
class PagedPerson:
    """One person who was told: when, on which channels it arrived, and where it could not."""

    person: PersonId
    level: int
    at: datetime
    delivered: tuple[str, ...] = ()
    failed: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class PageState:
    """One page with all that happened to it."""

    started: PageStarted
    at: datetime
    paged: tuple[PagedPerson, ...] = ()
    acknowledged_by: PersonId | None = None
    acknowledged_at: datetime | None = None
    exhausted: bool = False
    next_at: datetime | None = None
    """When the next person is told, unless somebody has it by then."""

    @property
    def open(self) -> bool:
        """Whether nobody has it yet."""
        return self.acknowledged_by is None


@dataclass(frozen=True, slots=True, kw_only=True)
class Steps:
    """Events and effects of one move."""

    events: tuple[Event, ...] = ()
    effects: tuple[Effect, ...] = field(default=())


def evolve(pages: Mapping[str, PageState], event: Event, at: datetime) -> Mapping[str, PageState]:
    """Fold one event into the pages; events of other nouns change nothing."""
    match event:
        case PageStarted(page=page):
            return {**pages, page: PageState(started=event, at=at)}
        case PersonPaged(page=page, person=person, level=level, next_at=next_at):
            told = (*pages[page].paged, PagedPerson(person=person, level=level, at=at))
            return {**pages, page: replace(pages[page], paged=told, next_at=next_at)}
        case PageDelivered(page=page, person=person, pager=pager):
            return {**pages, page: _answered(pages[page], person, pager, arrived=True)}
        case PageUndeliverable(page=page, person=person, pager=pager):
            return {**pages, page: _answered(pages[page], person, pager, arrived=False)}
        case PageAcknowledged(page=page, person=person):
            taken = replace(pages[page], acknowledged_by=person, acknowledged_at=at)
            return {**pages, page: taken}
        case PageExhausted(page=page):
            return {**pages, page: replace(pages[page], exhausted=True)}
        case _:
            return pages


def start(
    policy: Policy,
    *,
    page: str,
    reason: str,
    escalation: str,
    now: datetime,
    people: tuple[PersonId, ...] = (),
) -> Steps:
    """Begin to wake people: those named, else the escalation's (or the default one's)."""
    chosen = policy.escalations.get(escalation) or policy.escalations.get(policy.default_escalation)
    order = people or (_order(policy, chosen) if chosen else ())
    every = chosen.every if chosen else policy.no_commander_after
    started = PageStarted(
        page=page,
        reason=Untrusted(reason),
        escalation=chosen.group if chosen else escalation,
        order=order,
        every=every,
        webhooks={
            p: policy.people[p].webhook
            for p in order
            if p in policy.people and policy.people[p].webhook
        },
    )
    following = advance(policy, PageState(started=started, at=now), now)
    return Steps(events=(started, *following.events), effects=following.effects)


def advance(policy: Policy, page: PageState, now: datetime) -> Steps:
    """Tell the next person, or everybody once there is nobody left."""
    level = len({p.level for p in page.paged})
    ident = page.started.page
    if not page.open or page.exhausted:
        return Steps()
    if level >= len(page.started.order):
        everyone = tuple(dict.fromkeys(page.started.order))
        sends = [s for p in everyone for s in _sends(policy, page, p, level + 1)]
        return Steps(
            events=(PageExhausted(page=ident),),
            effects=(*sends, ClearTimer(name=f"page:{ident}")),
        )
    person = page.started.order[level]
    next_at = now + page.started.every
    told = PersonPaged(page=ident, person=person, level=level + 1, next_at=next_at)
    return Steps(
        events=(told,),
        effects=(
            *_sends(policy, page, person, level + 1),
            Timer(name=f"page:{ident}", due=next_at),
        ),
    )


def acknowledge(policy: Policy, page: PageState, person: PersonId) -> Steps:
    """Somebody has it; every copy of the page says so."""
    copies = [
        Show(
            card=f"page:{page.started.page}",
            target=Target(platform=platform, place=Place.DIRECT, name=told),
        )
        for told in dict.fromkeys(p.person for p in page.paged)
        for platform in policy.platforms
    ]
    return Steps(
        events=(PageAcknowledged(page=page.started.page, person=person),),
        effects=(ClearTimer(name=f"page:{page.started.page}"), *copies),
    )


def unreachable(policy: Policy, page: PageState, person: PersonId) -> bool:
    """Whether every channel that this person has, has refused."""
    told = next((p for p in reversed(page.paged) if p.person == person), None)
    return told is not None and set(told.failed) >= set(pagers_of(policy, page.started, person))


def pagers_of(policy: Policy, started: PageStarted, person: PersonId) -> tuple[str, ...]:
    """Return the names of the channels on which this person is woken."""
    return (*policy.platforms, *(("webhook",) if started.webhooks.get(person) else ()))


def _order(policy: Policy, escalation: Escalation) -> tuple[PersonId, ...]:
    """Return who is woken one after the other: whom the policy names, then the user groups'."""
    if not escalation.whole_group:
        return escalation.people
    members = policy.user_group_members.get(escalation.group, ())
    return tuple(dict.fromkeys((*escalation.people, *members)))


def _sends(policy: Policy, page: PageState, person: PersonId, level: int) -> list[SendPage]:
    return [
        SendPage(page=page.started.page, person=person, level=level, pager=pager)
        for pager in pagers_of(policy, page.started, person)
    ]


def _answered(page: PageState, person: PersonId, pager: str, *, arrived: bool) -> PageState:
    def noted(told: PagedPerson) -> PagedPerson:
        if told.person != person:
            return told
        if arrived:
            return replace(told, delivered=tuple(dict.fromkeys((*told.delivered, pager))))
        return replace(told, failed=tuple(dict.fromkeys((*told.failed, pager))))

    return replace(page, paged=tuple(noted(p) for p in page.paged))
