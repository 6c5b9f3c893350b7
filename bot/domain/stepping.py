"""The step into the unknown: everything is checked once more, and every outcome is told."""

from bot.domain import approval, reasking, run, running
from bot.domain.approval import Asked
from bot.domain.decided import Decided, Decision, Refusal
from bot.domain.draft import Draft
from bot.domain.events import (
    ApprovalVoided,
    CardDecided,
    CardKind,
    Ending,
    Outcome,
    OutcomeKind,
    RunPaused,
    StepFinished,
    StepInDoubt,
    StepInterrupted,
    StepSettled,
    StepStarted,
)
from bot.domain.intents import (
    ClaimExpired,
    StartStep,
    StepNotPossible,
    StepResult,
    StepUnknown,
)
from bot.domain.packet import DoubtPacket
from bot.domain.permissions import Verb, allowed
from bot.domain.policy import Group, Policy
from bot.domain.rules import quorum_met
from bot.domain.run import Run
from bot.values import SYSTEM, HostName, OnDeadline, RunId, Untrusted
from runbooks import steps


def start_step(draft: Draft, intent: StartStep) -> Decision:
    """Check everything once more, then record the start: after this the first byte may leave."""
    current = draft.incident.runs.get(intent.run)
    command = _due_change(draft, current, intent)
    if current is None or command is None:
        return _overtaken(draft, current)
    if intent.met is not None and intent.met.frozen:
        running.stop(draft, intent.run, Ending.STOPPED, f"frozen: {intent.met.frozen}")
        return draft.decided()
    asked = draft.incident.cards.get(current.approval) if current.approval else None
    if asked is None or asked.decided is None or asked.decided.outcome is not OutcomeKind.ACT:
        return Refusal(reason="nobody has approved this step")
    stale = run.stale_at_start(current, asked, command[0], draft.setting(), intent.document_now)
    why = (
        f"changed since the yes: {', '.join(stale)}"
        if stale
        else _voters_gone(draft.policy, asked, intent)
    )
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
    """Take how a state-changing command ended; without an exit status it is in doubt."""
    current = draft.incident.runs.get(intent.run)
    log = None if current is None else _log(current, intent.path, intent.host, intent.attempt)
    if current is None or log is None or log.outcome is not None:
        return Refusal(reason="this step has been settled")
    if intent.outcome.exit_status is None and log.doubt:
        return Refusal(reason="this step is in doubt already")
    if intent.outcome.exit_status is None:
        why = _why_unknown(intent, log.started.on_deadline)
        return put_in_doubt(draft, current, log, why)
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
    running.advance(draft, intent.run)
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
    if current is None or log is None or log.outcome is not None:
        return Refusal(reason="this step has been settled")
    if not log.doubt:
        return put_in_doubt(draft, current, log, intent.why.text, asking=intent.asking)
    if intent.asking or not log.asking:
        return Refusal(reason="this step has been settled")
    _doubt(draft, current, log, intent.why, asking=False)
    return draft.decided()


def step_not_possible(draft: Draft, intent: StepNotPossible) -> Decision:
    """Take the word of the adapter that the command surely did not begin."""
    current = draft.incident.runs.get(intent.run)
    if current is None or current.ended is not None:
        return Refusal(reason="the run is over")
    log = _log(current, intent.path, intent.host, intent.attempt)
    if log is None and _due_change(draft, current, intent) is None:
        return _overtaken(draft, current)
    if log is not None and (log.outcome is not None or (log.doubt and not log.asking)):
        return Refusal(reason="this step has been settled")
    why = intent.why.text or "the host did not begin"
    if log is not None:
        draft.happen(_not_begun(log, why))
    running.stop(draft, intent.run, Ending.STOPPED, f"{intent.path} on {intent.host}: {why}")
    return draft.decided()


def put_in_doubt(
    draft: Draft, current: Run, log: run.StepLog, why: str, *, asking: bool = False
) -> Decision:
    """Note that nobody knows what became of a step, and ask; somebody is woken for it."""
    _doubt(draft, current, log, Untrusted(why), asking=asking)
    line = " ".join(log.started.command)
    draft.page(f"Nobody knows whether `{line}` on {log.started.host} took effect: {why}")
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
            host=packet.host,
            attempt=packet.attempt,
            finished=decided.outcome is OutcomeKind.ACT,
            by=decided.by[0],
        )
    )
    running.advance(draft, ident)


def ask_doubt_again(draft: Draft, asked: Asked) -> None:
    """Ask anew: a command in doubt is never left without an open question."""
    current = draft.incident.runs.get(asked.card.run or RunId(""))
    log = current.doing if current else None
    if current is not None and log is not None and log.doubt:
        draft.move(run.ask_in_doubt(current, log, log.doubt, draft.setting()))


def _doubt(draft: Draft, current: Run, log: run.StepLog, why: Untrusted, *, asking: bool) -> None:
    """Ask people; a question that knew less is taken back."""
    ident = current.started.run
    draft.happen(
        StepInDoubt(
            run=ident,
            path=log.started.path,
            host=log.started.host,
            attempt=log.started.attempt,
            why=why,
            asking=asking,
        )
    )
    _withdraw_doubts(draft, ident, "the host has been asked, and a new card says what it told")
    draft.move(run.ask_in_doubt(draft.incident.runs[ident], log, why.text, draft.setting()))


def _overtaken(draft: Draft, current: Run | None) -> Decision:
    """Refuse a step that is not due; where the run could move on instead, it does."""
    seq = draft.incident.seq
    if current is not None:
        running.advance(draft, current.started.run)
    if draft.incident.seq > seq:
        return draft.decided()
    return Refusal(reason="this step is not due any more")


def _due_change(
    draft: Draft, current: Run | None, intent: StartStep | StepNotPossible
) -> tuple[steps.PlannedCommand, int, int] | None:
    if current is None or current.ended is not None or current.paused or current.abort is not None:
        return None
    if current.doing is not None:
        return None
    step = run.next_of(current, draft.policy, drill=draft.incident.drill)
    if not isinstance(step, steps.Change):
        return None
    due = (step.command.path, step.command.host, run.attempt_of(current, step.command))
    if due != (intent.path, intent.host, intent.attempt):
        return None
    return step.command, step.number, step.of


def _voters_gone(policy: Policy, asked: Asked, intent: StartStep) -> str:
    """Say why the yes no longer counts, judged by the approvers as they stand now; "" = it does."""
    if asked.decided is None:
        return "it was never decided"
    if asked.decided.by == (SYSTEM,):
        return "" if run.still_allowed(policy) else "the policy no longer lets it run by itself"
    able = {
        v.person: v.groups
        for v in intent.voters
        if v.person in asked.decided.by
        and not allowed(approval.as_voter(asked.rule, v), Verb.VOTE)
        and (asked.rule.practice or not v.practice_only)
    }
    chosen = asked.option(asked.decided.option)
    if chosen is not None and chosen.break_glass:
        alone = [person for person, groups in able.items() if Group.BREAK_GLASS in groups]
        return "" if alone else "whoever broke the glass may no longer do that"
    if quorum_met(asked.rule, able):
        return ""
    gone = sorted(set(asked.decided.by) - set(able))
    return f"the approval no longer counts ({', '.join(gone) or 'groups changed'})"


def _void(draft: Draft, current: Run, asked: Asked, why: str, document_now: str) -> Decision:
    ident = current.started.run
    if current.changed:
        draft.happen(RunPaused(run=ident, why=Untrusted(why)))
        draft.page(
            f"A run stopped between two steps: {why}. Nothing further runs by itself: "
            f"look at the host, then /runbook abort {ident}"
        )
        return draft.decided()
    draft.happen(ApprovalVoided(run=ident, card=asked.card.card, why=Untrusted(why)))
    draft.move(run.release(draft.incident.runs[ident], why))
    reasking.reload(draft, draft.incident.runs[ident], document_now)
    running.advance(draft, ident)
    return draft.decided()


def _not_begun(log: run.StepLog, why: str) -> StepFinished:
    """Close a step that surely did nothing: no exit status, and the reason why."""
    nothing = Untrusted("")
    return StepFinished(
        run=log.started.run,
        path=log.started.path,
        host=log.started.host,
        attempt=log.started.attempt,
        outcome=Outcome(exit_status=None, stdout=nothing, stderr=nothing, fault=why),
    )


def _withdraw_doubts(draft: Draft, ident: RunId, why: str) -> None:
    for asked in draft.incident.open_cards:
        if asked.card.run == ident and asked.card.kind is CardKind.IN_DOUBT:
            running.withdraw(draft, asked, why)


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


def _why_unknown(intent: StepResult, on_deadline: OnDeadline) -> str:
    if intent.outcome.deadline:
        return f"it was still running at its deadline, {_AT_DEADLINE[on_deadline]}"
    if intent.outcome.signal:
        return f"it was ended by signal {intent.outcome.signal}"
    return intent.outcome.fault or "the link was lost while it ran"


_AT_DEADLINE = {
    OnDeadline.LEAVE: "and was left to go on",
    OnDeadline.KILL: "where the host was to end it",
}
