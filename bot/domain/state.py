"""An incident as it stands, folded from its events; everything that moves it is `evolve` here."""

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta

from bot.domain import approval, escalation, run
from bot.domain.approval import Asked, CardState
from bot.domain.escalation import PageState
from bot.domain.events import (
    ActionAdded,
    ActionCompleted,
    AlertsAttached,
    DeliveryFailed,
    Envelope,
    Event,
    GlassBroken,
    ImpactRecorded,
    IncidentClosed,
    IncidentDeclared,
    IncidentReopened,
    IncidentResolved,
    LinkAdded,
    NoticeSent,
    PersonJoined,
    PersonPaged,
    Role,
    RoleAssigned,
    RoomOpened,
    ServicesNamed,
    SeverityChanged,
    StartRecorded,
    Status,
    StatusChanged,
    TitleChanged,
    UpdatePosted,
    UpdateReminded,
)
from bot.domain.run import Run
from bot.values import (
    SYSTEM,
    CardId,
    ConversationRef,
    IncidentId,
    PersonId,
    RunId,
    Severity,
    Untrusted,
)

_EPOCH = datetime.fromisoformat("1970-01-01T00:00:00+00:00")


@dataclass(frozen=True, slots=True, kw_only=True)
class Action:
    """Something that somebody will do."""

    n: int
    text: Untrusted
    owner: PersonId | None
    done: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class Incident:
    """One incident. `seq` 0 = it does not exist yet."""

    id: IncidentId
    seq: int = 0
    last_at: datetime = _EPOCH
    number: str = ""
    title: Untrusted = Untrusted("")
    provisional: bool = False
    severity: Severity = Severity.SEV3
    status: Status = Status.INVESTIGATING
    services: tuple[str, ...] = ()
    private: bool = False
    drill: bool = False
    groups: tuple[str, ...] = ()
    route: str = ""
    escalation: str = ""
    platforms: tuple[str, ...] = ()
    cadence: timedelta | None = None
    postmortem: bool = False
    declared_by: PersonId = SYSTEM
    declared_at: datetime = _EPOCH
    started_at: datetime | None = None
    impact: ImpactRecorded | None = None
    links: tuple[LinkAdded, ...] = ()
    actions: tuple[Action, ...] = ()
    roles: Mapping[Role, PersonId] = field(default_factory=dict)
    members: frozenset[PersonId] = frozenset()
    rooms: Mapping[str, ConversationRef] = field(default_factory=dict)
    firing: int = 0
    alerts: int = 0
    cards: Mapping[CardId, Asked] = field(default_factory=dict)
    pages: Mapping[str, PageState] = field(default_factory=dict)
    runs: Mapping[RunId, Run] = field(default_factory=dict)
    last_update: UpdatePosted | None = None
    last_update_at: datetime | None = None
    next_update_at: datetime | None = None
    reminders: int = 0
    resolution: IncidentResolved | None = None
    resolved_at: datetime | None = None
    closed_at: datetime | None = None
    notices: int = 0
    broken_glass: Mapping[CardId, GlassBroken] = field(default_factory=dict)
    failures: frozenset[int] = frozenset()
    """Sequences of the events that told of a failed delivery."""
    unreached: frozenset[str] = frozenset()
    """What could not be delivered for good, by its key: told of once, however often it is tried."""

    @property
    def exists(self) -> bool:
        """Whether it was ever declared."""
        return self.seq > 0

    @property
    def open(self) -> bool:
        """Whether somebody still works on it."""
        return self.exists and self.status not in {Status.RESOLVED, Status.CLOSED}

    @property
    def commander(self) -> PersonId | None:
        """Who commands, None where nobody does."""
        return self.roles.get(Role.COMMANDER)

    @property
    def open_cards(self) -> tuple[Asked, ...]:
        """Cards that wait for an answer, oldest first."""
        return tuple(a for a in self.cards.values() if a.state is CardState.OPEN)

    @property
    def live_runs(self) -> tuple[Run, ...]:
        """Runs that have not ended."""
        return tuple(r for r in self.runs.values() if r.ended is None)

    def card_number(self, number: int) -> Asked | None:
        """Return the card with this number."""
        return next((a for a in self.cards.values() if a.card.number == number), None)


def evolve(incident: Incident, envelope: Envelope) -> Incident:
    """Fold one event."""
    event, at = envelope.event, envelope.at
    cards = approval.evolve(incident.cards, event, at)
    incident = replace(
        incident,
        seq=envelope.seq,
        last_at=at,
        cards=cards,
        pages=escalation.evolve(incident.pages, event, at),
        runs=run.evolve(incident.runs, cards, event, at),
    )
    if isinstance(event, IncidentDeclared):
        return _declared(incident, event, at, envelope.actor)
    return _changed(incident, event, at)


def next_number(incident: Incident) -> int:
    """Return the number of the next card: counts every card ever asked in the incident."""
    return len(incident.cards) + 1


def _declared(incident: Incident, event: IncidentDeclared, at: datetime, by: PersonId) -> Incident:
    return replace(
        incident,
        number=event.number,
        title=event.title,
        provisional=event.provisional,
        severity=event.severity,
        services=(event.service,) if event.service else (),
        private=event.private,
        drill=event.drill,
        groups=(event.group,) if event.group else (),
        route=event.route,
        escalation=event.escalation,
        platforms=event.platforms,
        cadence=event.cadence,
        postmortem=event.postmortem,
        declared_by=by,
        declared_at=at,
        next_update_at=at + event.cadence if event.cadence else None,
        members=incident.members if by == SYSTEM else incident.members | {by},
    )


def _changed(incident: Incident, event: Event, at: datetime) -> Incident:  # noqa: C901, PLR0911, PLR0912 - one arm per event
    match event:
        case TitleChanged(title=title):
            return replace(incident, title=title, provisional=False)
        case SeverityChanged(severity=severity, cadence=cadence, postmortem=postmortem):
            last = incident.last_update_at or incident.declared_at
            due = last + cadence if cadence and incident.open else None
            return replace(
                incident,
                severity=severity,
                cadence=cadence,
                postmortem=postmortem,
                next_update_at=due,
            )
        case StatusChanged(status=status):
            return replace(incident, status=status)
        case ServicesNamed(services=services):
            return replace(incident, services=services)
        case ImpactRecorded():
            return replace(incident, impact=event)
        case StartRecorded(started_at=started_at):
            return replace(incident, started_at=started_at)
        case LinkAdded():
            return replace(incident, links=(*incident.links, event))
        case ActionAdded(n=n, text=text, owner=owner):
            added = Action(n=n, text=text, owner=owner)
            return replace(incident, actions=(*incident.actions, added))
        case ActionCompleted(n=n):
            done = tuple(replace(a, done=True) if a.n == n else a for a in incident.actions)
            return replace(incident, actions=done)
        case RoleAssigned(role=role, person=person):
            return replace(
                incident,
                roles={**incident.roles, role: person},
                members=incident.members | {person},
            )
        case PersonJoined(person=person):
            return replace(incident, members=incident.members | {person})
        case UpdatePosted(next_at=next_at):
            return replace(
                incident,
                last_update=event,
                last_update_at=at,
                next_update_at=next_at,
                reminders=0,
            )
        case UpdateReminded(level=level):
            return replace(incident, reminders=level)
        case AlertsAttached(group=group, firing=firing):
            return replace(
                incident,
                groups=tuple(dict.fromkeys((*incident.groups, group))),
                alerts=incident.alerts + firing,
                firing=_still_firing(incident, event),
            )
        case PersonPaged(person=person):
            return replace(incident, members=incident.members | {person})
        case RoomOpened(room=room):
            return replace(incident, rooms={**incident.rooms, room.platform: room})
        case IncidentResolved():
            return replace(
                incident,
                status=Status.RESOLVED,
                resolution=event,
                resolved_at=at,
                next_update_at=None,
            )
        case IncidentReopened():
            return replace(
                incident,
                status=Status.INVESTIGATING,
                resolved_at=None,
                next_update_at=at + incident.cadence if incident.cadence else None,
                reminders=0,
            )
        case IncidentClosed():
            return replace(incident, status=Status.CLOSED, closed_at=at, next_update_at=None)
        case DeliveryFailed(where=where):
            return replace(
                incident,
                failures=incident.failures | {incident.seq},
                unreached=incident.unreached | {where},
            )
        case GlassBroken(card=card):
            return replace(incident, broken_glass={**incident.broken_glass, card: event})
        case NoticeSent():
            return replace(incident, notices=incident.notices + 1)
        case _:
            return incident


def _still_firing(incident: Incident, news: AlertsAttached) -> int:
    """Count the alerts that fire after this news; those that fire again are counted already."""
    before = incident.firing
    firing = max(before, news.firing) if news.again else before + news.firing
    return max(0, firing - news.resolved)
