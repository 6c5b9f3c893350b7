"""An action: what is asked, and how it is carried out, verified and, if need be, undone."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from itertools import chain
from typing import NoReturn

from bot.values import Tier
from runbooks.diagnosis import Picture, Verdict, gather
from runbooks.expressions import (
    CannotEvaluateError,
    Finding,
)
from runbooks.facts import failure
from runbooks.ledger import Ledger, polls, spell
from runbooks.model import (
    Action,
    CheckStep,
    Look,
    LoopStep,
    NoUndo,
    PauseStep,
    RunStep,
    Task,
    WaitForStep,
)
from runbooks.quantities import show_duration
from runbooks.rendering import Facts, Frame, Scheduled, lines_of, used_values, written
from runbooks.steps import (
    Answer,
    CommandOutcome,
    Done,
    Escalate,
    FollowUp,
    Kind,
    PlannedCommand,
    Precondition,
    Proposal,
    Rehearsal,
    Stopped,
)
from runbooks.verification import described, recheck, verify


@dataclass(frozen=True, slots=True, kw_only=True)
class Plan:
    """An action rendered for one picture: the proposal and the schedule behind it."""

    verdict: Verdict
    name: str
    action: Action
    proposal: Proposal
    facts: Facts
    checkpoint: tuple[Scheduled, ...]
    batches: tuple[tuple[tuple[str, tuple[Scheduled, ...]], ...], ...]
    """Batches of (host, its steps)."""


def render(frame: Frame, verdict: Verdict, picture: Picture) -> Plan:
    """Render the action that a verdict names; raises CannotEvaluateError."""
    name, action = verdict.action, frame.runbook.document.actions[verdict.action]
    scope = frame.scope(picture.facts)
    batches = frame.batches(action, scope)
    first = batches[0][0]
    checkpoint = frame.schedule(
        action.checkpoint, f"{name}.checkpoint", first, picture.facts, Kind.CHECKPOINT
    )
    scheduled = tuple(
        tuple(
            (host, frame.schedule(action.steps, f"{name}.steps", host, picture.facts))
            for host in batch
        )
        for batch in batches
    )
    commands = _commands(
        [*checkpoint, *chain.from_iterable(steps for batch in scheduled for _, steps in batch)]
    )
    undo = _commands(
        chain.from_iterable(
            undo_steps(frame, name, action, picture.facts, host)
            for batch in reversed(batches)
            for host in reversed(batch)
        )
    )
    proposal = Proposal(
        runbook=frame.runbook.name,
        content_hash=frame.runbook.content_hash,
        action=name,
        title=action.title.render(scope),
        tier=Tier(action.tier),
        rule=verdict.rule,
        because=verdict.because,
        evidence=picture.evidence,
        commands=commands,
        preconditions=_preconditions(frame, action, picture),
        risk=_risk(action, frame, picture),
        rollback=_rollback(action, frame, picture, undo),
        undo=undo,
        verification=described(frame, action, picture.facts, first),
        stop_conditions=_stop_conditions(action),
        rehearsals=(),
        targets=frame.targets(commands),
        facts_used=used_values([*lines_of([*action.checkpoint, *action.steps])], scope),
    )
    return Plan(
        verdict=verdict,
        name=name,
        action=action,
        proposal=proposal,
        facts=picture.facts,
        checkpoint=checkpoint,
        batches=scheduled,
    )


def rendered_again(before: Plan | None, verdict: Verdict, picture: Picture) -> Plan | None:
    """Return an earlier plan with the evidence of a later picture, None where it would differ.

    Everything else of a plan is made from the document, the verdict and the facts. On fifty hosts
    that is most of what a walk costs, and every step of a run is a walk.
    """
    if before is None or before.verdict != verdict or not _equal(before.facts, picture.facts):
        return None
    return replace(
        before, proposal=replace(before.proposal, evidence=picture.evidence, rehearsals=())
    )


def rehearse(frame: Frame, ledger: Ledger, plan: Plan, phase: str) -> tuple[Rehearsal, ...]:
    """Run the dry-run commands; ends the walk where one fails."""
    prefix = plan.name if phase == "triage" else f"{phase}.{plan.name}"
    scope = frame.scope(plan.facts)
    found: list[Rehearsal] = []
    for number, look in enumerate(plan.action.dry_run, 1):
        for command in frame.looks(look, f"{prefix}.dry-run.{number}", Kind.DRY_RUN, scope):
            outcome = ledger.read(command)
            fault = failure(outcome, look.ok_exit)
            if fault:
                because = f"The dry run `{written(command.argv)}` failed: {fault}. Nothing was run."
                ledger.end(Stopped(because=because, evidence=ledger.evidence))
            found.append(Rehearsal(command=command, outcome=outcome))
    return tuple(found)


def carry_out(frame: Frame, ledger: Ledger, plan: Plan) -> Done:
    """Run checkpoint, steps and verification; ends the walk wherever something is not as it should.

    Returns only after every check has passed.
    """
    if plan.action.tier is Tier.IRREVERSIBLE and not plan.checkpoint:
        because = "An irreversible action without a checkpoint is not run."
        ledger.end(Stopped(because=because, evidence=ledger.evidence))
    work = _Work(frame, ledger, plan)
    work.checkpoint()
    for batch in plan.batches:
        work.batch(batch)
    work.finish()
    scope = frame.scope(plan.facts)
    checks = spell(len(plan.action.verify), "check")
    return Done(
        summary=f"{plan.proposal.title}: {spell(work.ran, 'command')} ran, {checks} passed.",
        after=tuple(
            FollowUp(
                task=(item.task if isinstance(item, Task) else item.monitor).show(scope),
                owner=item.owner.show(scope) if item.owner is not None else "",
            )
            for item in frame.runbook.document.after
        ),
    )


def undo_steps(
    frame: Frame, name: str, action: Action, facts: Facts, host: str
) -> tuple[Scheduled, ...]:
    """Render the undo of an action on one host; empty where none is needed."""
    if action.undo is None or isinstance(action.undo, NoUndo):
        return ()
    return frame.schedule(action.undo, f"{name}.undo", host, facts, Kind.UNDO)


class _Work:
    """The walk through one approved plan."""

    def __init__(self, frame: Frame, ledger: Ledger, plan: Plan) -> None:
        self.ran = 0
        self._frame = frame
        self._ledger = ledger
        self._plan = plan
        self._total = sum(command.changes for command in plan.proposal.commands)
        self._number = 0
        self._failures: list[str] = []
        self._touched: list[str] = []

    def checkpoint(self) -> None:
        """Run the checkpoint; nothing else runs where it fails."""
        for item in self._plan.checkpoint:
            fault = self._step(item, {})
            if fault:
                self._escalate(f"The checkpoint failed, so no step was run. {fault}")

    def batch(self, batch: Sequence[tuple[str, tuple[Scheduled, ...]]]) -> None:
        """Run the steps on every host of a batch, then verify each of them."""
        allowed = self._plan.action.batches.max_failures if self._plan.action.batches else 0
        good: list[str] = []
        for host, items in batch:
            fault = self._host(host, items)
            if not fault:
                good.append(host)
                continue
            self._failures.append(fault)
            if len(self._failures) > allowed:
                self._failed(" ".join(self._failures))
        for host in good:
            fault = verify(self._frame, self._ledger, *self._subject, host)
            if fault:
                self._failed(fault)

    def finish(self) -> None:
        """Look once more after the delay, and refuse to call a partial success done."""
        if self._failures:
            self._failed(" ".join(self._failures))
        delay = self._plan.action.then_recheck
        if delay is None:
            return
        why = f"everything passed; it is looked at again after {show_duration(delay)}"
        self._ledger.wait(f"{self._plan.name}.then-recheck", delay, why)
        for host in self._touched:
            fault = recheck(self._frame, self._ledger, *self._subject, host)
            if fault:
                self._failed(fault)

    @property
    def _subject(self) -> tuple[str, Action, Facts]:
        return self._plan.name, self._plan.action, self._plan.facts

    def _host(self, host: str, items: Sequence[Scheduled]) -> str:
        self._touched.append(host)
        gained: dict[str, Finding] = {}
        for item in items:
            fault = self._step(item, gained)
            if fault:
                return fault
        return ""

    def _step(self, item: Scheduled, gained: dict[str, Finding]) -> str:
        """Walk through one step; return why it failed, "" where it did not."""
        match item.step, item.command:
            case PauseStep(wait=span), None:
                self._ledger.wait(f"{item.path}@{item.host}", span, "the runbook asks for a pause")
                return ""
            case RunStep(), PlannedCommand() as command:
                self._stop_conditions(gained, item)
                return self._change(command)
            case CheckStep() as step, PlannedCommand() as command:
                return self._check(step, command, item, gained)
            case WaitForStep() as step, PlannedCommand() as command:
                return self._wait_for(step, command, item, gained)
        raise CannotEvaluateError(f"{item.path} cannot be carried out")

    def _change(self, command: PlannedCommand) -> str:
        self._number += 1
        outcome = self._ledger.change(command, self._number, self._total)
        if outcome is None:
            return ""
        self.ran += 1
        return _fault_of(command, outcome)

    def _check(
        self,
        step: CheckStep,
        command: PlannedCommand,
        item: Scheduled,
        gained: dict[str, Finding],
    ) -> str:
        fault = ""
        for number in range(1, step.retries + 2):
            poll = _nth(command, number)
            outcome = self._ledger.read(poll)
            fault = _fault_of(poll, outcome)
            if not fault:
                gained.update(self._read(step, poll, outcome))
                fault = self._expected(step, item, gained)
            if not fault:
                return ""
        return fault

    def _wait_for(
        self,
        step: WaitForStep,
        command: PlannedCommand,
        item: Scheduled,
        gained: dict[str, Finding],
    ) -> str:
        fault = ""
        for number in range(1, polls(step.at_most, step.every) + 1):
            poll = _nth(command, number)
            if number > 1:
                why = f"waiting for `{written(command.argv)}`"
                self._ledger.wait(poll.key, step.every, why)
            outcome = self._ledger.read(poll)
            fault = _fault_of(poll, outcome)
            if not fault:
                gained.update(self._read(step, poll, outcome))
                fault = self._expected(step, item, gained)
            if not fault:
                return ""
        return f"It did not come true within {show_duration(step.at_most)}. {fault}"

    def _read(
        self, step: CheckStep | WaitForStep, command: PlannedCommand, outcome: CommandOutcome
    ) -> Facts:
        line = step.check if isinstance(step, CheckStep) else step.wait_for
        look = Look.model_construct(
            run=line, on=None, timeout=step.timeout, ok_exit=(0,), facts=step.facts
        )
        picture = gather(self._frame, [(look, command, outcome)])
        self._ledger.told += picture.evidence
        return picture.facts

    def _expected(self, step: CheckStep | WaitForStep, item: Scheduled, gained: Facts) -> str:
        wanted = step.expect if isinstance(step, CheckStep) else step.until
        if wanted is None:
            return ""
        scope = self._frame.scope({**self._plan.facts, **gained}, item.scope)
        try:
            return "" if wanted.holds(scope) else f"{item.path}: expected {wanted.text}."
        except CannotEvaluateError as error:
            return f"{item.path}: {wanted.text} cannot be told: {error}."

    def _stop_conditions(self, gained: Facts, item: Scheduled) -> None:
        """End the walk where a stop condition holds, or cannot be told once its facts exist."""
        scope = self._frame.scope({**self._plan.facts, **gained}, item.scope)
        for condition in self._plan.action.stop_when:
            if not condition.names <= scope.keys():
                continue  # its check has not run yet
            try:
                holds = condition.holds(scope)
            except CannotEvaluateError as error:
                self._failed(f"The stop condition `{condition.text}` cannot be told: {error}.")
            if holds:
                self._failed(f"The stop condition `{condition.text}` holds before {item.path}.")

    def _failed(self, because: str) -> NoReturn:
        """Offer the undo where there is one and something was changed; then a human takes over."""
        action, name = self._plan.action, self._plan.name
        items = tuple(
            chain.from_iterable(
                undo_steps(self._frame, name, action, self._plan.facts, host)
                for host in reversed(self._touched)
            )
        )
        if not items or not self._ledger.changed:
            self._escalate(because)
        proposal = self._undo_proposal(_commands(items), because)
        if self._ledger.offer_undo(proposal, because) is Answer.NO:
            self._escalate(f"{because} The undo was declined.")
        for number, command in enumerate(proposal.commands, 1):
            if not command.changes:
                continue
            outcome = self._ledger.change(command, number, len(proposal.commands))
            fault = _fault_of(command, outcome) if outcome is not None else "It was skipped."
            if fault:
                self._escalate(f"{because} The undo failed too. {fault}")
        self._escalate(f"{because} The change was undone.", undone=True)

    def _undo_proposal(self, commands: tuple[PlannedCommand, ...], because: str) -> Proposal:
        asked = self._plan.proposal
        return Proposal(
            runbook=asked.runbook,
            content_hash=asked.content_hash,
            action=f"{asked.action}.undo",
            title=f"Undo: {asked.title}",
            tier=asked.tier,
            rule="",
            because=because,
            evidence=self._ledger.evidence,
            commands=commands,
            preconditions=(),
            risk=asked.risk,
            rollback="",
            undo=(),
            verification=(),
            stop_conditions=(),
            rehearsals=(),
            targets=self._frame.targets(commands),
            facts_used=asked.facts_used,
        )

    def _escalate(self, because: str, *, undone: bool = False) -> NoReturn:
        self._ledger.end(
            Escalate(
                whom=self._plan.action.if_it_fails.escalate,
                because=because,
                evidence=self._ledger.evidence,
                changed=self._ledger.changed,
                undone=undone,
            )
        )


def _commands(items: "Iterator[Scheduled] | Sequence[Scheduled]") -> tuple[PlannedCommand, ...]:
    return tuple(item.command for item in items if item.command is not None)


def _equal(one: Facts, other: Facts) -> bool:
    """Whether both read the same in a command: to Python 1, 1.0 and true are one value."""
    return one == other and repr(one) == repr(other)


def _nth(command: PlannedCommand, number: int) -> PlannedCommand:
    """Return the command as its n-th look; each look is kept under a key of its own."""
    return PlannedCommand(
        path=f"{command.path}#{number}",
        host=command.host,
        argv=command.argv,
        timeout=command.timeout,
        kind=command.kind,
        changes=command.changes,
        on_deadline=command.on_deadline,
    )


def _fault_of(command: PlannedCommand, outcome: CommandOutcome) -> str:
    fault = failure(outcome)
    return f"{command.path} on {command.host} failed: {fault}." if fault else ""


def _preconditions(frame: Frame, action: Action, picture: Picture) -> tuple[Precondition, ...]:
    scope = frame.scope(picture.facts)
    return tuple(
        Precondition(text=condition.text, holds=condition.holds(scope))
        for condition in action.only_if
    )


def _risk(action: Action, frame: Frame, picture: Picture) -> dict[str, str]:
    scope = frame.scope(picture.facts)
    risk = action.risk
    said = {
        "blast-radius": risk.blast_radius.show(scope),
        "users": risk.users.show(scope),
        "data": risk.data.show(scope),
    }
    return said | ({"cost": risk.cost.show(scope)} if risk.cost is not None else {})


def _rollback(
    action: Action, frame: Frame, picture: Picture, undo: Sequence[PlannedCommand]
) -> str:
    scope = frame.scope(picture.facts)
    if action.rollback is not None:
        return action.rollback.show(scope)
    if isinstance(action.undo, NoUndo):
        return f"No undo is needed: {action.undo.not_needed.show(scope)}"
    if undo:
        return "By a card of its own: " + "; ".join(written(command.argv) for command in undo)
    return "There is no way back; the checkpoint is taken first."


def _stop_conditions(action: Action) -> tuple[str, ...]:
    own = [f"before a step: {condition.text}" for condition in action.stop_when]
    loops = [step for step in action.steps if isinstance(step, LoopStep)]
    return (
        "a command fails, or its outcome is not known",
        *own,
        *(f"for-each over {step.for_each.text}: at most {step.at_most} rounds" for step in loops),
    )
