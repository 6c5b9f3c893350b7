"""Cards as JSON text and back, exactly: how a chat store keeps them.

Self-describing: every value of the model is an object whose `_` names its class, tuples are
lists, and fields at their default are left out, so that a field added later reads as its default.
"""

import json
from collections.abc import Callable, Mapping
from dataclasses import MISSING, fields
from datetime import datetime
from enum import StrEnum
from types import MappingProxyType
from typing import Final, TypeAlias

from bot.errors import Refused
from bot.values import Json, Untrusted
from cards.model import (
    At,
    Button,
    ButtonStyle,
    Card,
    Code,
    CodeBlock,
    FieldKind,
    Fields,
    FormField,
    Inline,
    Link,
    Notice,
    Paragraph,
    Person,
    Section,
    Step,
    Steps,
    StepState,
    Strong,
    Tone,
)

VERSION: Final = 1


def to_json(card: Card) -> str:
    """Encode a card as ASCII JSON text; `from_json` gives an equal card."""
    encoded = {"v": VERSION, "card": _encoded(card)}
    return json.dumps(encoded, separators=(",", ":"), allow_nan=False)


def from_json(text: str) -> Card:
    """Decode what `to_json` wrote; `Refused` where a newer Firewarden wrote it, or nobody did."""
    outer: Json = json.loads(text)
    if not isinstance(outer, Mapping) or outer.get("v") != VERSION:
        msg = "this card was not written by this version of Firewarden"
        raise Refused(msg)
    card = _decoded(outer.get("card"))
    if not isinstance(card, Card):
        msg = "this is not a card"
        raise Refused(msg)
    return card


_Node: TypeAlias = (
    Card
    | Paragraph
    | Fields
    | CodeBlock
    | Section
    | Step
    | Steps
    | Notice
    | Button
    | FormField
    | Strong
    | Code
    | Person
    | At
    | Link
    | Untrusted
)
_Enum: TypeAlias = Tone | StepState | ButtonStyle | FieldKind
_Value: TypeAlias = (
    "_Node | _Enum | Inline | datetime | bool | int | float | str | tuple[_Value, ...] | None"
)

_NODES: Final[tuple[type[_Node], ...]] = (
    Card,
    Paragraph,
    Fields,
    CodeBlock,
    Section,
    Step,
    Steps,
    Notice,
    Button,
    FormField,
    Strong,
    Code,
    Person,
    At,
    Link,
    Untrusted,
)
_ENUMS: Final[tuple[type[_Enum], ...]] = (Tone, StepState, ButtonStyle, FieldKind)
_MAKERS: Final[Mapping[str, Callable[..., _Node]]] = MappingProxyType(
    {node.__name__: node for node in _NODES}
)
_ENUM_MAKERS: Final[Mapping[str, Callable[[str], _Enum]]] = MappingProxyType(
    {enum.__name__: enum for enum in _ENUMS}
)
_MOMENT: Final = "moment"


def _encoded(value: object) -> Json:
    if isinstance(value, StrEnum):
        return {"_": type(value).__name__, "is": value.value}
    if value is None or isinstance(value, bool | int | float | str):
        return value
    if isinstance(value, tuple):
        return [_encoded(item) for item in value]
    if isinstance(value, datetime):
        return {"_": _MOMENT, "is": value.isoformat()}
    if isinstance(value, _NODES):
        return _encoded_node(value)
    msg = f"a card cannot hold a {type(value).__name__}"
    raise TypeError(msg)


def _encoded_node(node: _Node) -> Json:
    told: dict[str, Json] = {"_": type(node).__name__}
    for field in fields(node):
        value: object = getattr(node, field.name)
        if field.default is MISSING or value != field.default:
            told[field.name] = _encoded(value)
    return told


def _decoded(value: Json) -> _Value:
    if value is None or isinstance(value, bool | int | float | str):
        return value
    if not isinstance(value, Mapping):
        return tuple(_decoded(item) for item in value)
    name = str(value.get("_"))
    if name == _MOMENT:
        return datetime.fromisoformat(str(value["is"]))
    if name in _ENUM_MAKERS:
        return _ENUM_MAKERS[name](str(value["is"]))
    if name in _MAKERS:
        return _MAKERS[name](**{key: _decoded(v) for key, v in value.items() if key != "_"})
    msg = f"no part of a card is called {name!r}"
    raise Refused(msg)
