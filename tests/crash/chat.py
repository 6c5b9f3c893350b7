"""A chat beside the console: rooms of its own, people who press there, answers that are lost."""

import random
import re
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from enum import StrEnum
from itertools import cycle
from typing import Protocol, TypeVar

from tests.crash.history import Notes, Press, Room


class ChatKind(StrEnum):
    """Which one."""

    SLACK = "slack"
    TELEGRAM = "telegram"


PACES: Mapping[ChatKind, float] = {ChatKind.SLACK: 10.0, ChatKind.TELEGRAM: 25.0}
"""How much faster time passes for lives beside a chat: what they say there is paced by limits.

Telegram takes 20 messages a minute in a group, 8 of them edits, and a message whose answer was
lost is looked for by trying to edit.
"""

LATE = 6.0
"""Seconds after which a late answer comes: longer than the bot waits for any of them."""

LOSSES = 4
"""Calls that go wrong in one world; more would only be waited for."""

PRESSES = "bob"
"""Who presses there."""

AGAIN = 2.0
"""Seconds after which somebody presses again whose button is still there."""

_TITLE = re.compile(r"Mend ([a-z]+\d+) on [\w-]+")

_EACH_LOOK = 0.1
"""How likely it is at each look at the chat that another call goes wrong."""

T = TypeVar("T")


class Wrong(StrEnum):
    """How a call goes wrong, whose caller cannot know whether it was carried out."""

    ANSWER_LOST = "carried out, and the line is dead"
    ANSWER_LATE = "carried out, and nobody answers in time"
    CALL_LATE = "not carried out, and nobody answers in time"


class Chat(Protocol):
    """One emulator, and what its people do there."""

    accounts: Mapping[str, str]
    """The people's accounts, by their names in the policy."""

    def settings(self) -> str:
        """Return the settings by which a life finds it."""
        ...

    async def use(self) -> None:
        """Let its people press what asks to be approved, for ever, while calls go wrong."""
        ...

    def shows(self, words: str) -> bool:
        """Whether somebody can read this in a message there."""
        ...

    def rooms(self, titles: Mapping[str, str]) -> tuple[Room, ...]:
        """Return its rooms, each under the incident that it is of; `titles` are by incident."""
        ...


class Mishaps:
    """Draws which calls are to go wrong, and how; each way in its turn."""

    def __init__(self, luck: random.Random, methods: Sequence[str]) -> None:
        self._luck = luck
        self._methods = methods
        self._ways: Iterator[Wrong] = cycle(Wrong)
        self._left = LOSSES

    def next(self, troubles: dict[str, list[T]], made: Callable[[Wrong], T]) -> None:
        """Let the next call of some method go wrong, now and then."""
        if self._left and self._luck.random() < _EACH_LOOK:
            self._left -= 1
            method = self._luck.choice(self._methods)
            troubles.setdefault(method, []).append(made(next(self._ways)))


class Hand:
    """Presses what asks, again and again while it asks, and writes it down."""

    def __init__(self, notes: Notes) -> None:
        self._notes = notes
        self._pressed: dict[str, float] = {}

    def presses(self, key: str, shown: str) -> bool:
        """Whether the message of this key, which shows this, is pressed now."""
        found, now = _TITLE.search(shown), time.monotonic()
        if found is None or now - self._pressed.get(key, -AGAIN) < AGAIN:
            return False
        self._pressed[key] = now
        self._notes.presses.append(
            Press(
                who=PRESSES,
                card=key,
                kind="change",
                title=found[0],
                option="approve",
                sent=time.time(),
            )
        )
        return True


def rooms_of(platform: str, names: Sequence[str], titles: Mapping[str, str]) -> tuple[Room, ...]:
    """Return a chat's rooms, whose names end with the words of their incidents' titles.

    `titles` are by incident, each another one; a room of no incident has its own name for a key.
    """
    endings = {
        re.sub(r"[^a-z0-9]+", "-", title.lower()).strip("-"): incident
        for incident, title in titles.items()
    }
    return tuple(
        Room(platform=platform, key=_incident_of(name, endings), name=name) for name in names
    )


def _incident_of(name: str, endings: Mapping[str, str]) -> str:
    return next((incident for end, incident in endings.items() if name.endswith(end)), name)
