"""Parameters of a run: from what was typed, from the alert's labels, from defaults; then frozen."""

import re
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from datetime import timedelta
from enum import StrEnum
from typing import Final, Self, TypeAlias, assert_never

from bot.errors import MisfitError, UserMistake
from bot.values import Json
from bot.yamltext import nearest
from runbooks.inventory import Inventory
from runbooks.loader import Runbook
from runbooks.model import (
    DurationParameter,
    EnumParameter,
    HostParameter,
    IntegerParameter,
    PercentParameter,
    ServiceParameter,
    TextParameter,
)
from runbooks.quantities import parse_duration, parse_number, show_duration

LONGEST: Final = 256
"""Characters that a parameter may have."""

BoundValue: TypeAlias = int | float | str
AnyParameter: TypeAlias = (
    HostParameter
    | ServiceParameter
    | IntegerParameter
    | PercentParameter
    | DurationParameter
    | EnumParameter
    | TextParameter
)


class Source(StrEnum):
    """Where a value came from."""

    ARGUMENT = "argument"
    ALERT = "alert"
    DEFAULT = "default"


@dataclass(frozen=True, slots=True, kw_only=True)
class Bindings:
    """The values of one run: host and service by name, durations in seconds.

    `sources` says for each name where its value came from.
    """

    values: Mapping[str, BoundValue]
    sources: Mapping[str, Source]

    def to_json(self) -> Json:
        """Return what `from_json` reads; equal bindings give equal canonical JSON."""
        return {
            "values": dict(self.values),
            "sources": {name: source.value for name, source in self.sources.items()},
        }

    @classmethod
    def from_json(cls, value: Json) -> Self:
        """Read what `to_json` wrote; raises ValueError for anything else."""
        if not isinstance(value, Mapping):
            raise ValueError("bindings are an object")  # noqa: TRY004 - one error for every wrong form
        values, sources = value.get("values"), value.get("sources")
        if not isinstance(values, Mapping) or not isinstance(sources, Mapping):
            raise ValueError("bindings have values and sources")  # noqa: TRY004 - as above
        return cls(
            values={name: _bound(item) for name, item in values.items()},
            sources={name: Source(str(item)) for name, item in sources.items()},
        )


class BadParametersError(UserMistake):
    """Parameters that cannot be used; `faults` says by name why."""

    def __init__(self, faults: Mapping[str, str], usage: str) -> None:
        super().__init__("; ".join(f"{name}: {why}" for name, why in faults.items()), usage=usage)
        self.faults = dict(faults)


def bind(
    runbook: Runbook,
    arguments: Mapping[str, str],
    alert_labels: Mapping[str, str],
    inventory: Inventory,
) -> Bindings:
    """Choose and check a value for every parameter.

    What was typed wins over the alert's label, which wins over the default. Raises
    BadParametersError naming every bad parameter with its reason; nothing that is refused
    reaches a command.
    """
    parameters = runbook.document.parameters
    faults = {
        name: f"no such parameter{_hinted(name, parameters)}"
        for name in arguments
        if name not in parameters
    }
    values: dict[str, BoundValue] = {}
    sources: dict[str, Source] = {}
    for name, parameter in parameters.items():
        try:
            values[name], sources[name] = _chosen(
                parameter, arguments.get(name), alert_labels.get(parameter.label), inventory
            )
        except ValueError as error:
            faults[name] = _in_words(error)
    if faults:
        raise BadParametersError(faults, usage(runbook))
    return Bindings(values=values, sources=sources)


def written(value: float | str | timedelta) -> str:
    """Write a value as a person would type it."""
    match value:
        case timedelta():
            return show_duration(value)
        case float():
            return f"{value:g}"
        case _:
            return str(value)


def usage(runbook: Runbook) -> str:
    """Return `run disk-full host=<host> [mount=/scratch]`; what is in brackets may be left out."""
    words = [
        f"[{name}={written(parameter.default)}]"
        if parameter.default is not None
        else f"{name}=<{parameter.type}>"
        for name, parameter in runbook.document.parameters.items()
    ]
    return " ".join(["run", runbook.name, *words])


def _chosen(
    parameter: AnyParameter, argument: str | None, label: str | None, inventory: Inventory
) -> tuple[BoundValue, Source]:
    if argument is not None:
        return _checked(parameter, argument, inventory), Source.ARGUMENT
    if parameter.label and label is not None:
        if isinstance(parameter, HostParameter):
            # Prometheus appends the port of its exporter; it says nothing about the host.
            label = re.sub(r":[0-9]{1,5}\Z", "", label)
        try:
            return _checked(parameter, label, inventory), Source.ALERT
        except ValueError as error:
            why = _in_words(error)
            raise ValueError(f"the alert's label {parameter.label}: {why}") from error
    if parameter.default is not None:
        return _checked(parameter, written(parameter.default), inventory), Source.DEFAULT
    came_from = f" and the alert has no label {parameter.label}" if parameter.label else ""
    raise ValueError(f"is missing{came_from}")


def _checked(parameter: AnyParameter, text: str, inventory: Inventory) -> BoundValue:
    _refuse_hostile(text)
    match parameter:
        case HostParameter():
            return _named(text, inventory.hosts, "host")
        case ServiceParameter():
            return _named(text, inventory.services, "service")
        case IntegerParameter():
            return _ranged(_integer(text), parameter.min, parameter.max, str)
        case PercentParameter():
            return _ranged(parse_number(text.removesuffix("%")), 0, 100, str)
        case DurationParameter():
            return _seconds(parse_duration(text), parameter)
        case EnumParameter():
            if text not in parameter.values:
                raise ValueError(f"{text!r} is not one of {', '.join(parameter.values)}")
            return text
        case TextParameter():
            if not parameter.pattern.whole(text):
                raise ValueError(f"{text!r} does not match {parameter.pattern.text}")
            return text
        case _:
            assert_never(parameter)


def _refuse_hostile(text: str) -> None:
    """Refuse what could read as something else to a shell, a program or a person."""
    if not text:
        raise ValueError("is empty")
    if len(text) > LONGEST:
        raise ValueError(f"has {len(text)} characters, at most {LONGEST} are taken")
    if not text.isascii():
        raise ValueError(f"{text!a} holds characters that are not ASCII")
    if not text.isprintable():
        raise ValueError(f"{text!a} holds a line break or a control character")
    if text != text.strip():
        raise ValueError(f"{text!r} starts or ends with a space")
    if text.startswith("-"):
        raise ValueError(f"{text!r} starts with a hyphen: it could be taken for an option")


def _named(text: str, entries: Mapping[str, object], kind: str) -> str:
    if text not in entries:
        raise ValueError(f"{text!r} is no {kind} of the inventory{_hinted(text, entries)}")
    return text


def _in_words(error: ValueError) -> str:
    return f"{error}: {error.hint}" if isinstance(error, MisfitError) else str(error)


def _hinted(word: str, known: Iterable[str]) -> str:
    hint = nearest(word, known)
    return f" ({hint})" if hint else ""


def _integer(text: str) -> int:
    number = parse_number(text)
    if not isinstance(number, int):
        raise ValueError(f"{text!r} is not a whole number")  # noqa: TRY004 - the text is wrong
    return number


def _ranged(number: float, low: float, high: float, show: Callable[[float], str]) -> int | float:
    if not low <= number <= high:
        raise ValueError(f"{show(number)} is not between {show(low)} and {show(high)}")
    return number


def _seconds(span: timedelta, parameter: DurationParameter) -> int | float:
    def show(seconds: float) -> str:
        return show_duration(timedelta(seconds=seconds))

    low, high = parameter.min.total_seconds(), parameter.max.total_seconds()
    seconds = _ranged(span.total_seconds(), low, high, show)
    return int(seconds) if seconds == int(seconds) else seconds


def _bound(value: Json) -> BoundValue:
    if isinstance(value, bool) or not isinstance(value, int | float | str):
        raise ValueError("a bound value is a number or text")  # noqa: TRY004 - as above
    return value
