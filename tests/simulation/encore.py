"""What people go on with where a schedule has come to too little: they write, and it goes wrong."""

import random

from tests.simulation.schedule import Act, Calm, Harm, Say, Talk
from tests.simulation.trouble import AT_COMMIT, Aimed

REST = Act(after=0.0, deed=Calm())
"""Everything comes to rest before people go on, and at the end."""

_PAUSES = (0.0, 0.02, 0.3)
"""Seconds between two messages."""


def encore(chance: random.Random, number: int, intents: int, faults: int) -> list[Act]:
    """Return what comes to so many intents and faults, where nothing gets in its way.

    Each round opens an incident of its own: those of the schedule may be closed, or have no room.
    """
    tag = f"encore {number}"
    who = chance.choice(("ann", "dan"))
    acts = [Act(after=0.0, deed=Say(who=who, line=f"/incident declare sev4 {tag} is slow"))]
    for _ in range(faults):
        aimed = Aimed(fault=chance.choice(AT_COMMIT), transition="NoteAdded")
        acts.append(Act(after=0.0, deed=Harm(aimed=aimed)))
    acts += [_message(chance, tag, line) for line in range(max(intents - 2, faults))]
    return acts


def _message(chance: random.Random, tag: str, line: int) -> Act:
    who = chance.choice(("ann", "bob", "cleo", "dan"))
    talk = Talk(who=who, where=tag, text=f"line {line} of the {tag}")
    return Act(after=chance.choice(_PAUSES), deed=talk)
