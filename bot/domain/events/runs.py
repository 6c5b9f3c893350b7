"""Runbook runs: what they look at, decide, wait for and end with."""

from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from typing import TypeAlias

from bot.domain.packet import Packet
from bot.values import CardId, PersonId, RunId, Untrusted


class Ending(StrEnum):
    """How a run ended."""

    DONE = "done"
    RESOLVED = "resolved"
    REJECTED = "rejected"
    EXPIRED = "expired"
    ABORTED = "aborted"
    ESCALATED = "escalated"
    STOPPED = "stopped"
    IN_DOUBT = "in doubt"
    REFERRED = "referred"
    """A playbook found the cause, and the runbook that mends it is proposed."""


@dataclass(frozen=True, slots=True, kw_only=True)
class RunStarted:
    """A run of one exact runbook text with frozen parameters.

    `document` is the YAML itself: the run stays on it whatever happens to the file. `pace`
    divides the waits (60 in drills).
    """

    run: RunId
    runbook: str
    document: str
    content_hash: str
    bindings: str
    requested_by: PersonId | None
    pace: int = 1
    automatic: bool = False
    mode: str = "run"
    ambiguity: float = 0.2
    """Likelihoods closer than this are not chosen between: the policy's, kept for the whole run."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Outcome:
    """What one command or probe gave; texts are redacted and capped. None = no exit status."""

    exit_status: int | None
    stdout: Untrusted
    stderr: Untrusted
    truncated: bool = False
    deadline: bool = False
    signal: str = ""
    seconds: float = 0.0
    fault: str = ""
    """Why it could not be run at all ("" = it ran)."""


@dataclass(frozen=True, slots=True, kw_only=True)
class HostNeed:
    """What a run may do on a host; `sudo` are the commands that it may run as root there."""

    host: str
    changes: bool
    sudo: tuple[tuple[str, ...], ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class PreflightCheck:
    """One row of a host's pre-flight; `detail` says why it did not pass."""

    name: str
    passed: bool
    detail: Untrusted = Untrusted("")


@dataclass(frozen=True, slots=True, kw_only=True)
class PreflightStarted:
    """Every host that the run could touch is tried before anything is looked at."""

    run: RunId
    hosts: tuple[HostNeed, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class PreflightFinished:
    """What a host's pre-flight showed; the first check that failed is the last one."""

    run: RunId
    host: str
    checks: tuple[PreflightCheck, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class ReadStarted:
    """Read-only commands went out together; `phase` as the planner names it."""

    run: RunId
    turn: int
    phase: str
    paths: tuple[str, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class ReadFinished:
    """One read-only command or probe answered; a probe's status is its exit status here."""

    run: RunId
    turn: int
    phase: str
    path: str
    host: str
    outcome: Outcome


@dataclass(frozen=True, slots=True, kw_only=True)
class DecisionReached:
    """The runbook's rule that held, in its author's words."""

    run: RunId
    phase: str
    because: Untrusted
    action: str


@dataclass(frozen=True, slots=True, kw_only=True)
class AutonomyUsed:
    """The policy lets this reversible change run without a person's yes; `because` says why."""

    run: RunId
    card: CardId
    because: Untrusted


@dataclass(frozen=True, slots=True, kw_only=True)
class RunReopened:
    """A run whose question expired goes on where it stood, because somebody asked again."""

    run: RunId


@dataclass(frozen=True, slots=True, kw_only=True)
class TargetsReserved:
    """All hosts and services that the run changes are its own until released."""

    run: RunId
    targets: tuple[str, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class ReservationAwaited:
    """Somebody else has a target; the run waits its turn."""

    run: RunId
    targets: tuple[str, ...]
    holder: str


@dataclass(frozen=True, slots=True, kw_only=True)
class ReservationReleased:
    """The targets are free again."""

    run: RunId
    targets: tuple[str, ...]
    why: Untrusted = Untrusted("")


@dataclass(frozen=True, slots=True, kw_only=True)
class WaitStarted:
    """The run waits on purpose until `until`."""

    run: RunId
    name: str
    until: datetime
    why: str


@dataclass(frozen=True, slots=True, kw_only=True)
class WaitEnded:
    """The wait is over."""

    run: RunId
    name: str


@dataclass(frozen=True, slots=True, kw_only=True)
class ApprovalVoided:
    """A yes no longer fits what would run: it counts for nothing and is asked anew."""

    run: RunId
    card: CardId
    why: Untrusted


@dataclass(frozen=True, slots=True, kw_only=True)
class DocumentChanged:
    """The catalogue's text changed before anything was run: the run begins anew with it."""

    run: RunId
    document: str
    content_hash: str


@dataclass(frozen=True, slots=True, kw_only=True)
class RunPaused:
    """Something unexpected after a change began: the run keeps its targets and asks a human."""

    run: RunId
    why: Untrusted


@dataclass(frozen=True, slots=True, kw_only=True)
class AbortRequested:
    """No further step of this run."""

    run: RunId
    reason: Untrusted


@dataclass(frozen=True, slots=True, kw_only=True)
class RunEnded:
    """The run is over. `commands_ran` counts state-changing commands that were started."""

    run: RunId
    ending: Ending
    because: Untrusted
    commands_ran: int
    whom: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class DryRunReported:
    """What a dry run would have asked; `packet` None = it would have asked nothing."""

    run: RunId
    because: Untrusted
    packet: Packet | None


@dataclass(frozen=True, slots=True, kw_only=True)
class FollowUpNoted:
    """The runbook suggests a task or a monitor for afterwards."""

    run: RunId
    text: Untrusted
    owner: str


RunEvent: TypeAlias = (
    RunStarted
    | PreflightStarted
    | PreflightFinished
    | ReadStarted
    | ReadFinished
    | DecisionReached
    | AutonomyUsed
    | RunReopened
    | TargetsReserved
    | ReservationAwaited
    | ReservationReleased
    | WaitStarted
    | WaitEnded
    | ApprovalVoided
    | DocumentChanged
    | RunPaused
    | AbortRequested
    | RunEnded
    | DryRunReported
    | FollowUpNoted
)
