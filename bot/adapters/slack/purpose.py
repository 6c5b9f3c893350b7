"""What stands in the purpose of an incident's channel, by which the bot knows it again."""

import hashlib
from typing import Final

_DIGITS: Final = 16
_KEEPS: Final = "Firewarden keeps this room ("


def purpose_of(key: str) -> str:
    """Return the purpose of the channel that was made for a key."""
    return f"{_KEEPS}{digest(key)})"


def keeps_a_room(purpose: str) -> bool:
    """Whether a channel was made for an incident, whichever that is."""
    return purpose.startswith(_KEEPS)


def digest(text: str) -> str:
    """Return what a key looks like where people can read it."""
    return hashlib.sha256(text.encode()).hexdigest()[:_DIGITS]
