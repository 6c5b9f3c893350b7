"""Promises of the planner that hold for every document, every output and every answer."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from functools import cache
from pathlib import Path

from hypothesis import given, settings
from hypothesis import strategies as st

from runbooks.inventory import Inventory
from runbooks.loader import Runbook, load
from runbooks.parameters import Bindings, bind
from runbooks.planner import next_step, proposal_now
from runbooks.replay import Recording, candidates, is_terminal, read_fixtures
from runbooks.steps import (
    Answer,
    Ask,
    Change,
    CommandOutcome,
    Confirm,
    Done,
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
    Rehearsed,
    Reserve,
    Wait,
)
from tests.unit.runbooks.small import INVENTORY, SMALL

CATALOG = Path(__file__).parents[2] / "runbooks" / "catalog"
LOOPS = """\
runbook: loops
title: Loops, checkpoints and undo
owner: platform
parameters:
  host: {type: host}
triage:
  count:
    run: count --things
    on: {group: web}
    facts:
      things: {regex: '(\\d+)', type: integer, empty-is: 0}
      names: {list: '[a-z]+'}
decide:
  - when: (things | sum) > 3
    because: "{{ things }}"
    then: sweep
    likelihood: 60
  - when: (things | max) > 9
    because: too many
    escalate: dba
    likelihood: 70
  - otherwise: resolve
actions:
  sweep:
    title: Sweep
    tier: irreversible
    checkpoint: [{run: sudo save, timeout: 5s}]
    undo:
      - run: sudo restore
        timeout: 5s
    risk: {blast-radius: x, users: x, data: x}
    only-if: [(things | sum) > 4]
    dry-run: [{run: sweep --pretend}]
    on: {group: web}
    batches: {canary: 1, size: 2, max-failures: 1}
    steps:
      - for-each: "['a', 'b']"
        as: name
        steps:
          - run: sudo sweep {{ name }}
            timeout: 5s
          - check: left
            facts: {left: {regex: '\\d+', type: integer}}
      - wait-for: ready
        at-most: 10s
    stop-when: [left == 0]
    verify:
      - name: fewer
        again: count
        expect: (things | sum) < 3
        within: 1m
        sustained: 1m
    then-recheck: 5m
    if-it-fails: escalate
"""

_DOCUMENTS = {
    "small": SMALL,
    "loops": LOOPS,
    **{path.stem: path.read_text() for path in CATALOG.glob("*.yaml")},
}
_OWN_OUTPUTS: Mapping[str, Mapping[str, tuple[str, ...]]] = {
    "small": {"triage.count": ("9", "9", "1"), "shrink.verify.1": ("5", "5", "6")},
    "loops": {
        "triage.count": ("9 a b", "9 a b", "1"),
        "sweep.steps.1.2": ("2", "2", "2", "0"),
        "sweep.verify.1": ("0", "0", "0", "0", "1", "5"),
    },
}
_BAD = st.builds(
    CommandOutcome,
    exit_status=st.sampled_from([0, 0, 0, 1, 3, 255, None]),
    stdout=st.sampled_from(["", "0", "1 a", "42%", "-x", "{}", "[]", "inactive", "error\n" * 4]),
    truncated=st.booleans(),
)
_PROBES = st.builds(
    ProbeOutcome,
    status=st.sampled_from([200, 200, 200, 200, 200, 503, None]),
    body=st.sampled_from([*['{"status": "healthy"}'] * 6, "", "<html>"]),
)
_ONE_IN = 25
"""One command in so many ends in a way that nobody recorded."""


@dataclass(frozen=True)
class World:
    """A document with everything that a run of it meets: outcomes that fit, by path."""

    runbook: Runbook
    bindings: Bindings
    inventory: Inventory
    outcomes: Mapping[str, tuple[CommandOutcome, ...]]


@cache
def _world(name: str) -> World:
    runbook = load(_DOCUMENTS[name], name)
    if name in _OWN_OUTPUTS:
        outcomes = {
            path: tuple(CommandOutcome(exit_status=0, stdout=text) for text in texts)
            for path, texts in _OWN_OUTPUTS[name].items()
        }
        bindings = bind(runbook, {"host": "web-1"}, {}, INVENTORY)
        return World(runbook, bindings, INVENTORY, outcomes)
    fixtures = read_fixtures((CATALOG / "tests" / f"{name}.yaml").read_text(), name)
    shared = fixtures.recording
    bindings = bind(runbook, shared.arguments, shared.alert, fixtures.inventory)
    return World(runbook, bindings, fixtures.inventory, _recorded(shared))


def _recorded(recording: Recording) -> Mapping[str, tuple[CommandOutcome, ...]]:
    found: dict[str, list[CommandOutcome]] = {}
    for outputs in (recording.outputs, *(case.outputs for case in recording.cases)):
        for path, several in outputs.items():
            found.setdefault(path, []).extend(
                CommandOutcome(exit_status=item.exit_status, stdout=item.stdout) for item in several
            )
    # What is recorded at the top is the usual case: it comes as often as all the others together.
    usual = {path: found[path][:1] * len(found[path]) for path in recording.outputs}
    return {path: (*usual.get(path, []), *items) for path, items in found.items()}


class Run:
    """A run that is driven by drawn outcomes, and remembers what it was allowed to do."""

    def __init__(self, world: World, mode: Mode, draw: Callable[..., object]) -> None:
        self.world = world
        self.progress = Progress(mode=mode)
        self.approved: tuple[PlannedCommand, ...] = ()
        self.changes: list[PlannedCommand] = []
        self.passed_since_change = False
        self._draw = draw

    def step(self) -> NextStep:
        """Return the next step."""
        world = self.world
        return next_step(world.runbook, world.bindings, self.progress, world.inventory)

    def take(self, step: NextStep) -> None:  # noqa: C901, PLR0912 - one case per step
        """Carry a step out with a drawn outcome."""
        progress = self.progress
        match step:
            case Observe(commands=commands):
                for command in commands:
                    self._record(command)
            case Read(command=command):
                self._record(command)
                self.passed_since_change = True
            case Change(command=command):
                self.changes.append(command)
                self._record(command)
                self.passed_since_change = False
            case Probe(path=path):
                outcome = self._draw(_PROBES)
                assert isinstance(outcome, ProbeOutcome)
                self.progress = replace(progress, probes={**progress.probes, path: outcome})
            case Ask(proposal=proposal):
                answer = self._answer()
                self.approved = proposal.commands if answer is Answer.YES else ()
                self.progress = replace(progress, answers=(*progress.answers, answer))
            case OfferUndo(proposal=proposal):
                answer = self._answer()
                if answer is Answer.YES:
                    self.approved += proposal.commands
                self.progress = replace(progress, undo=answer)
            case Question(path=path, options=options):
                chosen = self._draw(st.sampled_from([option.id for option in options]))
                self.progress = replace(progress, choices={**progress.choices, path: str(chosen)})
            case Confirm(command=command):
                go = self._draw(st.sampled_from(Go))
                assert isinstance(go, Go)
                self.progress = replace(progress, go={**progress.go, command.key: go})
            case Reserve():
                self.progress = replace(progress, reserved=True)
            case Wait(name=name):
                self.progress = replace(progress, waited=progress.waited | {name})
            case _:
                raise AssertionError(step)

    def _record(self, command: PlannedCommand) -> None:
        outcome = self._draw(self._likely(command))
        assert isinstance(outcome, CommandOutcome)
        outcomes = {**self.progress.outcomes, command.key: outcome}
        self.progress = replace(self.progress, outcomes=outcomes)

    def _likely(self, command: PlannedCommand) -> st.SearchStrategy[CommandOutcome]:
        if self._draw(st.integers(1, _ONE_IN)) == _ONE_IN:
            return _BAD
        fitting = [
            outcome
            for path in candidates(command.path)
            for outcome in self.world.outcomes.get(path, ())
        ]
        return st.sampled_from(fitting or [CommandOutcome(exit_status=0, stdout="ok")])

    def _answer(self) -> Answer:
        answer = self._draw(st.sampled_from([*[Answer.YES] * 5, Answer.NO]))
        assert isinstance(answer, Answer)
        return answer


@given(st.data(), st.sampled_from(sorted(_DOCUMENTS)), st.sampled_from(Mode))
@settings(max_examples=400, deadline=None)
def test_every_run_keeps_every_promise(data: st.DataObject, name: str, mode: Mode) -> None:
    run = Run(_world(name), mode, data.draw)
    for _ in range(3000):
        step = run.step()
        assert run.step() == step, "the same progress gives the same step"
        if is_terminal(step):
            break
        _promises_of_a_step(run, step)
        run.take(step)
    else:
        raise AssertionError("the run does not end")
    _promises_of_an_end(run, step)


@given(st.data(), st.sampled_from(sorted(_DOCUMENTS)))
@settings(max_examples=100, deadline=None)
def test_an_abort_at_any_moment_starts_nothing_more(data: st.DataObject, name: str) -> None:
    run = Run(_world(name), Mode.RUN, data.draw)
    for _ in range(data.draw(st.integers(0, 30))):
        step = run.step()
        if is_terminal(step):
            return
        run.take(step)
    run.progress = replace(run.progress, aborted=True)
    assert is_terminal(run.step())


def _promises_of_a_step(run: Run, step: NextStep) -> None:
    match step:
        case Change(command=command):
            assert command.changes
            assert command in run.approved, "no change without the yes that names it"
            assert command.key not in run.progress.outcomes, "no command runs twice"
            assert run.progress.reserved, "no change without its reservation"
            assert run.progress.mode is not Mode.DRY_RUN
        case Observe(commands=commands):
            assert commands
            assert not any(command.changes for command in commands)
        case Read(command=command):
            assert not command.changes
        case Ask(proposal=proposal):
            world = run.world
            again = proposal_now(world.runbook, world.bindings, run.progress, world.inventory)
            assert again == proposal
            assert all(item.holds for item in proposal.preconditions)
            assert proposal.verification
        case _:
            pass


def _promises_of_an_end(run: Run, end: NextStep) -> None:
    if isinstance(end, Done):
        assert run.passed_since_change or run.progress.probes, "no success without verification"
        started = {command.key for command in run.changes}
        assert all(run.progress.outcomes[key].exit_status == 0 for key in started)
    if isinstance(end, InDoubt):
        assert run.progress.outcomes[end.command.key].exit_status is None
    if run.progress.mode is Mode.DRY_RUN:
        assert not run.changes
        assert not isinstance(end, Done)
    if isinstance(end, Rehearsed):
        assert run.progress.mode is Mode.DRY_RUN
    for command in run.changes:
        ended_well = run.progress.outcomes[command.key].exit_status is not None
        assert ended_well or isinstance(end, InDoubt), "nobody walks past a command in doubt"
