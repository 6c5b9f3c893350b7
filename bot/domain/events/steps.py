"""State-changing steps of runs: started, finished, in doubt, settled."""

from dataclasses import dataclass
from datetime import timedelta
from typing import TypeAlias

from bot.domain.events.runs import Outcome
from bot.values import CardId, OnDeadline, PersonId, RunId, Untrusted


@dataclass(frozen=True, slots=True, kw_only=True)
class StepStarted:
    """Committed before the first byte of a state-changing command leaves.

    `approved_by` and `card` name the yes that covers it; `boot` is the host's boot id.
    """

    run: RunId
    path: str
    host: str
    attempt: int
    digest: str
    command: tuple[str, ...]
    timeout: timedelta
    on_deadline: OnDeadline
    number: int
    of: int
    card: CardId | None
    approved_by: tuple[PersonId, ...]
    boot: str


@dataclass(frozen=True, slots=True, kw_only=True)
class StepFinished:
    """A state-changing command ended and we know how; `learned` = the host's receipt told us."""

    run: RunId
    path: str
    host: str
    attempt: int
    outcome: Outcome
    learned: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class StepInterrupted:
    """The worker that ran this command is gone; the host is being asked what became of it."""

    run: RunId
    path: str
    host: str
    attempt: int


@dataclass(frozen=True, slots=True, kw_only=True)
class StepInDoubt:
    """Nobody can say whether the command took effect; it is never run again by itself.

    `asking`: the host could not be asked yet and is asked on; its answer settles the doubt.
    """

    run: RunId
    path: str
    host: str
    attempt: int
    why: Untrusted
    asking: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class StepSettled:
    """A human said what became of a command in doubt."""

    run: RunId
    path: str
    host: str
    attempt: int
    finished: bool
    by: PersonId


StepEvent: TypeAlias = StepStarted | StepFinished | StepInterrupted | StepInDoubt | StepSettled
