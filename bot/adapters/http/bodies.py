"""The JSON of the API: what callers may send, checked, and what they get."""

from datetime import datetime
from typing import Annotated, TypeAlias

from pydantic import BaseModel, ConfigDict, Field, TypeAdapter

from bot.usecases.views import IncidentSummary, OpenCard, TimelineEntry

Text: TypeAlias = Annotated[str, Field(max_length=8_000)]


class _Sent(BaseModel):
    """Base of what callers send: an unknown key is a mistake worth hearing of."""

    model_config = ConfigDict(extra="forbid", strict=True, frozen=True)


class _Given(BaseModel):
    """Base of what callers get."""

    model_config = ConfigDict(frozen=True)


class CommandBody(_Sent):
    """A line as one would type it. `room` is an incident's id or number: where it is typed."""

    text: Annotated[str, Field(min_length=1, max_length=8_000)]
    room: Annotated[str, Field(max_length=200)] | None = None


class AnswerBody(_Sent):
    """An answer to a card. `values` fills the card's form, where it has one."""

    option: Annotated[str, Field(min_length=1, max_length=200)]
    reason: Text = ""
    values: dict[Annotated[str, Field(max_length=100)], Text] = {}


class IncidentJson(_Given):
    """One incident. Times are UTC, ISO 8601."""

    id: str
    number: str
    title: str
    severity: str
    status: str
    private: bool
    drill: bool
    commander: str
    opened_at: datetime
    resolved_at: datetime | None
    room: str | None
    waiting_cards: int


class EntryJson(_Given):
    """One line of a timeline; `text` may hold words of others and is never markup."""

    seq: int
    at: datetime
    kind: str
    actor: str
    text: str


class OptionJson(_Given):
    """One possible answer."""

    id: str
    label: str


class CardJson(_Given):
    """An open card that the caller may see; `may_answer` is about the caller."""

    id: str
    number: int
    kind: str
    state: str
    incident: str
    incident_number: str
    title: str
    options: tuple[OptionJson, ...]
    expires_at: datetime | None
    may_answer: bool


class ReplyJson(_Given):
    """What became of a request: `done`, `answer`, `mistake` or `not recorded`, in plain words."""

    outcome: str
    text: str
    details: str = ""
    field_errors: dict[str, str] = {}
    room: str | None = None


class Problem(_Given):
    """Why a request was not carried out."""

    error: str
    message: str


INCIDENTS: TypeAdapter[tuple[IncidentJson, ...]] = TypeAdapter(tuple[IncidentJson, ...])
TIMELINE: TypeAdapter[tuple[EntryJson, ...]] = TypeAdapter(tuple[EntryJson, ...])
CARDS: TypeAdapter[tuple[CardJson, ...]] = TypeAdapter(tuple[CardJson, ...])


def incident_json(summary: IncidentSummary) -> IncidentJson:
    """Show a summary."""
    return IncidentJson(
        id=summary.id,
        number=summary.number,
        title=summary.title,
        severity=summary.severity.value,
        status=summary.status,
        private=summary.private,
        drill=summary.drill,
        commander=summary.commander,
        opened_at=summary.opened_at,
        resolved_at=summary.resolved_at,
        room=summary.room.id if summary.room else None,
        waiting_cards=summary.waiting_cards,
    )


def entry_json(entry: TimelineEntry) -> EntryJson:
    """Show a timeline entry."""
    return EntryJson(
        seq=entry.seq, at=entry.at, kind=entry.kind, actor=entry.actor, text=entry.text
    )


def card_json(card: OpenCard) -> CardJson:
    """Show an open card."""
    return CardJson(
        id=card.id,
        number=card.number,
        kind=card.kind,
        state=card.state,
        incident=card.incident,
        incident_number=card.incident_number,
        title=card.title,
        options=tuple(OptionJson(id=key, label=label) for key, label in card.options.items()),
        expires_at=card.expires_at,
        may_answer=card.may_answer,
    )
