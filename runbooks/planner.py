"""(document, parameters, what has happened) -> the next step; pure, so every run can be replayed.

The walk, in its order:

    triage -> decide -> preconditions -> dry run -> ASK
           -> triage and decide again -> (the same change? else ask again)
           -> reserve -> checkpoint -> steps, one change at a time -> verify -> recheck -> done

Whatever is not as it should be leaves this line for good: resolve, escalate, stopped, rejected,
in doubt, aborted. Only `Done` says that something was repaired, and it follows the last check.
"""

from dataclasses import dataclass, replace
from typing import Final

from runbooks.changing import Plan, carry_out, rehearse, render, rendered_again
from runbooks.diagnosis import Verdict, decide, observe
from runbooks.expressions import CannotEvaluateError
from runbooks.inventory import Inventory
from runbooks.ledger import Ledger, Reached
from runbooks.loader import Runbook
from runbooks.overview import plan
from runbooks.parameters import Bindings
from runbooks.playbook import investigate
from runbooks.rendering import Frame, frame
from runbooks.steps import (
    Aborted,
    Answer,
    Ask,
    Change,
    CommandOutcome,
    Confirm,
    Done,
    Escalate,
    Evidence,
    InDoubt,
    Known,
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
    Refer,
    Rehearsed,
    Rejected,
    Reserve,
    Resolve,
    Stopped,
    Targets,
    Unknown,
    Wait,
)

__all__ = [
    "AMBIGUITY",
    "Aborted",
    "Answer",
    "Ask",
    "Change",
    "CommandOutcome",
    "Confirm",
    "Course",
    "Done",
    "Escalate",
    "InDoubt",
    "Known",
    "Mode",
    "NextStep",
    "Observe",
    "OfferUndo",
    "PlannedCommand",
    "Probe",
    "ProbeOutcome",
    "Progress",
    "Proposal",
    "Question",
    "Read",
    "Refer",
    "Rehearsed",
    "Rejected",
    "Reserve",
    "Resolve",
    "Stopped",
    "Targets",
    "Unknown",
    "Wait",
    "course",
    "next_step",
    "plan",
    "proposal_now",
]

AMBIGUITY: Final = 0.2
"""Likelihoods closer than this are not chosen between (spec: runbooks R1)."""

_MOST_ROUNDS: Final = 4
"""How often a changed picture may lead to a new question before a human takes over."""


def next_step(
    runbook: Runbook,
    bindings: Bindings,
    progress: Progress,
    inventory: Inventory,
    pace: float = 1,
    ambiguity: float = AMBIGUITY,
) -> NextStep:
    """Return what comes next; equal arguments give an equal step.

    `pace` divides every wait: in a drill minutes become seconds. Never raises for what a run can
    meet: what cannot be told becomes `Stopped`.
    """
    return _walked(runbook, bindings, Ledger(progress, pace), inventory, ambiguity)


def proposal_now(
    runbook: Runbook,
    bindings: Bindings,
    progress: Progress,
    inventory: Inventory,
    ambiguity: float = AMBIGUITY,
) -> Proposal | None:
    """Render again what was asked last, from this document and inventory and the recorded facts.

    Comparing its digest with the frozen one shows whether anything has changed since. None where
    the walk no longer comes to a question.
    """
    ledger = Ledger(progress, 1)
    _walked(runbook, bindings, ledger, inventory, ambiguity)
    return ledger.proposal


@dataclass(frozen=True, slots=True, kw_only=True)
class Course:
    """Where a run stands and what has led there: every fact that it took from an output.

    Two runs of one document that have equal courses, and in which every output was either read in
    full or says the same, go on alike whatever comes.
    """

    step: NextStep
    proposal: Proposal | None
    told: tuple[Evidence, ...]


def course(
    runbook: Runbook,
    bindings: Bindings,
    progress: Progress,
    inventory: Inventory,
    ambiguity: float = AMBIGUITY,
) -> Course:
    """Walk through what has happened; equal arguments give an equal course."""
    ledger = Ledger(progress, 1)
    step = _walked(runbook, bindings, ledger, inventory, ambiguity)
    return Course(step=step, proposal=ledger.proposal, told=tuple(ledger.told))


def _walked(
    runbook: Runbook,
    bindings: Bindings,
    ledger: Ledger,
    inventory: Inventory,
    ambiguity: float,
) -> NextStep:
    try:
        return _walk(frame(runbook, bindings, inventory), ledger, ambiguity)
    except Reached as reached:
        return reached.step
    except CannotEvaluateError as error:
        return Stopped(because=str(error), evidence=ledger.evidence, changed=ledger.changed)


def _walk(frame_: Frame, ledger: Ledger, ambiguity: float) -> NextStep:
    if frame_.runbook.is_playbook:
        return investigate(frame_, ledger)
    plan = _prepared(frame_, ledger, "triage", ambiguity)
    for number in range(1, _MOST_ROUNDS + 1):
        plan = _rehearsed(frame_, ledger, plan, _phase(number - 1))
        if ledger.mode is Mode.DRY_RUN:
            return Rehearsed(proposal=plan.proposal, because=plan.proposal.because)
        if ledger.ask(plan.proposal) is Answer.NO:
            return Rejected()
        now = _prepared(frame_, ledger, _phase(number), ambiguity, plan)
        if now.proposal.same_change(plan.proposal):
            return _approved(frame_, ledger, plan, ambiguity)
        plan = now
    because = f"The picture changed after each of {_MOST_ROUNDS} approvals; nothing was run."
    return Stopped(because=because, evidence=ledger.evidence)


def _phase(number: int) -> str:
    """Name the rounds of triage: `triage`, `again`, `again2`, `again3`."""
    if number == 0:
        return "triage"
    return "again" if number == 1 else f"again{number}"


def _prepared(
    frame_: Frame, ledger: Ledger, phase: str, ambiguity: float, before: Plan | None = None
) -> Plan:
    """Return the plan for what a round of triage shows; `before` is that of an earlier round."""
    picture = observe(frame_, ledger, phase)
    verdict = decide(frame_, ledger, picture, ambiguity)
    plan = rendered_again(before, verdict, picture) or render(frame_, verdict, picture)
    _require_preconditions(ledger, verdict, plan, phase)
    return plan


def _require_preconditions(ledger: Ledger, verdict: Verdict, plan: Plan, phase: str) -> None:
    failing = [item.text for item in plan.proposal.preconditions if not item.holds]
    if not failing:
        return
    when = "does not hold" if phase == "triage" else "does not hold any more after the approval"
    because = (
        f"{verdict.because} The precondition `{failing[0]}` of {verdict.action} {when}:"
        " nothing was run."
    )
    ledger.end(Stopped(because=because, evidence=ledger.evidence))


def _rehearsed(frame_: Frame, ledger: Ledger, plan: Plan, phase: str) -> Plan:
    if not plan.action.dry_run:
        return plan
    rehearsals = rehearse(frame_, ledger, plan, phase)
    return replace(plan, proposal=replace(plan.proposal, rehearsals=rehearsals))


def _approved(frame_: Frame, ledger: Ledger, plan: Plan, ambiguity: float) -> NextStep:
    ledger.reserve(plan.proposal.targets)
    if ledger.reserved_late:
        late = _prepared(frame_, ledger, "late", ambiguity, plan)
        if not late.proposal.same_change(plan.proposal):
            because = (
                "Another change was made while this one waited for its reservation, and the"
                " picture is no longer the approved one: nothing was run."
            )
            return Stopped(because=because, evidence=ledger.evidence)
    return carry_out(frame_, ledger, plan)
