"""What happens around a run: its start, what it reads, its waits, its targets, its abort."""

import json
from collections.abc import Mapping

from bot.domain import approval, run
from bot.domain.approval import Asked
from bot.domain.decided import Decided, Decision, Refusal
from bot.domain.draft import Draft
from bot.domain.effects import ClearTimer
from bot.domain.events import (
    AbortRequested,
    AutonomyUsed,
    CardKind,
    Ending,
    PreflightFinished,
    ReadFinished,
    RunEnded,
    RunStarted,
    Status,
    StatusChanged,
    WaitEnded,
)
from bot.domain.intents import (
    AbortRun,
    BreakReservation,
    PreflightResult,
    ReadResult,
    StartRun,
    TryReserve,
)
from bot.domain.policy import Group
from bot.domain.run import Run
from bot.errors import OperatorMistake, UserMistake
from bot.values import PersonId, RunId
from runbooks.loader import load

_BAD = frozenset({Ending.ESCALATED, Ending.STOPPED, Ending.IN_DOUBT})
"""Endings that wake somebody: the run did not do what was wanted and nobody chose that."""


def start(draft: Draft, intent: StartRun) -> Decision:
    """Begin a run that a person asked for."""
    why_not = not_startable(draft, intent.runbook, intent.bindings)
    if why_not:
        return Refusal(reason=why_not)
    begin(draft, intent)
    draft.answer = f"{intent.runbook} has started: triage first, which changes nothing."
    return draft.decided()


def not_startable(draft: Draft, runbook: str, bindings: str) -> str:
    """Return why this run may not start now, "" where it may."""
    if not draft.incident.open:
        return f"The incident is {draft.incident.status}; reopen it first."
    same = [r.started for r in draft.incident.live_runs if r.started.runbook == runbook]
    if any(started.bindings == bindings for started in same):
        return f"{runbook} is already running here with these parameters."
    return ""


def begin(
    draft: Draft,
    intent: StartRun,
    *,
    automatic: bool = False,
    requested_by: PersonId | None = None,
) -> None:
    """Start the run and take its first step.

    An automatic one was asked for by nobody, but for a drill: whoever started that asked for it.
    """
    runbook = load(intent.document, intent.runbook)
    ident = RunId(intent.fresh.ident("run", len(draft.incident.runs) + 1))
    draft.happen(
        RunStarted(
            run=ident,
            runbook=intent.runbook,
            document=intent.document,
            content_hash=runbook.content_hash,
            bindings=intent.bindings,
            requested_by=requested_by if automatic else intent.by.person,
            pace=run.DRILL_PACE if draft.incident.drill else 1,
            automatic=automatic,
            mode=intent.mode,
            ambiguity=draft.policy.ambiguity,
        )
    )
    advance(draft, ident)


def parameters_of(bindings: str) -> Mapping[str, str]:
    """Read the parameters back for showing."""
    decoded = json.loads(bindings)
    values = decoded.get("values", {}) if isinstance(decoded, dict) else {}
    return {str(k): _shown(v) for k, v in sorted(values.items())}


def preflight_result(draft: Draft, intent: PreflightResult) -> Decision:
    """Take what trying a host showed; once all were tried the run goes on, or stops."""
    current = draft.incident.runs.get(intent.run)
    if current is None or current.ended is not None:
        return Refusal(reason="the run is over")
    if intent.host in current.checks:
        return Refusal(reason="this host was tried before")
    draft.happen(PreflightFinished(run=intent.run, host=intent.host, checks=intent.checks))
    advance(draft, intent.run)
    return draft.decided()


def read_result(draft: Draft, intent: ReadResult) -> Decision:
    """Take what a read-only command said."""
    current = draft.incident.runs.get(intent.run)
    if current is None or current.ended is not None:
        return Refusal(reason="the run is over")
    if intent.turn != current.turn:
        return Refusal(reason="everything has been looked at anew since")
    if run.known(current, intent.phase, intent.path, intent.host):
        return Refusal(reason="this was answered before")
    draft.happen(
        ReadFinished(
            run=intent.run,
            turn=intent.turn,
            phase=intent.phase,
            path=intent.path,
            host=intent.host,
            outcome=intent.outcome,
        )
    )
    advance(draft, intent.run)
    return draft.decided()


def go_on(draft: Draft, asked: Asked) -> None:
    """Take the run's next step after an answer."""
    if asked.card.run is not None:
        advance(draft, asked.card.run)


def abort(draft: Draft, intent: AbortRun) -> Decision:
    """No further step; with `kill` the running command is stopped too, and left in doubt."""
    current = draft.incident.runs.get(intent.run)
    if current is None:
        return Refusal(reason="There is no such run here.")
    if current.ended is not None:
        return _released_by_abort(draft, current, intent)
    if current.abort is None:
        draft.happen(AbortRequested(run=intent.run, reason=intent.reason))
        for asked in draft.incident.open_cards:
            if asked.card.run == intent.run and asked.card.kind is not CardKind.IN_DOUBT:
                draft.move(approval.withdraw(asked, "the run was aborted"))
    doing = draft.incident.runs[intent.run].doing
    if doing is not None:
        line = " ".join(doing.started.command)
        if intent.kill:
            draft.do(*run.kill(draft.incident.runs[intent.run]))
            draft.answer = f"Killing `{line}` on {doing.started.host}; it is in doubt afterwards."
        else:
            draft.answer = (
                f"No further step. `{line}` still runs on {doing.started.host}: "
                f"let it end, or /runbook abort {intent.run} kill"
            )
        return draft.decided()
    if draft.incident.runs[intent.run].paused:
        stop(draft, intent.run, Ending.ABORTED, intent.reason.text or "a person aborted it")
    else:
        advance(draft, intent.run)
    draft.answer = "Aborted: no further step runs."
    return draft.decided()


def break_reservation(draft: Draft, intent: BreakReservation) -> Decision:
    """Free the targets of a run that has ended badly, with a reason."""
    current = draft.incident.runs.get(intent.run)
    if current is None or not current.targets:
        return Refusal(reason="This run reserves nothing.")
    if current.ended is None:
        return Refusal(reason="The run is still going: /runbook abort it first.")
    if not intent.reason.text.strip():
        return Refusal(reason="Freeing targets that may be half changed takes a reason.")
    draft.move(run.release(current, intent.reason.text))
    draft.answer = f"Free again: {run.describe_targets(current.targets)}."
    return draft.decided()


def stopped(draft: Draft, ident: RunId | None, ending: Ending, because: str) -> None:
    """End a run from outside (an expired question)."""
    if ident is not None and ident in draft.incident.runs:
        stop(draft, ident, ending, because)


def wait_over(draft: Draft, name: str) -> Decision:
    """End a deliberate wait; `name` is `<run>:<wait>`."""
    ident, _, wait = name.partition(":")
    current = draft.incident.runs.get(RunId(ident))
    if current is None or current.ended is not None or wait in current.progress.waited:
        return Decided()
    until = current.waits.get(wait)
    if until is None or draft.now < until:
        return Decided()
    draft.happen(WaitEnded(run=RunId(ident), name=wait))
    advance(draft, RunId(ident))
    return draft.decided()


def try_reserve(draft: Draft, intent: TryReserve) -> Decision:
    """Ask for the targets again; somebody may have freed them."""
    return reserve_again(draft, intent.run)


def reserve_again(draft: Draft, ident: str) -> Decision:
    """Take the reservation, or wait on where the last try met its holder."""
    current = draft.incident.runs.get(RunId(ident))
    if current is None or current.ended is not None or current.targets:
        return Decided()
    advance(draft, RunId(ident))
    return draft.decided()


def advance(draft: Draft, ident: RunId) -> None:
    """Let the run take every step that it can; a document that cannot go on stops it."""
    current = draft.incident.runs[ident]
    try:
        moves = run.advance(current, draft.setting())
    except (OperatorMistake, UserMistake) as mistake:
        moves = run.stop(current, Ending.STOPPED, f"the runbook cannot go on: {mistake}")
    draft.move(moves)
    _after(draft, ident, moves[0])
    if any(isinstance(event, AutonomyUsed) for event in moves[0]):
        advance(draft, ident)


def stop(draft: Draft, ident: RunId, ending: Ending, because: str) -> None:
    """End a run for a reason from outside, and take its questions back."""
    for asked in draft.incident.open_cards:
        if asked.card.run == ident:
            withdraw(draft, asked, because)
    moves = run.stop(draft.incident.runs[ident], ending, because)
    draft.move(moves)
    _after(draft, ident, moves[0])


def _after(draft: Draft, ident: RunId, events: tuple[object, ...]) -> None:
    """Say what the incident makes of a run that has just ended."""
    ended = next((e for e in events if isinstance(e, RunEnded)), None)
    if ended is None:
        return
    draft.do(ClearTimer(name=f"reserve:{ident}"))
    early = draft.incident.status in {Status.INVESTIGATING, Status.IDENTIFIED}
    if ended.ending is Ending.DONE and ended.commands_ran and early:
        draft.happen(StatusChanged(status=Status.MONITORING, previous=draft.incident.status))
    if ended.ending in _BAD:
        name = draft.incident.runs[ident].started.runbook
        draft.page(f"The run of {name} ended: {ended.ending}. {ended.because.text}", ended.whom)


def withdraw(draft: Draft, asked: Asked, why: str) -> None:
    """Take one question back."""
    draft.move(approval.withdraw(asked, why))


def _released_by_abort(draft: Draft, current: Run, intent: AbortRun) -> Decision:
    if not current.targets:
        return Refusal(reason=f"That run is over: {current.state}.")
    if Group.APPROVER not in intent.by.groups:
        return Refusal(reason="It is over; an approver may free what it still reserves.")
    return break_reservation(
        draft,
        BreakReservation(by=intent.by, fresh=intent.fresh, run=intent.run, reason=intent.reason),
    )


def _shown(value: object) -> str:
    return value if isinstance(value, str) else json.dumps(value)
