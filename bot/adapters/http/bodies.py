"""The JSON of the API: what callers may send, checked, and what they get."""

from datetime import datetime
from typing import Annotated, Literal, TypeAlias

from pydantic import BaseModel, ConfigDict, Field, TypeAdapter

from bot.domain.events import Option, OutcomeKind
from bot.domain.packet import AskedField, AskedStyle
from bot.usecases.views import CardResult, IncidentSummary, OpenCard, TimelineEntry
from bot.values import Untrusted
from cards.model import FieldKind

Text: TypeAlias = Annotated[str, Field(max_length=8_000)]

# JSON has no enums of ours, so the word is read leniently; everything else stays strict.
Kind: TypeAlias = Annotated[FieldKind, Field(strict=False)]
Style: TypeAlias = Annotated[AskedStyle, Field(strict=False)]


# Every model is built at its first use: the first alert after a start does not wait for them.


class _Sent(BaseModel):
    """Base of what callers send: an unknown key is a mistake worth hearing of."""

    model_config = ConfigDict(extra="forbid", strict=True, frozen=True, defer_build=True)


class _Given(BaseModel):
    """Base of what callers get."""

    model_config = ConfigDict(frozen=True, defer_build=True)


class CommandBody(_Sent):
    """A line as one would type it. `room` is an incident's id or number: where it is typed."""

    text: Annotated[str, Field(min_length=1, max_length=8_000)]
    room: Annotated[str, Field(max_length=200)] | None = None


class AnswerBody(_Sent):
    """An answer to a card. `values` fills the card's form, where it has one."""

    option: Annotated[str, Field(min_length=1, max_length=200)]
    reason: Text = ""
    values: dict[Annotated[str, Field(max_length=100)], Text] = {}


class OptionBody(_Sent):
    """One possible answer to a question; its outcome tells an asker yes from no."""

    id: Annotated[str, Field(min_length=1, max_length=63)]
    label: Annotated[str, Field(min_length=1, max_length=75)]
    outcome: Literal["act", "decline", "escalate"] = "act"
    consequence: Annotated[str, Field(max_length=300)] = ""
    recommended: bool = False
    reason_required: bool = False


class FieldBody(_Sent):
    """One input of a form; `choices` are (value, label) pairs for the select kinds."""

    name: Annotated[str, Field(min_length=1, max_length=63)]
    label: Annotated[str, Field(min_length=1, max_length=200)]
    kind: Kind = FieldKind.TEXT
    required: bool = False
    default: Text = ""
    choices: Annotated[list[tuple[str, str]], Field(max_length=100)] = []
    minimum: int | None = None
    maximum: int | None = None
    help: Annotated[str, Field(max_length=300)] = ""


class QuestionBody(_Sent):
    """A question to people in an incident; `count` people of the groups `answerers` settle it.

    Without `options` the style's usual yes and no are offered. `expires_in` is in seconds; without
    it the severity decides.
    """

    style: Style = AskedStyle.APPROVAL
    title: Annotated[str, Field(min_length=1, max_length=150)]
    description: Annotated[str, Field(max_length=3_000)] = ""
    options: Annotated[list[OptionBody], Field(max_length=10)] = []
    fields: Annotated[list[FieldBody], Field(max_length=20)] = []
    answerers: Annotated[list[str], Field(min_length=1, max_length=20)]
    count: Annotated[int, Field(ge=1, le=20)] = 1
    expires_in: Annotated[int, Field(ge=1, le=30 * 86_400)] | None = None


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
    card: str | None = None


class ResultJson(_Given):
    """What became of a card: open, decided, expired or withdrawn; and the answer, once decided."""

    id: str
    kind: str
    state: str
    option: str
    outcome: str
    by: tuple[str, ...]
    where: tuple[str, ...]
    at: datetime | None
    reason: str
    values: dict[str, str]


class Problem(_Given):
    """Why a request was not carried out."""

    error: str
    message: str


_LATE = ConfigDict(defer_build=True)

INCIDENTS: TypeAdapter[tuple[IncidentJson, ...]] = TypeAdapter(
    tuple[IncidentJson, ...], config=_LATE
)
TIMELINE: TypeAdapter[tuple[EntryJson, ...]] = TypeAdapter(tuple[EntryJson, ...], config=_LATE)
CARDS: TypeAdapter[tuple[CardJson, ...]] = TypeAdapter(tuple[CardJson, ...], config=_LATE)


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


def result_json(result: CardResult) -> ResultJson:
    """Show what became of a card."""
    return ResultJson(
        id=result.id,
        kind=result.kind,
        state=result.state,
        option=result.option,
        outcome=result.outcome,
        by=result.by,
        where=result.where,
        at=result.at,
        reason=result.reason,
        values=dict(result.values),
    )


def option_of(body: OptionBody) -> Option:
    """Read one option of a question."""
    return Option(
        id=body.id,
        label=body.label,
        outcome=OutcomeKind(body.outcome),
        consequence=body.consequence,
        recommended=body.recommended,
        reason_required=body.reason_required,
    )


def field_of(body: FieldBody) -> AskedField:
    """Read one input of a question's form."""
    return AskedField(
        name=body.name,
        label=Untrusted(body.label),
        kind=body.kind.value,
        required=body.required,
        default=Untrusted(body.default),
        choices=tuple((value, Untrusted(label)) for value, label in body.choices),
        minimum=body.minimum,
        maximum=body.maximum,
        help=Untrusted(body.help),
    )
