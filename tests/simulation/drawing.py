"""A seed becomes a schedule: two or three stories beside each other, and faults with an aim."""

import random
from typing import Final

from tests.simulation.matrix import POSSIBLE, Pair, stories_of
from tests.simulation.schedule import Act, Deed, Schedule, Talk
from tests.simulation.setting import Setting
from tests.simulation.stories import CAUSES, STORIES, UNREACHABLE
from tests.simulation.team import WEB
from tests.simulation.trouble import AT_COMMIT, Aimed, Fault

TAGS: Final = ("alpha", "bravo", "carol", "delta")

ENOUGH: Final = 22
"""Intents that the stories of a schedule come to without any fault, beside what people write."""

WRITTEN: Final = range(9, 16)
"""Messages that people write in the room meanwhile: they race for the same stream.

The less the stories come to, the more of them.
"""

INTENTS: Final = {
    "aborted": 31,
    "alarm": 28,
    "asked": 20,
    "autonomous": 12,
    "called": 18,
    "cause": 20,
    "cause_escalates": 16,
    "closed": 9,
    "described": 18,
    "doubted": 24,
    "drilled": 8,
    "edited": 17,
    "flapping": 22,
    "fleet": 32,
    "forgotten": 26,
    "frozen": 33,
    "glass": 16,
    "guided": 18,
    "neglected": 5,
    "noticed": 9,
    "patient": 21,
    "paused": 24,
    "queued": 46,
    "refused": 9,
    "rehearsed": 8,
    "reopened": 36,
    "repair": 15,
    "sketched": 7,
    "triaged": 23,
    "voided": 19,
}
"""About how many intents each story comes to."""

_DECISIVE: Final = ("refused", "frozen", "voided", "paused", "queued", "aborted", "doubted")
"""Stories in which a guard decides whether something runs: half of what fills a schedule."""

_TOO_MANY = 8
"""Intents by which what fills a schedule may come to more than is missing."""

_MEETINGS: Final = {
    story: tuple(pair for pair in POSSIBLE if story in stories_of(pair))
    or tuple(pair for pair in POSSIBLE if pair.transition == "RoomOpened")
    for story in STORIES
}
"""The pairs that can meet in each story; in every one a room is opened."""

_ORDER: Final = tuple(random.Random(7).sample(POSSIBLE, len(POSSIBLE)))
"""Every pair that can meet, in an order in which neighbours have nothing in common."""

_EVERYWHERE: Final = ("IncidentDeclared", "RoomOpened", "UpdateReminded")
"""Transitions that every schedule comes to, so that each has its faults."""

_PAUSES: Final = (0.0, 0.02, 0.05, 0.3, 1.0)
"""Seconds between two acts; 0 = at the same moment."""


def drawn(seed: int, story: str = "") -> Schedule:
    """Return the schedule of a seed. Seeds one after the other aim at every pair in turn.

    With `story`, that one is told in each of them, and the aim is somewhere in it.
    """
    chance = random.Random(seed)
    first = chance.choice(_MEETINGS[story]) if story else _ORDER[seed % len(_ORDER)]
    names = [story or chance.choice(stories_of(first))]
    aims = [first, chance.choice(_MEETINGS[names[0]])]
    while (missing := ENOUGH - sum(INTENTS[name] for name in names)) > 0 and len(names) < len(TAGS):
        names.append(_filling(chance, missing))
    return Schedule(
        seed=seed, acts=_mixed(chance, names), faults=_faults(chance, aims), goes_on=True
    )


def _filling(chance: random.Random, missing: int) -> str:
    """Return a story that comes to about as many intents as are missing."""
    stories = _DECISIVE if chance.random() < 0.5 else tuple(STORIES)
    small = [name for name in stories if INTENTS[name] <= missing + _TOO_MANY]
    return chance.choice(small or tuple(STORIES))


def _faults(chance: random.Random, aims: list[Pair]) -> tuple[Aimed, ...]:
    """Aim at these pairs, at each of their transitions with any other fault, and at the rest."""
    faults: list[Aimed] = []
    for pair in aims:
        faults.extend(CAUSES.get(pair.transition, ()))
        faults.append(Aimed(fault=pair.fault, transition=pair.transition))
        again = Pair(pair.transition, chance.choice(tuple(Fault)))
        faults.append(
            Aimed(fault=again.fault, transition=again.transition, nth=chance.choice((1, 2)))
        )
    faults.extend(
        Aimed(fault=chance.choice(AT_COMMIT), transition=transition, nth=chance.choice((1, 2)))
        for transition in chance.sample(_EVERYWHERE, 2)
    )
    if chance.random() < 0.05:
        faults.extend(UNREACHABLE)
    return tuple(dict.fromkeys(faults))


def _mixed(chance: random.Random, names: list[str]) -> tuple[Act, ...]:
    """Tell the stories at once, each in its own order."""
    told: list[list[Deed]] = []
    for tag, name in zip(TAGS, names, strict=False):
        host, other = chance.sample(WEB, 2)
        told.append(STORIES[name](Setting(tag=tag, host=host, other=other, chance=chance)))
    messages = ENOUGH + WRITTEN.stop - 1 - sum(INTENTS[name] for name in names)
    written = min(max(messages, WRITTEN.start), WRITTEN.stop - 1)
    told.append([_message(chance, number) for number in range(written)])
    acts: list[Act] = []
    while left := [story for story in told if story]:
        acts.append(Act(after=chance.choice(_PAUSES), deed=chance.choice(left).pop(0)))
    return tuple(acts)


def _message(chance: random.Random, number: int) -> Deed:
    who = chance.choice(("ann", "bob", "cleo", "dan"))
    return Talk(who=who, where=TAGS[0], text=f"line {number}")
