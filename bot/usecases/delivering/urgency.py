"""What of delivery's work goes first where a platform does not take all of it at once."""

from bot.domain import effects as fx
from bot.domain.effects import Effect
from bot.domain.events import (
    Event,
    IncidentClosed,
    IncidentDeclared,
    IncidentReopened,
    IncidentResolved,
    NoticeSent,
    SeverityChanged,
    StatusChanged,
    UpdatePosted,
)
from bot.usecases.urgency import Urgency

_ON_PURPOSE: tuple[type[Event], ...] = (
    IncidentDeclared,
    SeverityChanged,
    StatusChanged,
    UpdatePosted,
    NoticeSent,
    IncidentResolved,
    IncidentReopened,
    IncidentClosed,
)
"""Events by which somebody tells the others how the incident stands."""

_INCIDENT = "incident"
_RUN = "run:"


def urgency_of(effect: Effect) -> Urgency:
    """Return how urgent an effect is before anything was read about it."""
    match effect:
        case fx.SendPage() | fx.OpenRoom() | fx.Amend():
            return Urgency.APPROVAL
        case fx.Show(card=card):
            return _urgency_of_card(card)
        case fx.SetRoom() | fx.Invite():
            return Urgency.CARD
        case _:
            return Urgency.CHATTER


def urgency_of_post(event: Event) -> Urgency:
    """Return how urgent a message about an event is."""
    return Urgency.UPDATE if isinstance(event, _ON_PURPOSE) else Urgency.CHATTER


def _urgency_of_card(card: str) -> Urgency:
    # Every step of a run edits the incident's card too: were that one more urgent, a room that
    # takes one edit a second would not see how far the run is before it is over.
    return Urgency.CARD if card == _INCIDENT or card.startswith(_RUN) else Urgency.APPROVAL
