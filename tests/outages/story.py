"""What a team does while its chat is away: notes, updates, and a repair that needs a yes."""

import re
from collections.abc import Sequence
from dataclasses import dataclass

from bot.values import ConversationRef
from tests.outages.world import OutageWorld
from tests.support.weather import Call, Weather

_WORDS = re.compile(r"\b(?:note|news)-[0-9]+-[0-9]+\b")
_EVERY = 30
"""Seconds between two notes in a room; every third is an update."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Story:
    """What was said, by room, and the calls that came after the weather was fine again."""

    said: dict[ConversationRef, list[str]]
    after: Sequence[Call]
    caught_up_in: float


async def ten_minutes(world: OutageWorld, weather: Weather, *, within: float) -> Story:
    """Open two rooms, live ten minutes in this weather, and let it catch up `within` seconds."""
    rooms = [await world.opened(f"thing {n}") for n in (1, 2)]
    said: dict[ConversationRef, list[str]] = {room: [] for room in rooms}
    world.way.weather = weather
    for n in range(600 // _EVERY):
        for number, room in enumerate(rooms):
            said[room].append(await _something(world, room, number, n))
        if n == 4:
            reply = await world.say("ann", "/runbook run restart host=web-1", at=rooms[0])
            assert "has started" in reply.text
        await world.pass_time(_EVERY)
    before = len(world.way.calls)
    world.way.weather = Weather.FINE
    seconds = await world.delivered(within)
    return Story(said=said, after=world.way.calls[before:], caught_up_in=seconds)


def told(messages: Sequence[str]) -> list[str]:
    """Return the notes and updates among messages, in their order."""
    return [found[0] for text in messages if (found := _WORDS.search(text))]


async def _something(world: OutageWorld, room: ConversationRef, number: int, n: int) -> str:
    word = f"{'note' if n % 3 else 'news'}-{number}-{n}"
    line = f"/incident note {word}" if n % 3 else f"/incident update {word} next=2h"
    reply = await world.say("ann", line, at=room)
    assert reply.tone == "done", reply
    return word
