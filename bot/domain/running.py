"""What happens around a run: start, results, the step into the unknown, reservations, abort."""

import json
from collections.abc import Mapping
from dataclasses import replace

from bot.domain import approval, run
from bot.domain.actor import Standing
from bot.domain.approval import Asked
from bot.domain.decided import Decided, Decision, Refusal
from bot.domain.draft import Draft
from bot.domain.effects import ClearTimer, Timer
from bot.domain.events import (
    AbortRequested,
    ApprovalVoided,
    CardDecided,
    CardKind,
    DocumentChanged,
    Ending,
    OutcomeKind,
    ReadFinished,
    ReservationAwaited,
    RunEnded,
    RunPaused,
    RunStarted,
    Status,
    StatusChanged,
    StepFinished,
    StepInDoubt,
    StepInterrupted,
    StepSettled,
    StepStarted,
    WaitEnded,
)
from bot.domain.intents import (
    AbortRun,
    BreakReservation,
    ClaimExpired,
    ReadResult,
    StartRun,
    StartStep,
    StepNotPossible,
    StepResult,
    StepUnknown,
    TryReserve,
)
from bot.domain.packet import DoubtPacket
from bot.domain.policy import Group
from bot.domain.rules import quorum_met
from bot.domain.run import Run
from bot.errors import OperatorMistake, UserMistake
from bot.values import HostName, RunId, Untrusted
from runbooks import steps
from runbooks.loader import load

_BAD = frozenset({Ending.ESCALATED, Ending.STOPPED, Ending.EXPIRED, Ending.IN_DOUBT})
"""Endings that wake somebody: the run did not do what was wanted and nobody chose that."""

NOT_BEGUN = 255
"""Exit status that stands for "the host surely did not begin", as ssh itself uses it."""


def start(draft: Draft, intent: StartRun) -> Decision:
    """Begin a run that a person asked for."""
    if not draft.incident.open:
        return Refusal(reason=f"The incident is {draft.incident.status}; reopen it first.")
    same = [r for r in draft.incident.live_runs if r.started.runbook == intent.runbook]
    if any(r.started.bindings == intent.bindings for r in same):
        return Refusal(reason=f"{intent.runbook} is already running here with these parameters.")
    begin(draft, intent)
    draft.answer = f"{intent.runbook} has started: triage first, which changes nothing."
    return draft.decided()


def begin(draft: Draft, intent: StartRun, *, automatic: bool = False) -> None:
    """Start the run and take its first step."""
    runbook = load(intent.document, intent.runbook)
    ident = RunId(intent.fresh.ident("run", len(draft.incident.runs) + 1))
    draft.happen(
        RunStarted(
            run=ident,
            runbook=intent.runbook,
            document=intent.document,
            content_hash=runbook.content_hash,
            bindings=intent.bindings,
            requested_by=None if automatic else intent.by.person,
            pace=run.DRILL_PACE if draft.incident.drill else 1,
            automatic=automatic,
            mode=intent.mode,
        )
    )
    _advance(draft, ident)


def parameters_of(bindings: str) -> Mapping[str, str]:
    """Read the parameters back for showing."""
    decoded = json.loads(bindings)
    values = decoded.get("values", {}) if isinstance(decoded, dict) else {}
    return {str(k): _shown(v) for k, v in sorted(values.items())}


def read_result(draft: Draft, intent: ReadResult) -> Decision:
    """Take what a read-only command said."""
    current = draft.incident.runs.get(intent.run)
    if current is None or current.ended is not None:
        return Refusal(reason="the run is over")
    if intent.turn != current.turn and intent.phase in {"triage", "again"}:
        return Refusal(reason="triage has been repeated since")
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
    _advance(draft, intent.run)
    if intent.met is not None and intent.met.holder:
        return _wait_for_targets(draft, intent.run, intent.met.holder)
    return draft.decided()


# --- the step into the unknown ---------------------------------------------------------------


def start_step(draft: Draft, intent: StartStep) -> Decision:
    """Check everything once more, then record the start: after this the first byte may leave."""
    current = draft.incident.runs.get(intent.run)
    command = _due_change(draft, current, intent)
    if current is None or command is None:
        return Refusal(reason="this step is not due any more")
    if intent.met is not None and intent.met.frozen:
        _stop(draft, intent.run, Ending.STOPPED, f"frozen: {intent.met.frozen}")
        return draft.decided()
    asked = draft.incident.cards.get(current.approval) if current.approval else None
    if asked is None or asked.decided is None or asked.decided.outcome is not OutcomeKind.ACT:
        return Refusal(reason="nobody has approved this step")
    stale = run.stale_at_start(current, asked, command[0], draft.setting(), intent.document_now)
    why = f"changed since the yes: {', '.join(stale)}" if stale else _voters_gone(asked, intent)
    if why:
        return _void(draft, current, asked, why, intent.document_now)
    draft.happen(
        StepStarted(
            run=intent.run,
            path=intent.path,
            host=intent.host,
            attempt=intent.attempt,
            digest=asked.card.digest,
            command=command[0].argv,
            timeout=command[0].timeout,
            on_deadline=command[0].on_deadline,
            number=command[1],
            of=command[2],
            card=asked.card.card,
            approved_by=asked.decided.by,
            boot=intent.boot,
        )
    )
    draft.unfrozen = _services(draft, current)
    return draft.decided()


def step_result(draft: Draft, intent: StepResult) -> Decision:
    """Take how a state-changing command ended; where it may have changed something unseen, doubt."""
    current = draft.incident.runs.get(intent.run)
    log = None if current is None else _log(current, intent.path, intent.host, intent.attempt)
    if current is None or log is None or log.outcome is not None:
        return Refusal(reason="this step has been settled")
    if intent.outcome.exit_status is None:
        why = _why_unknown(intent)
        return _doubt(draft, current, log, why)
    draft.happen(
        StepFinished(
            run=intent.run,
            path=intent.path,
            host=intent.host,
            attempt=intent.attempt,
            outcome=intent.outcome,
            learned=intent.learned,
        )
    )
    _withdraw_doubts(draft, intent.run, "the host has told what became of it")
    _advance(draft, intent.run)
    return draft.decided()


def claim_expired(draft: Draft, intent: ClaimExpired) -> Decision:
    """Note that the worker of a step is gone, before the host is asked."""
    current = draft.incident.runs.get(intent.run)
    log = None if current is None else _log(current, intent.path, intent.host, intent.attempt)
    if log is None:
        return Decided()
    if log.outcome is not None or log.doubt:
        return Refusal(reason="this step has been settled")
    if not log.interrupted:
        draft.happen(
            StepInterrupted(
                run=intent.run, path=intent.path, host=intent.host, attempt=intent.attempt
            )
        )
    return draft.decided()


def step_unknown(draft: Draft, intent: StepUnknown) -> Decision:
    """Put a step in doubt."""
    current = draft.incident.runs.get(intent.run)
    log = None if current is None else _log(current, intent.path, intent.host, intent.attempt)
    if current is None or log is None or log.outcome is not None or log.doubt:
        return Refusal(reason="this step has been settled")
    return _doubt(draft, current, log, intent.why.text)


def step_not_possible(draft: Draft, intent: StepNotPossible) -> Decision:
    """Take the word of the adapter that the command surely did not begin."""
    current = draft.incident.runs.get(intent.run)
    if current is None or current.ended is not None:
        return Refusal(reason="the run is over")
    log = _log(current, intent.path, intent.host, intent.attempt)
    if log is not None and log.outcome is not None:
        return Refusal(reason="this step has been settled")
    _stop(draft, intent.run, Ending.STOPPED, f"{intent.path} on {intent.host}: {intent.why.text}")
    return draft.decided()


def doubt_settled(draft: Draft, asked: Asked, decided: CardDecided) -> None:
    """Go on as a human said."""
    packet = asked.card.packet
    ident = asked.card.run
    if ident is None or not isinstance(packet, DoubtPacket):
        return
    draft.happen(
        StepSettled(
            run=ident,
            path=packet.path,
            attempt=packet.attempt,
            finished=decided.outcome is OutcomeKind.ACT,
            by=decided.by[0],
        )
    )
    _advance(draft, ident)


def ask_doubt_again(draft: Draft, asked: Asked) -> None:
    """Ask anew: a command in doubt is never left without an open question."""
    current = draft.incident.runs.get(asked.card.run or RunId(""))
    log = current.doing if current else None
    if current is not None and log is not None and log.doubt:
        draft.move(run.ask_in_doubt(current, log, log.doubt, draft.setting()))


# --- asking ----------------------------------------------------------------------------------


def asked_anew(draft: Draft, asked: Asked, document_now: str) -> Decision | None:
    """Replace an open question that no longer fits what holds now; None where it still fits."""
    current = draft.incident.runs.get(asked.card.run or RunId(""))
    if current is None:
        return Refusal(reason="There is no such run.")
    stale = run.stale_at_vote(current, asked, draft.setting(), document_now)
    if not stale:
        return None
    why = f"changed since it was asked: {', '.join(stale)}"
    _withdraw(draft, asked, why)
    _reload(draft, current, document_now)
    _advance(draft, current.started.run)
    newer = [a.card.number for a in draft.incident.open_cards if a.card.run == asked.card.run]
    see = f" See card {newer[-1]}." if newer else ""
    draft.answer = f"Card {asked.card.number} no longer fits ({why}). Nothing was done.{see}"
    return draft.decided()


def ask_again_where_stricter(draft: Draft) -> None:
    """After the severity changed: replace every open question whose rule became stricter."""
    for asked in draft.incident.open_cards:
        if asked.card.kind in {CardKind.CHANGE, CardKind.UNDO}:
            current = draft.incident.runs[asked.card.run or RunId("")]
            if run.stale_at_vote(current, asked, draft.setting(), current.document):
                _withdraw(draft, asked, "the severity changed, so its approval rule did")
                _advance(draft, current.started.run)


def go_on(draft: Draft, asked: Asked) -> None:
    """Take the run's next step after an answer."""
    if asked.card.run is not None:
        _advance(draft, asked.card.run)


# --- stopping --------------------------------------------------------------------------------


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
        _stop(draft, intent.run, Ending.ABORTED, intent.reason.text or "a person aborted it")
    else:
        _advance(draft, intent.run)
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
        _stop(draft, ident, ending, because)


# --- waiting ---------------------------------------------------------------------------------


def wait_over(draft: Draft, name: str) -> Decision:
    """A deliberate wait is over; `name` is `<run>:<wait>`."""
    ident, _, wait = name.partition(":")
    current = draft.incident.runs.get(RunId(ident))
    if current is None or current.ended is not None or wait in current.progress.waited:
        return Decided()
    until = current.waits.get(wait)
    if until is None or draft.now < until:
        return Decided()
    draft.happen(WaitEnded(run=RunId(ident), name=wait))
    _advance(draft, RunId(ident))
    return draft.decided()


def try_reserve(draft: Draft, intent: TryReserve) -> Decision:
    """Ask for the targets again; somebody may have freed them."""
    return reserve_again(draft, intent.run)


def reserve_again(draft: Draft, ident: str) -> Decision:
    """Take the reservation, or wait on where the last try met its holder."""
    current = draft.incident.runs.get(RunId(ident))
    if current is None or current.ended is not None or current.targets:
        return Decided()
    met = draft.intent.met
    if met is not None and met.holder:
        return _wait_for_targets(draft, RunId(ident), met.holder)
    _advance(draft, RunId(ident))
    return draft.decided()


def _wait_for_targets(draft: Draft, ident: RunId, holder: str) -> Decision:
    """Replay the intent without taking what another run holds."""
    fresh = Draft(draft.policy, draft.before, replace(draft.intent, met=None), draft.now)
    if isinstance(draft.intent, ReadResult):
        got = draft.intent
        fresh.happen(
            ReadFinished(
                run=got.run,
                turn=got.turn,
                phase=got.phase,
                path=got.path,
                host=got.host,
                outcome=got.outcome,
            )
        )
    current = fresh.incident.runs[ident]
    step = run.next_of(current, fresh.policy, drill=fresh.incident.drill)
    if isinstance(step, steps.Reserve) and current.holder != holder:
        targets = (
            *(f"host:{h}" for h in step.targets.hosts),
            *(f"service:{s}" for s in step.targets.services),
        )
        fresh.happen(ReservationAwaited(run=ident, targets=targets, holder=holder))
    fresh.do(Timer(name=f"reserve:{ident}", due=fresh.after(run.RESERVE_AGAIN)))
    return fresh.decided()


# --- small parts -----------------------------------------------------------------------------


def _advance(draft: Draft, ident: RunId) -> None:
    current = draft.incident.runs[ident]
    try:
        moves = run.advance(current, draft.setting())
    except (OperatorMistake, UserMistake) as mistake:
        moves = run.stop(current, Ending.STOPPED, f"the runbook cannot go on: {mistake}")
    draft.move(moves)
    _after(draft, ident, moves[0])


def _stop(draft: Draft, ident: RunId, ending: Ending, because: str) -> None:
    for asked in draft.incident.open_cards:
        if asked.card.run == ident:
            _withdraw(draft, asked, because)
    moves = run.stop(draft.incident.runs[ident], ending, because)
    draft.move(moves)
    _after(draft, ident, moves[0])


def _after(draft: Draft, ident: RunId, events: tuple[object, ...]) -> None:
    """What the incident makes of a run that has just ended."""
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


def _due_change(
    draft: Draft, current: Run | None, intent: StartStep
) -> tuple[steps.PlannedCommand, int, int] | None:
    if current is None or current.ended is not None or current.paused or current.abort is not None:
        return None
    if current.doing is not None:
        return None
    step = run.next_of(current, draft.policy, drill=draft.incident.drill)
    if not isinstance(step, steps.Change):
        return None
    if (step.command.path, step.command.host) != (intent.path, intent.host):
        return None
    return step.command, step.number, step.of


def _voters_gone(asked: Asked, intent: StartStep) -> str:
    """Say why the yes no longer counts, judged by the approvers as they stand now; "" = it does."""
    if asked.decided is None:
        return "it was never decided"
    able = {
        v.person: v.groups
        for v in intent.voters
        if v.person in asked.decided.by
        and v.standing is Standing.ACTIVE
        and (asked.rule.practice or not v.practice_only)
    }
    if quorum_met(asked.rule, able):
        return ""
    gone = sorted(set(asked.decided.by) - set(able))
    return f"the approval no longer counts ({', '.join(gone) or 'groups changed'})"


def _void(draft: Draft, current: Run, asked: Asked, why: str, document_now: str) -> Decision:
    ident = current.started.run
    if current.changed:
        draft.happen(RunPaused(run=ident, why=Untrusted(why)))
        draft.page(f"A run stopped between two steps: {why}")
        return draft.decided()
    draft.happen(ApprovalVoided(run=ident, card=asked.card.card, why=Untrusted(why)))
    draft.move(run.release(draft.incident.runs[ident], why))
    _reload(draft, draft.incident.runs[ident], document_now)
    _advance(draft, ident)
    return draft.decided()


def _reload(draft: Draft, current: Run, document_now: str) -> None:
    """Take the catalogue's new text where nothing has been changed yet; stop where it is gone."""
    ident = current.started.run
    fresh = run.content_hash_of(document_now)
    if fresh == current.content_hash:
        return
    if not fresh:
        _stop(
            draft,
            ident,
            Ending.STOPPED,
            "the catalogue no longer has a readable runbook of that name",
        )
        return
    draft.happen(DocumentChanged(run=ident, document=document_now, content_hash=fresh))


def _doubt(draft: Draft, current: Run, log: run.StepLog, why: str) -> Decision:
    ident = current.started.run
    draft.happen(
        StepInDoubt(
            run=ident,
            path=log.started.path,
            host=log.started.host,
            attempt=log.started.attempt,
            why=Untrusted(why),
        )
    )
    draft.move(run.ask_in_doubt(draft.incident.runs[ident], log, why, draft.setting()))
    line = " ".join(log.started.command)
    draft.page(f"Nobody knows whether `{line}` on {log.started.host} took effect: {why}")
    return draft.decided()


def _withdraw(draft: Draft, asked: Asked, why: str) -> None:
    draft.move(approval.withdraw(asked, why))


def _withdraw_doubts(draft: Draft, ident: RunId, why: str) -> None:
    for asked in draft.incident.open_cards:
        if asked.card.run == ident and asked.card.kind is CardKind.IN_DOUBT:
            _withdraw(draft, asked, why)


def _released_by_abort(draft: Draft, current: Run, intent: AbortRun) -> Decision:
    if not current.targets:
        return Refusal(reason=f"That run is over: {current.state}.")
    if Group.APPROVER not in intent.by.groups:
        return Refusal(reason="It is over; an approver may free what it still reserves.")
    return break_reservation(
        draft,
        BreakReservation(by=intent.by, fresh=intent.fresh, run=intent.run, reason=intent.reason),
    )


def _services(draft: Draft, current: Run) -> tuple[str, ...]:
    """Return every service that a freeze may name for this run."""
    hosts = [t.removeprefix("host:") for t in current.targets if t.startswith("host:")]
    named = [t.removeprefix("service:") for t in current.targets if t.startswith("service:")]
    known = [draft.policy.hosts.get(HostName(h)) for h in hosts]
    return tuple(sorted({h.service for h in known if h is not None} | set(named)))


def _log(current: Run, path: str, host: str, attempt: int) -> run.StepLog | None:
    wanted = (path, host, attempt)
    found = (
        s for s in current.steps if (s.started.path, s.started.host, s.started.attempt) == wanted
    )
    return next(found, None)


def _why_unknown(intent: StepResult) -> str:
    if intent.outcome.deadline:
        return "it was still running at its deadline"
    if intent.outcome.signal:
        return f"it was ended by signal {intent.outcome.signal}"
    return intent.outcome.fault or "the link was lost while it ran"


def _shown(value: object) -> str:
    return value if isinstance(value, str) else json.dumps(value)
