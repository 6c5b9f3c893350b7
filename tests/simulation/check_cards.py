"""Promises about cards: the one of an incident shows what holds, however few edits were made."""

from collections.abc import Iterator
from datetime import datetime

from bot.domain.events import Frozen
from bot.domain.state import Incident, evolve
from bot.values import IncidentId
from cards import incident_card
from cards.context import Context
from cards.model import At, Card
from tests.simulation.lived import Lived, events_of
from tests.simulation.team import TEXTS


def stale_cards(lived: Lived) -> Iterator[str]:
    """Look for incidents whose card in the room shows something else than holds in the end.

    Left out are cards that the chat refused for good, and freezes: a life that ends right after
    one has told no card of it.
    """
    if any(events_of(lived, Frozen)):
        return
    parked = [effect.item.stream for effect in lived.effects if effect.state.value == "parked"]
    refused = {stream.id for stream in parked if stream is not None}
    names = {person.id: person.name for person in lived.policy.people.values()}
    for incident in _incidents(lived):
        shown = lived.cards.get(incident.id)
        if shown is None or incident.id in refused:
            continue
        # What only time changes is left as it was when the card was drawn.
        world = Context(names=names, now=_drawn_at(shown), texts=TEXTS)
        if incident_card.look_of(shown) != incident_card.look_of(
            incident_card.build(incident, world)
        ):
            yield f"the card of {incident.id} shows what does not hold"


def _incidents(lived: Lived) -> list[Incident]:
    incidents: dict[str, Incident] = {}
    for stored in lived.events:
        envelope = stored.envelope
        if envelope.stream.kind == "incident":
            ident = envelope.stream.id
            before = incidents.get(ident, Incident(id=IncidentId(ident)))
            incidents[ident] = evolve(before, envelope)
    return list(incidents.values())


def _drawn_at(card: Card) -> datetime:
    return next(part.moment for part in card.footer if isinstance(part, At))
