"""What a viewer may see: the shapes that console and API show, and the Reader that answers them."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Protocol

from bot.domain.actor import Standing
from bot.requests import Sender
from bot.values import CardId, ConversationRef, IncidentId, PersonId, Severity
from cards.model import Card
from cards.status import Listed


@dataclass(frozen=True, slots=True, kw_only=True)
class IncidentSummary:
    """One incident in a list."""

    id: IncidentId
    number: str
    title: str
    severity: Severity
    status: str
    private: bool
    drill: bool
    commander: str
    opened_at: datetime
    resolved_at: datetime | None
    room: ConversationRef | None
    waiting_cards: int

    def listed(self, url: str = "") -> Listed:
        """Return what a card's list shows of it; `url` leads to its room."""
        return Listed(
            number=self.number,
            title=self.title,
            severity=self.severity,
            status=self.status,
            opened_at=self.opened_at,
            resolved_at=self.resolved_at,
            commander=self.commander,
            private=self.private,
            drill=self.drill,
            waiting=self.waiting_cards,
            url=url,
        )


@dataclass(frozen=True, slots=True, kw_only=True)
class TimelineEntry:
    """One line: `text` is plain and may hold words of others."""

    seq: int
    at: datetime
    kind: str
    actor: str
    text: str


@dataclass(frozen=True, slots=True, kw_only=True)
class OpenCard:
    """A card that asks something; `options` maps option ids to labels, in order.

    `drill` = of an incident that is one.
    """

    id: CardId
    number: int
    incident: IncidentId
    incident_number: str
    kind: str
    state: str
    title: str
    options: Mapping[str, str]
    expires_at: datetime | None
    may_answer: bool
    drill: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class UnderWay:
    """A run that is at work now: `words` say at what, `card` shows its progress."""

    card: CardId
    words: str


@dataclass(frozen=True, slots=True, kw_only=True)
class CardResult:
    """What became of a card, for whoever asked: `state` is open, decided, expired or withdrawn.

    `by` and `where` name people and platforms of the votes that decided, in the same order.
    """

    id: CardId
    kind: str
    state: str
    option: str
    outcome: str
    by: tuple[str, ...]
    where: tuple[str, ...]
    at: datetime | None
    reason: str
    values: Mapping[str, str]


@dataclass(frozen=True, slots=True, kw_only=True)
class Viewer:
    """Who looks: a person with their groups; `token_kind` "" for a seat or chat account.

    The rest is what `Actor` says of them: it decides which cards they may answer.
    """

    person: PersonId
    name: str
    groups: frozenset[str]
    token_kind: str = ""
    platform: str = "console"
    account: str = ""
    standing: Standing = Standing.UNKNOWN
    practice_only: bool = True
    linked: bool = True


class Reader(Protocol):
    """Reads for console and API; forbidden and absent look the same (`None` or left out)."""

    async def viewer(self, sender: Sender) -> Viewer | None:
        """Return the person behind a sender, None where nobody is."""
        ...

    async def incidents(
        self, viewer: Viewer, *, only_open: bool, text: str = ""
    ) -> Sequence[IncidentSummary]:
        """Return incidents, worst and newest first."""
        ...

    async def incident(self, viewer: Viewer, ident: str) -> IncidentSummary | None:
        """Return one incident by id or number (`INC-2026-1121-001`)."""
        ...

    async def incident_of_room(
        self, viewer: Viewer, room: ConversationRef
    ) -> IncidentSummary | None:
        """Return the incident whose room this is."""
        ...

    async def timeline(
        self, viewer: Viewer, incident: IncidentId
    ) -> Sequence[TimelineEntry] | None:
        """Return the whole timeline, oldest first."""
        ...

    async def incident_card(self, viewer: Viewer, incident: IncidentId) -> Card | None:
        """Return the incident card as it stands now."""
        ...

    async def freezes(self, viewer: Viewer) -> Card | None:
        """Return what stands still now, None where nothing does."""
        ...

    async def under_way(self, viewer: Viewer, incident: IncidentId) -> Sequence[UnderWay]:
        """Return the incident's runs that go on by themselves now."""
        ...

    async def open_cards(self, viewer: Viewer) -> Sequence[OpenCard]:
        """Return every open card that the viewer may see, most urgent first."""
        ...

    async def card(self, viewer: Viewer, card: CardId) -> Card | None:
        """Return a card as it stands now, for this viewer."""
        ...

    async def card_result(self, viewer: Viewer, card: CardId) -> CardResult | None:
        """Return what became of a card that asks something."""
        ...

    async def may_see_conversation(self, viewer: Viewer, conversation: ConversationRef) -> bool:
        """Whether the viewer may read this room, channel or direct conversation."""
        ...
