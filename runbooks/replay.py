"""Replay recorded outputs through the planner: a runbook's own tests, without a host.

Beside `disk-full.yaml` stands `disk-full.tests.yaml`: cases with outputs, answers and what must
come of them. The same planner that drives real runs walks through each case.
"""

import re
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Annotated, Final, Literal, TypeAlias, TypeGuard, TypeVar, assert_never

import yaml
from pydantic import BaseModel, BeforeValidator, ConfigDict, Field, ValidationError

from bot.errors import Fault, OperatorMistake, UserMistake
from bot.values import Json
from bot.yamltext import Node, faults_of, known_keys, read
from runbooks.inventory import HostEntry, Inventory, ServiceEntry
from runbooks.loader import Runbook
from runbooks.model import FORMS, Otherwise
from runbooks.parameters import Bindings, bind
from runbooks.planner import next_step
from runbooks.rendering import written
from runbooks.steps import (
    Aborted,
    Answer,
    Ask,
    Change,
    CommandOutcome,
    Confirm,
    Done,
    Escalate,
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
    Question,
    Read,
    Refer,
    Rehearsed,
    Rejected,
    Reserve,
    Resolve,
    Stopped,
    Terminal,
    Wait,
)

_T = TypeVar("_T")

MOST_STEPS: Final = 2000
"""Steps after which a replay is taken to run in circles."""


class _Part(BaseModel):
    model_config = ConfigDict(
        extra="forbid", frozen=True, alias_generator=lambda name: name.replace("_", "-")
    )


class Output(_Part):
    """How a command ended in a recording; text alone means exit status 0 and this output."""

    stdout: str = ""
    stderr: str = ""
    exit_status: int | None = 0
    truncated: bool = False
    timed_out: bool = False
    signal: str = ""


class HttpAnswer(_Part):
    """How a probe was answered in a recording."""

    status: int | None
    body: str = ""
    fault: str = ""


def _output(value: object) -> object:
    return {"stdout": value} if isinstance(value, str) else value


def _several(value: object) -> object:
    return value if isinstance(value, list) else [value]


_Outputs: TypeAlias = Annotated[
    tuple[Annotated[Output, BeforeValidator(_output)], ...],
    Field(min_length=1),
    BeforeValidator(_several),
]
_Answers: TypeAlias = Annotated[
    tuple[HttpAnswer, ...], Field(min_length=1), BeforeValidator(_several)
]
End: TypeAlias = Literal[
    "done",
    "resolve",
    "escalate",
    "stopped",
    "in-doubt",
    "rejected",
    "aborted",
    "refer",
    "rehearsed",
    "refused",
]


class Expectation(_Part):
    """What a case must come to; what is left out is not looked at."""

    ends: End
    whom: str | None = None
    runbook: str | None = None
    because: str | None = None
    """Words that the reason or summary must hold."""
    changes: tuple[str, ...] | None = None
    """Every state-changing command that ran, in order, as one line each."""
    path: tuple[str, ...] | None = None
    """Every step, in order: `observe triage`, `ask clean-up`, `change clean-up.steps.1` ..."""


class Case(_Part):
    """One walk through the runbook."""

    name: str
    arguments: Mapping[str, str] = Field(default_factory=dict)
    alert: Mapping[str, str] = Field(default_factory=dict)
    outputs: Mapping[str, _Outputs] = Field(default_factory=dict)
    probes: Mapping[str, _Answers] = Field(default_factory=dict)
    answers: tuple[Literal["yes", "no"], ...] = ()
    undo: Literal["yes", "no"] | None = None
    choices: Mapping[str, str] = Field(default_factory=dict)
    skips: tuple[str, ...] = ()
    mode: Mode = Mode.RUN
    abort_at: str | None = None
    """The step before which a person aborts, as `path` writes it."""
    reserved_late: bool = False
    expect: Expectation


class _Host(_Part):
    service: str = ""
    groups: tuple[str, ...] = ()


class _Service(_Part):
    owner: str = ""
    health_url: str = ""
    processes: tuple[str, ...] = ()


class _Inventory(_Part):
    hosts: Mapping[str, _Host] = Field(default_factory=dict)
    services: Mapping[str, _Service] = Field(default_factory=dict)


class Recording(_Part):
    """A whole fixture file; outputs given at the top hold for every case that has none."""

    runbook: str
    inventory: _Inventory
    arguments: Mapping[str, str] = Field(default_factory=dict)
    alert: Mapping[str, str] = Field(default_factory=dict)
    outputs: Mapping[str, _Outputs] = Field(default_factory=dict)
    probes: Mapping[str, _Answers] = Field(default_factory=dict)
    cases: Annotated[tuple[Case, ...], Field(min_length=1)]


@dataclass(frozen=True, slots=True, kw_only=True)
class Fixtures:
    """A fixture file that parsed, with the places of its cases."""

    recording: Recording
    source: Node

    @property
    def inventory(self) -> Inventory:
        """The hosts and services that the cases take place on."""
        known = self.recording.inventory
        return Inventory(
            hosts={
                name: HostEntry(name=name, service=host.service, groups=host.groups)
                for name, host in known.hosts.items()
            },
            services={
                name: ServiceEntry(
                    name=name,
                    owner=service.owner,
                    health_url=service.health_url,
                    processes=service.processes,
                )
                for name, service in known.services.items()
            },
        )


@dataclass(frozen=True, slots=True, kw_only=True)
class Transcript:
    """What one replay did: each step as a line, the commands that changed something, the end."""

    steps: tuple[str, ...]
    changes: tuple[str, ...]
    end: Terminal | None
    because: str
    rules: frozenset[str]
    """Texts of the rules and names of the hypotheses that decided."""


def read_fixtures(text: str, file: str) -> Fixtures:
    """Read a fixture file; raises OperatorMistake with every fault."""
    source = read(text, file)
    try:
        return Fixtures(recording=Recording.model_validate(source.plain()), source=source)
    except ValidationError as error:
        raise OperatorMistake(faults_of(error, source, known_keys(Recording), FORMS)) from error


def play(runbook: Runbook, fixtures: Fixtures, case: Case) -> Transcript:
    """Walk through one case; raises UserMistake where an output that the walk needs is missing."""
    shared = fixtures.recording
    try:
        bindings = bind(
            runbook,
            {**shared.arguments, **case.arguments},
            {**shared.alert, **case.alert},
            fixtures.inventory,
        )
    except UserMistake as mistake:
        return Transcript(
            steps=("refused",), changes=(), end=None, because=mistake.message, rules=frozenset()
        )
    return _Player(runbook, bindings, fixtures, case).play()


def check_cases(runbook: Runbook, fixtures: Fixtures) -> tuple[Fault, ...]:
    """Play every case and return what did not come out as expected, with the case's place."""
    faults: list[Fault] = []
    if fixtures.recording.runbook != runbook.name:
        place = fixtures.source.at(("runbook",))
        message = f"these are cases of another runbook than {runbook.name!r}"
        faults.append(place.fault(message, f"write `runbook: {runbook.name}`, or name its file"))
    for number, case in enumerate(fixtures.recording.cases):
        node = fixtures.source.at(("cases", number))
        try:
            faults.extend(_differences(play(runbook, fixtures, case), case, node))
        except UserMistake as mistake:
            faults.append(node.fault(f"{case.name}: {mistake.message}", _RECORD))
    return tuple(faults)


def untested(runbook: Runbook, fixtures: Fixtures) -> tuple[str, ...]:
    """Return the branches that no case takes: rules, hypotheses, and ways an action can end."""
    seen: set[str] = set()
    for case in fixtures.recording.cases:
        transcript = play(runbook, fixtures, case)
        seen |= transcript.rules | _ways(transcript)
    return tuple(branch for branch in _branches(runbook) if branch not in seen)


def record(
    runbook: Runbook,
    bindings: Bindings,
    progress: Progress,
    inventory: Inventory,
    *,
    pace: float = 1.0,
) -> str:
    """Write a fixture file with one case out of what a run has recorded so far, as YAML text.

    `pace` is the run's own: a drill shortens its waits.
    """
    end = next_step(runbook, bindings, progress, inventory, pace=pace)
    ended = _ends(end) if is_terminal(end) else "rehearsed"
    document: dict[str, Json] = {
        "runbook": runbook.name,
        "inventory": _inventory_json(inventory),
        "arguments": {name: str(value) for name, value in bindings.values.items()},
        "outputs": {
            _shortest(key, progress.outcomes): _output_json(outcome)
            for key, outcome in progress.outcomes.items()
        },
        "cases": [
            {
                "name": "as it was recorded",
                "mode": progress.mode.value,
                "answers": [answer.value for answer in progress.answers],
                "expect": {"ends": ended},
            }
        ],
    }
    return yaml.safe_dump(document, sort_keys=False, allow_unicode=True, width=100)


class _Player:
    """Feeds the planner from a case until the walk ends."""

    def __init__(
        self, runbook: Runbook, bindings: Bindings, fixtures: Fixtures, case: Case
    ) -> None:
        self._runbook = runbook
        self._bindings = bindings
        self._inventory = fixtures.inventory
        self._case = case
        self._outputs = {**fixtures.recording.outputs, **case.outputs}
        self._probes = {**fixtures.recording.probes, **case.probes}
        self._counts: dict[str, int] = {}
        self._steps: list[str] = []
        self._changes: list[str] = []
        self._rules: set[str] = set()
        self._asked = 0

    def play(self) -> Transcript:
        """Walk to the end."""
        progress = Progress(mode=self._case.mode, reserved_late=self._case.reserved_late)
        for _ in range(MOST_STEPS):
            step = next_step(self._runbook, self._bindings, progress, self._inventory)
            line = describe(step)
            if line == self._case.abort_at and not progress.aborted:
                progress = replace(progress, aborted=True)
                continue
            self._steps.append(line)
            following = self._advance(progress, step)
            if following is None:
                return self._transcript(step)
            progress = following
        raise UserMistake(f"the walk did not end within {MOST_STEPS} steps")

    def _advance(self, progress: Progress, step: NextStep) -> Progress | None:
        match step:
            case Observe(commands=commands):
                return replace(progress, outcomes={**progress.outcomes, **self._ran(commands)})
            case Read(command=command):
                return replace(progress, outcomes={**progress.outcomes, **self._ran([command])})
            case Change(command=command):
                self._changes.append(written(command.argv))
                return replace(progress, outcomes={**progress.outcomes, **self._ran([command])})
            case Probe(path=path):
                answer = self._nth(self._probes, candidates(path), path)
                outcome = ProbeOutcome(status=answer.status, body=answer.body, fault=answer.fault)
                return replace(progress, probes={**progress.probes, path: outcome})
            case Ask() | OfferUndo() | Question() | Confirm():
                return self._answered(progress, step)
            case Reserve():
                return replace(progress, reserved=True)
            case Wait(name=name):
                return replace(progress, waited=progress.waited | {name})
            case _:
                return None

    def _answered(self, progress: Progress, step: Ask | OfferUndo | Question | Confirm) -> Progress:
        case = self._case
        match step:
            case Ask(proposal=proposal):
                self._rules.add(proposal.rule)
                if self._asked == len(case.answers):
                    raise UserMistake(f"`answers` has no answer for question {self._asked + 1}")
                self._asked += 1
                answer = Answer(case.answers[self._asked - 1])
                return replace(progress, answers=(*progress.answers, answer))
            case OfferUndo():
                if case.undo is None:
                    raise UserMistake("the undo is offered and `undo` does not answer")
                return replace(progress, undo=Answer(case.undo))
            case Question(path=path, options=options):
                label = case.choices.get(path.removeprefix("hypotheses."))
                chosen = [option.id for option in options if option.label == label]
                chosen += [option.id for option in options if option.id == label]
                if not chosen:
                    raise UserMistake(f"`choices` has no answer for {path}")
                return replace(progress, choices={**progress.choices, path: chosen[0]})
            case Confirm(command=command):
                go = Go.SKIP if command.path in case.skips else Go.ON
                return replace(progress, go={**progress.go, command.key: go})
            case _:
                assert_never(step)

    def _ran(self, commands: Sequence[PlannedCommand]) -> dict[str, CommandOutcome]:
        return {command.key: self._outcome(command) for command in commands}

    def _outcome(self, command: PlannedCommand) -> CommandOutcome:
        keys = [command.key, *candidates(command.path)]
        if command.changes and not any(key in self._outputs for key in keys):
            return CommandOutcome(exit_status=0)
        output = self._nth(self._outputs, keys, command.path)
        return CommandOutcome(
            exit_status=output.exit_status,
            stdout=output.stdout,
            stderr=output.stderr,
            truncated=output.truncated,
            timed_out=output.timed_out,
            signal=output.signal,
        )

    def _nth(self, recorded: Mapping[str, tuple[_T, ...]], keys: Sequence[str], path: str) -> _T:
        for key in keys:
            if key in recorded:
                count = self._counts.get(key, 0)
                self._counts[key] = count + 1
                return recorded[key][min(count, len(recorded[key]) - 1)]
        raise UserMistake(f"nothing is recorded for {path}")

    def _transcript(self, end: NextStep) -> Transcript:
        if not is_terminal(end):
            raise UserMistake("the walk ended in the middle")
        if isinstance(end, Escalate | Resolve | Refer):
            self._rules.add(end.rule)
        return Transcript(
            steps=tuple(self._steps),
            changes=tuple(self._changes),
            end=end,
            because=_reason(end),
            rules=frozenset(self._rules),
        )


def is_terminal(step: NextStep) -> TypeGuard[Terminal]:
    """Whether the walk ends with this step."""
    return type(step) in _ENDS


def describe(step: NextStep) -> str:  # noqa: C901, PLR0911 - one line per step
    """Write a step as one line of a `path`."""
    match step:
        case Observe(commands=commands):
            return f"observe {commands[0].path.partition('.')[0]}"
        case Ask(proposal=proposal):
            return f"ask {proposal.action}"
        case Change(command=command):
            return f"change {command.path}"
        case Confirm(command=command):
            return f"confirm {command.path}"
        case Read(command=command):
            return f"read {command.path}"
        case Probe(path=path):
            return f"probe {path.partition('@')[0]}"
        case Wait(name=name):
            return f"wait {name.partition('@')[0]}"
        case Question(path=path):
            return f"question {path}"
        case Reserve():
            return "reserve"
        case OfferUndo():
            return "offer undo"
        case _:
            return _described_end(step)


_ENDS: Final[Mapping[type[object], End]] = {
    Done: "done",
    Resolve: "resolve",
    Escalate: "escalate",
    Stopped: "stopped",
    InDoubt: "in-doubt",
    Rejected: "rejected",
    Aborted: "aborted",
    Refer: "refer",
    Rehearsed: "rehearsed",
}


def _ends(step: Terminal) -> End:
    return _ENDS[type(step)]


def _described_end(step: Terminal) -> str:
    match step:
        case Escalate(whom=whom) if whom:
            return f"escalate {whom}"
        case Refer(runbook=runbook):
            return f"refer {runbook}"
        case InDoubt(command=command):
            return f"in-doubt {command.path}"
        case _:
            return _ends(step)


def _reason(end: Terminal) -> str:
    match end:
        case Done(summary=summary):
            return summary
        case Aborted():
            return "a person aborted the run"
        case _:
            return end.because


def candidates(path: str) -> list[str]:
    """Return the keys under which an output may be recorded, the most exact first.

    A look after the first falls back to the first one, a repeated triage to the triage, a round
    of a loop to the loop.
    """
    bare = path.partition("@")[0]
    found = [bare]
    for pattern, replacement in _FALLBACKS:
        shorter = re.sub(pattern, replacement, found[-1])
        if shorter != found[-1]:
            found.append(shorter)
    return found


_RECORD: Final = "record it under `outputs:` or `probes:` of the case"
_FALLBACKS: Final = (
    (r"\.held\.\d+$", ""),
    (r"#\d+$", ""),
    (r"\.recheck\.(\d+)$", r".verify.\1"),
    (r"\[\d+\]", ""),
    (r"^(late|again\d+)\.", "again."),
    (r"^again\.(.+\.dry-run\..+)$", r"\1"),
    (r"^again\.", "triage."),
)


def _differences(transcript: Transcript, case: Case, node: Node) -> Iterator[Fault]:
    wanted = case.expect
    place = node.at(("expect",))
    ended = _ends(transcript.end) if transcript.end is not None else "refused"
    if ended != wanted.ends:
        yield place.fault(
            f"{case.name}: ended with {ended}, not {wanted.ends}: {transcript.because}",
            _mended(f"ends: {ended}"),
        )
    if wanted.because is not None and wanted.because not in transcript.because:
        yield place.fault(
            f"{case.name}: the reason is {transcript.because!r}, without {wanted.because!r}",
            _mended("because: with words of it"),
        )
    whom = transcript.end.whom if isinstance(transcript.end, Escalate) else None
    if wanted.whom is not None and whom != wanted.whom:
        yield place.fault(
            f"{case.name}: {whom!r} was to be paged, not {wanted.whom!r}",
            _mended(f"whom: {whom or 'nothing'}"),
        )
    named = transcript.end.runbook if isinstance(transcript.end, Refer) else None
    if wanted.runbook is not None and named != wanted.runbook:
        yield place.fault(
            f"{case.name}: named {named!r}, not {wanted.runbook!r}",
            _mended(f"runbook: {named or 'nothing'}"),
        )
    if wanted.changes is not None and transcript.changes != wanted.changes:
        ran = "; ".join(transcript.changes) or "nothing"
        yield place.fault(
            f"{case.name}: other changes were made: {ran}", _mended("changes: with these commands")
        )
    if wanted.path is not None and transcript.steps != wanted.path:
        yield place.fault(
            f"{case.name}: took another path: {', '.join(transcript.steps)}",
            _mended("path: with these steps"),
        )


def _mended(expected: str) -> str:
    return f"mend the runbook; or where it is right, expect {expected}"


def _branches(runbook: Runbook) -> Iterator[str]:
    document = runbook.document
    for rule in document.decide:
        yield "otherwise" if isinstance(rule, Otherwise) else rule.when.text
    for rung in document.hypotheses:
        yield rung.name
    if document.hypotheses:
        yield "no hypothesis"
    for name, action in document.actions.items():
        ways = ["done", "rejected", "a step fails", "in doubt", "a check fails"]
        if isinstance(action.undo, tuple):
            ways.append("undo offered")
        yield from (f"{name}: {way}" for way in ways)
    yield "an unknown fact"


def _ways(transcript: Transcript) -> set[str]:
    """Name the ways that a transcript went."""
    if isinstance(transcript.end, Stopped) and "unknown" in transcript.because:
        return {"an unknown fact"}
    asked = [line.removeprefix("ask ") for line in transcript.steps if line.startswith("ask ")]
    if not asked:
        return {"no hypothesis"} if _nothing_found(transcript.end) else set()
    ways = {"undo offered"} if "offer undo" in transcript.steps else set()
    match transcript.end:
        case Done():
            ways.add("done")
        case Rejected():
            ways.add("rejected")
        case InDoubt():
            ways.add("in doubt")
        case Escalate(changed=True):
            looked = any(".verify." in line for line in transcript.steps)
            ways.add("a check fails" if looked else "a step fails")
        case _:
            pass
    return {f"{asked[-1]}: {way}" for way in ways}


def _nothing_found(end: Terminal | None) -> bool:
    return isinstance(end, Escalate) and not end.rule


def _shortest(key: str, keys: Iterable[str]) -> str:
    """Return the path alone, or with its host where several hosts have an outcome for it."""
    path = key.rpartition("@")[0]
    return path if sum(other.rpartition("@")[0] == path for other in keys) == 1 else key


def _inventory_json(inventory: Inventory) -> Json:
    return {
        "hosts": {
            name: {"service": host.service, "groups": list(host.groups)}
            for name, host in inventory.hosts.items()
        },
        "services": {
            name: {
                "owner": service.owner,
                "health-url": service.health_url,
                "processes": list(service.processes),
            }
            for name, service in inventory.services.items()
        },
    }


def _output_json(outcome: CommandOutcome) -> Json:
    ended: dict[str, Json] = {
        "stdout": outcome.stdout,
        "stderr": outcome.stderr,
        "exit-status": outcome.exit_status,
        "truncated": outcome.truncated,
        "timed-out": outcome.timed_out,
        "signal": outcome.signal,
    }
    plain = Output(stdout="")
    if ended["exit-status"] == plain.exit_status and not any(
        (outcome.stderr, outcome.truncated, outcome.timed_out, outcome.signal)
    ):
        return outcome.stdout
    return {key: value for key, value in ended.items() if value not in {"", False}}
