"""Who is told what: for each event the conversations that hear of it, in order, once."""

from collections.abc import Sequence

from bot.domain.effects import Effect, Place, Post, SetRoom, Show, Target
from bot.domain.events import (
    ActionAdded,
    ActionCompleted,
    AlertsAttached,
    ApprovalVoided,
    AutonomyUsed,
    CardExpired,
    CardKind,
    CardReminded,
    CardWithdrawn,
    DecisionReached,
    DeliveryFailed,
    DryRunReported,
    Event,
    FollowUpNoted,
    GlassBroken,
    ImpactRecorded,
    IncidentClosed,
    IncidentDeclared,
    IncidentReopened,
    IncidentResolved,
    LinkAdded,
    NoteAdded,
    NoticeSent,
    PageAcknowledged,
    PageExhausted,
    PageStarted,
    PageUndeliverable,
    PersonPaged,
    ReservationAwaited,
    ReviewReminded,
    RoleAssigned,
    RunEnded,
    RunPaused,
    RunReopened,
    SeverityChanged,
    StatusChanged,
    StepInDoubt,
    StepInterrupted,
    TextsErased,
    TitleChanged,
    UpdatePosted,
    UpdateReminded,
)
from bot.domain.glance import moved
from bot.domain.policy import Policy
from bot.domain.state import Incident

IN_ROOM: tuple[type[Event], ...] = (
    IncidentDeclared,
    TitleChanged,
    SeverityChanged,
    StatusChanged,
    ImpactRecorded,
    LinkAdded,
    ActionAdded,
    ActionCompleted,
    RoleAssigned,
    NoteAdded,
    UpdatePosted,
    UpdateReminded,
    IncidentResolved,
    IncidentReopened,
    IncidentClosed,
    DeliveryFailed,
    AlertsAttached,
    PageStarted,
    PersonPaged,
    PageUndeliverable,
    PageAcknowledged,
    PageExhausted,
    CardExpired,
    CardReminded,
    CardWithdrawn,
    GlassBroken,
    ReviewReminded,
    ApprovalVoided,
    DecisionReached,
    AutonomyUsed,
    RunReopened,
    ReservationAwaited,
    StepInterrupted,
    StepInDoubt,
    RunPaused,
    DryRunReported,
    RunEnded,
    FollowUpNoted,
    NoticeSent,
    TextsErased,
)
"""Events that the room is told as a message; cards show the rest."""

ANNOUNCED: tuple[type[Event], ...] = (
    IncidentDeclared,
    SeverityChanged,
    UpdatePosted,
    IncidentResolved,
    IncidentReopened,
    PageExhausted,
    GlassBroken,
    ReviewReminded,
    AutonomyUsed,
)
"""Events that the announcement channel is told, unless the incident is private."""

_LAST_REMINDER = 3


def posts(policy: Policy, incident: Incident, seq: int, event: Event) -> tuple[Post, ...]:
    """Return one post per conversation that hears of this event."""
    if isinstance(event, DeliveryFailed):
        elsewhere = _elsewhere(policy, incident, event)
        return tuple(Post(seq=seq, target=target) for target in elsewhere)
    targets = [
        Target(platform=platform, place=place, name=name)
        for place, name in _places(policy, incident, event)
        for platform in incident.platforms
        if not (isinstance(event, NoteAdded) and event.where == platform)
    ]
    return tuple(Post(seq=seq, target=target) for target in targets)


def shows(incident: Incident, before: Incident, events: tuple[Event, ...]) -> tuple[Effect, ...]:
    """Return which cards must be shown anew in the rooms that are open."""
    cards = ["incident"] if moved(incident, before, events) else []
    cards += [f"run:{i}" for i, run in incident.runs.items() if before.runs.get(i) is not run]
    cards += [c for c, asked in incident.cards.items() if before.cards.get(c) is not asked]
    cards += [
        c for c, asked in incident.cards.items() if _lives(asked.card.kind) and c not in cards
    ]
    return (*_in_rooms(incident, cards), *_copies(incident, before))


def of_freezes(incident: Incident) -> tuple[Show, ...]:
    """Return which cards in its rooms must be shown anew because a freeze was set or lifted."""
    runs = [f"run:{run.started.run}" for run in incident.live_runs]
    return _in_rooms(incident, ["incident", *runs, *(a.card.card for a in incident.open_cards)])


def _in_rooms(incident: Incident, cards: Sequence[str]) -> tuple[Show, ...]:
    return tuple(
        Show(card=card, target=Target(platform=platform, place=Place.ROOM))
        for card in cards
        for platform in incident.rooms
    )


def _copies(incident: Incident, before: Incident) -> tuple[Effect, ...]:
    """Keep the direct copies of every card that moved at their latest."""
    return tuple(
        Show(card=ident, target=Target(platform=platform, place=Place.DIRECT, name=person))
        for ident, asked in incident.cards.items()
        if before.cards.get(ident) is not asked
        for person in asked.card.copies
        for platform in incident.platforms
    )


def rooms(incident: Incident, before: Incident) -> tuple[SetRoom, ...]:
    """Let names, topics and open or closed state of the rooms follow what they say."""
    if not before.exists or _signboard(incident) == _signboard(before):
        return ()
    return tuple(SetRoom(platform=platform) for platform in incident.platforms)


def _signboard(incident: Incident) -> tuple[object, ...]:
    return (
        incident.title,
        incident.severity,
        incident.status,
        incident.commander,
        incident.links,
        frozenset(run.started.runbook for run in incident.runs.values()),
    )


def _lives(kind: CardKind) -> bool:
    """Whether a card of this kind shows something of the incident that can change beside it."""
    return kind is CardKind.CHECKLIST


def _places(policy: Policy, incident: Incident, event: Event) -> list[tuple[Place, str]]:
    places: list[tuple[Place, str]] = []
    if isinstance(event, CardReminded):
        copies = incident.cards[event.card].card.copies
        places += [(Place.DIRECT, person) for person in copies]
    if isinstance(event, IN_ROOM):
        places.append((Place.ROOM, ""))
    last_call = isinstance(event, UpdateReminded) and event.level >= _LAST_REMINDER
    if not incident.private and (isinstance(event, ANNOUNCED) or last_call):
        places.append((Place.CHANNEL, policy.announcement_channel))
    if isinstance(event, NoticeSent):
        places.append((Place.CHANNEL, event.channel))
    return places


def _elsewhere(policy: Policy, incident: Incident, event: DeliveryFailed) -> list[Target]:
    """Tell of a failure where it did not happen.

    A room's is told in the rooms of the other platforms, and where there is none in the channel;
    of a private incident its people are told directly. Any other one is told in every room.
    """
    if not event.told:
        return []
    failed = next((p for p in incident.platforms if f"{p}/{Place.ROOM}" in event.where), "")
    rooms = [Target(platform=p, place=Place.ROOM) for p in incident.platforms if p != failed]
    if rooms:
        return rooms
    if incident.private:
        people = [incident.commander] if incident.commander else sorted(incident.members)
        return [Target(platform=failed, place=Place.DIRECT, name=person) for person in people]
    channel = policy.announcement_channel
    return [Target(platform=failed, place=Place.CHANNEL, name=channel)]
