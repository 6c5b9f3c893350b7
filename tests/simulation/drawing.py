"""A seed becomes a schedule: two or three stories beside each other, and faults with an aim."""

import random
from typing import Final

from tests.simulation.matrix import POSSIBLE, Pair, stories_of
from tests.simulation.schedule import Act, Deed, Schedule
from tests.simulation.setting import Setting
from tests.simulation.stories import CAUSES, STORIES, UNREACHABLE
from tests.simulation.team import WEB
from tests.simulation.trouble import AT_COMMIT, Aimed, Fault

TAGS: Final = ("alpha", "bravo", "carol", "delta")

ENOUGH: Final = 42
"""Intents that the stories of a schedule come to without any fault; 40 are wanted with some."""

INTENTS: Final = {
    "aborted": 30,
    "alarm": 30,
    "asked": 22,
    "autonomous": 16,
    "called": 18,
    "cause": 20,
    "cause_escalates": 12,
    "closed": 12,
    "described": 19,
    "doubted": 26,
    "drilled": 9,
    "edited": 18,
    "flapping": 24,
    "fleet": 34,
    "forgotten": 27,
    "frozen": 35,
    "glass": 17,
    "guided": 21,
    "neglected": 5,
    "noticed": 14,
    "patient": 20,
    "paused": 24,
    "queued": 45,
    "refused": 14,
    "rehearsed": 8,
    "reopened": 38,
    "repair": 16,
    "sketched": 6,
    "triaged": 26,
    "voided": 21,
}
"""About how many intents each story comes to."""

_AIMED = 2
_ORDER: Final = tuple(random.Random(7).sample(POSSIBLE, len(POSSIBLE)))
"""Every pair that can meet, in an order in which neighbours have nothing in common."""

_EVERYWHERE: Final = ("IncidentDeclared", "RoomOpened", "UpdateReminded")
"""Transitions that every schedule comes to, so that each has its faults."""

_PAUSES: Final = (0.0, 0.02, 0.05, 0.3, 1.0)
"""Seconds between two acts; 0 = at the same moment."""


def drawn(seed: int) -> Schedule:
    """Return the schedule of a seed. Seeds one after the other aim at every pair in turn."""
    chance = random.Random(seed)
    aims = [_ORDER[(seed * _AIMED + n) % len(_ORDER)] for n in range(_AIMED)]
    names = [chance.choice(stories_of(pair)) for pair in aims]
    while sum(INTENTS[name] for name in names) < ENOUGH and len(names) < len(TAGS):
        names.append(chance.choice(tuple(STORIES)))
    return Schedule(seed=seed, acts=_mixed(chance, names), faults=_faults(chance, aims))


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
    acts: list[Act] = []
    while left := [story for story in told if story]:
        acts.append(Act(after=chance.choice(_PAUSES), deed=chance.choice(left).pop(0)))
    return tuple(acts)
