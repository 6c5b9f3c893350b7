"""What happens to an incident: its life, its people, its words and its rooms."""

from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import StrEnum
from typing import TypeAlias

from bot.values import ConversationRef, PersonId, Severity, Untrusted


class Status(StrEnum):
    """The life of an incident (spec: product F3)."""

    INVESTIGATING = "investigating"
    IDENTIFIED = "identified"
    MONITORING = "monitoring"
    RESOLVED = "resolved"
    CLOSED = "closed"


class Role(StrEnum):
    """Who does what in an incident."""

    COMMANDER = "commander"
    TECH_LEAD = "tech-lead"
    COMMUNICATIONS = "communications"
    SCRIBE = "scribe"
    EXPERT = "expert"


@dataclass(frozen=True, slots=True, kw_only=True)
class IncidentDeclared:
    """The incident exists. `group` and `route` are set where an alert opened it."""

    number: str
    title: Untrusted
    provisional: bool
    severity: Severity
    service: str
    private: bool = False
    drill: bool = False
    group: str = ""
    route: str = ""
    escalation: str = ""
    platforms: tuple[str, ...] = ()
    cadence: timedelta | None = None
    postmortem: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class TitleChanged:
    """A better title."""

    title: Untrusted


@dataclass(frozen=True, slots=True, kw_only=True)
class SeverityChanged:
    """More or less urgent; the new severity's cadence and postmortem rule come with it."""

    severity: Severity
    previous: Severity
    reason: Untrusted
    cadence: timedelta | None = None
    postmortem: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class StatusChanged:
    """A step of the life cycle that is neither resolve nor close."""

    status: Status
    previous: Status


@dataclass(frozen=True, slots=True, kw_only=True)
class ServicesNamed:
    """Which services are affected."""

    services: tuple[str, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class ImpactRecorded:
    """Who feels it and how."""

    text: Untrusted
    users: Untrusted = Untrusted("")
    regions: Untrusted = Untrusted("")
    data_loss: Untrusted = Untrusted("")


@dataclass(frozen=True, slots=True, kw_only=True)
class StartRecorded:
    """When it began, which is earlier than when it was declared."""

    started_at: datetime


@dataclass(frozen=True, slots=True, kw_only=True)
class LinkAdded:
    """A dashboard, ticket or document."""

    kind: Untrusted
    url: Untrusted


@dataclass(frozen=True, slots=True, kw_only=True)
class ActionAdded:
    """Somebody will do something; `n` counts from 1 in the incident."""

    n: int
    text: Untrusted
    owner: PersonId | None


@dataclass(frozen=True, slots=True, kw_only=True)
class ActionCompleted:
    """Action `n` is done."""

    n: int


@dataclass(frozen=True, slots=True, kw_only=True)
class RoleAssigned:
    """A role changed hands; `handover` where its holder gave it away with a hand-over card."""

    role: Role
    person: PersonId
    previous: PersonId | None
    handover: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class PersonJoined:
    """A person is in the incident from now on (and may see it where it is private)."""

    person: PersonId


@dataclass(frozen=True, slots=True, kw_only=True)
class NoteAdded:
    """A timeline entry; `where` names the platform whose room has the words already, "" = none.

    `about` is the sequence of the update that it answers, 0 = none, and `about_at` when that was.
    """

    text: Untrusted
    where: str = ""
    about: int = 0
    about_at: datetime | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class UpdatePosted:
    """A status update went out; `next_at` is when the next one is due."""

    text: Untrusted
    next_at: datetime | None


@dataclass(frozen=True, slots=True, kw_only=True)
class UpdateReminded:
    """The update due at `due` is late.

    `level` 1 told the communications lead, 2 the commander, 3 everybody.
    """

    due: datetime
    level: int


@dataclass(frozen=True, slots=True, kw_only=True)
class IncidentResolved:
    """Resolved; `open_points` were overridden with `override`."""

    summary: Untrusted
    open_points: tuple[str, ...]
    override: Untrusted
    still_firing: int


@dataclass(frozen=True, slots=True, kw_only=True)
class IncidentReopened:
    """It is not over."""

    reason: Untrusted


@dataclass(frozen=True, slots=True, kw_only=True)
class IncidentClosed:
    """The file is closed; the postmortem's address, or why there is none."""

    postmortem: Untrusted
    override: Untrusted


@dataclass(frozen=True, slots=True, kw_only=True)
class RoomOpened:
    """The incident has its room on one platform."""

    room: ConversationRef


@dataclass(frozen=True, slots=True, kw_only=True)
class DeliveryFailed:
    """Something could not be delivered for good; said in a place that still works.

    `told` is False where the news of an earlier failure failed itself: that is not told again.
    """

    what: str
    where: str
    why: Untrusted
    told: bool = True


LifeEvent: TypeAlias = (
    IncidentDeclared
    | TitleChanged
    | SeverityChanged
    | StatusChanged
    | ServicesNamed
    | ImpactRecorded
    | StartRecorded
    | LinkAdded
    | ActionAdded
    | ActionCompleted
    | RoleAssigned
    | PersonJoined
    | NoteAdded
    | UpdatePosted
    | UpdateReminded
    | IncidentResolved
    | IncidentReopened
    | IncidentClosed
    | RoomOpened
    | DeliveryFailed
)
