"""What a document must say about itself to be run at all: names, references, complete actions."""

from collections.abc import Iterable, Iterator
from typing import Final

from bot.errors import Fault
from bot.values import Tier
from bot.yamltext import Node, listed, nearest
from runbooks.expressions import ENTRY_MEMBERS
from runbooks.ledger import polls
from runbooks.model import (
    Action,
    AnyStep,
    CommandCheck,
    Document,
    EnumParameter,
    HostParameter,
    IntegerParameter,
    LoopStep,
    NoUndo,
    Otherwise,
    RunStep,
    TextParameter,
    WaitForStep,
)
from runbooks.sites import HTTP_NAMES, Path, sites

MOST_LOOKS: Final = 200
"""How often one wait or one check may look, so that a walk stays short."""

_RESERVED: Final = HTTP_NAMES | {"host"}


def name_faults(document: Document, source: Node) -> list[Fault]:
    """Return every fault that the document has without looking at a policy, in file order."""
    found = {
        *_undefined(document, source),
        *_attributes(document, source),
        *_clashes(document, source),
        *_parameters(document, source),
        *_decide(document, source),
        *_playbook(document, source),
        *_hosts(document, source),
    }
    for name, action in document.actions.items():
        found.update(_action(document, action, source, ("actions", name)))
    return sorted(found)


def _undefined(document: Document, source: Node) -> Iterator[Fault]:
    for site in sites(document):
        for expression in site.expressions:
            for name in sorted(expression.names - site.names):
                message = f"{name!r} is not defined here"
                hint = nearest(name, site.names) or _elsewhere(document, name, site.names)
                yield source.at(site.path).fault(message, hint)


def _elsewhere(document: Document, name: str, here: Iterable[str]) -> str:
    facts = {fact for look in document.triage.values() for fact in look.facts}
    if name in facts | set(document.vars):
        return "it is known only after triage"
    return f"add a parameter, a variable or a fact; known here: {listed(here)}"


def _attributes(document: Document, source: Node) -> Iterator[Fault]:
    kinds: dict[str, str] = {"host": "host"}
    for name, parameter in document.parameters.items():
        kinds[name] = parameter.type
    for site in sites(document):
        for expression in site.expressions:
            for name, attribute in sorted(expression.attributes):
                if name not in kinds:
                    continue
                members = ENTRY_MEMBERS.get(kinds[name], frozenset())
                if attribute not in members:
                    has = f"it has {listed(members)}" if members else f"write {name} alone"
                    yield source.at(site.path).fault(
                        f"{name} has no {attribute!r}", nearest(attribute, members) or has
                    )


def _clashes(document: Document, source: Node) -> Iterator[Fault]:
    taken: dict[str, str] = {}
    places: list[tuple[str, str, Path]] = [
        *((name, "a parameter", ("parameters", name)) for name in document.parameters),
        *((name, "a variable", ("vars", name)) for name in document.vars),
    ]
    for command, look in document.triage.items():
        places += [(n, "a fact", ("triage", command, "facts", n)) for n in look.facts]
    for name, kind, path in places:
        node = source.at(path)
        if name in taken:
            yield node.key_fault(
                f"the name {name!r} is already {taken[name]}", "rename one of them"
            )
        if name in _RESERVED and not isinstance(document.parameters.get(name), HostParameter):
            yield node.key_fault(
                f"the name {name!r} is reserved", f"rename it: {listed(_RESERVED)} are built in"
            )
        taken.setdefault(name, kind)


def _parameters(document: Document, source: Node) -> Iterator[Fault]:
    for name, parameter in document.parameters.items():
        node = source.at(("parameters", name, "default"))
        match parameter:
            case IntegerParameter(min=low, max=high) if low > high:
                yield source.at(("parameters", name)).fault(
                    "min is larger than max", f"write min: {high} and max: {low}"
                )
            case IntegerParameter(min=low, max=high, default=int(given)) if not (
                low <= given <= high
            ):
                yield node.fault(
                    f"the default {given} is not between {low} and {high}",
                    "move it, or min and max",
                )
            case EnumParameter(values=values, default=str(word)) if word not in values:
                yield node.fault(
                    f"the default {word!r} is not one of the values",
                    nearest(word, values) or f"write one of {listed(values)}, or add it",
                )
            case TextParameter(pattern=pattern, default=str(word)) if not pattern.whole(word):
                yield node.fault(
                    f"the default {word!r} does not match the pattern",
                    f"write what {pattern.text} matches from its start to its end",
                )
            case _:
                pass


def _decide(document: Document, source: Node) -> Iterator[Fault]:
    if document.is_playbook:
        return
    rules = document.decide
    if not rules:
        yield source.at(("decide",)).fault(
            "a runbook needs `decide`", "add `decide:` with rules, or `hypotheses:` for a playbook"
        )
        return
    *earlier, last = rules
    if not isinstance(last, Otherwise):
        yield source.at(("decide", len(rules) - 1)).fault(
            "the last rule is not `otherwise`", "end with `- otherwise: escalate`"
        )
    for number, rule in enumerate(earlier):
        if isinstance(rule, Otherwise):
            yield source.at(("decide", number)).fault(
                "`otherwise` must be the last rule", "move it to the end, or give it a `when`"
            )
    yield from _references(document, source)


def _references(document: Document, source: Node) -> Iterator[Fault]:
    named: set[str] = set()
    for number, rule in enumerate(document.decide):
        path: Path = ("decide", number, "then")
        then = rule.then if not isinstance(rule, Otherwise) else rule.otherwise.then
        if isinstance(rule, Otherwise):
            path = ("decide", number, "otherwise", "then")
        if then is None:
            continue
        named.add(then)
        if then not in document.actions:
            yield source.at(path).fault(
                f"there is no action {then!r}",
                nearest(then, document.actions) or "write it under `actions:`",
            )
    for name in document.actions:
        if name not in named:
            yield source.at(("actions", name)).key_fault(
                f"no rule leads to the action {name!r}", f"write `then: {name}` in a rule"
            )


def _playbook(document: Document, source: Node) -> Iterator[Fault]:
    if not document.is_playbook:
        for key in ("in-order", "otherwise"):
            if source.child(key) is not None:
                yield source.at((key,)).key_fault(
                    f"`{key}` belongs to playbooks", "take it out, or write `hypotheses:`"
                )
        return
    for key in ("decide", "actions"):
        if source.child(key) is not None:
            yield source.at((key,)).key_fault(
                f"a playbook with hypotheses has no `{key}`",
                "make a runbook of its own of it, and name that as a `fix`",
            )
    seen: set[str] = set()
    for number, rung in enumerate(document.hypotheses):
        if rung.name in seen:
            place = source.at(("hypotheses", number, "name"))
            yield place.fault(f"the hypothesis {rung.name!r} is given twice", "rename one of them")
        seen.add(rung.name)


def _hosts(document: Document, source: Node) -> Iterator[Fault]:
    if any(isinstance(p, HostParameter) for p in document.parameters.values()):
        return
    for site in sites(document):
        if site.line is not None and not site.placed:
            yield source.at(site.path).fault(
                "nothing says on which host this runs", "add `on:` or a parameter of type host"
            )


def _action(document: Document, action: Action, source: Node, path: Path) -> Iterator[Fault]:
    here = source.at(path)
    if action.tier is Tier.REVERSIBLE and action.undo is None:
        yield here.fault(
            "a reversible action needs `undo`",
            "write steps, or {not-needed: why nothing must be undone}",
        )
    if isinstance(action.undo, tuple) and not any(_changes(step) for step in action.undo):
        yield source.at((*path, "undo")).fault(
            "the undo changes nothing", "add a `run:` step, or write {not-needed: why}"
        )
    if isinstance(action.undo, NoUndo) and action.tier is Tier.IRREVERSIBLE:
        yield source.at((*path, "undo")).fault(
            "`not-needed` on an irreversible action contradicts itself",
            "take `undo` out, or make the action reversible",
        )
    if action.tier is Tier.IRREVERSIBLE and not action.checkpoint:
        yield here.fault(
            "an irreversible action needs a `checkpoint`",
            "add `checkpoint:` with a command that saves what would be lost",
        )
    if not any(_changes(step) for step in action.steps):
        yield source.at((*path, "steps")).fault(
            "no step changes anything", "write the command that does as `run:`"
        )
    yield from _looks(action.steps, source, (*path, "steps"))
    for number, check in enumerate(action.verify):
        place = (*path, "verify", number)
        spans = [span for span in (check.within, check.sustained) if span is not None]
        if any(polls(span, check.every) > MOST_LOOKS for span in spans):
            yield source.at(place).fault(
                f"the check would look more than {MOST_LOOKS} times", "raise `every`"
            )
        if isinstance(check, CommandCheck) and check.again is not None:
            yield from _again(document, check.again, source, (*place, "again"))


def _again(document: Document, name: str, source: Node, path: Path) -> Iterator[Fault]:
    if name not in document.triage:
        yield source.at(path).fault(
            f"there is no triage command {name!r}",
            nearest(name, document.triage) or f"there are {listed(document.triage)}",
        )


def _looks(steps: "tuple[AnyStep, ...]", source: Node, path: Path) -> Iterator[Fault]:
    for number, step in enumerate(steps):
        if isinstance(step, LoopStep):
            yield from _looks(step.steps, source, (*path, number, "steps"))
        elif isinstance(step, WaitForStep) and polls(step.at_most, step.every) > MOST_LOOKS:
            yield source.at((*path, number)).fault(
                f"it would look more than {MOST_LOOKS} times", "raise `every`"
            )


def _changes(step: AnyStep) -> bool:
    if isinstance(step, LoopStep):
        return any(isinstance(inner, RunStep) for inner in step.steps)
    return isinstance(step, RunStep)
