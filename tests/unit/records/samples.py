"""One plain value of each stored type, made from its annotations; the golden file began with these.

A type that has no line yet: `python -m tests.unit.records.samples` prints the lines to append.
"""

import json
import sys
import types
from collections.abc import Hashable, Iterator, Mapping
from dataclasses import fields, replace
from datetime import UTC, datetime, timedelta
from enum import Enum
from pathlib import Path
from typing import TYPE_CHECKING, Union, cast, get_args, get_origin, get_type_hints

from bot.domain.effects import ClearTimer, Effect
from bot.domain.events import CardAsked, Envelope, Event
from bot.domain.packet import Packet
from bot.records.stored import EFFECT_TYPES, EVENT_TYPES, event_json, unsealed, write_effect
from bot.values import PersonId, StreamRef, Untrusted

if TYPE_CHECKING:
    from _typeshed import DataclassInstance

GOLDEN = Path(__file__).parents[2] / "golden" / "events_v1.jsonl"
STREAM = StreamRef(kind="incident", id="i1")
AT = datetime(2026, 11, 21, 3, 0, tzinfo=UTC)
PLAIN: Mapping[Hashable, object] = {
    str: "text",
    int: 2,
    float: 1.5,
    bool: True,
    datetime: AT,
    timedelta: timedelta(seconds=90),
    Untrusted: Untrusted("words of others"),
}


def sample(kind: Hashable) -> object:
    """Return a value of an annotated type; of a union its first member that is something."""
    supertype = getattr(kind, "__supertype__", None)
    if supertype is not None:
        return sample(supertype)
    if kind in PLAIN:
        return PLAIN[kind]
    origin, args = get_origin(kind), get_args(kind)
    if origin in {Union, types.UnionType}:
        return sample(next(arg for arg in args if arg is not type(None)))
    if origin is tuple:
        return (sample(args[0]),) if args[1:] == (...,) else tuple(sample(a) for a in args)
    if origin is not None and issubclass(origin, Mapping):
        key = sample(args[0])
        return {key: sample(args[1])}
    return _instance(cast("type[DataclassInstance]", kind))


def event_line(event: Event, case: str = "") -> str:
    """Return the golden line of an event; `case` tells lines of one type apart."""
    envelope = Envelope(stream=STREAM, seq=1, at=AT, actor=PersonId("ana"), event=event)
    written = unsealed(envelope, event_json(envelope))
    line = {
        "event": written.type,
        "case": case,
        "version": written.version,
        "body": written.body.decode(),
    }
    return json.dumps(line, ensure_ascii=True, sort_keys=True)


def effect_line(kind: type) -> str:
    """Return the golden line of an effect type, with the key under which it was put."""
    item = write_effect(STREAM, cast("Effect", sample(kind)), AT)
    line = {
        "effect": item.type,
        "version": item.version,
        "key": item.key,
        "lane": item.lane,
        "body": item.body.decode(),
    }
    return json.dumps(line, ensure_ascii=True, sort_keys=True)


def events() -> Iterator[tuple[Event, str]]:
    """Return one event per type, and one question per kind of packet."""
    for kind in EVENT_TYPES.values():
        yield cast("Event", sample(kind)), ""
    for packet in get_args(Packet):
        asked = cast("CardAsked", sample(CardAsked))
        yield replace(asked, packet=cast("Packet", sample(packet))), packet.__name__


def effects() -> Iterator[type]:
    """Return every type of effect that is ever put into the outbox."""
    yield from (kind for kind in EFFECT_TYPES.values() if kind is not ClearTimer)


def missing() -> Iterator[str]:
    """Return the lines that the golden file does not hold yet."""
    lines = [json.loads(line) for line in GOLDEN.read_text().splitlines()]
    known = {(line.get("event", line.get("effect")), line.get("case", "")) for line in lines}
    for event, case in events():
        if (type(event).__name__, case) not in known:
            yield event_line(event, case)
    for kind in effects():
        if (kind.__name__, "") not in known:
            yield effect_line(kind)


def _instance(kind: "type[DataclassInstance | Enum]") -> object:
    if issubclass(kind, Enum):
        return next(iter(kind))
    hints = get_type_hints(kind)
    return kind(**{f.name: sample(hints[f.name]) for f in fields(kind)})


if __name__ == "__main__":
    sys.stdout.writelines(f"{line}\n" for line in missing())
