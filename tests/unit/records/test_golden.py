"""What an earlier version stored is read by this one; these lines are appended to, never edited."""

import json
from collections.abc import Iterator, Mapping
from datetime import UTC, datetime
from typing import cast

import pytest

from bot.domain.events import Envelope
from bot.records.chain import Record
from bot.records.outbox import EffectKind, OutboxItem
from bot.records.stored import event_json, event_of, read_effect, record_json, write_effect
from bot.values import Json, StreamRef
from tests.unit.records.samples import GOLDEN, missing

STREAM = StreamRef(kind="incident", id="i1")
AT = datetime(2026, 11, 21, 3, 0, tzinfo=UTC)

Line = Mapping[str, str | int]


def lines(what: str) -> Iterator[Line]:
    for text in GOLDEN.read_text().splitlines():
        line = json.loads(text)
        if what in line:
            yield line


def holds(new: Json, old: Json) -> bool:
    """Whether everything that was stored is still there, with the same meaning."""
    if isinstance(old, Mapping):
        return isinstance(new, Mapping) and all(
            name in new and holds(new[name], value) for name, value in old.items()
        )
    if isinstance(old, list):
        return (
            isinstance(new, list)
            and len(new) == len(old)
            and all(holds(*pair) for pair in zip(new, old, strict=True))
        )
    return new == old


def name_of(line: Line) -> str:
    return f"{line.get('event', line.get('effect'))}{line.get('case', '')}"


@pytest.mark.parametrize("line", list(lines("event")), ids=name_of)
def test_a_stored_event_is_read_with_all_that_it_held(line: Line) -> None:
    record = Record(
        stream=STREAM,
        seq=1,
        type=str(line["event"]),
        version=int(line["version"]),
        body=str(line["body"]).encode(),
        mac=b"",
    )
    envelope: Envelope = event_of(record, record_json(record))
    assert type(envelope.event).__name__ == line["event"]
    assert holds(event_json(envelope), json.loads(str(line["body"])))


@pytest.mark.parametrize("line", list(lines("effect")), ids=name_of)
def test_a_stored_effect_is_read_and_keeps_its_key_and_lane(line: Line) -> None:
    item = OutboxItem(
        key=str(line["key"]),
        kind=EffectKind.ONCE,
        type=str(line["effect"]),
        version=int(line["version"]),
        body=str(line["body"]).encode(),
        stream=STREAM,
        due=AT,
    )
    again = write_effect(STREAM, read_effect(item), AT)
    assert (again.key, again.lane) == (line["key"], line["lane"])
    assert holds(cast("Json", json.loads(again.body)), json.loads(str(line["body"])))


def test_every_type_that_can_be_stored_has_its_line() -> None:
    assert list(missing()) == [], "append what `python -m tests.unit.records.samples` prints"


def test_keys_of_effects_are_unique() -> None:
    keys = [line["key"] for line in lines("effect")]
    assert len(keys) == len(set(keys))
