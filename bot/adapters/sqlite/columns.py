"""Read-model rows as SQL values and back, from the row class alone."""

from collections.abc import Sequence
from dataclasses import dataclass, fields
from datetime import UTC, datetime, timedelta
from types import NoneType
from typing import TypeVar, get_args, get_type_hints

from bot.records.rows import Row, Scalar

SqlValue = str | int | bytes | None

_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
_MICROSECOND = timedelta(microseconds=1)

R = TypeVar("R", bound=Row)


@dataclass(frozen=True, slots=True, kw_only=True)
class Column:
    """One column of a read model; `type` is str, int, bool or datetime."""

    name: str
    type: type
    nullable: bool


_known: dict[type[Row], tuple[Column, ...]] = {}
"""What was worked out before; a class never changes."""


def columns_of(kind: type[Row]) -> tuple[Column, ...]:
    """Return the columns of a row class in the order of its fields; TypeError on other types."""
    if kind not in _known:
        hints = get_type_hints(kind)
        _known[kind] = tuple(_column(field.name, hints[field.name]) for field in fields(kind))
    return _known[kind]


def encoded_row(row: Row) -> list[SqlValue]:
    """Return a row's values in the order of its columns."""
    return [encoded(getattr(row, column.name)) for column in columns_of(type(row))]


def decoded_row(kind: type[R], values: Sequence[SqlValue]) -> R:
    """Return the row that `encoded_row` wrote."""
    columns = columns_of(kind)
    return kind(
        **{
            column.name: decoded(column.type, value)
            for column, value in zip(columns, values, strict=True)
        }
    )


def encoded(value: Scalar) -> SqlValue:
    """Return a value as SQL stores it: moments as microseconds since 1970, truth as 0 and 1."""
    if isinstance(value, datetime):
        return microseconds(value)
    if isinstance(value, bool):
        return int(value)
    return value


def decoded(type_: type, value: SqlValue) -> Scalar:
    """Return the value that `encoded` wrote from a `type_`."""
    if value is None:
        return None
    if type_ is datetime and isinstance(value, int):
        return moment(value)
    if type_ is bool:
        return bool(value)
    if isinstance(value, bytes):
        raise TypeError("no read model has a column of bytes")
    return value


def microseconds(at: datetime) -> int:
    """Return an aware moment as whole microseconds since 1970, exactly; TypeError on a naive."""
    return (at - _EPOCH) // _MICROSECOND


def moment(value: int) -> datetime:
    """Return the moment that `microseconds` was given, in UTC."""
    return _EPOCH + timedelta(microseconds=value)


def _column(name: str, hint: object) -> Column:
    options = [option for option in get_args(hint) if option is not NoneType] or [hint]
    only = options[0]
    if len(options) != 1 or only not in (str, int, bool, datetime) or not isinstance(only, type):
        raise TypeError(f"a read model cannot hold a column {name!r} of {hint}")
    return Column(name=name, type=only, nullable=NoneType in get_args(hint))
