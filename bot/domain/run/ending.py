"""How runs end, and what becomes of the targets that they reserved."""

from typing import assert_never

from bot.domain.effects import ClearTimer, Effect, ProposeFix, StopCommand
from bot.domain.events import (
    Ending,
    FollowUpNoted,
    ReservationReleased,
    RunEnded,
)
from bot.domain.run.folding import Run
from bot.domain.run.planning import Moves
from bot.values import (
    Untrusted,
)
from runbooks import steps


def end(run: Run, step: steps.Terminal) -> Moves:  # noqa: PLR0911 - one arm per ending
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
        case steps.Escalate(whom=whom, because=because):
            keep = step.changed and not step.undone
            return _ended(run, Ending.ESCALATED, because, keep=keep, whom=whom)
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
            fix = f"{because} The fix: /runbook run {runbook} {words}".strip()
            events, effects = _ended(run, Ending.REFERRED, fix, keep=False)
            given = tuple(sorted(arguments.items()))
            propose = ProposeFix(run=run.started.run, runbook=runbook, arguments=given)
            return events, (*effects, propose)
        case steps.Rehearsed(because=because):
            return _ended(run, Ending.DONE, f"Dry run: {because}", keep=False)
        case _:
            assert_never(step)


def stop(run: Run, ending: Ending, because: str) -> Moves:
    """End a run for a reason that the planner does not know (expiry, freeze, a document gone).

    A run that is over stays as it ended.
    """
    if run.ended is not None:
        return (), ()
    return _ended(run, ending, because, keep=run.changed)


def release(run: Run, why: str) -> Moves:
    """Free the run's targets."""
    if not run.targets:
        return (), ()
    freed = ReservationReleased(run=run.started.run, targets=run.targets, why=Untrusted(why))
    return (freed,), ()


def kill(run: Run) -> tuple[Effect, ...]:
    """Stop the running command on its host."""
    doing = run.doing
    if doing is None:
        return ()
    s = doing.started
    return (StopCommand(run=s.run, path=s.path, host=s.host, attempt=s.attempt),)


def describe_targets(targets: tuple[str, ...]) -> str:
    """Write targets for people: `host web-1, service checkout`."""
    return ", ".join(t.replace(":", " ", 1) for t in targets)


def _ended(run: Run, ending: Ending, because: str, *, keep: bool, whom: str = "") -> Moves:
    ended = RunEnded(
        run=run.started.run,
        ending=ending,
        because=Untrusted(because),
        commands_ran=sum(step.ran for step in run.steps),
        whom=whom,
    )
    clear = tuple(ClearTimer(name=f"wait:{run.started.run}:{name}") for name in run.waits)
    reserve = (ClearTimer(name=f"reserve:{run.started.run}"),)
    freed, _ = ((), ()) if keep else release(run, "the run is over")
    return (ended, *freed), (*clear, *reserve)
