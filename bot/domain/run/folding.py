"""A run as it stands, folded from its events into what the planner calls progress."""

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from datetime import datetime

from bot.domain import packet
from bot.domain.approval import Asked
from bot.domain.events import (
    AbortRequested,
    ApprovalVoided,
    AutonomyUsed,
    CardAsked,
    CardDecided,
    CardExpired,
    CardKind,
    CardWithdrawn,
    DecisionReached,
    DocumentChanged,
    DryRunReported,
    Event,
    HostNeed,
    Outcome,
    OutcomeKind,
    PreflightCheck,
    PreflightFinished,
    PreflightStarted,
    ReadFinished,
    ReadStarted,
    ReservationAwaited,
    ReservationReleased,
    RunEnded,
    RunPaused,
    RunReopened,
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
from bot.values import (
    CardId,
    RunId,
    Untrusted,
)
from runbooks import steps
from runbooks.steps import CommandOutcome, ProbeOutcome, Progress


@dataclass(frozen=True, slots=True, kw_only=True)
class StepLog:
    """One state-changing command as it went."""

    started: StepStarted
    at: datetime
    ended_at: datetime | None = None
    outcome: Outcome | None = None
    doubt: str = ""
    asking: bool = False
    """Whether the host is asked on although people are asked."""
    learned: bool = False
    interrupted: bool = False

    @property
    def ran(self) -> bool:
        """Whether it may have done something: not where the host surely did not begin."""
        return self.outcome is None or not self.outcome.fault


@dataclass(frozen=True, slots=True, kw_only=True)
class Run:
    """One run as it stands."""

    started: RunStarted
    at: datetime
    document: str
    content_hash: str
    progress: Progress
    turn: int = 0
    """Grows with every question and every repeated look, so that late answers are known as such."""
    voids: int = 0
    """Approvals that lost their force; what is begun after them is a new attempt."""
    preflight: tuple[HostNeed, ...] | None = None
    """The hosts that are tried first; None = not begun."""
    checks: Mapping[str, tuple[PreflightCheck, ...]] = field(default_factory=dict)
    """What trying each host showed."""
    observed: frozenset[tuple[int, str]] = frozenset()
    reads: tuple[ReadFinished, ...] = ()
    steps: tuple[StepLog, ...] = ()
    open_card: CardId | None = None
    approval: CardId | None = None
    targets: tuple[str, ...] = ()
    holder: str = ""
    wanted: tuple[str, ...] = ()
    """The targets that it stands in line for."""
    waiting_since: datetime | None = None
    """Since when it waits for targets, whoever holds them now."""
    waits: Mapping[str, datetime] = field(default_factory=dict)
    decision: DecisionReached | None = None
    rehearsed: DryRunReported | None = None
    autonomous: str = ""
    """Why its change runs without a person's yes ("" = a person said yes, or nobody yet)."""
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
        """Whether a state-changing command may have done something."""
        return any(step.ran for step in self.steps)

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


def fold(run: Run, event: Event, at: datetime) -> Run:
    """Fold one event of this very run."""
    return _asked(run, event) if isinstance(event, CardAsked) else _moved(run, event, at)


def known(run: Run, phase: str, path: str, host: str) -> bool:
    """Whether a read-only command or probe has been answered already."""
    if phase == "probe":
        return path in run.progress.probes
    return f"{path}@{host}" in run.progress.outcomes


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
            go = steps.Go.ON if yes else steps.Go.SKIP  # an abort skips it too
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
        case PreflightStarted(hosts=hosts):
            return replace(run, preflight=hosts)
        case PreflightFinished(host=host, checks=checks):
            return replace(run, checks={**run.checks, host: checks})
        case ReadStarted(turn=turn, phase=phase):
            return replace(run, observed=run.observed | {(turn, phase)})
        case ReadFinished():
            return replace(run, reads=(*run.reads, event), progress=_read(progress, event, at))
        case DecisionReached():
            return replace(run, decision=event)
        case TargetsReserved(targets=targets):
            waited = bool(run.holder)
            progress = replace(progress, reserved=True, reserved_late=waited)
            return replace(
                run,
                targets=targets,
                holder="",
                waiting_since=None,
                wanted=(),
                progress=progress,
                turn=run.turn + waited,
            )
        case ReservationAwaited(holder=holder, targets=targets):
            since = run.waiting_since or at
            return replace(run, holder=holder, waiting_since=since, wanted=targets)
        case ReservationReleased():
            progress = replace(progress, reserved=False, reserved_late=False)
            return replace(run, targets=(), progress=progress)
        case StepStarted():
            return replace(run, steps=(*run.steps, StepLog(started=event, at=at)))
        case StepFinished(outcome=outcome):
            run = _step(run, event, at, outcome=outcome, learned=event.learned)
            return replace(run, progress=_changed(progress, event.path, event.host, outcome, at))
        case StepInterrupted():
            return _step(run, event, at, interrupted=True)
        case StepInDoubt(why=why, asking=asking):
            return _step(run, event, at, doubt=why.text or "unknown", asking=asking)
        case StepSettled(path=path, host=host, finished=finished):
            run = _step(run, event, at, outcome=_told(event))
            told = CommandOutcome(
                exit_status=0 if finished else 1, told_by=event.by, at=at.timestamp()
            )
            return replace(run, progress=_known(progress, path, host, told))
        case WaitStarted(name=name, until=until):
            return replace(run, waits={**run.waits, name: until})
        case WaitEnded(name=name):
            return replace(run, progress=replace(progress, waited=progress.waited | {name}))
        case ApprovalVoided():
            return replace(
                run,
                approval=None,
                progress=_before_the_last_yes(progress),
                turn=run.turn + 1,
                voids=run.voids + 1,
                autonomous="",
            )
        case DocumentChanged(document=document, content_hash=content_hash):
            return replace(
                run,
                document=document,
                content_hash=content_hash,
                progress=Progress(mode=progress.mode, aborted=progress.aborted),
                turn=run.turn + 1,
            )
        case AutonomyUsed(because=because):
            return replace(run, autonomous=because.text)
        case RunReopened():
            return replace(run, ended=None, ended_at=None)
        case DryRunReported():
            return replace(run, rehearsed=event)
        case RunPaused(why=why):
            return replace(run, paused=why.text)
        case AbortRequested():
            return replace(run, abort=event, progress=replace(progress, aborted=True))
        case RunEnded():
            return replace(run, ended=event, ended_at=at)
        case _:
            return run


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
    return _known(progress, path, host, outcome)


def _known(progress: Progress, path: str, host: str, outcome: CommandOutcome) -> Progress:
    return replace(progress, outcomes={**progress.outcomes, f"{path}@{host}": outcome})


def _before_the_last_yes(progress: Progress) -> Progress:
    """Forget the last yes and everything that was looked at because of it."""
    rounds = len(progress.answers)
    since = ("again." if rounds == 1 else f"again{rounds}.", "late.")
    return replace(
        progress,
        outcomes={k: v for k, v in progress.outcomes.items() if not k.startswith(since)},
        answers=progress.answers[:-1],
        reserved=False,
        reserved_late=False,
    )


def _step(
    run: Run,
    event: StepFinished | StepInterrupted | StepInDoubt | StepSettled,
    at: datetime,
    *,
    outcome: Outcome | None = None,
    doubt: str = "",
    asking: bool = False,
    learned: bool = False,
    interrupted: bool = False,
) -> Run:
    about = (event.path, event.host, event.attempt)

    def noted(log: StepLog) -> StepLog:
        started = log.started
        if (started.path, started.host, started.attempt) != about or log.outcome is not None:
            return log
        return replace(
            log,
            outcome=outcome,
            ended_at=at if outcome is not None else None,
            doubt=doubt or log.doubt,
            asking=asking,
            learned=learned,
            interrupted=log.interrupted or interrupted,
        )

    return replace(run, steps=tuple(noted(s) for s in run.steps))


def _told(event: StepSettled) -> Outcome:
    """Say what a human said of a step: no host gave an exit status where it did not take effect."""
    effect = "took effect" if event.finished else "did not take effect"
    return Outcome(
        exit_status=0 if event.finished else None,
        stdout=Untrusted(f"{event.by} said that it {effect}"),
        stderr=Untrusted(""),
    )
