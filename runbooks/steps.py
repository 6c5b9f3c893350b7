"""The words between the planner and whoever carries its steps out: progress in, next step out.

Every value here is frozen and comes from recorded results alone, so the same progress always
gives the same next step.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import timedelta
from enum import StrEnum
from typing import Literal, Self, TypeAlias

from bot.values import Json, Login, OnDeadline, RemoteCommand, Tier, digest_of

FactValue: TypeAlias = "bool | int | float | str | tuple[FactValue, ...] | None"

# --- what has happened so far -----------------------------------------------------------------


@dataclass(frozen=True, slots=True, kw_only=True)
class CommandOutcome:
    """How one command ended; text is capped, decoded and redacted by whoever ran it.

    `exit_status` None = it did not exit by itself: see `timed_out` and `signal` ("TERM"), or the
    link was lost (neither is set). `told_by` is who said how it ended, where no host did: then 0
    is "it took effect" and 1 "it did not". `at` is when it ended (Unix seconds), 0.0 = not
    recorded; it tells the age of facts and decides nothing.
    """

    exit_status: int | None
    stdout: str = ""
    stderr: str = ""
    truncated: bool = False
    timed_out: bool = False
    signal: str = ""
    told_by: str = ""
    at: float = 0.0


@dataclass(frozen=True, slots=True, kw_only=True)
class ProbeOutcome:
    """How one HTTP check ended; `status` None = no answer, `fault` says why."""

    status: int | None
    body: str = ""
    fault: str = ""
    at: float = 0.0


class Answer(StrEnum):
    """What people decided about one proposal."""

    YES = "yes"
    NO = "no"


class Mode(StrEnum):
    """How a run goes through its document."""

    RUN = "run"
    GUIDED = "guided"
    """Stops before every state-changing step for go on / skip."""
    DRY_RUN = "dry-run"
    """Triage and dry-run commands only; ends with what it would have asked."""


class Go(StrEnum):
    """A person's word in guided mode about one step."""

    ON = "on"
    SKIP = "skip"


@dataclass(frozen=True, slots=True, kw_only=True)
class Progress:
    """Everything that has happened to a run; each field is folded from its events.

    `outcomes` by `PlannedCommand.key`, `probes` by `Probe.path`, `answers` one per `Ask` in the
    order asked, `waited` holds the names of `Wait`s that are over, `choices` the option id per
    `Question.path`, `go` the guided-mode words by `PlannedCommand.key`. `reserved` becomes True
    when the reservation of `Reserve.targets` is granted, `reserved_late` too where it had to wait
    for another run (everything is then observed once more); `undo` is the answer to `OfferUndo`.
    """

    outcomes: Mapping[str, CommandOutcome] = field(default_factory=dict)
    probes: Mapping[str, ProbeOutcome] = field(default_factory=dict)
    answers: tuple[Answer, ...] = ()
    undo: Answer | None = None
    reserved: bool = False
    reserved_late: bool = False
    waited: frozenset[str] = frozenset()
    choices: Mapping[str, str] = field(default_factory=dict)
    go: Mapping[str, Go] = field(default_factory=dict)
    aborted: bool = False
    mode: Mode = Mode.RUN


# --- facts ------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True, kw_only=True)
class Known:
    """A fact with its value."""

    value: FactValue


@dataclass(frozen=True, slots=True, kw_only=True)
class Unknown:
    """A fact that nobody knows: why, and which command should have told."""

    reason: str
    command: str


Fact: TypeAlias = Known | Unknown


@dataclass(frozen=True, slots=True, kw_only=True)
class Evidence:
    """One fact as a packet shows it: `command` is its source, `at` its Unix time (0.0 unknown)."""

    name: str
    fact: Fact
    host: str
    command: str
    path: str
    at: float = 0.0

    def to_json(self) -> Json:
        """Return the part that a digest covers: everything but the time."""
        where = {"name": self.name, "host": self.host, "command": self.command}
        match self.fact:
            case Known(value=value):
                return {**where, "known": value}
            case Unknown(reason=reason):
                return {**where, "unknown": reason}


# --- commands ---------------------------------------------------------------------------------


class Kind(StrEnum):
    """What a command is for."""

    TRIAGE = "triage"
    DRY_RUN = "dry-run"
    CHECKPOINT = "checkpoint"
    STEP = "step"
    CHECK = "check"
    WAIT_FOR = "wait-for"
    VERIFY = "verify"
    UNDO = "undo"
    HYPOTHESIS = "hypothesis"


@dataclass(frozen=True, slots=True, kw_only=True)
class PlannedCommand:
    """One command, rendered; `path` is its place in the document, with loop and poll numbers.

    `triage.disk`, `again.disk` (after the yes), `clean-up.steps.2`, `clean-up.steps.2[3].1`
    (third round of a loop), `clean-up.steps.4#7` (seventh poll). Numbers count from 1.
    """

    path: str
    host: str
    argv: tuple[str, ...]
    timeout: timedelta
    kind: Kind
    changes: bool = False
    on_deadline: OnDeadline = OnDeadline.LEAVE

    @property
    def key(self) -> str:
        """The name under which its outcome is kept: `path@host`, unique within a run."""
        return f"{self.path}@{self.host}"

    @property
    def login(self) -> Login:
        """The login that it runs as."""
        return Login.CHANGE if self.changes else Login.OBSERVE

    @property
    def remote(self) -> RemoteCommand:
        """What the executor gets."""
        return RemoteCommand(
            argv=self.argv,
            timeout=self.timeout,
            changes=self.changes,
            on_deadline=self.on_deadline,
        )

    def to_json(self) -> "dict[str, Json]":
        """Return every field as JSON; `timeout` in seconds."""
        return {
            "path": self.path,
            "host": self.host,
            "argv": list(self.argv),
            "timeout": self.timeout.total_seconds(),
            "kind": self.kind.value,
            "changes": self.changes,
            "on_deadline": self.on_deadline.value,
        }


@dataclass(frozen=True, slots=True, kw_only=True)
class Targets:
    """What a run reserves before its first change: all of it or nothing. Sorted names."""

    hosts: tuple[str, ...]
    services: tuple[str, ...]


# --- the proposal -----------------------------------------------------------------------------


@dataclass(frozen=True, slots=True, kw_only=True)
class Precondition:
    """One `only-if` line and whether it holds."""

    text: str
    holds: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class Rehearsal:
    """What a dry-run command said before the question was asked."""

    command: PlannedCommand
    outcome: CommandOutcome


@dataclass(frozen=True, slots=True, kw_only=True)
class Proposal:
    """Everything that an approver is shown and that the digest covers.

    `rule` is the text of the rule that decided ("" for an undo), `because` its explanation with
    the facts filled in. `commands` are in the order in which they would run; `verification` and
    `stop_conditions` are sentences; `risk` maps blast-radius, users, data and cost to sentences.
    """

    runbook: str
    content_hash: str
    action: str
    title: str
    tier: Tier
    rule: str
    because: str
    evidence: tuple[Evidence, ...]
    commands: tuple[PlannedCommand, ...]
    preconditions: tuple[Precondition, ...]
    risk: Mapping[str, str]
    rollback: str
    undo: tuple[PlannedCommand, ...]
    verification: tuple[str, ...]
    stop_conditions: tuple[str, ...]
    rehearsals: tuple[Rehearsal, ...]
    targets: Targets
    facts_used: Mapping[str, FactValue]
    """Values of the facts and parameters that the commands were rendered with."""

    @property
    def dangers(self) -> tuple[str, ...]:
        """Every word of every argv, for a policy that looks for dangerous ones."""
        return tuple(word for command in self.commands for word in command.argv)

    def to_json(self) -> Json:
        """Return canonical JSON without times: equal proposals give equal bytes.

        Dry-run output is shown but not covered: it may name times and differ from run to run.
        """
        return {
            "runbook": self.runbook,
            "content_hash": self.content_hash,
            "action": self.action,
            "title": self.title,
            "tier": self.tier.value,
            "rule": self.rule,
            "because": self.because,
            "evidence": [item.to_json() for item in self.evidence],
            "commands": [command.to_json() for command in self.commands],
            "preconditions": [[item.text, item.holds] for item in self.preconditions],
            "risk": dict(self.risk),
            "rollback": self.rollback,
            "undo": [command.to_json() for command in self.undo],
            "verification": list(self.verification),
            "stop_conditions": list(self.stop_conditions),
            "dry_run": [item.command.to_json() for item in self.rehearsals],
            "targets": {"hosts": self.targets.hosts, "services": self.targets.services},
            "facts_used": dict(self.facts_used),
        }

    @property
    def digest(self) -> str:
        """SHA-256 of `to_json()`, 64 hex digits; the caller's own digest adds hosts and rule."""
        return digest_of(self.to_json())

    def same_change(self, other: Self) -> bool:
        """Whether `other` would do exactly the same: document, action and every command."""
        return (self.content_hash, self.action, self.commands) == (
            other.content_hash,
            other.action,
            other.commands,
        )


# --- the next step ----------------------------------------------------------------------------


@dataclass(frozen=True, slots=True, kw_only=True)
class Observe:
    """Run these read-only commands, all at once; `again` = repeated after a yes."""

    phase: Literal["triage", "again"]
    commands: tuple[PlannedCommand, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class Ask:
    """A change needs a yes. The answer goes to the end of `Progress.answers`."""

    proposal: Proposal


@dataclass(frozen=True, slots=True, kw_only=True)
class Reserve:
    """Reserve all targets, then set `Progress.reserved`."""

    targets: Targets


@dataclass(frozen=True, slots=True, kw_only=True)
class Change:
    """Run the next state-changing command; k and n count the proposal's commands from 1."""

    command: PlannedCommand
    number: int = 1
    of: int = 1


@dataclass(frozen=True, slots=True, kw_only=True)
class Confirm:
    """Guided mode: ask go on / skip about this command; the word goes to `Progress.go`."""

    command: PlannedCommand


@dataclass(frozen=True, slots=True, kw_only=True)
class Read:
    """Run one read-only command: a poll, a dry run, a check or a verification."""

    command: PlannedCommand


@dataclass(frozen=True, slots=True, kw_only=True)
class Probe:
    """Make one HTTP GET; `url` comes from the inventory entry of `service`."""

    path: str
    service: str
    url: str
    timeout: timedelta


@dataclass(frozen=True, slots=True, kw_only=True)
class Wait:
    """Let `duration` pass (already divided by the pace), then add `name` to `Progress.waited`.

    `nominal` is what the document says.
    """

    name: str
    duration: timedelta
    nominal: timedelta
    why: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Choice:
    """One option of a question."""

    id: str
    label: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Question:
    """A playbook's question to a human; the chosen option id goes to `Progress.choices`."""

    path: str
    title: str
    description: str
    options: tuple[Choice, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class OfferUndo:
    """The change did not do its work: offer its undo. The answer goes to `Progress.undo`."""

    proposal: Proposal
    because: str


@dataclass(frozen=True, slots=True, kw_only=True)
class FollowUp:
    """A task or a suggested monitor for the timeline."""

    task: str
    owner: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Done:
    """Terminal: the change was made and every verification passed."""

    summary: str
    after: tuple[FollowUp, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class Resolve:
    """Terminal: the diagnosis says that nothing needs to be done, by this rule."""

    because: str
    evidence: tuple[Evidence, ...] = ()
    rule: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Escalate:
    """Terminal: page `whom` ("" = the policy's default) with everything collected.

    `changed` is True where a state-changing command may have run: the reservation is kept, unless
    all of it was `undone`. `rule` is the rule or hypothesis that says so, "" where something went
    wrong.
    """

    whom: str
    because: str
    evidence: tuple[Evidence, ...] = ()
    changed: bool = False
    undone: bool = False
    rule: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Stopped:
    """Terminal: the walk cannot go on (unknown fact, ambiguity, a value that cannot be placed).

    Pages like an escalation to the default; nothing was changed unless `changed`.
    """

    because: str
    evidence: tuple[Evidence, ...] = ()
    changed: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class InDoubt:
    """Terminal until a human says how it ended: a change whose outcome is not known.

    The human's word replaces the outcome (exit status 0 = it worked, 1 = it did not).
    """

    command: PlannedCommand
    because: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Rejected:
    """Terminal: people said no; no command has run since the question."""

    because: str = "the proposal was rejected"


@dataclass(frozen=True, slots=True, kw_only=True)
class Aborted:
    """Terminal: a person aborted the run; `changed` as in `Escalate`."""

    changed: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class Refer:
    """Terminal of a playbook: the cause is found, and this runbook fixes it."""

    runbook: str
    arguments: Mapping[str, str]
    because: str
    evidence: tuple[Evidence, ...] = ()
    rule: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Rehearsed:
    """Terminal of a dry run: what would have been asked (None: nothing), and why."""

    proposal: Proposal | None
    because: str


Terminal: TypeAlias = (
    Done | Resolve | Escalate | Stopped | InDoubt | Rejected | Aborted | Refer | Rehearsed
)
NextStep: TypeAlias = (
    Observe
    | Ask
    | Reserve
    | Change
    | Confirm
    | Read
    | Probe
    | Wait
    | Question
    | OfferUndo
    | Terminal
)
