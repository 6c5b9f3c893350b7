"""Opening an incident, by a person or by an alert: its room, its clocks, its first commander."""

from bot.domain.draft import Draft
from bot.domain.effects import Effect, Invite, OpenRoom, Place, SetRoom, Show, Target, Timer
from bot.domain.events import IncidentDeclared, Role, RoleAssigned
from bot.domain.state import Incident
from bot.values import PersonId


def open_incident(draft: Draft, declared: IncidentDeclared, commander: PersonId | None) -> None:
    """Declare, ask for the rooms, and start the clocks.

    The room comes first in its lane, so that everything told to it waits until it is there.
    """
    draft.do(*(OpenRoom(platform=platform) for platform in declared.platforms))
    draft.happen(declared)
    if commander is not None:
        draft.happen(RoleAssigned(role=Role.COMMANDER, person=commander, previous=None))
        draft.do(*(Invite(platform=p, person=commander) for p in declared.platforms))
    else:
        draft.do(Timer(name="no-commander", due=draft.after(draft.policy.no_commander_after)))
    if declared.cadence is not None:
        draft.do(Timer(name="update", due=draft.after(declared.cadence)))


def announce_room(incident: Incident, platform: str) -> tuple[Effect, ...]:
    """Show every living card in a room that has just opened, and its links in its bar."""
    cards = ["incident", *(f"run:{run}" for run in incident.runs)]
    cards += [asked.card.card for asked in incident.cards.values()]
    target = Target(platform=platform, place=Place.ROOM)
    return (SetRoom(platform=platform), *(Show(card=card, target=target) for card in cards))


def rooms_follow(incident: Incident) -> tuple[Effect, ...]:
    """Let the rooms' names, topics and open or closed state follow the incident."""
    return tuple(SetRoom(platform=platform) for platform in incident.platforms)
