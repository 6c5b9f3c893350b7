"""Every labelled point, and what has to happen for a life to come by it."""

from collections.abc import Iterator
from dataclasses import dataclass

BEFORE_ACKNOWLEDGED_ALERT = "between the acknowledgement of an alert and its handling"
BEFORE_ACKNOWLEDGED_CLICK = "between the acknowledgement of a click and its handling"


@dataclass(frozen=True, slots=True, kw_only=True)
class Point:
    """`story` leads to it; where `first` is set, a life before must have ended there."""

    label: str
    story: str
    first: str = ""


_OUTSIDE = {
    "alarm": (
        "webhook page",
        "console page",
        "console post of a message",
        "console post of a card",
        "console update",
    ),
    "typed": (
        "console open room",
        "console set room",
        "console invite",
        "preflight",
        "boot id",
        "read of triage",
        "read of again",
        "read of read",
        "change mend.steps.1",
        "change mend.steps.2",
        "extend",
        "put blob",
    ),
    "pair": ("change mend.checkpoint.1", "probe get"),
    "undone": ("change mend.undo.1",),
    "hung": ("stop",),
}
"""Calls that leave the process, by the story that makes them."""

_COMMITS = {
    "alarm": ("take alerts", "commit of Attach", "commit of SendPage"),
    "typed": (
        "commit of a request: IncidentDeclared",
        "commit of a request: RunStarted",
        "commit of a request: VoteCast",
        "commit of OpenRoom",
        "commit of SetRoom",
        "commit of Invite",
        "commit of Post",
        "commit of Show",
        "commit of RunPreflight",
        "commit of RunRead",
        "commit of RunChange (held): StepStarted",
        "commit of RunChange: StepFinished",
        "commit of WakeWaiting",
    ),
    "undone": ("commit of Timer", "commit of a request: ReservationReleased"),
    "play": ("commit of ProposeFix",),
    "hung": ("commit of a request: AbortRequested", "commit of StopCommand"),
}
"""Writes, by the story that makes them."""

_CLAIMS = {
    "alarm": ("Attach", "SendPage"),
    "typed": (
        "OpenRoom",
        "SetRoom",
        "Invite",
        "Post",
        "Show",
        "RunPreflight",
        "RunRead",
        "RunChange",
        "WakeWaiting",
    ),
    "undone": ("Timer",),
    "play": ("ProposeFix",),
    "hung": ("StopCommand",),
}
"""Kinds of effects, by the story that leads to them."""

_AFTER_A_CRASH = (
    ("inquire", "typed", "after change mend.steps.1"),
    ("commit of RunChange (held): StepInterrupted", "typed", "before change mend.steps.2"),
    ("commit of RunChange: StepInDoubt", "bare", "before change mend.steps.1 without receipts"),
)
"""What only the successor of a life comes by that ended in the middle of a change."""


def points() -> tuple[Point, ...]:
    """Return every point: before and after each write and each call, and after each claim."""
    return tuple(_points())


def _points() -> Iterator[Point]:
    for table in (_OUTSIDE, _COMMITS):
        for story, names in table.items():
            for name in names:
                yield Point(label=f"before {name}", story=story)
                yield Point(label=f"after {name}", story=story)
    for name, story, first in _AFTER_A_CRASH:
        yield Point(label=f"before {name}", story=story, first=first)
        yield Point(label=f"after {name}", story=story, first=first)
    yield Point(label="before claim", story="alarm")
    for story, kinds in _CLAIMS.items():
        for kind in kinds:
            yield Point(label=f"after claim of {kind}", story=story)
    yield Point(label=BEFORE_ACKNOWLEDGED_ALERT, story="alarm")
    yield Point(label=BEFORE_ACKNOWLEDGED_CLICK, story="typed")
