"""How far a run has come, as the one card shows it: k of N, with a state for every step."""

import shlex
from collections.abc import Iterable
from dataclasses import dataclass
from enum import StrEnum

from runbooks.steps import Go, PlannedCommand, Progress, Proposal


class StepState(StrEnum):
    """What has become of one step."""

    WAITING = "WAITING"
    RUNNING = "RUNNING"
    COMPLETED = "COMPLETED"
    SKIPPED = "SKIPPED"
    FAILED = "FAILED"
    IN_DOUBT = "IN DOUBT"


@dataclass(frozen=True, slots=True, kw_only=True)
class StepLine:
    """One line of the card; `number` counts from 1."""

    number: int
    of: int
    path: str
    host: str
    line: str
    state: StepState
    changes: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class Overview:
    """The card's body: every step of the approved proposal, and how many are over."""

    title: str
    lines: tuple[StepLine, ...]

    @property
    def over(self) -> int:
        """How many steps are over, whatever came of them."""
        return sum(line.state not in {StepState.WAITING, StepState.RUNNING} for line in self.lines)

    @property
    def headline(self) -> str:
        """`2 of 3: Free /scratch on practice-1`."""
        return f"{self.over} of {len(self.lines)}: {self.title}"


def overview(
    proposal: Proposal, progress: Progress, running: frozenset[str] = frozenset()
) -> Overview:
    """Return the steps of a proposal with their states; `running` are keys of started commands."""
    total = len(proposal.commands)
    return Overview(
        title=proposal.title,
        lines=tuple(
            StepLine(
                number=number,
                of=total,
                path=command.path,
                host=command.host,
                line=shlex.join(command.argv),
                state=step_state(command, progress, running),
                changes=command.changes,
            )
            for number, command in enumerate(proposal.commands, 1)
        ),
    )


def step_state(
    command: PlannedCommand, progress: Progress, running: frozenset[str] = frozenset()
) -> StepState:
    """Return what has become of one command; a step that is polled counts by its last look."""
    if progress.go.get(command.key) is Go.SKIP:
        return StepState.SKIPPED
    key = _last_look(command, progress)
    if key in running or any(k in running for k in _looks(command, running)):
        return StepState.RUNNING
    outcome = progress.outcomes.get(key)
    if outcome is None:
        return StepState.WAITING
    if outcome.exit_status == 0:
        return StepState.COMPLETED
    if not command.changes:
        return StepState.FAILED if progress.aborted else StepState.RUNNING
    return StepState.IN_DOUBT if outcome.exit_status is None else StepState.FAILED


def _last_look(command: PlannedCommand, progress: Progress) -> str:
    """Return the key of the last recorded look of a step that is polled, else its own key."""
    if command.changes:
        return command.key
    looks = _looks(command, progress.outcomes)
    return max(looks, key=_number, default=command.key)


def _looks(command: PlannedCommand, keys: Iterable[str]) -> list[str]:
    start, end = f"{command.path}#", f"@{command.host}"
    return [key for key in keys if key.startswith(start) and key.endswith(end)]


def _number(key: str) -> int:
    return int(key.rpartition("@")[0].rpartition("#")[2])
