"""Every place of a document where something is filled in, with the names that it may use."""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from enum import StrEnum
from typing import TypeAlias, assert_never

from runbooks.expressions import Expression
from runbooks.model import (
    Action,
    AnyStep,
    CheckStep,
    ColumnFact,
    CommandCheck,
    Document,
    FactSource,
    HttpCheck,
    Hypothesis,
    Look,
    LoopStep,
    NoUndo,
    Otherwise,
    PauseStep,
    Place,
    RunStep,
    Task,
    WaitForStep,
)
from runbooks.templates import CommandLine, Text

Path: TypeAlias = tuple[str | int, ...]
Names: TypeAlias = frozenset[str]

HTTP_NAMES: Names = frozenset({"status", "text", "json"})
"""What `expect` knows of an HTTP answer."""


class Role(StrEnum):
    """What stands at a site."""

    TEXT = "text"
    TRIAGE = "triage"
    OBSERVE = "observe"
    DRY_RUN = "dry-run"
    CHANGE = "change"


@dataclass(frozen=True, slots=True, kw_only=True)
class Site:
    """One place: its path in the source, what it evaluates, and the names that are known there."""

    path: Path
    expressions: tuple[Expression, ...]
    names: Names
    role: Role = Role.TEXT
    line: CommandLine | None = None
    action: str = ""
    placed: bool = True
    """Whether a command says where it runs (`on`); without it the host parameter decides."""


def sites(document: Document) -> Iterator[Site]:
    """Return every site, in the order of the document."""
    return _Sites(document).all()


class _Sites:
    def __init__(self, document: Document) -> None:
        self._document = document
        facts = _facts(document.triage.values())
        steady, late = _variables(document, facts)
        self._before: Names = frozenset(document.parameters) | steady
        self._known: Names = self._before | facts | late

    def all(self) -> Iterator[Site]:
        """Walk through the document."""
        document = self._document
        yield from self._vars()
        for name, look in document.triage.items():
            yield from self._look(look, ("triage", name), self._before, Role.TRIAGE)
        yield from self._decide()
        for name, action in document.actions.items():
            yield from self._action(name, action)
        for number, rung in enumerate(document.hypotheses):
            yield from self._hypothesis(rung, ("hypotheses", number))
        for number, item in enumerate(document.after):
            key, text = ("task", item.task) if isinstance(item, Task) else ("monitor", item.monitor)
            yield from self._text(text, ("after", number, key))
            yield from self._text(item.owner, ("after", number, "owner"))

    def _vars(self) -> Iterator[Site]:
        known = frozenset(self._document.parameters) | _facts(self._document.triage.values())
        for name, value in self._document.vars.items():
            if isinstance(value, Text):
                yield Site(path=("vars", name), expressions=value.expressions, names=known)
            known |= {name}

    def _decide(self) -> Iterator[Site]:
        for number, rule in enumerate(self._document.decide):
            path = ("decide", number)
            if not isinstance(rule, Otherwise):
                yield self._expression(rule.when, (*path, "when"), self._known)
            yield from self._text(rule.because, (*path, "because"))

    def _action(self, name: str, action: Action) -> Iterator[Site]:
        path: Path = ("actions", name)
        yield from self._text(action.title, (*path, "title"))
        yield from self._text(action.rollback, (*path, "rollback"))
        for key, text in (
            ("blast-radius", action.risk.blast_radius),
            ("users", action.risk.users),
            ("data", action.risk.data),
            ("cost", action.risk.cost),
        ):
            yield from self._text(text, (*path, "risk", key))
        for number, condition in enumerate(action.only_if):
            yield self._expression(condition, (*path, "only-if", number), self._known)
        yield from self._place(action.on, (*path, "on"), self._known)
        for number, look in enumerate(action.dry_run):
            yield from self._look(look, (*path, "dry-run", number), self._known, Role.DRY_RUN, name)
        yield from self._steps(action.checkpoint, (*path, "checkpoint"), name, action)
        yield from self._steps(action.steps, (*path, "steps"), name, action)
        yield from self._undo(action, path, name)
        gained = self._known | _step_facts(action.steps) | {"host"} | _loop_names(action.steps)
        for number, condition in enumerate(action.stop_when):
            yield self._expression(condition, (*path, "stop-when", number), gained)
        for number, check in enumerate(action.verify):
            yield from self._verify(check, (*path, "verify", number), name, action)

    def _undo(self, action: Action, path: Path, name: str) -> Iterator[Site]:
        if isinstance(action.undo, NoUndo):
            yield from self._text(action.undo.not_needed, (*path, "undo", "not-needed"))
        elif action.undo is not None:
            yield from self._steps(action.undo, (*path, "undo"), name, action)

    def _steps(
        self,
        steps: Sequence[AnyStep],
        path: Path,
        name: str,
        action: Action,
        extra: Names = frozenset(),
    ) -> Iterator[Site]:
        known = self._known | extra | {"host"}
        gained = known | _step_facts(steps)
        for number, step in enumerate(steps):
            here = (*path, number)
            placed = action.on is not None or getattr(step, "on", None) is not None
            match step:
                case RunStep(run=line):
                    yield self._line(line, (*here, "run"), known, Role.CHANGE, name, placed=placed)
                case CheckStep(check=line):
                    yield self._line(
                        line, (*here, "check"), known, Role.OBSERVE, name, placed=placed
                    )
                    yield from self._maybe(step.expect, (*here, "expect"), gained)
                case WaitForStep(wait_for=line):
                    yield self._line(
                        line, (*here, "wait-for"), known, Role.OBSERVE, name, placed=placed
                    )
                    yield from self._maybe(step.until, (*here, "until"), gained)
                case PauseStep():
                    continue
                case LoopStep():
                    yield self._expression(step.for_each, (*here, "for-each"), known)
                    yield from self._steps(
                        step.steps, (*here, "steps"), name, action, extra | {step.as_}
                    )
                    continue
                case _:
                    assert_never(step)
            yield from self._place(step.on, (*here, "on"), known)
            if not isinstance(step, RunStep):
                yield from self._tables(step.facts, here, known)

    def _verify(
        self, check: CommandCheck | HttpCheck, path: Path, name: str, action: Action
    ) -> Iterator[Site]:
        known = self._known | {"host"}
        if isinstance(check, HttpCheck):
            yield Site(path=(*path, "http"), expressions=check.http.expressions, names=known)
            yield self._expression(check.expect, (*path, "expect"), known | HTTP_NAMES)
            return
        placed = action.on is not None or check.on is not None
        if check.run is not None:
            yield self._line(check.run, (*path, "run"), known, Role.OBSERVE, name, placed=placed)
        yield from self._place(check.on, (*path, "on"), known)
        yield from self._tables(check.facts, path, known)
        yield from self._maybe(check.expect, (*path, "expect"), known | frozenset(check.facts))

    def _hypothesis(self, rung: Hypothesis, path: Path) -> Iterator[Site]:
        known = self._known
        yield from self._text(rung.title, (*path, "title"))
        if rung.check is not None:
            yield from self._look(rung.check, (*path, "check"), known, Role.TRIAGE)
            known |= frozenset(rung.check.facts)
        yield from self._maybe(rung.found_when, (*path, "found-when"), known)
        if rung.ask is not None:
            yield from self._text(rung.ask.question, (*path, "ask", "question"))
            yield from self._text(rung.ask.description, (*path, "ask", "description"))
        yield Site(path=(*path, "because"), expressions=rung.because.expressions, names=known)
        if rung.fix is not None:
            for name, text in rung.fix.with_.items():
                yield Site(
                    path=(*path, "fix", "with", name), expressions=text.expressions, names=known
                )

    def _look(
        self, look: Look, path: Path, known: Names, role: Role, action: str = ""
    ) -> Iterator[Site]:
        known |= {"host"}
        yield self._line(look.run, (*path, "run"), known, role, action, placed=look.on is not None)
        yield from self._place(look.on, (*path, "on"), known)
        yield from self._tables(look.facts, path, known)

    def _line(
        self,
        line: CommandLine,
        path: Path,
        names: Names,
        role: Role,
        action: str,
        *,
        placed: bool,
    ) -> Site:
        return Site(
            path=path,
            expressions=line.expressions,
            names=names,
            role=role,
            line=line,
            action=action,
            placed=placed,
        )

    def _tables(self, facts: Mapping[str, FactSource], path: Path, names: Names) -> Iterator[Site]:
        for name, source in facts.items():
            if isinstance(source, ColumnFact):
                for column, text in source.where.items():
                    yield Site(
                        path=(*path, "facts", name, "where", column),
                        expressions=text.expressions,
                        names=names,
                    )

    def _place(self, place: Place | None, path: Path, names: Names) -> Iterator[Site]:
        if place is None:
            return
        for text in (place.host, place.service):
            if text is not None:
                yield Site(path=path, expressions=text.expressions, names=names)

    def _text(self, text: Text | None, path: Path) -> Iterator[Site]:
        if text is not None:
            yield Site(path=path, expressions=text.expressions, names=self._known)

    def _maybe(self, expression: Expression | None, path: Path, names: Names) -> Iterator[Site]:
        if expression is not None:
            yield self._expression(expression, path, names)

    def _expression(self, expression: Expression, path: Path, names: Names) -> Site:
        return Site(path=path, expressions=(expression,), names=names)


def _facts(looks: Iterable[Look]) -> Names:
    return frozenset(name for look in looks for name in look.facts)


def _step_facts(steps: Sequence[AnyStep]) -> Names:
    found: set[str] = set()
    for step in steps:
        if isinstance(step, CheckStep | WaitForStep):
            found.update(step.facts)
        elif isinstance(step, LoopStep):
            found.update(_step_facts(step.steps))
    return frozenset(found)


def _loop_names(steps: Sequence[AnyStep]) -> Names:
    return frozenset(step.as_ for step in steps if isinstance(step, LoopStep))


def _variables(document: Document, facts: Names) -> tuple[Names, Names]:
    """Split the variables: those that parameters alone make, and those that need triage first."""
    late: set[str] = set()
    for name, value in document.vars.items():
        used = {n for e in value.expressions for n in e.names} if isinstance(value, Text) else set()
        if used & (facts | late):
            late.add(name)
    return frozenset(document.vars) - late, frozenset(late)
