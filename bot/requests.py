"""What comes in from people, senders and clocks, and the Reply that goes straight back."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from enum import StrEnum
from typing import Protocol, TypeAlias

from bot.domain.alerts import Alert
from bot.domain.events import Option
from bot.domain.packet import AskedField, AskedStyle
from bot.values import CardId, ConversationRef, StreamRef, Untrusted
from cards.model import Card


@dataclass(frozen=True, slots=True, kw_only=True)
class Sender:
    """Who sent it, in the platform's own words; the router finds the person behind it.

    `token_kind` is `""` for a person in a chat or console seat, else the kind of the API token
    (`read`, `operate`, `answer`). `stale` = they signed in too long ago to decide anything.
    """

    platform: str
    account: str
    name: Untrusted
    token_kind: str = ""
    signed_in_at: datetime | None = None
    stale: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class SlashCommand:
    """`/incident declare sev2 ...`; `text` starts with the command's own name."""

    id: str
    sender: Sender
    text: str
    conversation: ConversationRef | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class CardAnswer:
    """A pressed button, with the form's values where the card has a form."""

    id: str
    sender: Sender
    card: CardId
    option: str
    reason: str = ""
    values: Mapping[str, str] = field(default_factory=dict)
    conversation: ConversationRef | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class MessageSaid:
    """Somebody wrote in an incident's room; it becomes a timeline entry.

    `under` is the key of the post that it answers in a thread, "" outside of threads: only replies
    to an update are kept.
    """

    id: str
    sender: Sender
    text: str
    conversation: ConversationRef
    under: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class MalformedAlert:
    """One alert of a well-formed body that could not be read; kept raw in quarantine."""

    raw: bytes
    fault: str


@dataclass(frozen=True, slots=True, kw_only=True)
class AlertsReceived:
    """One body of one alert source, parsed; `truncated` alerts were left out by the sender."""

    source: str
    alerts: tuple[Alert, ...]
    malformed: tuple[MalformedAlert, ...] = ()
    truncated: int = 0


@dataclass(frozen=True, slots=True, kw_only=True)
class TimerFired:
    """A timer of `stream` named `name` is due; only a hint, `decide` may find it stale."""

    stream: StreamRef
    name: str


@dataclass(frozen=True, slots=True, kw_only=True)
class QuestionAsked:
    """A program asks people something in an incident, by its id or number (spec: approvals A1).

    `card` is the id that the card gets, so that its answer can be found again. `options` empty =
    those that the style usually has; `fields` are the inputs of its form; `count` people of any of
    the groups `answerers` settle it; `expires_in` None = by the severity.
    """

    id: str
    sender: Sender
    incident: str
    card: CardId
    style: AskedStyle
    title: str
    description: str = ""
    options: tuple[Option, ...] = ()
    fields: tuple[AskedField, ...] = ()
    answerers: tuple[str, ...] = ()
    count: int = 1
    expires_in: timedelta | None = None


Request: TypeAlias = SlashCommand | CardAnswer | MessageSaid | QuestionAsked | TimerFired


class ReplyTone(StrEnum):
    """Whether the request did something, was only answered, or was not carried out."""

    DONE = "done"
    ANSWER = "answer"
    MISTAKE = "mistake"
    NOT_RECORDED = "not recorded"


@dataclass(frozen=True, slots=True, kw_only=True)
class Reply:
    """What the asker alone sees, at once; only its short text is stored, and no truth needs it.

    `card` is shown to the asker (`status`, `list`, `help`); a card with a form asks for more.
    `field_errors` names form fields and what is wrong with them. `go_to` is a room to open next.
    """

    tone: ReplyTone
    text: str
    card: Card | None = None
    field_errors: Mapping[str, str] = field(default_factory=dict)
    go_to: ConversationRef | None = None


def not_recorded(why: str) -> Reply:
    """Return what somebody is told whose request was not carried out, and will not be."""
    return Reply(
        tone=ReplyTone.NOT_RECORDED,
        text=f"This was NOT recorded: {why}. Nothing has happened; press or send it again.",
    )


class Dispatch(Protocol):
    """What an adapter gets at construction: the one way in for what people want.

    Alerts come in by a way of their own (`bot.adapters.http.alerts`): nobody is asked who sent
    them, and nothing is answered but whether they are durable.
    """

    async def handle(self, request: Request) -> Reply:
        """Carry out a request durably and answer it.

        `Unavailable` = not recorded, and it will not be; the adapter says so in plain words.
        """
        ...
