"""Whatever happens to an incident: where its card is not shown anew, it would look as before."""

from dataclasses import replace
from datetime import timedelta

from bot.domain.events import TextsErased
from bot.domain.glance import moved
from bot.domain.state import Incident, evolve
from bot.values import IncidentId
from cards import incident_card
from tests.simulation.drawing import drawn
from tests.simulation.lived import Lived
from tests.simulation.stories import STORIES
from tests.simulation.universe import Universe
from tests.support.incidents import context


def test_a_card_that_an_event_leaves_as_it_is_shows_nothing_of_it() -> None:
    left, differing = 0, []
    for number, story in enumerate(STORIES):
        unmoved = _unmoved(Universe(drawn(number, story)).run())
        left += len(unmoved)
        differing += [name for name, before, after in unmoved if _card(before) != _card(after)]
    assert differing == []
    assert left > 200


def _unmoved(lived: Lived) -> list[tuple[str, Incident, Incident]]:
    """Return each event that leaves the card as it is, with the incident before and after it."""
    found: list[tuple[str, Incident, Incident]] = []
    incidents: dict[str, Incident] = {}
    for stored in lived.events:
        envelope = stored.envelope
        if envelope.stream.kind != "incident" or isinstance(envelope.event, TextsErased):
            continue
        ident = envelope.stream.id
        before = incidents.get(ident, Incident(id=IncidentId(ident)))
        after = incidents[ident] = evolve(before, envelope)
        if not moved(after, before, (envelope.event,)):
            found.append((type(envelope.event).__name__, before, after))
    return found


def _card(incident: Incident) -> object:
    """Return the card at one moment, so that only the incident can make a difference."""
    world = context()
    return incident_card.build(incident, replace(world, now=world.now + timedelta(days=1)))
