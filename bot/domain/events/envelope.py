"""Every event there is as closed unions, and an event in its place."""

from dataclasses import dataclass
from datetime import datetime
from typing import TypeAlias

from bot.domain.events.alerts import AlertsAttached
from bot.domain.events.cards import CardEvent
from bot.domain.events.incident import LifeEvent
from bot.domain.events.paging import PagingEvent
from bot.domain.events.runs import RunEvent
from bot.domain.events.steps import StepEvent
from bot.domain.events.system import SystemEvent
from bot.domain.events.words import NoticeSent, TextsErased
from bot.domain.person import PersonEvent
from bot.values import SYSTEM, PersonId, StreamRef

IncidentEvent: TypeAlias = (
    LifeEvent
    | AlertsAttached
    | PagingEvent
    | CardEvent
    | RunEvent
    | StepEvent
    | NoticeSent
    | TextsErased
)
Event: TypeAlias = IncidentEvent | SystemEvent | PersonEvent


@dataclass(frozen=True, slots=True, kw_only=True)
class Envelope:
    """An event in its place: `at` never goes back within a stream; `request` caused it."""

    stream: StreamRef
    seq: int
    at: datetime
    actor: PersonId = SYSTEM
    request: str = ""
    event: Event
