"""Runbook runs: fold the run's events into the planner's progress, and turn its next step into work.

    triage -> asked -> (yes) triage again -> reserved -> changing -> verifying -> ended
                  \\-> (no) ended            \\-> asked anew          \\-> in doubt -> a human says

The planner (`runbooks.planner`) alone says what comes next; this file adds what the planner
cannot know: who said yes, whose targets they are, and what became of a command.
"""

import json
from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta
from functools import reduce
from typing import TypeAlias, assert_never

from bot.domain import approval, packet, rules
from bot.domain.approval import Asked
from bot.domain.effects import ClearTimer, Effect, RunChange, RunRead, StopCommand, Timer
from bot.domain.events import (
    AbortRequested,
    ApprovalVoided,
    CardAsked,
    CardDecided,
    CardExpired,
    CardKind,
    CardWithdrawn,
    DecisionReached,
    DocumentChanged,
    Ending,
    Event,
    FollowUpNoted,
    Option,
    Outcome,
    OutcomeKind,
    QuorumRule,
    ReadFinished,
    ReadStarted,
    ReservationAwaited,
    ReservationReleased,
    ResolvedRule,
    RunEnded,
    RunPaused,
    RunStarted,
    StepFinished,
    StepInDoubt,
    StepInterrupted,
    StepSettled,
    StepStarted,
    TargetsReserved,
    WaitEnded,
    WaitStarted,
)
from bot.domain.policy import Group, Policy
from bot.errors import OperatorMistake
from bot.values import (
    CardId,
    HostName,
    Json,
    RunId,
    Severity,
    Tier,
    Untrusted,
    canonical_json,
    digest_of,
)
from runbooks import steps
from runbooks.inventory import HostEntry, Inventory, ServiceEntry
from runbooks.loader import load
from runbooks.parameters import Bindings
from runbooks.planner import next_step
from runbooks.steps import CommandOutcome, ProbeOutcome, Progress, Proposal

Moves: TypeAlias = tuple[tuple[Event, ...], tuple[Effect, ...]]

RESERVE_AGAIN = timedelta(seconds=30)
"""A waiting run asks again after this at the latest; a release wakes it at once."""

DRILL_PACE = 60
"""In a drill a minute of waiting is a second."""

_REMIND_AT = 0.75
"""A card reminds its answerers when three quarters of its time are over."""


@dataclass(frozen=True, slots=True, kw_only=True)
class StepLog:
    """One state-changing command as it went."""

    started: StepStarted
    at: datetime
    ended_at: datetime | None = None
    outcome: Outcome | None = None
    doubt: str = ""
    learned: bool = False
    interrupted: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class Run:
    """One run as it stands."""

    started: RunStarted
    at: datetime
    document: str
    content_hash: str
    progress: Progress
    turn: int = 0
    observed: frozenset[tuple[int, str]] = frozenset()
    reads: tuple[ReadFinished, ...] = ()
    steps: tuple[StepLog, ...] = ()
    open_card: CardId | None = None
    approval: CardId | None = None
    targets: tuple[str, ...] = ()
    holder: str = ""
    waits: Mapping[str, datetime] = field(default_factory=dict)
    decision: DecisionReached | None = None
    abort: AbortRequested | None = None
    paused: str = ""
    ended: RunEnded | None = None
    ended_at: datetime | None = None

    @property
    def doing(self) -> StepLog | None:
        """The command that is on a host now, or in doubt: begun and not ended."""
        return next((s for s in self.steps if s.outcome is None), None)

    @property
    def changed(self) -> bool:
        """Whether a state-changing command was ever begun."""
        return bool(self.steps)

    @property
    def state(self) -> str:
        """One word for lists: ended runs say how."""
        if self.ended is not None:
            return self.ended.ending.value
        doing = self.doing
        if doing is not None:
            return "in doubt" if doing.doubt else "changing"
        if self.paused:
            return "paused"
        if self.open_card is not None:
            return "waiting for approval"
        return "waiting for targets" if self.holder else "running"


@dataclass(frozen=True, slots=True, kw_only=True)
class Setting:
    """What a run needs to know of its incident and the world to take its next step."""

    policy: Policy
    severity: Severity
    drill: bool
    cards: Mapping[CardId, Asked]
    next_number: int
    seed: str
    now: datetime

    def ident(self, noun: str) -> str:
        """Return a fresh id; one intent asks at most one card per number."""
        return f"{self.seed}{noun}{self.next_number}"


# --- folding ---------------------------------------------------------------------------------


def evolve(
    runs: Mapping[RunId, Run], cards: Mapping[CardId, Asked], event: Event, at: datetime
) -> Mapping[RunId, Run]:
    """Fold one event; `cards` already knows it. Events of other nouns change nothing."""
    match event:
        case RunStarted(run=ident):
            fresh = Run(
                started=event,
                at=at,
                document=event.document,
                content_hash=event.content_hash,
                progress=Progress(mode=steps.Mode(event.mode)),
            )
            return {**runs, ident: fresh}
        case CardAsked(run=ident, kind=kind) if ident is not None and kind is not CardKind.RUN:
            return {**runs, ident: _asked(runs[ident], event)}
        case CardDecided(card=card) | CardExpired(card=card) | CardWithdrawn(card=card):
            ident = cards[card].card.run
            if ident is None or ident not in runs:
                return runs
            return {**runs, ident: _answered(runs[ident], cards[card], event)}
        case _:
            ident = getattr(event, "run", None)
            if ident is None or ident not in runs:
                return runs
            return {**runs, ident: _moved(runs[ident], event, at)}


def _asked(run: Run, event: CardAsked) -> Run:
    turn = run.turn + (event.kind is CardKind.CHANGE)
    return replace(run, open_card=event.card, turn=turn)


def _answered(run: Run, asked: Asked, event: Event) -> Run:
    run = replace(run, open_card=None if run.open_card == asked.card.card else run.open_card)
    if not isinstance(event, CardDecided):
        return run
    yes = event.outcome is OutcomeKind.ACT
    progress = run.progress
    match asked.card.kind:
        case CardKind.CHANGE:
            answer = steps.Answer.YES if yes else steps.Answer.NO
            progress = replace(progress, answers=(*progress.answers, answer))
            run = replace(run, approval=event.card if yes else None)
        case CardKind.UNDO:
            progress = replace(progress, undo=steps.Answer.YES if yes else steps.Answer.NO)
            run = replace(run, approval=event.card if yes else run.approval)
        case CardKind.STEP if isinstance(asked.card.packet, packet.QuestionPacket):
            go = steps.Go.ON if yes else steps.Go.SKIP
            progress = replace(progress, go={**progress.go, asked.card.packet.path: go})
        case CardKind.QUESTION if isinstance(asked.card.packet, packet.QuestionPacket):
            choices = {**progress.choices, asked.card.packet.path: event.option}
            progress = replace(progress, choices=choices)
        case _:
            pass
    return replace(run, progress=progress)


def _moved(run: Run, event: Event, at: datetime) -> Run:  # noqa: C901, PLR0911, PLR0912 - one arm per event
    progress = run.progress
    match event:
        case ReadStarted(turn=turn, phase=phase):
            return replace(run, observed=run.observed | {(turn, phase)})
        case ReadFinished():
            return replace(run, reads=(*run.reads, event), progress=_read(progress, event, at))
        case DecisionReached():
            return replace(run, decision=event)
        case TargetsReserved(targets=targets):
            waited = bool(run.holder)
            progress = _without_again(progress) if waited else progress
            turn = run.turn + waited
            progress = replace(progress, reserved=True)
            return replace(run, targets=targets, holder="", progress=progress, turn=turn)
        case ReservationAwaited(holder=holder):
            return replace(run, holder=holder)
        case ReservationReleased():
            return replace(run, targets=(), progress=replace(progress, reserved=False))
        case StepStarted():
            return replace(run, steps=(*run.steps, StepLog(started=event, at=at)))
        case StepFinished(outcome=outcome):
            run = _step(run, event.path, event.host, at, outcome=outcome, learned=event.learned)
            return replace(run, progress=_changed(progress, event.path, event.host, outcome, at))
        case StepInterrupted():
            return _step(run, event.path, event.host, at, interrupted=True)
        case StepInDoubt(why=why):
            return _step(run, event.path, event.host, at, doubt=why.text or "unknown")
        case StepSettled(path=path, finished=finished):
            host = next(s.started.host for s in run.steps if s.started.path == path)
            said = _outcome(0 if finished else 1, f"{event.by} said so")
            run = _step(run, path, host, at, outcome=said)
            return replace(run, progress=_changed(progress, path, host, said, at))
        case WaitStarted(name=name, until=until):
            return replace(run, waits={**run.waits, name: until})
        case WaitEnded(name=name):
            return replace(run, progress=replace(progress, waited=progress.waited | {name}))
        case ApprovalVoided():
            progress = replace(_without_again(progress), answers=progress.answers[:-1])
            return replace(run, approval=None, progress=progress, turn=run.turn + 1)
        case DocumentChanged(document=document, content_hash=content_hash):
            return replace(run, document=document, content_hash=content_hash)
        case RunPaused(why=why):
            return replace(run, paused=why.text)
        case AbortRequested():
            return replace(run, abort=event, progress=replace(progress, aborted=True))
        case RunEnded():
            return replace(run, ended=event, ended_at=at)
        case _:
            return run


# --- moving on -------------------------------------------------------------------------------


def advance(run: Run, setting: Setting) -> Moves:
    """Take every step that needs nobody else: start reads, ask, reserve, start the next change."""
    events: list[Event] = []
    effects: list[Effect] = []
    while run.ended is None and not run.paused and run.doing is None:
        more, work = _step_on(run, setting)
        effects.extend(work)
        if not more:
            break
        events.extend(more)
        for event in more:
            run = _fold(run, event, setting)
        if run.open_card is not None:
            break
    return tuple(events), tuple(effects)


def next_of(run: Run, policy: Policy, *, drill: bool) -> steps.NextStep:
    """Ask the planner, over the inventory that this run may touch."""
    runbook = load(run.document, run.started.runbook)
    return next_step(
        runbook,
        Bindings.from_json(run.started.bindings),
        run.progress,
        inventory(policy, practice_only=drill),
        pace=run.started.pace,
    )


def inventory(policy: Policy, *, practice_only: bool) -> Inventory:
    """Return what runbooks may know; a drill knows practice hosts only, and nobody else knows them."""
    return Inventory(
        hosts={
            name: HostEntry(name=name, service=host.service, groups=host.groups)
            for name, host in policy.hosts.items()
            if host.practice or not practice_only
        },
        services={
            name: ServiceEntry(
                name=name,
                owner=service.owner,
                health_url=service.health_url,
                processes=service.processes,
            )
            for name, service in policy.services.items()
        },
    )


def _step_on(run: Run, setting: Setting) -> Moves:  # noqa: C901, PLR0911 - one arm per step
    step = next_of(run, setting.policy, drill=setting.drill)
    match step:
        case steps.Observe(phase=phase, commands=commands):
            return _observe(run, phase, commands)
        case steps.Read(command=command):
            return (), (_read_effect(run, "read", command),)
        case steps.Probe(path=path, service=service, url=url, timeout=timeout):
            probe = RunRead(
                run=run.started.run,
                turn=run.turn,
                phase="probe",
                path=path,
                host=service,
                url=url,
                timeout=timeout,
            )
            return (), (probe,)
        case steps.Ask(proposal=proposal):
            return _ask(run, proposal, setting, CardKind.CHANGE)
        case steps.OfferUndo(proposal=proposal):
            return _ask(run, proposal, setting, CardKind.UNDO)
        case steps.Question():
            return _question(run, step, setting)
        case steps.Confirm(command=command):
            return _confirm(run, command, setting)
        case steps.Reserve(targets=targets):
            wanted = (
                *(f"host:{h}" for h in targets.hosts),
                *(f"service:{s}" for s in targets.services),
            )
            return (TargetsReserved(run=run.started.run, targets=wanted),), ()
        case steps.Change(command=command):
            attempt = 1 + sum(1 for s in run.steps if s.started.path == command.path)
            change = RunChange(
                run=run.started.run, path=command.path, host=command.host, attempt=attempt
            )
            return (), (change,)
        case steps.Wait(name=name, duration=duration, why=why):
            return _wait(run, name, duration, why, setting)
        case (
            steps.Done()
            | steps.Resolve()
            | steps.Escalate()
            | steps.Stopped()
            | steps.InDoubt()
            | steps.Rejected()
            | steps.Aborted()
            | steps.Refer()
            | steps.Rehearsed()
        ):
            return end(run, step, setting)
        case _:
            assert_never(step)


def _observe(run: Run, phase: str, commands: tuple[steps.PlannedCommand, ...]) -> Moves:
    effects = tuple(_read_effect(run, phase, c) for c in commands)
    if (run.turn, phase) in run.observed:
        return (), effects
    started = ReadStarted(
        run=run.started.run, turn=run.turn, phase=phase, paths=tuple(c.key for c in commands)
    )
    return (started,), effects


def _read_effect(run: Run, phase: str, command: steps.PlannedCommand) -> RunRead:
    return RunRead(
        run=run.started.run,
        turn=run.turn,
        phase=phase,
        path=command.path,
        host=command.host,
        argv=command.argv,
        timeout=command.timeout,
    )


def _wait(run: Run, name: str, duration: timedelta, why: str, setting: Setting) -> Moves:
    if name in run.waits:
        return (), ()
    until = setting.now + duration
    started = WaitStarted(run=run.started.run, name=name, until=until, why=why)
    return (started,), (Timer(name=f"wait:{run.started.run}:{name}", due=until),)


# --- asking ----------------------------------------------------------------------------------


def rule_for(
    run: Run,
    setting: Setting,
    *,
    tier: Tier,
    words: tuple[str, ...],
    hosts: tuple[str, ...],
    services: tuple[str, ...],
) -> ResolvedRule:
    """Resolve who may say yes; services are also those of the target hosts in the inventory.

    A card keeps the strictest rule that its run has ever had.
    """
    found = [setting.policy.hosts.get(HostName(name)) for name in hosts]
    known = [host for host in found if host is not None]
    rule = rules.resolve_rule(
        setting.policy,
        tier=Tier.IRREVERSIBLE if packet.dangerous_words(setting.policy, words) else tier,
        severity=setting.severity,
        services=tuple(sorted({h.service for h in known} | set(services))),
        runbook=run.started.runbook,
        requester=run.started.requested_by,
        practice=bool(known) and len(known) == len(hosts) and all(h.practice for h in known),
    )
    earlier = [a.rule for a in setting.cards.values() if _asks_change_of(a, run)]
    return reduce(rules.strictest, earlier, rule)


def stale_at_vote(run: Run, asked: Asked, setting: Setting, document_now: str) -> tuple[str, ...]:
    """Name what has changed under an open question; empty = it still fits.

    The packet is rendered again from the runbook, inventory and rule that hold now.
    """
    step = next_of(run, setting.policy, drill=setting.drill)
    if not isinstance(step, steps.Ask | steps.OfferUndo):
        return ("the situation",)
    inputs = _inputs(run, step.proposal, setting)
    inputs["runbook"] = content_hash_of(document_now)
    return _differing(asked, inputs)


def stale_at_start(
    run: Run,
    asked: Asked,
    command: steps.PlannedCommand,
    setting: Setting,
    document_now: str,
) -> tuple[str, ...]:
    """Name what has changed under a yes, right before one of its commands; empty = it still fits.

    Parameters and facts are frozen, so only the catalogue, the inventory and the rule can have
    moved, and the command itself must be one that the packet shows.
    """
    was = json.loads(asked.card.inputs)
    hosts = tuple(was["hosts"])
    rule = rule_for(
        run,
        setting,
        tier=asked.card.tier or Tier.IRREVERSIBLE,
        words=tuple(word for c in was["commands"] for word in c["argv"]),
        hosts=hosts,
        services=tuple(was["targets"]["services"]),
    )
    now = {
        **was,
        "runbook": content_hash_of(document_now),
        "hosts": packet.host_inputs(setting.policy, hosts),
        "approval rule": _rule_json(rule),
    }
    if command.to_json() not in was["commands"]:
        return ("the command", *_differing(asked, now))
    return _differing(asked, now)


def content_hash_of(document: str) -> str:
    """Return the content hash of a runbook's text; "" for a text that is gone or cannot be read."""
    if not document:
        return ""
    try:
        return load(document, "catalogue").content_hash
    except OperatorMistake:
        return ""


def _differing(asked: Asked, inputs: Mapping[str, Json]) -> tuple[str, ...]:
    if packet.digest(inputs) == asked.card.digest:
        return ()
    was = json.loads(asked.card.inputs)
    return tuple(n for n, v in inputs.items() if digest_of(was.get(n)) != digest_of(v))


def _inputs(run: Run, proposal: Proposal, setting: Setting) -> dict[str, Json]:
    rule = _rule_of(run, proposal, setting)
    return packet.change_inputs(setting.policy, proposal, run.started.bindings, _rule_json(rule))


def _rule_of(run: Run, proposal: Proposal, setting: Setting) -> ResolvedRule:
    return rule_for(
        run,
        setting,
        tier=proposal.tier,
        words=proposal.dangers,
        hosts=packet.host_names(proposal),
        services=proposal.targets.services,
    )


def _asks_change_of(asked: Asked, run: Run) -> bool:
    return asked.card.run == run.started.run and asked.card.kind in {CardKind.CHANGE, CardKind.UNDO}


def _ask(run: Run, proposal: Proposal, setting: Setting, kind: CardKind) -> Moves:
    missing = sorted(
        {c.host for c in proposal.commands if HostName(c.host) not in setting.policy.hosts}
    )
    if missing:
        return end(
            run, steps.Stopped(because=f"not in the inventory: {', '.join(missing)}"), setting
        )
    inputs = _inputs(run, proposal, setting)
    rule = _rule_of(run, proposal, setting)
    lasts = rules.expires_in(setting.policy, rule, setting.severity)
    earlier = [a for a in setting.cards.values() if _asks_change_of(a, run)]
    changed = _differing(earlier[-1], inputs) if earlier else ()
    asked = CardAsked(
        card=CardId(setting.ident("c")),
        number=setting.next_number,
        kind=kind,
        title=Untrusted(proposal.title),
        options=_change_options(proposal, kind),
        rule=rule,
        expires_at=setting.now + lasts,
        remind_at=setting.now + lasts * _REMIND_AT,
        digest=packet.digest(inputs),
        packet=packet.change_packet(
            setting.policy, proposal, requester=run.started.requested_by, changed=changed
        ),
        run=run.started.run,
        requester=run.started.requested_by,
        replaces=earlier[-1].card.card if earlier else None,
        tier=proposal.tier,
        inputs=canonical_json(inputs).decode(),
    )
    events, effects = approval.ask(asked)
    decision = DecisionReached(
        run=run.started.run,
        phase="again" if run.turn else "triage",
        because=Untrusted(proposal.because),
        action=proposal.action,
    )
    return (decision, *events), effects


def _change_options(proposal: Proposal, kind: CardKind) -> tuple[Option, ...]:
    commands = sum(1 for c in proposal.commands if c.changes)
    hosts = ", ".join(sorted({c.host for c in proposal.commands if c.changes}))
    verb = "Approve the undo" if kind is CardKind.UNDO else "Approve"
    return (
        Option(
            id="approve",
            label=verb,
            outcome=OutcomeKind.ACT,
            consequence=f"runs {commands} command{'s' * (commands != 1)} on {hosts}, then checks that it worked",
            recommended=True,
        ),
        Option(
            id="reject",
            label="Reject",
            outcome=OutcomeKind.DECLINE,
            consequence="nothing runs; the incident stays open",
        ),
    )


def _question(run: Run, question: steps.Question, setting: Setting) -> Moves:
    options = tuple(
        Option(id=c.id, label=c.label, outcome=OutcomeKind.ACT, consequence="")
        for c in question.options
    )
    described = Untrusted(question.description)
    return _ask_human(
        run, setting, CardKind.QUESTION, question.title, options, question.path, described
    )


def _confirm(run: Run, command: steps.PlannedCommand, setting: Setting) -> Moves:
    options = (
        Option(id="on", label="Go on", outcome=OutcomeKind.ACT, consequence="runs this step"),
        Option(id="skip", label="Skip", outcome=OutcomeKind.ESCALATE, consequence="leaves it out"),
    )
    line = Untrusted(" ".join(command.argv))
    title = f"Next: {command.path} on {command.host}"
    return _ask_human(run, setting, CardKind.STEP, title, options, command.key, line)


def _ask_human(
    run: Run,
    setting: Setting,
    kind: CardKind,
    title: str,
    options: tuple[Option, ...],
    path: str,
    description: Untrusted,
) -> Moves:
    return approval.ask(
        CardAsked(
            card=CardId(setting.ident("c")),
            number=setting.next_number,
            kind=kind,
            title=Untrusted(title),
            options=options,
            rule=ResolvedRule(names=(), quorums=(), excluded=()),
            expires_at=setting.now + setting.policy.approval_expires_in,
            remind_at=None,
            packet=packet.QuestionPacket(path=path, description=description),
            run=run.started.run,
        )
    )


def ask_in_doubt(run: Run, log: StepLog, why: str, setting: Setting) -> Moves:
    """Ask a human what became of a command; an approver decides, whoever asked for the run."""
    started = log.started
    return approval.ask(
        CardAsked(
            card=CardId(setting.ident("c")),
            number=setting.next_number,
            kind=CardKind.IN_DOUBT,
            title=Untrusted(f"What became of step {started.number} on {started.host}?"),
            options=(
                Option(
                    id="worked",
                    label="It took effect",
                    outcome=OutcomeKind.ACT,
                    consequence="the run goes on with the next step and its checks",
                ),
                Option(
                    id="failed",
                    label="It did not",
                    outcome=OutcomeKind.DECLINE,
                    consequence="the run stops and keeps its hosts reserved; nothing is run again",
                ),
            ),
            rule=ResolvedRule(
                names=("in doubt",),
                quorums=(QuorumRule(groups=(Group.APPROVER,), count=1),),
                excluded=(),
                practice=setting.drill,
            ),
            expires_at=setting.now + setting.policy.approval_expires_in,
            remind_at=None,
            packet=packet.DoubtPacket(
                path=started.path,
                host=started.host,
                attempt=started.attempt,
                line=Untrusted(" ".join(started.command)),
                started_at=log.at,
                why=Untrusted(why),
                approved_by=started.approved_by,
            ),
            run=run.started.run,
        )
    )


# --- ending ----------------------------------------------------------------------------------


def end(run: Run, step: steps.Terminal, setting: Setting) -> Moves:  # noqa: PLR0911 - one arm per ending
    """Close the run as the planner says; targets stay reserved where something may be half done."""
    match step:
        case steps.Done(summary=summary, after=after):
            notes = tuple(
                FollowUpNoted(run=run.started.run, text=Untrusted(f.task), owner=f.owner)
                for f in after
            )
            events, effects = _ended(run, Ending.DONE, summary, keep=False)
            return (*events, *notes), effects
        case steps.Resolve(because=because):
            return _ended(run, Ending.RESOLVED, because, keep=False)
        case steps.Escalate(whom=whom, because=because, changed=changed):
            return _ended(run, Ending.ESCALATED, because, keep=changed, whom=whom)
        case steps.Stopped(because=because, changed=changed):
            return _ended(run, Ending.STOPPED, because, keep=changed)
        case steps.InDoubt():
            return (), ()
        case steps.Rejected(because=because):
            return _ended(run, Ending.REJECTED, because, keep=run.changed)
        case steps.Aborted(changed=changed):
            why = run.abort.reason.text if run.abort else ""
            return _ended(run, Ending.ABORTED, why or "a person aborted it", keep=changed)
        case steps.Refer(runbook=runbook, arguments=arguments, because=because):
            words = " ".join(f"{k}={v}" for k, v in sorted(arguments.items()))
            fix = f"{because} — the fix is: /runbook run {runbook} {words}".strip()
            return _ended(run, Ending.ESCALATED, fix, keep=False)
        case steps.Rehearsed(because=because):
            return _ended(run, Ending.DONE, f"Dry run: {because}", keep=False)
        case _:
            assert_never(step)


def stop(run: Run, ending: Ending, because: str) -> Moves:
    """End a run for a reason that the planner does not know (expiry, freeze, a document gone)."""
    return _ended(run, ending, because, keep=run.changed)


def release(run: Run, why: str) -> Moves:
    """Free the run's targets."""
    if not run.targets:
        return (), ()
    freed = ReservationReleased(run=run.started.run, targets=run.targets, why=Untrusted(why))
    return (freed,), ()


def _ended(run: Run, ending: Ending, because: str, *, keep: bool, whom: str = "") -> Moves:
    ended = RunEnded(
        run=run.started.run,
        ending=ending,
        because=Untrusted(because),
        commands_ran=len(run.steps),
        whom=whom,
    )
    clear = tuple(ClearTimer(name=f"wait:{run.started.run}:{name}") for name in run.waits)
    reserve = (ClearTimer(name=f"reserve:{run.started.run}"),)
    freed, _ = ((), ()) if keep else release(run, "the run is over")
    return (ended, *freed), (*clear, *reserve)


def kill(run: Run) -> tuple[Effect, ...]:
    """Stop the running command on its host."""
    doing = run.doing
    if doing is None:
        return ()
    s = doing.started
    return (StopCommand(run=s.run, path=s.path, host=s.host, attempt=s.attempt),)


# --- small parts -----------------------------------------------------------------------------


def _fold(run: Run, event: Event, setting: Setting) -> Run:
    if isinstance(event, CardAsked):
        return _asked(run, event)
    return _moved(run, event, setting.now)


def _read(progress: Progress, event: ReadFinished, at: datetime) -> Progress:
    o = event.outcome
    if event.phase == "probe":
        probe = ProbeOutcome(
            status=o.exit_status, body=o.stdout.text, fault=o.fault, at=at.timestamp()
        )
        return replace(progress, probes={**progress.probes, event.path: probe})
    return _changed(progress, event.path, event.host, o, at)


def _changed(progress: Progress, path: str, host: str, o: Outcome, at: datetime) -> Progress:
    outcome = CommandOutcome(
        exit_status=o.exit_status,
        stdout=o.stdout.text,
        stderr=o.stderr.text or o.fault,
        truncated=o.truncated,
        timed_out=o.deadline,
        signal=o.signal,
        at=at.timestamp(),
    )
    return replace(progress, outcomes={**progress.outcomes, f"{path}@{host}": outcome})


def _without_again(progress: Progress) -> Progress:
    kept = {k: v for k, v in progress.outcomes.items() if not k.startswith("again.")}
    return replace(progress, outcomes=kept, reserved=False)


def _step(
    run: Run,
    path: str,
    host: str,
    at: datetime,
    *,
    outcome: Outcome | None = None,
    doubt: str = "",
    learned: bool = False,
    interrupted: bool = False,
) -> Run:
    def noted(log: StepLog) -> StepLog:
        if (log.started.path, log.started.host) != (path, host) or log.outcome is not None:
            return log
        return replace(
            log,
            outcome=outcome,
            ended_at=at if outcome is not None else None,
            doubt=doubt or log.doubt,
            learned=learned,
            interrupted=log.interrupted or interrupted,
        )

    return replace(run, steps=tuple(noted(s) for s in run.steps))


def _outcome(status: int, words: str) -> Outcome:
    return Outcome(exit_status=status, stdout=Untrusted(words), stderr=Untrusted(""))


def _rule_json(rule: ResolvedRule) -> Json:
    return {
        "quorums": [{"groups": list(q.groups), "count": q.count} for q in rule.quorums],
        "excluded": list(rule.excluded),
        "practice": rule.practice,
    }


def describe_targets(targets: tuple[str, ...]) -> str:
    """Write targets for people: `host web-1, service checkout`."""
    return ", ".join(t.replace(":", " ", 1) for t in targets)
