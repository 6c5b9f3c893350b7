"""Document + bindings + facts -> commands with hosts and argument vectors, nothing left open."""

import shlex
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import timedelta
from typing import Final, TypeAlias, assert_never

from bot.values import OnDeadline
from runbooks.expressions import (
    CannotEvaluateError,
    Finding,
    Scope,
    UnknownUsedError,
    Value,
    as_fact,
    as_text,
)
from runbooks.inventory import Inventory
from runbooks.loader import Runbook
from runbooks.model import (
    Action,
    AnyStep,
    Batches,
    CheckStep,
    HostParameter,
    Look,
    LoopStep,
    PauseStep,
    Place,
    RunStep,
    ServiceParameter,
    WaitForStep,
)
from runbooks.parameters import Bindings
from runbooks.steps import FactValue, Kind, PlannedCommand, Targets, Unknown
from runbooks.templates import CommandLine, Text

Facts: TypeAlias = Mapping[str, Finding]
NO_FACTS: Final[Facts] = {}


@dataclass(frozen=True, slots=True, kw_only=True)
class Scheduled:
    """One step in its place in the order: for a pause `command` is None.

    `scope` holds the loop's item and the host; step facts are added while walking.
    """

    path: str
    host: str
    step: RunStep | CheckStep | WaitForStep | PauseStep
    command: PlannedCommand | None
    scope: Mapping[str, Value]


@dataclass(frozen=True, slots=True, kw_only=True)
class Frame:
    """One runbook with its parameters: everything that rendering needs and that never changes."""

    runbook: Runbook
    bindings: Bindings
    inventory: Inventory
    base: Mapping[str, Value]

    def scope(self, facts: Facts = NO_FACTS, extra: Mapping[str, Value] | None = None) -> Scope:
        """Return all names: parameters, facts, loop item and host, then variables."""
        names: dict[str, Finding] = {**self.base, **facts, **(extra or {})}
        for name, variable in self.runbook.document.vars.items():
            names[name] = _variable(name, variable, names)
        return names

    def hosts(self, place: Place | None, scope: Scope) -> tuple[str, ...]:
        """Return the hosts of a place, at least one; raises CannotEvaluateError."""
        if place is None:
            return (self._default_host(),)
        if place.host is not None:
            return (self._known_host(place.host.render(scope)),)
        if place.group is not None:
            found, what = self.inventory.in_group(place.group), f"group {place.group!r}"
        else:
            service = place.service.render(scope) if place.service is not None else ""
            found, what = self.inventory.of_service(service), f"service {service!r}"
        if not found:
            raise CannotEvaluateError(f"no host of the inventory belongs to {what}")
        return found

    def on_host(self, host: str) -> Mapping[str, Value]:
        """Return the names that say on which host something runs."""
        return {"host": self.inventory.hosts[host]}

    def looks(
        self, look: Look, path: str, kind: Kind, scope: Scope, host: str = ""
    ) -> tuple[PlannedCommand, ...]:
        """Render a read-only command, once per host of its place; without one, on `host`."""
        hosts = (host,) if host and look.on is None else self.hosts(look.on, scope)
        return tuple(
            PlannedCommand(
                path=path,
                host=host,
                argv=look.run.render({**scope, **self.on_host(host)}),
                timeout=look.timeout,
                kind=kind,
                on_deadline=OnDeadline.KILL,
            )
            for host in hosts
        )

    def batches(self, action: Action, scope: Scope) -> tuple[tuple[str, ...], ...]:
        """Split the hosts of an action: canaries one by one, then batches."""
        hosts = self.hosts(action.on, scope)
        plan = action.batches or Batches()
        alone, rest = hosts[: plan.canary], hosts[plan.canary :]
        return (
            *((host,) for host in alone),
            *(rest[at : at + plan.size] for at in range(0, len(rest), plan.size)),
        )

    def schedule(
        self, steps: Sequence[AnyStep], path: str, host: str, facts: Facts, kind: Kind = Kind.STEP
    ) -> tuple[Scheduled, ...]:
        """Render steps for one host; `path` is `action.steps`, `action.undo` ..."""
        return tuple(self._scheduled(steps, path, facts, self.on_host(host), kind))

    def targets(self, commands: Sequence[PlannedCommand]) -> Targets:
        """Return what a change touches: the hosts, their services and the named services."""
        hosts = {command.host for command in commands if command.changes}
        services = {self.inventory.hosts[host].service for host in hosts}
        for name, parameter in self.runbook.document.parameters.items():
            if isinstance(parameter, ServiceParameter):
                services.add(str(self.bindings.values[name]))
        return Targets(hosts=tuple(sorted(hosts)), services=tuple(sorted(services - {""})))

    def _scheduled(
        self,
        steps: Sequence[AnyStep],
        path: str,
        facts: Facts,
        extra: Mapping[str, Value],
        kind: Kind,
    ) -> Iterator[Scheduled]:
        scope = self.scope(facts, extra)
        for number, step in enumerate(steps, 1):
            place = f"{path}.{number}"
            if isinstance(step, LoopStep):
                for turn, item in enumerate(_loop_items(step, scope), 1):
                    inner = {**extra, step.as_: item}
                    yield from self._scheduled(step.steps, f"{place}[{turn}]", facts, inner, kind)
            else:
                yield from self._placed(step, place, scope, extra, kind)

    def _placed(
        self,
        step: RunStep | CheckStep | WaitForStep | PauseStep,
        path: str,
        scope: Scope,
        extra: Mapping[str, Value],
        kind: Kind,
    ) -> Iterator[Scheduled]:
        here = extra["host"]
        hosts = (
            (as_text(here),)
            if isinstance(step, PauseStep) or step.on is None
            else self.hosts(step.on, scope)
        )
        for host in hosts:
            named = {**extra, **self.on_host(host)}
            command = _command(step, path, host, {**scope, **named}, kind)
            yield Scheduled(path=path, host=host, step=step, command=command, scope=named)

    def _default_host(self) -> str:
        for name, parameter in self.runbook.document.parameters.items():
            if isinstance(parameter, HostParameter):
                return self._known_host(str(self.bindings.values[name]))
        raise CannotEvaluateError("the command names no host and the runbook has no host parameter")

    def _known_host(self, name: str) -> str:
        if name not in self.inventory.hosts:
            raise CannotEvaluateError(f"{name!r} is no host of the inventory")
        return name


def frame(runbook: Runbook, bindings: Bindings, inventory: Inventory) -> Frame:
    """Resolve the bindings against the inventory; raises CannotEvaluateError for one that left."""
    base: dict[str, Value] = {}
    for name, parameter in runbook.document.parameters.items():
        if name not in bindings.values:
            raise CannotEvaluateError(f"the parameter {name} has no value")
        value = bindings.values[name]
        entry: Value = value
        if isinstance(parameter, HostParameter):
            entry = inventory.hosts.get(str(value))
        elif isinstance(parameter, ServiceParameter):
            entry = inventory.services.get(str(value))
        if entry is None:
            raise CannotEvaluateError(f"{value!r} ({name}) is not in the inventory any more")
        base[name] = entry
    return Frame(runbook=runbook, bindings=bindings, inventory=inventory, base=base)


def used_values(lines: Sequence[CommandLine], scope: Scope) -> Mapping[str, FactValue]:
    """Return the values of every name that these commands were rendered with."""
    names = {name for line in lines for found in line.expressions for name in found.names}
    return {name: as_fact(_known(scope, name)) for name in sorted(names) if name in scope}


def written(argv: Sequence[str]) -> str:
    """Write an argument vector as one line that a shell would read the same way."""
    return shlex.join(argv)


def lines_of(steps: Sequence[AnyStep]) -> Iterator[CommandLine]:
    """Return the command templates of steps, those inside loops included."""
    for step in steps:
        match step:
            case RunStep():
                yield step.run
            case CheckStep():
                yield step.check
            case WaitForStep():
                yield step.wait_for
            case PauseStep():
                pass
            case LoopStep():
                yield from lines_of(step.steps)
            case _:
                assert_never(step)


def _command(
    step: RunStep | CheckStep | WaitForStep | PauseStep,
    path: str,
    host: str,
    scope: Scope,
    kind: Kind,
) -> PlannedCommand | None:
    match step:
        case RunStep():
            return PlannedCommand(
                path=path,
                host=host,
                argv=step.run.render(scope),
                timeout=step.timeout,
                kind=kind,
                changes=True,
                on_deadline=step.on_deadline,
            )
        case CheckStep():
            return _read_only(step.check, path, host, scope, step.timeout, Kind.CHECK)
        case WaitForStep():
            return _read_only(step.wait_for, path, host, scope, step.timeout, Kind.WAIT_FOR)
        case PauseStep():
            return None
        case _:
            assert_never(step)


def _read_only(
    line: CommandLine, path: str, host: str, scope: Scope, timeout: timedelta, kind: Kind
) -> PlannedCommand:
    return PlannedCommand(
        path=path,
        host=host,
        argv=line.render(scope),
        timeout=timeout,
        kind=kind,
        on_deadline=OnDeadline.KILL,
    )


def _loop_items(step: LoopStep, scope: Scope) -> tuple[Value, ...]:
    items = step.for_each.evaluate(scope)
    if not isinstance(items, tuple):
        raise CannotEvaluateError(f"for-each: {step.for_each.text} is not a list")
    if len(items) > step.at_most:
        raise CannotEvaluateError(
            f"for-each: {step.for_each.text} has {len(items)} items, at most {step.at_most} are"
            " allowed"
        )
    return items


def _variable(name: str, variable: float | Text, scope: Scope) -> Finding:
    if not isinstance(variable, Text):
        return variable
    try:
        return variable.native(scope)
    except UnknownUsedError as error:
        return Unknown(reason=str(error), command=error.unknown.command)
    except CannotEvaluateError as error:
        return Unknown(reason=str(error), command=f"vars.{name}")


def _known(scope: Scope, name: str) -> Value:
    found = scope[name]
    return f"unknown: {found.reason}" if isinstance(found, Unknown) else found
