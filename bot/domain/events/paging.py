"""Who is being woken, and whether they answered."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import TypeAlias

from bot.values import PersonId, Untrusted


@dataclass(frozen=True, slots=True, kw_only=True)
class PageStarted:
    """Somebody must be woken: `order` is who, one after the other, `every` apart."""

    page: str
    reason: Untrusted
    escalation: str
    order: tuple[PersonId, ...]
    every: timedelta
    webhooks: Mapping[str, str] = field(default_factory=dict)
    """Person id -> name of the webhook target that the policy gives them ("" = none)."""


@dataclass(frozen=True, slots=True, kw_only=True)
class PersonPaged:
    """Level `level` (from 1) of a page: this person is being told on every channel they have."""

    page: str
    person: PersonId
    level: int
    next_at: datetime | None


@dataclass(frozen=True, slots=True, kw_only=True)
class PageDelivered:
    """One channel accepted the page."""

    page: str
    person: PersonId
    pager: str


@dataclass(frozen=True, slots=True, kw_only=True)
class PageUndeliverable:
    """One channel can surely not reach the person."""

    page: str
    person: PersonId
    pager: str
    why: Untrusted


@dataclass(frozen=True, slots=True, kw_only=True)
class PageAcknowledged:
    """A person has it. Nobody further is woken for this page."""

    page: str
    person: PersonId


@dataclass(frozen=True, slots=True, kw_only=True)
class PageExhausted:
    """Nobody acknowledged: everyone and the announcement channel are told."""

    page: str


PagingEvent: TypeAlias = (
    PageStarted | PersonPaged | PageDelivered | PageUndeliverable | PageAcknowledged | PageExhausted
)
