"""What could not be delivered, and to where, in words: the outbox has only its own names."""

import re
from typing import Final

from bot.domain.events import DeliveryFailed
from bot.values import PersonId
from cards.context import Context
from cards.model import Line

_PLACE: Final = re.compile(r"(?:^|\.)([a-z]+)/(room|channel|direct)(?::(.*))?$")
_WHAT: Final = {
    "Post": "a message",
    "Show": "a card",
    "OpenRoom": "the opening of a room",
    "SetRoom": "a room's name and topic",
    "Invite": "an invitation",
    "Amend": "the erasing of a text",
}
"""By the name of the effect; one that is not here is called as it is."""


def undelivered(event: DeliveryFailed, context: Context) -> Line:
    """Return `a message to #announcements in Slack`."""
    return (_WHAT.get(event.what, event.what), *_where(event.where, context))


def platform_of(where: str) -> str:
    """Return the chat that a refused effect was for, "" where its name does not say."""
    found = _PLACE.search(where)
    return _called(found[1]) if found else ""


def _where(where: str, context: Context) -> Line:
    found = _PLACE.search(where)
    if found is None:
        return (f" ({where})",)
    platform, place, name = found.groups()
    inside = f" in {_called(platform)}"
    match place:
        case "channel":
            return (f" to #{name}{inside}",)
        case "direct":
            return (" to ", context.person(PersonId(name or "")), inside)
        case _:
            return (f" to the room{inside}",)


def _called(platform: str) -> str:
    return "the console" if platform == "console" else platform.capitalize()
