"""Every step that a run can take by itself: the planner says which, here it becomes work."""

from datetime import timedelta
from typing import assert_never

from bot.domain.effects import ClearTimer, Effect, RunChange, RunRead, Timer
from bot.domain.events import (
    CardKind,
    Event,
    ReadStarted,
    ReservationAwaited,
    TargetsReserved,
    WaitStarted,
)
from bot.domain.run.asking import ask_change, ask_question, ask_step, report
from bot.domain.run.ending import end
from bot.domain.run.folding import Run, fold
from bot.domain.run.planning import Moves, Setting, next_of
from bot.domain.run.preflight import preflight
from runbooks import steps

RESERVE_AGAIN = timedelta(seconds=30)
"""A waiting run asks again after this at the latest; a release wakes it at once."""


DRILL_PACE = 60
"""In a drill a minute of waiting is a second."""


def advance(run: Run, setting: Setting) -> Moves:
    """Take every step that needs nobody else: start reads, ask, reserve, start the next change."""
    events: list[Event] = []
    effects: list[Effect] = []
    while _may_move(run):
        more, work = preflight(run, setting) or _step_on(run, setting)
        effects.extend(work)
        if not more:
            break
        events.extend(more)
        for event in more:
            run = fold(run, event, setting.now)
    return tuple(events), tuple(dict.fromkeys(effects))


def attempt_of(run: Run, command: steps.PlannedCommand) -> int:
    """Count from 1; every start and every approval that lost its force uses one up."""
    key = (command.path, command.host)
    return 1 + run.voids + sum(1 for s in run.steps if (s.started.path, s.started.host) == key)


def _may_move(run: Run) -> bool:
    """Whether nothing is awaited: no answer, no command under way, no human's decision."""
    return run.ended is None and not run.paused and run.doing is None and run.open_card is None


def _step_on(run: Run, setting: Setting) -> Moves:  # noqa: C901, PLR0911, PLR0912 - one arm per step
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
            return ask_change(run, proposal, setting, CardKind.CHANGE)
        case steps.OfferUndo(proposal=proposal):
            return ask_change(run, proposal, setting, CardKind.UNDO)
        case steps.Question():
            return ask_question(run, step, setting)
        case steps.Confirm(command=command):
            return ask_step(run, command, setting)
        case steps.Reserve(targets=targets):
            return _reserve(run, targets, setting)
        case steps.Change(command=command):
            change = RunChange(
                run=run.started.run,
                path=command.path,
                host=command.host,
                attempt=attempt_of(run, command),
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
        ):
            return end(run, step)
        case steps.Rehearsed():
            return report(run, step, setting)
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


def _reserve(run: Run, targets: steps.Targets, setting: Setting) -> Moves:
    """Take all targets; where the last try met another holder, wait for them instead."""
    wanted = (
        *(f"host:{host}" for host in targets.hosts),
        *(f"service:{service}" for service in targets.services),
    )
    ident = run.started.run
    if not setting.holder:
        return (TargetsReserved(run=ident, targets=wanted),), (ClearTimer(name=f"reserve:{ident}"),)
    again = Timer(name=f"reserve:{ident}", due=setting.now + RESERVE_AGAIN)
    if run.holder == setting.holder:
        return (), (again,)
    return (ReservationAwaited(run=ident, targets=wanted, holder=setting.holder),), (again,)


def _wait(run: Run, name: str, duration: timedelta, why: str, setting: Setting) -> Moves:
    if name in run.waits:
        return (), ()
    until = setting.now + duration
    started = WaitStarted(run=run.started.run, name=name, until=until, why=why)
    return (started,), (Timer(name=f"wait:{run.started.run}:{name}", due=until),)
