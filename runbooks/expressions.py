"""Expressions of runbooks: Jinja2's expression syntax, cut down to what can neither loop nor call.

Jinja2 parses; the evaluation is ours. No Python object is ever reached through an attribute, so
there is no sandbox to escape from: a name is a fact, a parameter or a variable, an attribute is a
key of the inventory or of JSON output, and everything else is refused when the document is read.
"""

import math
import re
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Final, TypeAlias

from jinja2 import Environment, TemplateSyntaxError, nodes

from bot.errors import MisfitError
from runbooks.inventory import HostEntry, ServiceEntry
from runbooks.patterns import compile_pattern
from runbooks.steps import FactValue, Unknown

LONGEST: Final = 500
"""Characters that an expression may have (spec: runbooks R1)."""

LONGEST_TEXT: Final = 64 * 1024
"""Characters that a text may grow to while it is put together."""

Value: TypeAlias = (
    "bool | int | float | str | HostEntry | ServiceEntry"
    " | tuple[Value, ...] | Mapping[str, Value] | None"
)
Finding: TypeAlias = "Value | Unknown"
Scope: TypeAlias = Mapping[str, Finding]
Evaluate: TypeAlias = Callable[[Scope], Value]


class CannotEvaluateError(Exception):
    """The expression has no answer for these values: the walk stops, it neither holds nor fails."""


class UnknownUsedError(CannotEvaluateError):
    """The expression used a fact that nobody knows."""

    def __init__(self, name: str, unknown: Unknown) -> None:
        super().__init__(f"{name} is unknown: {unknown.reason}")
        self.name = name
        self.unknown = unknown


@dataclass(frozen=True, slots=True)
class Expression:
    """A compiled expression; two are equal where their texts are.

    `names` are the facts, parameters and variables that it uses, `asked` those that it asks about
    with `x is known`, `attributes` the (name, attribute) pairs that it reads.
    """

    text: str
    names: frozenset[str] = field(compare=False)
    asked: frozenset[str] = field(compare=False)
    attributes: frozenset[tuple[str, str]] = field(compare=False)
    _run: Evaluate = field(compare=False, repr=False)

    def evaluate(self, scope: Scope) -> Value:
        """Return the value; raises CannotEvaluateError, and UnknownUsedError for unknown facts.

        A fact that the expression uses without asking `is known` must be known even where the
        walk through the expression would not have come by: `a or b` needs both.
        """
        for name in sorted(self.names - self.asked):
            found = scope.get(name)
            if isinstance(found, Unknown):
                raise UnknownUsedError(name, found)
        return self._run(scope)

    def holds(self, scope: Scope) -> bool:
        """Return the yes or no; a value that is neither raises CannotEvaluateError."""
        value = self.evaluate(scope)
        if not isinstance(value, bool):
            raise CannotEvaluateError(f"`{self.text}` gives {kind_of(value)}, not yes or no")
        return value


def compile_expression(text: str) -> Expression:
    """Return the compiled expression; raises MisfitError with the reason for the author."""
    if "}}" in text or "{%" in text or "{#" in text:
        raise MisfitError("an expression has no braces", "write things > 5 without {{ }}")
    if not text.strip():
        raise MisfitError("the expression is empty", "write what must hold, as things > 5")
    if len(text) > LONGEST:
        raise _too_long(text, LONGEST)
    return compile_node(parsed("{{ " + text + " }}", 2 * LONGEST)[0], text.strip())


def parsed(text: str, longest: int) -> list[nodes.Expr]:
    """Return the nodes of a text with placeholders; raises MisfitError. TemplateData is text."""
    if len(text) > longest:
        raise _too_long(text, longest)
    try:
        body = _JINJA.parse(_KEBAB.sub(r".health_url", text)).body
    except TemplateSyntaxError as error:
        raise MisfitError(f"this does not parse: {error.message}", _FORM) from error
    except RecursionError as error:
        raise MisfitError("nested too deeply", _SPLIT) from error
    found: list[nodes.Expr] = []
    for node in body:
        if not isinstance(node, nodes.Output):
            raise MisfitError("no {% statements %} are read here", "write {{ expressions }} only")
        found.extend(node.nodes)
    return found


def compile_node(node: nodes.Expr, text: str) -> Expression:
    """Return one parsed node as an expression; raises MisfitError for what is not allowed."""
    compiler = _Compiler()
    try:
        run = compiler.compile(node)
    except RecursionError as error:
        raise MisfitError("nested too deeply", _SPLIT) from error
    return Expression(
        text=text,
        names=frozenset(compiler.names),
        asked=frozenset(compiler.asked),
        attributes=frozenset(compiler.attributes),
        _run=run,
    )


def kind_of(value: Value) -> str:
    """Name the kind of a value for a message."""
    match value:
        case None:
            return "nothing"
        case bool():
            return "yes or no"
        case int() | float():
            return "a number"
        case str() | HostEntry() | ServiceEntry():
            return "text"
        case tuple():
            return "a list"
        case _:
            return "an object"


def plain(value: Value) -> Value:
    """Return an inventory entry as its name, everything else as it is."""
    return value.name if isinstance(value, HostEntry | ServiceEntry) else value


def as_fact(value: Value) -> FactValue:
    """Return the value as something that can be recorded; an object becomes its keys."""
    value = plain(value)
    if isinstance(value, tuple):
        return tuple(as_fact(item) for item in value)
    if isinstance(value, Mapping):
        return tuple(sorted(value))
    if isinstance(value, HostEntry | ServiceEntry):  # plain() left none; tells the type checker
        return value.name
    return value


def as_text(value: Value) -> str:
    """Write a value for people: 85 not 85.0, `yes`/`no`, lists with commas."""
    match plain(value):
        case bool() as answer:
            return "yes" if answer else "no"
        case float() as number:
            return f"{number:.10g}"
        case None:
            return "nothing"
        case tuple() as items:
            return ", ".join(as_text(item) for item in items)
        case str() as text:
            return text
        case int() as count:
            return str(count)
        case other:
            return f"an object of {len(other) if isinstance(other, Mapping) else 1}"


_FORM: Final = "write it as Jinja2 does: free < 10 and service in ('web', 'db')"
_SPLIT: Final = "say it in several rules, or let a fact compute a part"
_JINJA: Final = Environment(autoescape=False, keep_trailing_newline=True)  # noqa: S701 - it only parses; nothing is rendered by Jinja2
# The one attribute of the inventory whose name holds a hyphen, which Jinja2 would read as minus.
_KEBAB: Final = re.compile(r"\.health-url\b")


class _Compiler:
    """Turns allowed nodes into closures and remembers the names that they use."""

    def __init__(self) -> None:
        self.names: set[str] = set()
        self.asked: set[str] = set()
        self.attributes: set[tuple[str, str]] = set()

    def compile(self, node: nodes.Node) -> Evaluate:
        """Return a closure for one node and everything below it."""
        match node:
            case nodes.Const(value=value):
                return _constant(value)
            case nodes.Name(name=name):
                self.names.add(name)
                return _lookup(name)
            case nodes.Getattr() | nodes.Getitem():
                return self._part(node)
            case nodes.List(items=items) | nodes.Tuple(items=items):
                return _sequence([self.compile(item) for item in items])
            case nodes.Test():
                return self._test(node)
            case nodes.Filter():
                return self._filter(node)
            case nodes.Compare(expr=first, ops=ops):
                pairs = [(str(op.op), self.compile(op.expr)) for op in ops]
                return _comparison(self.compile(first), pairs)
            case _:
                return self._operator(node)

    def _operator(self, node: nodes.Node) -> Evaluate:
        match node:
            case nodes.And(left=left, right=right):
                return _both(self.compile(left), self.compile(right))
            case nodes.Or(left=left, right=right):
                return _either(self.compile(left), self.compile(right))
            case nodes.Not(node=below):
                return _negation(self.compile(below))
            case nodes.CondExpr(test=test, expr1=yes, expr2=no) if no is not None:
                return _condition(self.compile(test), self.compile(yes), self.compile(no))
            case nodes.Concat(nodes=parts):
                return _concatenation([self.compile(part) for part in parts])
            case nodes.Neg(node=below):
                return _arithmetic("-", _constant(0), self.compile(below))
            case nodes.Pos(node=below):
                return _arithmetic("+", _constant(0), self.compile(below))
            case nodes.BinExpr(left=left, right=right, operator=str(sign)) if sign in _ARITHMETIC:
                return _arithmetic(sign, self.compile(left), self.compile(right))
            case _:
                raise MisfitError(*_refusal(node))

    def _part(self, node: nodes.Getattr | nodes.Getitem) -> Evaluate:
        step = node.attr if isinstance(node, nodes.Getattr) else _constant_of(node.arg)
        if not isinstance(step, str | int) or isinstance(step, bool):
            raise MisfitError("an index must be a constant", "write list[0] or object['key']")
        name = "health-url" if step == "health_url" else step
        if isinstance(node.node, nodes.Name) and isinstance(name, str):
            self.attributes.add((node.node.name, name))
        return _member(self.compile(node.node), name)

    def _test(self, node: nodes.Test) -> Evaluate:
        match node.name, node.args:
            case ("known" | "unknown") as test, []:
                if not isinstance(node.node, nodes.Name):
                    raise MisfitError("`is known` asks about one name", "write x is known")
                self.names.add(node.node.name)
                self.asked.add(node.node.name)
                return _knowledge(node.node.name, wanted=test == "known")
            case ("search" | "match") as test, [nodes.Const(value=str(text))]:
                pattern = compile_pattern(text)
                found = pattern.whole if test == "match" else _finds(pattern.first)
                return _matching(self.compile(node.node), found)
            case "none", []:
                return _nothing(self.compile(node.node))
        raise MisfitError(
            f"the test `is {node.name}` is not allowed",
            "use known, unknown, none, search('pattern') or match('pattern')",
        )

    def _filter(self, node: nodes.Filter) -> Evaluate:
        action = _FILTERS.get(node.name)
        if action is None or node.node is None:
            raise MisfitError(
                f"the filter `{node.name}` is not allowed", f"use {', '.join(sorted(_FILTERS))}"
            )
        arguments = [_constant_of(argument) for argument in node.args]
        if node.kwargs or len(arguments) > 1 or node.dyn_args or node.dyn_kwargs:
            raise MisfitError(
                f"the filter `{node.name}` takes at most one plain argument",
                f"write x | {node.name}, or x | {node.name}(1)",
            )
        return _filtered(self.compile(node.node), node.name, action, arguments)


def _refusal(node: nodes.Node) -> tuple[str, str]:
    named: Mapping[type[nodes.Node], tuple[str, str]] = {
        nodes.Call: ("calls are not allowed", "use a filter, as in things | length"),
        nodes.Pow: ("powers are not allowed", "multiply: x * x"),
        nodes.Dict: ("objects cannot be written in an expression", "compare one value at a time"),
        nodes.CondExpr: ("`a if b` needs its `else`", "write a if b else c"),
    }
    strange = f"{type(node).__name__} is not allowed in an expression"
    return named.get(type(node), (strange, _FORM))


def _too_long(text: str, longest: int) -> MisfitError:
    return MisfitError(f"{len(text)} characters: at most {longest} are compiled", _SPLIT)


def _constant_of(node: nodes.Node) -> str | int | float | bool | None:
    if isinstance(node, nodes.Neg) and isinstance(node.node, nodes.Const):
        value = node.node.value
        return -value if isinstance(value, int | float) else None
    if not isinstance(node, nodes.Const):
        raise MisfitError("only a constant is allowed here", "write a number or a quoted text")
    value = node.value
    return value if isinstance(value, str | int | float | bool) else None


def _constant(value: object) -> Evaluate:
    if value is not None and not isinstance(value, bool | int | float | str):
        raise MisfitError(
            "this is no constant of an expression",
            "write a number, a quoted text, true, false or none",
        )
    if isinstance(value, float) and not math.isfinite(value):
        raise MisfitError("the number is too large", "write at most 1e308")
    constant: Value = value
    return lambda _: constant


def _lookup(name: str) -> Evaluate:
    def run(scope: Scope) -> Value:
        if name not in scope:
            raise CannotEvaluateError(f"there is nothing named {name!r} here")
        found = scope[name]
        if isinstance(found, Unknown):
            raise UnknownUsedError(name, found)
        return found

    return run


def _sequence(items: Sequence[Evaluate]) -> Evaluate:
    return lambda scope: tuple(item(scope) for item in items)


def _member(owner: Evaluate, step: str | int) -> Evaluate:
    def run(scope: Scope) -> Value:
        value = owner(scope)
        match value, step:
            case ServiceEntry() | HostEntry(), str():
                return _entry_member(value, step)
            case tuple(), int() if -len(value) <= step < len(value):
                return value[step]
            case Mapping(), str() if step in value:
                return value[step]
        raise CannotEvaluateError(f"{kind_of(value)} has no {step!r}")

    return run


def _entry_member(entry: HostEntry | ServiceEntry, step: str) -> Value:
    if isinstance(entry, HostEntry):
        members: dict[str, Value] = {
            "name": entry.name,
            "service": entry.service,
            "groups": entry.groups,
        }
    else:
        members = {
            "name": entry.name,
            "owner": entry.owner,
            "health-url": entry.health_url,
            "processes": entry.processes,
        }
    found = members.get(step)
    if found is None or found == "":
        raise CannotEvaluateError(f"the inventory entry {entry.name!r} has no {step}")
    return found


ENTRY_MEMBERS: Final[Mapping[str, frozenset[str]]] = {
    "host": frozenset({"name", "service", "groups"}),
    "service": frozenset({"name", "owner", "health-url", "processes"}),
}
"""What an expression may read of a parameter, by its type."""


def _knowledge(name: str, *, wanted: bool) -> Evaluate:
    return lambda scope: isinstance(scope.get(name), Unknown) is not wanted


def _nothing(subject: Evaluate) -> Evaluate:
    return lambda scope: subject(scope) is None


def _finds(first: Callable[[str], str | None]) -> Callable[[str], bool]:
    return lambda text: first(text) is not None


def _matching(subject: Evaluate, found: Callable[[str], bool]) -> Evaluate:
    return lambda scope: found(_text(subject(scope)))


def _both(left: Evaluate, right: Evaluate) -> Evaluate:
    return lambda scope: _truth(left(scope)) and _truth(right(scope))


def _either(left: Evaluate, right: Evaluate) -> Evaluate:
    return lambda scope: _truth(left(scope)) or _truth(right(scope))


def _negation(below: Evaluate) -> Evaluate:
    return lambda scope: not _truth(below(scope))


def _condition(test: Evaluate, yes: Evaluate, no: Evaluate) -> Evaluate:
    return lambda scope: yes(scope) if _truth(test(scope)) else no(scope)


def _concatenation(parts: Sequence[Evaluate]) -> Evaluate:
    def run(scope: Scope) -> Value:
        text = "".join(as_text(part(scope)) for part in parts)
        if len(text) > LONGEST_TEXT:
            raise CannotEvaluateError(f"the text grows over {LONGEST_TEXT} characters")
        return text

    return run


def _arithmetic(sign: str, left: Evaluate, right: Evaluate) -> Evaluate:
    operation = _ARITHMETIC[sign]

    def run(scope: Scope) -> Value:
        try:
            result = operation(_number(left(scope)), _number(right(scope)))
        except (ZeroDivisionError, OverflowError) as error:
            raise CannotEvaluateError(f"the calculation fails: {error}") from error
        return _finite(result)

    return run


def _comparison(first: Evaluate, pairs: Sequence[tuple[str, Evaluate]]) -> Evaluate:
    if len(pairs) == 1:
        (sign, second) = pairs[0]
        compare = _COMPARISONS[sign]
        return lambda scope: compare(plain(first(scope)), plain(second(scope)))

    def run(scope: Scope) -> Value:
        left = plain(first(scope))
        for sign, operand in pairs:
            right = plain(operand(scope))
            if not _COMPARISONS[sign](left, right):
                return False
            left = right
        return True

    return run


def _filtered(
    subject: Evaluate,
    name: str,
    action: Callable[..., Value],
    arguments: Sequence[str | float | bool | None],
) -> Evaluate:
    def run(scope: Scope) -> Value:
        value = plain(subject(scope))
        try:
            return action(value, *arguments)
        except (TypeError, ValueError, OverflowError, IndexError) as error:
            raise CannotEvaluateError(
                f"the filter `{name}` cannot take {kind_of(value)}: {error}"
            ) from error

    return run


def _truth(value: Value) -> bool:
    if not isinstance(value, bool):
        raise CannotEvaluateError(f"{kind_of(value)} is neither yes nor no: compare it")
    return value


def _number(value: Value) -> int | float:
    if isinstance(value, bool) or not isinstance(value, int | float):
        raise CannotEvaluateError(f"cannot calculate with {kind_of(value)} ({as_text(value)[:60]})")
    return value


def _finite(value: float) -> int | float:
    if not math.isfinite(value) or abs(value) > 1e300:  # noqa: PLR2004 - far beyond any metric, far below where int and float part
        raise CannotEvaluateError("the number is too large")
    return value


def _text(value: Value) -> str:
    value = plain(value)
    if not isinstance(value, str):
        raise CannotEvaluateError(f"expected text, got {kind_of(value)}")
    return value


def _items(value: Value) -> tuple[Value, ...]:
    if not isinstance(value, tuple):
        raise CannotEvaluateError(f"expected a list, got {kind_of(value)}")
    return value


def _numbers(value: Value) -> list[int | float]:
    return [_number(item) for item in _items(value)]


def _equal(left: Value, right: Value) -> bool:
    if left is not None and right is not None and kind_of(left) != kind_of(right):
        raise CannotEvaluateError(f"cannot compare {kind_of(left)} with {kind_of(right)}")
    return left == right


def _contains(item: Value, container: Value) -> bool:
    if isinstance(container, tuple):
        return any(kind_of(item) == kind_of(other) and item == plain(other) for other in container)
    return _text(item) in _text(container)


def _length(value: Value) -> Value:
    if isinstance(value, str | tuple | Mapping):
        return len(value)
    raise CannotEvaluateError(f"{kind_of(value)} has no length")


def _whole(value: Value) -> Value:
    number = float(value) if isinstance(value, str) else _number(value)
    return int(_finite(number))


def _decimal(value: Value) -> Value:
    return _finite(float(value) if isinstance(value, str) else float(_number(value)))


def _rounded(value: Value, places: int = 0) -> Value:
    return round(_number(value), places) if places else round(_number(value))


def _ordered(value: Value) -> Value:
    items = _items(value)
    if all(isinstance(item, str) for item in items):
        return tuple(sorted(_text(item) for item in items))
    return tuple(sorted(_numbers(value)))


def _joined(value: Value, glue: str = ", ") -> Value:
    return str(glue).join(as_text(item) for item in _items(value))


_ARITHMETIC: Final[Mapping[str, Callable[[float, float], int | float]]] = {
    "+": lambda left, right: left + right,
    "-": lambda left, right: left - right,
    "*": lambda left, right: left * right,
    "/": lambda left, right: left / right,
    "//": lambda left, right: left // right,
    "%": lambda left, right: left % right,
}

_COMPARISONS: Final[Mapping[str, Callable[[Value, Value], bool]]] = {
    "eq": _equal,
    "ne": lambda left, right: not _equal(left, right),
    "gt": lambda left, right: _number(left) > _number(right),
    "gteq": lambda left, right: _number(left) >= _number(right),
    "lt": lambda left, right: _number(left) < _number(right),
    "lteq": lambda left, right: _number(left) <= _number(right),
    "in": _contains,
    "notin": lambda left, right: not _contains(left, right),
}

_FILTERS: Final[Mapping[str, Callable[..., Value]]] = {
    "abs": lambda value: abs(_number(value)),
    "count": _length,
    "first": lambda value: _items(value)[0],
    "float": _decimal,
    "int": _whole,
    "join": _joined,
    "last": lambda value: _items(value)[-1],
    "length": _length,
    "lower": lambda value: _text(value).lower(),
    "max": lambda value: max(_numbers(value)),
    "min": lambda value: min(_numbers(value)),
    "round": _rounded,
    "sort": _ordered,
    "sum": lambda value: _finite(sum(_numbers(value))),
    "trim": lambda value: _text(value).strip(),
    "unique": lambda value: tuple(dict.fromkeys(_items(value))),
    "upper": lambda value: _text(value).upper(),
}
