"""Every labelled point, and what has to happen for a life to come by it.

Which calls and effects there are is read from the code (`labels`); here stands which story leads
to each. One that has no story is a KeyError, and thus a failing test.
"""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass

from bot.ports import RoomBar, UserGroups
from bot.usecases.delivering.hints import DrillGround
from tests.crash import labels
from tests.crash.chat import ChatKind

BEFORE_ACKNOWLEDGED_ALERT = "between the acknowledgement of an alert and its handling"
BEFORE_ACKNOWLEDGED_CLICK = "between the acknowledgement of a click and its handling"

PRACTICE = "practice"
"""The world without a policy, where drills are."""

DRILL = "drill"
"""The story there: all its points are passed in one drill, in their order."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Point:
    """`story` leads to it; where `first` is set, a life before must have ended there.

    `where` is the chat beside the console, or the practice world; "" = any world. While the life
    lives its clock is set by `clock` seconds.
    """

    label: str
    story: str
    first: str = ""
    where: str = ""
    clock: float = 0.0


_CHAT: Mapping[str, str] = {
    "open room": "alarm",
    "set room": "alarm",
    "close room": "closed",
    "reopen room": "alarm",
    "invite": "typed",
    "channel": "alarm",
    "direct": "alarm",
    "post of a card": "alarm",
    "post of a message": "alarm",
    "update": "alarm",
    "amend": "erased",
    "find": "alarm",
    "page": "alarm",
    "standing": "alarm",
}
"""Calls to each chat: to its rooms and messages, for pages, and about people."""

_BESIDE: Mapping[str, str] = {"standing": "left"}
"""Calls that another story leads to in a chat beside the console: who presses there is looked up.
"""

_OUTSIDE: Mapping[str, str] = {
    "webhook page": "alarm",
    "slack link room": "alarm",
    "slack members": "alarm",
    "probe get": "pair",
    "boot id": "typed",
    "preflight": "typed",
    "stop": "hung",
    "extend": "typed",
    "move due": "typed",
    "seen": "typed",
    "put blob": "typed",
    "take alerts": "alarm",
}
"""The other calls, but for those that only a successor makes."""

_CLOCKS: Mapping[str, float] = {"move due": -60.0}
"""By how many seconds the clock of a life has to be set for a call, while it lives."""

_COMMANDS = {
    "typed": (
        "read of triage",
        "read of again",
        "read of read",
        "change mend.steps.1",
        "change mend.steps.2",
    ),
    "pair": ("change mend.checkpoint.1",),
    "undone": ("change mend.undo.1",),
}
"""What is run on hosts, by the story in which it is."""

_EFFECTS: Mapping[str, str] = {
    "OpenRoom": "typed",
    "SetRoom": "typed",
    "Invite": "typed",
    "Post": "typed",
    "Show": "typed",
    "Amend": "erased",
    "SendPage": "alarm",
    "ProposeFix": "play",
    "RunPreflight": "typed",
    "RunRead": "typed",
    "RunChange": "typed",
    "StopCommand": "hung",
    "Timer": "undone",
    "Attach": "alarm",
    "StartDrill": DRILL,
    "WakeWaiting": "typed",
}
"""Kinds of effects."""

_CHANGES = ("commit of RunChange (held): StepStarted", "commit of RunChange: StepFinished")
"""The two commits of a change."""

_REQUESTS = {
    "typed": (
        "commit of a request: IncidentDeclared",
        "commit of a request: RunStarted",
        "commit of a request: VoteCast",
    ),
    "hung": (
        "commit of a request: AbortRequested",
        "commit of a request: ReservationReleased",
    ),
}
"""Commits of what people ask for, by the event that it led to first."""

_AFTER_A_CRASH = (
    ("inquire", "typed", "after change mend.steps.1"),
    ("commit of RunChange (held): StepInterrupted", "typed", "before change mend.steps.2"),
    ("commit of RunChange: StepInDoubt", "bare", "before change mend.steps.1 without receipts"),
)
"""What only the successor of a life comes by that ended in the middle of a change."""


def points() -> tuple[Point, ...]:
    """Return every point: before and after each write and each call, and after each claim."""
    return (*_points(), *_in_a_drill())


def _points() -> Iterator[Point]:
    successors = {name for name, _, _ in _AFTER_A_CRASH}
    for name in sorted(labels.names() - successors - {*_GROUND}):
        yield from _around(name, *_led_to(name))
    for table in (_COMMANDS, _REQUESTS):
        for story, names in table.items():
            for name in names:
                yield from _around(name, story)
    for name, story, first in _AFTER_A_CRASH:
        yield from _around(name, story, first=first)
    yield Point(label="before claim", story="alarm")
    for kind in labels.kinds():
        if _EFFECTS[kind] != DRILL:
            yield Point(label=f"after claim of {kind}", story=_EFFECTS[kind])
            commits = _CHANGES if kind == "RunChange" else (f"commit of {kind}",)
            for name in commits:
                yield from _around(name, _EFFECTS[kind])
    yield Point(label=BEFORE_ACKNOWLEDGED_ALERT, story="alarm")
    yield Point(label=BEFORE_ACKNOWLEDGED_CLICK, story="typed")


def _in_a_drill() -> Iterator[Point]:
    kinds = [kind for kind in labels.kinds() if _EFFECTS[kind] == DRILL]
    for kind in kinds:
        yield Point(label=f"after claim of {kind}", story=DRILL, where=PRACTICE)
    for name in (*_GROUND, *(f"commit of {kind}" for kind in kinds)):
        yield from _around(name, DRILL, PRACTICE)


_GROUND = tuple(f"ground {call}" for call in labels.calls(DrillGround))


def _around(name: str, story: str, where: str = "", first: str = "") -> Iterator[Point]:
    for side in ("before", "after"):
        yield Point(
            label=f"{side} {name}",
            story=story,
            first=first,
            where=where,
            clock=_CLOCKS.get(name, 0.0),
        )


def _led_to(name: str) -> tuple[str, str]:
    """Return the story that leads to a call, and where it has to be told."""
    platform, _, call = name.partition(" ")
    if name in _OUTSIDE:
        only = {f"slack {one}" for one in (*labels.calls(RoomBar), *labels.calls(UserGroups))}
        return _OUTSIDE[name], ChatKind.SLACK if name in only else ""
    if platform == labels.CONSOLE:
        return _CHAT[call], ""
    return _BESIDE.get(call, _CHAT[call]), platform
