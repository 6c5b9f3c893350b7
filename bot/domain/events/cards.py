"""Questions to people: asked, voted on, decided, expired."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from enum import StrEnum
from typing import TypeAlias

from bot.domain.packet import Packet
from bot.values import CardId, PersonId, RunId, Tier, Untrusted


class CardKind(StrEnum):
    """What a card asks for, which decides what its answer does."""

    RUN = "run"
    """Start this runbook? (a proposal on the incident)"""
    CHANGE = "change"
    """Approve this exact change."""
    UNDO = "undo"
    """Approve undoing a change that did not do its work."""
    STEP = "step"
    """Guided mode: go on with, or skip, this step?"""
    QUESTION = "question"
    """A runbook asks a human something."""
    IN_DOUBT = "in-doubt"
    """What became of this command?"""
    NOTICE = "notice"
    """Send this text to this audience?"""
    CHECKLIST = "checklist"
    """The resolve checklist."""
    DETAILS = "details"
    """Title, impact and services of an incident that was declared in a hurry."""
    ASKED = "asked"
    """A program or a person asks people something; the answer is recorded and runs nothing."""


class OutcomeKind(StrEnum):
    """What choosing an option does."""

    ACT = "act"
    DECLINE = "decline"
    ESCALATE = "escalate"
    AGAIN = "again"


@dataclass(frozen=True, slots=True, kw_only=True)
class Option:
    """One answer: `id` is opaque, `label` is what the button says, `consequence` what follows."""

    id: str
    label: str
    outcome: OutcomeKind
    consequence: str
    recommended: bool = False
    reason_required: bool = False
    break_glass: bool = False
    """Decides alone, for members of the break-glass group only, loudly."""


@dataclass(frozen=True, slots=True, kw_only=True)
class QuorumRule:
    """`count` different people, each in at least one of `groups`."""

    groups: tuple[str, ...]
    count: int


@dataclass(frozen=True, slots=True, kw_only=True)
class ResolvedRule:
    """Who may decide one card, resolved from the policy when it was asked.

    Every quorum must be met by yes votes of one option; `excluded` may never vote yes.
    """

    names: tuple[str, ...]
    quorums: tuple[QuorumRule, ...]
    excluded: tuple[PersonId, ...]
    practice: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class CardAsked:
    """A question is open. `packet` is frozen; `digest` is what a yes binds to ("" = to no command).

    `inputs` is the canonical JSON that was digested, by name, so that a change can be named.
    """

    card: CardId
    number: int
    kind: CardKind
    title: Untrusted
    options: tuple[Option, ...]
    rule: ResolvedRule
    expires_at: datetime
    remind_at: datetime | None
    digest: str = ""
    packet: Packet | None = None
    run: RunId | None = None
    requester: PersonId | None = None
    replaces: CardId | None = None
    tier: Tier | None = None
    inputs: str = ""
    copies: tuple[PersonId, ...] = ()
    """People who also get the card as a direct message: those who may answer it."""


@dataclass(frozen=True, slots=True, kw_only=True)
class VoteCast:
    """A person's answer, changeable until the card is decided."""

    card: CardId
    person: PersonId
    option: str
    reason: Untrusted
    where: str
    account: str
    groups: tuple[str, ...] = ()
    token: bool = False
    break_glass: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class CardDecided:
    """The card's one decision."""

    card: CardId
    option: str
    outcome: OutcomeKind
    by: tuple[PersonId, ...]
    reason: Untrusted
    values: Mapping[str, str] = field(default_factory=dict)


@dataclass(frozen=True, slots=True, kw_only=True)
class CardExpired:
    """Nobody decided in time: nothing happens (fails closed)."""

    card: CardId


@dataclass(frozen=True, slots=True, kw_only=True)
class CardWithdrawn:
    """The question no longer stands; `replaced_by` where a fresh card asks it anew."""

    card: CardId
    why: Untrusted
    replaced_by: CardId | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class CardReminded:
    """The card expires soon and its answerers were told."""

    card: CardId


@dataclass(frozen=True, slots=True, kw_only=True)
class CardAskedAgain:
    """An expired question was asked anew, so it is not offered a second time."""

    card: CardId


@dataclass(frozen=True, slots=True, kw_only=True)
class GlassBroken:
    """Somebody approved alone; action `action` of the incident is to review it by `review_at`."""

    card: CardId
    person: PersonId
    reason: Untrusted
    action: int
    review_at: datetime


@dataclass(frozen=True, slots=True, kw_only=True)
class ReviewReminded:
    """The review of a broken glass is due, and its action is not done."""

    card: CardId
    action: int


CardEvent: TypeAlias = (
    CardAsked
    | VoteCast
    | CardDecided
    | CardExpired
    | CardWithdrawn
    | CardReminded
    | CardAskedAgain
    | GlassBroken
    | ReviewReminded
)
