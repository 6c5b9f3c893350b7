"""Hypothesis strategies for frozen values, built from their annotations alone."""

import types
from collections.abc import Hashable, Mapping
from dataclasses import fields
from datetime import UTC, datetime, timedelta
from enum import Enum
from functools import cache
from typing import TYPE_CHECKING, Union, cast, get_args, get_origin, get_type_hints

from hypothesis import strategies as st

from bot.values import Untrusted

if TYPE_CHECKING:
    from _typeshed import DataclassInstance

NONE: object = type(None)
TEXTS = st.text(max_size=12) | st.sampled_from(["$long", "$blob", "type", "\ud800", "x" * 1200])


@cache
def values_of(kind: Hashable) -> "st.SearchStrategy[object]":  # noqa: C901, PLR0911 - one line per shape
    """Return a strategy for values of an annotated type."""
    supertype = getattr(kind, "__supertype__", None)
    if supertype is not None:
        return values_of(supertype)
    if kind is str:
        return TEXTS
    if kind is Untrusted:
        return st.builds(Untrusted, TEXTS)
    if kind is bool:
        return st.booleans()
    if kind is int:
        return st.integers(-(2**53), 2**53)
    if kind is float:
        return st.floats(allow_nan=False, allow_infinity=False)
    if kind == NONE:
        return st.none()
    if kind is datetime:
        return st.datetimes(timezones=st.just(UTC))
    if kind is timedelta:
        return st.timedeltas(timedelta(0), timedelta(days=3650))
    origin = get_origin(kind)
    if origin in {Union, types.UnionType}:
        return st.one_of([values_of(member) for member in get_args(kind)])
    if origin is tuple:
        return _tuples(get_args(kind))
    if origin is not None and issubclass(origin, Mapping):
        key, value = get_args(kind)
        return st.dictionaries(values_of(key), values_of(value), max_size=3)
    return _instances(cast("type[DataclassInstance]", kind))


def _tuples(args: tuple[Hashable, ...]) -> "st.SearchStrategy[object]":
    if len(args) == 2 and args[1] is Ellipsis:
        return st.lists(values_of(args[0]), max_size=2).map(tuple)
    return st.tuples(*(values_of(arg) for arg in args))


def _instances(kind: type[Enum] | type["DataclassInstance"]) -> "st.SearchStrategy[object]":
    if issubclass(kind, Enum):
        return st.sampled_from(list[object](kind))
    hints = get_type_hints(kind)
    return st.builds(kind, **{f.name: values_of(hints[f.name]) for f in fields(kind)})
