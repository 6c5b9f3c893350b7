"""What has already happened, asked for in the order of the walk; the first gap is the next step.

The walk through a document is written as a straight line: read this, ask that, change the other.
It is repeated from its start for every next step. What is recorded is handed back at once; the
first thing that is not raises `Reached`, which ends the walk and carries the step to take.
"""

from datetime import timedelta
from typing import NoReturn

from runbooks.quantities import show_duration
from runbooks.steps import (
    Aborted,
    Answer,
    Ask,
    Change,
    CommandOutcome,
    Confirm,
    Evidence,
    Go,
    InDoubt,
    Mode,
    NextStep,
    Observe,
    OfferUndo,
    PlannedCommand,
    Probe,
    ProbeOutcome,
    Progress,
    Proposal,
    Question,
    Read,
    Reserve,
    Targets,
    Terminal,
    Wait,
)


class Reached(Exception):
    """The walk ends here, with this step."""

    def __init__(self, step: NextStep) -> None:
        super().__init__(type(step).__name__)
        self.step = step


class Ledger:
    """Recorded results of one run, read in the order of its walk."""

    def __init__(self, progress: Progress, pace: float) -> None:
        self.evidence: tuple[Evidence, ...] = ()
        self.told: list[Evidence] = []
        """Every fact that was read on this walk; `evidence` is what people are shown of them."""
        self.changed = False
        """Whether a state-changing command may have run."""
        self.proposal: Proposal | None = None
        """The proposal that was asked last on this walk."""
        self._progress = progress
        self._pace = pace
        self._asked = 0

    @property
    def mode(self) -> Mode:
        """How the run goes through its document."""
        return self._progress.mode

    @property
    def reserved_late(self) -> bool:
        """Whether the reservation had to wait for another run."""
        return self._progress.reserved_late

    def observe(
        self, phase: str, commands: tuple[PlannedCommand, ...]
    ) -> tuple[CommandOutcome, ...]:
        """Return the outcomes of commands that run at the same time."""
        missing = tuple(c for c in commands if c.key not in self._progress.outcomes)
        if missing:
            self._want(Observe(phase="triage" if phase == "triage" else "again", commands=missing))
        return tuple(self._progress.outcomes[command.key] for command in commands)

    def read(self, command: PlannedCommand) -> CommandOutcome:
        """Return the outcome of one read-only command."""
        outcome = self._progress.outcomes.get(command.key)
        return outcome if outcome is not None else self._want(Read(command=command))

    def change(self, command: PlannedCommand, number: int, of: int) -> CommandOutcome | None:
        """Return how a state-changing command exited, None where a person skipped it.

        An outcome without an exit status ends the walk: it may have changed something.
        """
        outcome = self._progress.outcomes.get(command.key)
        if outcome is None:
            if self.mode is Mode.GUIDED and self._guided(command) is Go.SKIP:
                return None
            return self._want(Change(command=command, number=number, of=of))
        self.changed = True
        if outcome.exit_status is None:
            self.end(InDoubt(command=command, because=_doubt(outcome)))
        return outcome

    def probe(self, probe: Probe) -> ProbeOutcome:
        """Return the outcome of one HTTP check."""
        outcome = self._progress.probes.get(probe.path)
        return outcome if outcome is not None else self._want(probe)

    def wait(self, name: str, span: timedelta, why: str) -> None:
        """Go on once `span`, divided by the pace, has passed."""
        if name not in self._progress.waited:
            self._want(Wait(name=name, duration=span / self._pace, nominal=span, why=why))

    def ask(self, proposal: Proposal) -> Answer:
        """Return what people said to the proposal."""
        self.proposal = proposal
        if self._asked == len(self._progress.answers):
            self._want(Ask(proposal=proposal))
        self._asked += 1
        return self._progress.answers[self._asked - 1]

    def offer_undo(self, proposal: Proposal, because: str) -> Answer:
        """Return what people said to undoing the change."""
        self.proposal = proposal
        return self._progress.undo or self._want(OfferUndo(proposal=proposal, because=because))

    def reserve(self, targets: Targets) -> None:
        """Go on once all targets are reserved."""
        if not self._progress.reserved:
            self._want(Reserve(targets=targets))

    def choose(self, question: Question) -> str:
        """Return the id of the chosen option."""
        return self._progress.choices.get(question.path) or self._want(question)

    def end(self, step: Terminal) -> NoReturn:
        """End the walk for good."""
        raise Reached(step)

    def _guided(self, command: PlannedCommand) -> Go:
        return self._progress.go.get(command.key) or self._want(Confirm(command=command))

    def _want(self, step: NextStep) -> NoReturn:
        if self._progress.aborted:
            self.end(Aborted(changed=self.changed))
        raise Reached(step)


def _doubt(outcome: CommandOutcome) -> str:
    if outcome.timed_out:
        return "it ran into its deadline: nobody knows how far it came"
    if outcome.signal:
        return f"it was ended by signal {outcome.signal}: nobody knows how far it came"
    return "the connection was lost: nobody knows whether it ran"


def polls(at_most: timedelta, every: timedelta) -> int:
    """Return how many looks fit: one at once and one after each interval."""
    return -(-at_most // every) + 1


def spell(count: int, noun: str) -> str:
    """Return `1 check`, `2 checks`."""
    return f"{count} {noun}" if count == 1 else f"{count} {noun}s"


def over(span: timedelta) -> str:
    """Return `over 5m`, for sentences."""
    return f"over {show_duration(span)}"
