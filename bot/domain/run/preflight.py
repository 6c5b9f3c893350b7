"""Before anything is looked at: every host is tried, with the rights that the run will need."""

import json

from bot.domain.effects import RunPreflight
from bot.domain.events import HostNeed, PreflightStarted
from bot.domain.policy import Policy
from bot.domain.run.ending import end
from bot.domain.run.folding import Run
from bot.domain.run.planning import Moves, Setting, inventory
from runbooks import steps
from runbooks.expressions import CannotEvaluateError
from runbooks.loader import load
from runbooks.overview import plan
from runbooks.parameters import Bindings
from runbooks.steps import Mode, PlannedCommand

_OPTIONS = frozenset({"-n", "--non-interactive", "--"})
"""What the language lets stand between `sudo` and its command."""


def preflight(run: Run, setting: Setting) -> Moves | None:
    """Return what the pre-flight still needs; None where it is over, or was never due.

    A run that has looked already (one of an older version) is past it.
    """
    if run.preflight is None:
        return None if _past(run) else _begin(run, setting)
    if any(need.host not in run.checks for need in run.preflight):
        return (), ()
    failed = failures(run)
    if failed and not run.reads:
        because = f"Pre-flight failed, so nothing was looked at or run: {'; '.join(failed)}"
        return end(run, steps.Stopped(because=because))
    return None


def failures(run: Run) -> tuple[str, ...]:
    """Say of each check that did not pass where, which and why."""
    return tuple(
        f"{host}: {check.name}: {check.detail.text}"
        for host, checks in sorted(run.checks.items())
        for check in checks
        if not check.passed
    )


def needs(run: Run, policy: Policy, *, drill: bool) -> tuple[HostNeed, ...]:
    """Return the hosts that any path of the runbook could touch, with what it would do there.

    What only triage can tell (a host or a word of a command) is not tried before it.
    """
    known = inventory(policy, practice_only=drill)
    try:
        commands = plan(
            load(run.document, run.started.runbook),
            Bindings.from_json(json.loads(run.started.bindings)),
            known,
        )
    except CannotEvaluateError:
        return ()  # the planner says what is wrong, in its own words
    if run.progress.mode is Mode.DRY_RUN:
        commands = tuple(command for command in commands if not command.changes)
    hosts = sorted({command.host for command in commands} & known.hosts.keys())
    return tuple(_need(host, [c for c in commands if c.host == host]) for host in hosts)


def _past(run: Run) -> bool:
    return bool(run.progress.aborted or run.observed or run.reads or run.steps or run.open_card)


def _begin(run: Run, setting: Setting) -> Moves | None:
    wanted = needs(run, setting.policy, drill=setting.drill)
    if not wanted:
        return None
    started = PreflightStarted(run=run.started.run, hosts=wanted)
    effects = tuple(
        RunPreflight(run=run.started.run, host=need.host, changes=need.changes, sudo=need.sudo)
        for need in wanted
    )
    return (started,), effects


def _need(host: str, commands: list[PlannedCommand]) -> HostNeed:
    changing = [command.argv for command in commands if command.changes]
    sudo = dict.fromkeys(_bare(argv) for argv in changing if _told(argv))
    return HostNeed(host=host, changes=bool(changing), sudo=tuple(sudo))


def _told(argv: tuple[str, ...]) -> bool:
    """Whether it is a sudo command with every word known before triage."""
    return argv[0] == "sudo" and not any("{{" in word for word in argv)


def _bare(argv: tuple[str, ...]) -> tuple[str, ...]:
    rest = list(argv[1:])
    while rest and rest[0] in _OPTIONS:
        rest.pop(0)
    return tuple(rest)
