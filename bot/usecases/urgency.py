"""How soon the call at hand must reach a chat where a platform's limits let not everything out."""

from contextvars import ContextVar
from enum import IntEnum

from bot.usecases.beside import Beside


class Urgency(IntEnum):
    """What goes first within a platform's limits; smaller is sooner."""

    ANSWER = 0
    """Somebody waits for it with their finger on the button: no worker holds a lease meanwhile."""
    APPROVAL = 1
    """A card that waits for a human, a page, and the room that they are shown in."""
    CARD = 2
    """The incident's card, how far its runs are, and its room's name and members."""
    UPDATE = 3
    """What people were told on purpose: declared, updated, resolved."""
    CHATTER = 4
    """The rest: reminders, notes, alerts."""


URGENCY: ContextVar[Urgency] = ContextVar("urgency", default=Urgency.ANSWER)
"""Of the work at hand; whoever delivers says it, and whoever calls a platform asks it.

It travels beside the calls as the request's id does: a card is shown by many calls in many places,
and none of them but the pacing of the platform needs to know.
"""


def carried_with(urgency: Urgency) -> Beside[Urgency]:
    """Say how urgent is what is done inside."""
    return Beside(URGENCY, urgency)
