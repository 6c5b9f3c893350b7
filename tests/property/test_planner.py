"""Promises of the planner that hold for every document, every output and every answer."""

from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

from hypothesis import given, settings
from hypothesis import strategies as st

from runbooks.loader import Runbook, load
from runbooks.parameters import Bindings, bind
from runbooks.planner import next_step, proposal_now
from runbooks.replay import is_terminal
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
_ARGUMENTS = {
    "host": "web-1",
    "service": "shop",
    "bastion": "db-1",
    "database": "shop",
    "namespace": "prod",
    "pod": "checkout-1",
    "deployment": "checkout",
}
_TEXTS = st.sampled_from(
    [
        "",
        "0",
        "1 a",
        "5",
        "9",
        "42%",
        "99 b c",
        "-x",
        "{}",
        "[]",
        "active",
        "inactive",
        "error\n" * 4,
    ]
)
_OUTCOMES = st.builds(
    CommandOutcome,
    exit_status=st.sampled_from([0, 0, 0, 0, 0, 0, 1, 3, 255, None]),
    stdout=_TEXTS,
    truncated=st.sampled_from([False] * 9 + [True]),
    timed_out=st.just(False),
)
_PROBES = st.builds(
    ProbeOutcome,
    status=st.sampled_from([200, 200, 503, None]),
    body=st.sampled_from(["", '{"status": "healthy"}', "<html>"]),
)


class Run:
    """A run that is driven by drawn outcomes, and remembers what it was allowed to do."""

    def __init__(self, runbook: Runbook, mode: Mode, draw: Callable[..., object]) -> None:
        self.runbook = runbook
        self.bindings = _bound(runbook)
        self.progress = Progress(mode=mode)
        self.approved: tuple[PlannedCommand, ...] = ()
        self.changes: list[PlannedCommand] = []
        self.passed_since_change = False
        self._draw = draw

    def step(self) -> NextStep:
        """Return the next step."""
        return next_step(self.runbook, self.bindings, self.progress, INVENTORY)

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
        outcome = self._draw(_OUTCOMES)
        assert isinstance(outcome, CommandOutcome)
        outcomes = {**self.progress.outcomes, command.key: outcome}
        self.progress = replace(self.progress, outcomes=outcomes)

    def _answer(self) -> Answer:
        answer = self._draw(st.sampled_from([Answer.YES, Answer.YES, Answer.YES, Answer.NO]))
        assert isinstance(answer, Answer)
        return answer


@given(st.data(), st.sampled_from(sorted(_DOCUMENTS)), st.sampled_from(Mode))
@settings(max_examples=400, deadline=None)
def test_every_run_keeps_every_promise(data: st.DataObject, name: str, mode: Mode) -> None:
    run = Run(load(_DOCUMENTS[name], name), mode, data.draw)
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
    run = Run(load(_DOCUMENTS[name], name), Mode.RUN, data.draw)
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
            assert proposal_now(run.runbook, run.bindings, run.progress, INVENTORY) == proposal
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


def _bound(runbook: Runbook) -> Bindings:
    wanted = runbook.document.parameters
    missing = {n for n, p in wanted.items() if p.default is None or n in _ARGUMENTS}
    return bind(runbook, {name: _ARGUMENTS[name] for name in missing}, {}, INVENTORY)
