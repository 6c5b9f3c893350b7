"""Command output -> facts; whatever cannot be told for sure is unknown, with the reason."""

import json
from collections.abc import Callable, Mapping, Sequence
from functools import lru_cache
from types import MappingProxyType
from typing import Final, assert_never

from bot.values import Json
from runbooks.expressions import (
    Finding,
    Scope,
    Value,
)
from runbooks.model import (
    ColumnFact,
    CountFact,
    ExitStatusFact,
    JsonFact,
    ListFact,
    RegexFact,
    SumFact,
)
from runbooks.patterns import Pattern
from runbooks.quantities import parse_duration, parse_number, parse_size
from runbooks.steps import CommandOutcome, Unknown

AnyFact = RegexFact | CountFact | SumFact | ListFact | JsonFact | ColumnFact | ExitStatusFact


LONGEST_TEXT: Final = 4000
"""Characters that a fact may have."""

MOST_ITEMS: Final = 500
"""Items that a list may have."""


class NotTold(Exception):
    """The output does not hold the fact; the message is the reason."""


def read_fact(
    source: AnyFact, outcome: CommandOutcome, ok_exit: Sequence[int], scope: Scope, command: str
) -> Finding:
    """Return the value of one fact in one command's output; `command` is named where unknown."""
    try:
        return _told(source, outcome, ok_exit, scope)
    except NotTold as reason:
        return Unknown(reason=str(reason), command=command)


def failure(outcome: CommandOutcome, ok_exit: Sequence[int] = (0,)) -> str:
    """Say why a read-only command failed, "" where it did not."""
    if outcome.timed_out:
        return "the command ran into its deadline"
    if outcome.signal:
        return f"the command was ended by signal {outcome.signal}"
    if outcome.exit_status is None:
        return "the connection was lost"
    if outcome.told_by and outcome.exit_status:
        return f"{outcome.told_by} said that it did not take effect"
    if outcome.exit_status not in ok_exit:
        last = outcome.stderr.strip().splitlines()
        said = f": {last[-1][:200]}" if last else ""
        return f"the command exited with status {outcome.exit_status}{said}"
    return ""


def read_json(text: str) -> Value:
    """Return JSON text as frozen values; raises NotTold."""
    found = _parsed(text)
    if isinstance(found, NotTold):
        raise NotTold(str(found))
    return found


def _told(source: AnyFact, outcome: CommandOutcome, ok_exit: Sequence[int], scope: Scope) -> Value:
    if isinstance(source, ExitStatusFact):
        return _exit_status(outcome)
    fault = failure(outcome, ok_exit)
    if fault:
        raise NotTold(fault)
    if outcome.truncated:
        raise NotTold("the output was cut: it was too long")
    if not outcome.stdout.strip():
        if source.empty_is is None:
            raise NotTold("the command printed nothing")
        return source.empty_is
    return _bounded(_found(source, outcome.stdout, scope))


def _bounded(value: Value) -> Value:
    """Refuse what no packet could show and no approver could read."""
    if isinstance(value, str) and len(value) > LONGEST_TEXT:
        raise NotTold(f"the match is {len(value)} characters long, at most {LONGEST_TEXT} are kept")
    if isinstance(value, tuple):
        if len(value) > MOST_ITEMS:
            raise NotTold(f"there are {len(value)} matches, at most {MOST_ITEMS} are kept")
        for item in value:
            _bounded(item)
    return value


def _exit_status(outcome: CommandOutcome) -> int:
    if outcome.exit_status is None:
        raise NotTold(failure(outcome))
    return outcome.exit_status


def _found(
    source: RegexFact | CountFact | SumFact | ListFact | JsonFact | ColumnFact,
    text: str,
    scope: Scope,
) -> Value:
    match source:
        case RegexFact():
            return _typed(_first(source.regex, text), source.type)
        case CountFact():
            return len(source.count.every(text))
        case SumFact():
            return sum(_numbers(source.sum, text, source.type))
        case ListFact():
            return tuple(_typed(item, source.type) for item in source.list.every(text))
        case JsonFact():
            return _json_fact(source, text)
        case ColumnFact():
            return _column(source, text, scope)
        case _:
            assert_never(source)


def _first(pattern: Pattern, text: str) -> str:
    found = pattern.first(text)
    if found is None:
        raise NotTold(f"the pattern {pattern.text} found nothing")
    return found


def _numbers(pattern: Pattern, text: str, kind: str) -> list[int | float]:
    found = pattern.every(text)
    if not found:
        raise NotTold(f"the pattern {pattern.text} found nothing")
    return [_number_of(_typed(item, kind)) for item in found]


def _number_of(value: Value) -> int | float:
    if isinstance(value, bool) or not isinstance(value, int | float):
        raise NotTold("not a number")
    return value


def _typed(text: str, kind: str) -> Value:
    try:
        return _READERS[kind](text)
    except ValueError as error:
        raise NotTold(str(error)) from error


def _integer(text: str) -> Value:
    number = parse_number(text)
    if not isinstance(number, int):
        raise ValueError(f"{text!r} is not a whole number")  # noqa: TRY004 - the text is wrong
    return number


_READERS: Final[Mapping[str, Callable[[str], Value]]] = {
    "text": str.strip,
    "integer": _integer,
    "number": parse_number,
    "percent": lambda text: parse_number(text.strip().removesuffix("%")),
    "size": parse_size,
    "duration": lambda text: parse_duration(text).total_seconds(),
}


def _json_fact(source: JsonFact, text: str) -> Value:
    value = _followed(read_json(text), _steps(source.json_), source.json_)
    if source.type == "any":
        return value
    if isinstance(value, tuple):
        return tuple(_json_typed(item, source.type) for item in value)
    return _json_typed(value, source.type)


def _json_typed(value: Value, kind: str) -> Value:
    if isinstance(value, str):
        return _typed(value, kind)
    if kind in {"integer", "number", "percent"} and not isinstance(value, bool):
        return _integer(str(value)) if kind == "integer" else _number_of(value)
    raise NotTold(f"the value is not {kind}")


@lru_cache(maxsize=256)
def _steps(path: str) -> tuple[str, ...]:
    """Split `$.items[*].name` into `items`, `[*]`, `name`."""
    words = path.removeprefix("$").replace("[", ".[").split(".")
    return tuple(word for word in words if word)


def _followed(value: Value, steps: Sequence[str], path: str) -> Value:
    for number, step in enumerate(steps):
        if step == "[*]":
            items = value if isinstance(value, tuple) else None
            if items is None:
                raise NotTold(f"{path}: there is no list")
            return tuple(_followed(item, steps[number + 1 :], path) for item in items)
        value = _member(value, step, path)
    return value


def _member(value: Value, step: str, path: str) -> Value:
    if step.startswith("["):
        index = int(step[1:-1])
        if isinstance(value, tuple) and index < len(value):
            return value[index]
    elif isinstance(value, Mapping) and step in value:
        return value[step]
    raise NotTold(f"{path}: there is no {step}")


@lru_cache(maxsize=32)
def _parsed(text: str) -> "Value | NotTold":
    try:
        return _frozen(json.loads(text, parse_constant=_refuse_constant))
    except (ValueError, RecursionError) as error:
        return NotTold(f"the output is not JSON: {error}"[:200])


def _refuse_constant(word: str) -> Json:
    raise ValueError(f"{word} is not JSON")


def _frozen(value: Json) -> Value:
    if isinstance(value, Mapping):
        return MappingProxyType({key: _frozen(item) for key, item in value.items()})
    if isinstance(value, list | tuple):
        return tuple(_frozen(item) for item in value)
    if value is None or isinstance(value, bool | int | float | str):
        return value
    raise ValueError("not JSON")


def _column(source: ColumnFact, text: str, scope: Scope) -> Value:
    lines = [line for line in text.splitlines() if line.strip()][source.skip_lines :]
    header, rows = (lines[0].split() if lines else []), [line.split() for line in lines[1:]]
    wanted = {_index(name, header): cell.render(scope) for name, cell in source.where.items()}
    picked = [row for row in rows if all(_cell(row, n) == cell for n, cell in wanted.items())]
    values = tuple(_typed(_cell(row, _index(source.column, header)), source.type) for row in picked)
    if source.row == "all":
        return values
    if not values:
        raise NotTold("no row of the table fits")
    return values[0 if source.row == "first" else -1]


def _index(name: str | int, header: Sequence[str]) -> int:
    """Return the place of a column, from 0; a number counts from 1, as in awk."""
    if isinstance(name, int):
        return name - 1
    if name not in header:
        raise NotTold(f"the table has no column {name}")
    return header.index(name)


def _cell(row: Sequence[str], index: int) -> str:
    if not 0 <= index < len(row):
        raise NotTold("a row of the table is too short")
    return row[index]
