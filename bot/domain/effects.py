"""What is to be done outside, as the core says it; delivery carries it out and settles it."""

from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import StrEnum
from typing import TypeAlias

from bot.values import PersonId, RunId


class Place(StrEnum):
    """Where a message goes, on every platform alike."""

    ROOM = "room"
    CHANNEL = "channel"
    DIRECT = "direct"


@dataclass(frozen=True, slots=True, kw_only=True)
class Target:
    """A conversation by meaning; `name` is the channel's name or the person's id."""

    platform: str
    place: Place
    name: str = ""

    def __str__(self) -> str:
        """Format for effect keys: `console/room`, `console/channel:announcements`."""
        return f"{self.platform}/{self.place}" + (f":{self.name}" if self.name else "")


@dataclass(frozen=True, slots=True, kw_only=True)
class OpenRoom:
    """Once: the incident gets its room on a platform."""

    platform: str


@dataclass(frozen=True, slots=True, kw_only=True)
class SetRoom:
    """Latest: the room's name, topic and open or closed state follow the incident."""

    platform: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Invite:
    """Once per reason: bring somebody into the room.

    `seq` is that of the event that they are needed for: who has left is brought back by the next.
    """

    platform: str
    person: PersonId
    seq: int = 0


@dataclass(frozen=True, slots=True, kw_only=True)
class Post:
    """Once: tell `target` about the event with sequence `seq` of this stream."""

    seq: int
    target: Target


@dataclass(frozen=True, slots=True, kw_only=True)
class Show:
    """Latest: the copy of a card at `target` shows the current state.

    `card` is `incident`, `run:<id>`, `page:<id>` or a card's own id.
    """

    card: str
    target: Target


@dataclass(frozen=True, slots=True, kw_only=True)
class Amend:
    """Latest: what `target` was shown is replaced by what is left of it; never posted anew.

    It is the message about the event `seq`, or where that is 0 the copy of `card`.
    """

    target: Target
    seq: int = 0
    card: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class SendPage:
    """Once: wake one person on one channel."""

    page: str
    person: PersonId
    level: int
    pager: str


@dataclass(frozen=True, slots=True, kw_only=True)
class ProposeFix:
    """Once: propose the runbook that mends the cause which a playbook's run has found."""

    run: RunId
    runbook: str
    arguments: tuple[tuple[str, str], ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class RunPreflight:
    """Once per host: try everything that the run will need there, running nothing."""

    run: RunId
    host: str
    changes: bool
    sudo: tuple[tuple[str, ...], ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class RunRead:
    """Once: run one read-only command (or GET `url`); may be run again after a crash.

    `turn` counts the questions asked so far, because triage is repeated after each yes.
    """

    run: RunId
    turn: int
    phase: str
    path: str
    host: str
    argv: tuple[str, ...] = ()
    url: str = ""
    timeout: timedelta


@dataclass(frozen=True, slots=True, kw_only=True)
class RunChange:
    """Once: carry out one state-changing command; never again by itself once it was started."""

    run: RunId
    path: str
    host: str
    attempt: int


@dataclass(frozen=True, slots=True, kw_only=True)
class StopCommand:
    """Once: kill a running command on its host, as a human demanded."""

    run: RunId
    path: str
    host: str
    attempt: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Timer:
    """Timer: remind this stream at `due`; setting the same name again replaces it."""

    name: str
    due: datetime


@dataclass(frozen=True, slots=True, kw_only=True)
class ClearTimer:
    """Forget the timer of that name."""

    name: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Attach:
    """Attach: turn the unread alerts of a group into news for its incident."""

    group: str


@dataclass(frozen=True, slots=True, kw_only=True)
class StartDrill:
    """Once: make the scenario's symptom on the practice host and let its monitor send the alert."""

    drill: str
    scenario: str


@dataclass(frozen=True, slots=True, kw_only=True)
class WakeWaiting:
    """Once per release (the event with sequence `seq`): runs that wait for these may try again."""

    seq: int
    targets: tuple[str, ...]


Effect: TypeAlias = (
    OpenRoom
    | SetRoom
    | Invite
    | Post
    | Show
    | Amend
    | SendPage
    | ProposeFix
    | RunPreflight
    | RunRead
    | RunChange
    | StopCommand
    | Timer
    | ClearTimer
    | Attach
    | StartDrill
    | WakeWaiting
)
