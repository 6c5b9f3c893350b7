"""Frozen values <-> canonical JSON, by their annotations; one shape per class, checked both ways.

A closed union is written with the class's name beside it. Reading is strict: an unknown type, a
missing or unexpected field is an error, never a guess.
"""

import types
from collections.abc import Callable, Hashable, Mapping
from dataclasses import MISSING, fields, is_dataclass
from datetime import UTC, datetime, timedelta
from enum import Enum
from functools import cache
from typing import TypeVar, Union, cast, get_args, get_origin, get_type_hints

from bot.records.longtext import LONG, LONGEST
from bot.values import Json, Untrusted

T = TypeVar("T")
_Encode = Callable[[object], Json]
_Decode = Callable[[Json], object]
_TYPE = "type"
_OBJECTS = (dict, Mapping)
"""What JSON calls an object; the class that nearly all of them have is asked for first."""


class UnreadableError(ValueError):
    """Stored bytes do not have the shape that this version knows."""


def encode(kind: object, value: object) -> Json:
    """Turn a value of the annotated type `kind` into JSON."""
    return _coder(kind)[0](value)


def decode(kind: type[T], value: Json) -> T:
    """Turn JSON back into a value of the annotated type `kind`."""
    return cast("T", _coder(cast("Hashable", kind))[1](value))


@cache
def _coder(kind: Hashable) -> tuple[_Encode, _Decode]:  # noqa: PLR0911 - one line per shape
    supertype = getattr(kind, "__supertype__", None)
    if supertype is not None:  # a NewType
        return _coder(supertype)
    if kind in {str, int, float, bool, type(None)}:
        return _plain(cast("type", kind))
    if kind is datetime:
        return _encode_datetime, _decode_datetime
    if kind is timedelta:
        return (
            lambda value: cast("timedelta", value).total_seconds(),
            lambda value: timedelta(seconds=_number(value)),
        )
    origin = get_origin(kind)
    if origin in {Union, types.UnionType}:
        return _union(get_args(kind))
    if origin is tuple:
        return _tuple(get_args(kind))
    if origin is not None and issubclass(origin, Mapping):
        return _mapping(get_args(kind))
    if isinstance(kind, type) and issubclass(kind, Enum):
        return lambda value: cast("Json", cast("Enum", value).value), kind
    if isinstance(kind, type) and is_dataclass(kind):
        return _dataclass(kind)
    msg = f"no shape for {kind!r}"
    raise TypeError(msg)


def _plain(kind: type) -> tuple[_Encode, _Decode]:
    def check(value: object) -> object:
        if type(value) is kind:
            return value
        if kind is float and isinstance(value, int) and not isinstance(value, bool):
            return float(value)
        if not isinstance(value, kind) or (kind is int and isinstance(value, bool)):
            msg = f"expected {kind.__name__}, found {type(value).__name__}"
            raise UnreadableError(msg)
        return value

    return cast("_Encode", check), check


def _dataclass(kind: type) -> tuple[_Encode, _Decode]:
    hints = get_type_hints(kind)
    shape = [(f.name, _coder(hints[f.name]), f) for f in fields(kind)]
    if kind is Untrusted:
        return _untrusted_to_json, _untrusted_from_json
    encoders = [(name, encode) for name, (encode, _), _ in shape]
    decoders = [(name, decode) for name, (_, decode), _ in shape]
    known = {name for name, _, _ in shape} | {_TYPE}
    needed = {name for name, _, f in shape if f.default is MISSING and f.default_factory is MISSING}

    def to_json(value: object) -> Json:
        return {name: encode(getattr(value, name)) for name, encode in encoders}

    def from_json(value: Json) -> object:
        if not isinstance(value, _OBJECTS):
            msg = f"expected an object for {kind.__name__}"
            raise UnreadableError(msg)
        given = value.keys()
        if not (given <= known and given >= needed):
            odd = sorted((given - known) | (needed - given))
            msg = f"{kind.__name__} with odd fields: {', '.join(odd)}"
            raise UnreadableError(msg)
        return kind(**{name: decode(value[name]) for name, decode in decoders if name in given})

    return to_json, from_json


def _untrusted_to_json(value: object) -> Json:
    """Write text of others as a bare string; a long one is marked, so that it can be put aside."""
    text = cast("Untrusted", value).text
    return text if len(text) <= LONGEST else {LONG: text}


def _untrusted_from_json(value: Json) -> object:
    if isinstance(value, str):
        return Untrusted(value)
    return Untrusted(_text(value[LONG] if isinstance(value, Mapping) else value))


def _union(members: tuple[Hashable, ...]) -> tuple[_Encode, _Decode]:
    rest = [m for m in members if not _is_none(m)]
    optional = len(rest) < len(members)
    if len(rest) == 1:
        inner = _coder(rest[0])
        return (
            lambda value: None if value is None else inner[0](value),
            lambda value: None if value is None else inner[1](value),
        )
    named = {cast("type", m).__name__: cast("type", m) for m in rest}

    def to_json(value: object) -> Json:
        if value is None and optional:
            return None
        name = type(value).__name__
        if named.get(name) is not type(value):
            msg = f"{name} is not one of {', '.join(sorted(named))}"
            raise TypeError(msg)
        body = cast("Mapping[str, Json]", _coder(cast("Hashable", type(value)))[0](value))
        return {_TYPE: name, **body}

    def from_json(value: Json) -> object:
        if value is None and optional:
            return None
        name = value.get(_TYPE) if isinstance(value, _OBJECTS) else None
        if not isinstance(name, str) or name not in named:
            msg = f"unknown type {name!r}"
            raise UnreadableError(msg)
        return _coder(cast("Hashable", named[name]))[1](value)

    return to_json, from_json


def _is_none(member: object) -> bool:
    return member is type(None)


def _tuple(args: tuple[Hashable, ...]) -> tuple[_Encode, _Decode]:
    if len(args) == 2 and args[1] is Ellipsis:  # noqa: PLR2004 - tuple[X, ...]
        inner = _coder(args[0])
        return (
            lambda value: [inner[0](v) for v in cast("tuple[object, ...]", value)],
            lambda value: tuple(inner[1](v) for v in _list(value)),
        )
    coders = [_coder(a) for a in args]
    return (
        lambda value: [
            c[0](v) for c, v in zip(coders, cast("tuple[object, ...]", value), strict=True)
        ],
        lambda value: tuple(c[1](v) for c, v in zip(coders, _list(value), strict=True)),
    )


def _mapping(args: tuple[Hashable, ...]) -> tuple[_Encode, _Decode]:
    key, inner = _coder(args[0]), _coder(args[1])

    def to_json(value: object) -> Json:
        items = cast("Mapping[object, object]", value).items()
        return {_escaped(str(key[0](k))): inner[0](v) for k, v in items}

    def from_json(value: Json) -> object:
        if not isinstance(value, Mapping):
            msg = "expected an object"
            raise UnreadableError(msg)
        return {key[1](_unescaped(k)): inner[1](v) for k, v in value.items()}

    return to_json, from_json


def _escaped(key: str) -> str:
    """Keep keys of others apart from our own markers, which begin with one dollar sign."""
    return f"${key}" if key.startswith("$") else key


def _unescaped(key: str) -> str:
    return key.removeprefix("$")


def _encode_datetime(value: object) -> Json:
    return cast("datetime", value).astimezone(UTC).isoformat()


def _decode_datetime(value: Json) -> datetime:
    return datetime.fromisoformat(_text(value))


def _text(value: Json) -> str:
    if not isinstance(value, str):
        msg = f"expected text, found {type(value).__name__}"
        raise UnreadableError(msg)
    return value


def _number(value: Json) -> float:
    if not isinstance(value, int | float):
        msg = f"expected a number, found {type(value).__name__}"
        raise UnreadableError(msg)
    return float(value)


def _list(value: Json) -> "list[Json]":
    if not isinstance(value, list):
        msg = f"expected a list, found {type(value).__name__}"
        raise UnreadableError(msg)
    return value
