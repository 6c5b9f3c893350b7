"""Every command that any path through a runbook could run, host by host, running nothing."""

from collections.abc import Iterator, Mapping, Sequence
from datetime import timedelta

from bot.values import OnDeadline
from runbooks.expressions import CannotEvaluateError, Finding, Scope, Value
from runbooks.inventory import Inventory
from runbooks.loader import Runbook
from runbooks.model import (
    Action,
    AnyStep,
    CheckStep,
    CommandCheck,
    Look,
    LoopStep,
    PauseStep,
    Place,
    RunStep,
)
from runbooks.parameters import Bindings
from runbooks.rendering import Frame, frame
from runbooks.steps import Kind, PlannedCommand, Unknown
from runbooks.templates import CommandLine
from runbooks.verification import look_of


def plan(runbook: Runbook, bindings: Bindings, inventory: Inventory) -> tuple[PlannedCommand, ...]:
    """Return the commands in the order of the document.

    What only triage can tell keeps its braces (`{{ name }}`), also in the place of a host; the
    rounds of a loop are shown once, as `[*]`. Raises CannotEvaluateError where a bound host or
    service has left the inventory.
    """
    return tuple(_Overview(frame(runbook, bindings, inventory)).all())


class _Overview:
    def __init__(self, frame_: Frame) -> None:
        self._frame = frame_
        document = frame_.runbook.document
        self._facts: Mapping[str, Finding] = {
            name: Unknown(reason="nothing has run yet", command=command)
            for command, look in document.triage.items()
            for name in look.facts
        }

    def all(self) -> Iterator[PlannedCommand]:
        document = self._frame.runbook.document
        for name, look in document.triage.items():
            yield from self._look(look, f"triage.{name}", Kind.TRIAGE)
        for rung in document.hypotheses:
            if rung.check is not None:
                yield from self._look(rung.check, f"hypotheses.{rung.name}", Kind.HYPOTHESIS)
        for name, action in document.actions.items():
            yield from self._action(name, action)

    def _action(self, name: str, action: Action) -> Iterator[PlannedCommand]:
        hosts = self._hosts(action.on, self._scope())
        for number, look in enumerate(action.dry_run, 1):
            yield from self._look(look, f"{name}.dry-run.{number}", Kind.DRY_RUN)
        yield from self._steps(
            action.checkpoint, f"{name}.checkpoint", hosts[:1], Kind.CHECKPOINT, {}
        )
        yield from self._steps(action.steps, f"{name}.steps", hosts, Kind.STEP, {})
        for number, check in enumerate(action.verify, 1):
            if isinstance(check, CommandCheck):
                look = look_of(self._frame, check)
                yield from self._look(look, f"{name}.verify.{number}", Kind.VERIFY, hosts)
        if isinstance(action.undo, tuple):
            yield from self._steps(action.undo, f"{name}.undo", hosts, Kind.UNDO, {})

    def _look(
        self, look: Look, path: str, kind: Kind, hosts: Sequence[str] = ()
    ) -> Iterator[PlannedCommand]:
        found = self._hosts(look.on, self._scope()) if look.on or not hosts else hosts
        for host in found:
            scope = self._scope(self._on(host))
            yield _read_only(look.run, path, host, scope, look.timeout, kind)

    def _steps(
        self,
        steps: Sequence[AnyStep],
        path: str,
        hosts: Sequence[str],
        kind: Kind,
        extra: Mapping[str, Finding],
    ) -> Iterator[PlannedCommand]:
        for number, step in enumerate(steps, 1):
            place = f"{path}.{number}"
            if isinstance(step, LoopStep):
                item: Finding = Unknown(reason="nothing has run yet", command=step.for_each.text)
                inner = {**extra, step.as_: item}
                yield from self._steps(step.steps, f"{place}[*]", hosts, kind, inner)
            elif not isinstance(step, PauseStep):
                for host in self._hosts(step.on, self._scope(extra)) if step.on else hosts:
                    scope = self._scope({**extra, **self._on(host)})
                    yield _step(step, place, host, scope, kind)

    def _scope(self, extra: Mapping[str, Finding] | None = None) -> Scope:
        return self._frame.scope({**self._facts, **(extra or {})})

    def _hosts(self, place: Place | None, scope: Scope) -> tuple[str, ...]:
        try:
            return self._frame.hosts(place, scope)
        except CannotEvaluateError:
            text = place.host or place.service if place is not None else None
            if text is None or not text.expressions:
                raise
            return (text.source,)

    def _on(self, host: str) -> Mapping[str, Value]:
        return self._frame.on_host(host) if host in self._frame.inventory.hosts else {}


def _step(step: AnyStep, path: str, host: str, scope: Scope, kind: Kind) -> PlannedCommand:
    if isinstance(step, RunStep):
        return PlannedCommand(
            path=path,
            host=host,
            argv=step.run.sketch(scope),
            timeout=step.timeout,
            kind=kind,
            changes=True,
            on_deadline=step.on_deadline,
        )
    if isinstance(step, CheckStep):
        return _read_only(step.check, path, host, scope, step.timeout, Kind.CHECK)
    if isinstance(step, PauseStep | LoopStep):
        raise TypeError("a pause and a loop have no command of their own")
    return _read_only(step.wait_for, path, host, scope, step.timeout, Kind.WAIT_FOR)


def _read_only(
    line: CommandLine, path: str, host: str, scope: Scope, timeout: timedelta, kind: Kind
) -> PlannedCommand:
    return PlannedCommand(
        path=path,
        host=host,
        argv=line.sketch(scope),
        timeout=timeout,
        kind=kind,
        on_deadline=OnDeadline.KILL,
    )
