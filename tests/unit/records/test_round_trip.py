"""Every event and effect comes back from its stored bytes as it was, and nothing else does."""

import json
from dataclasses import replace
from datetime import UTC, datetime
from typing import cast

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from bot.domain.effects import ClearTimer, Effect
from bot.domain.events import Envelope, Event, RunPaused
from bot.records.chain import Record
from bot.records.codec import UnreadableError
from bot.records.stored import (
    EFFECT_TYPES,
    EVENT_TYPES,
    event_json,
    event_of,
    read_effect,
    record_json,
    unsealed,
    write_effect,
)
from bot.values import PersonId, RunId, StreamRef, Untrusted
from tests.unit.records.shapes import values_of

STREAM = StreamRef(kind="incident", id="i1")
AT = datetime(2026, 11, 21, 3, 0, tzinfo=UTC)


def record_of(event: Event) -> Record:
    envelope = Envelope(stream=STREAM, seq=7, at=AT, actor=PersonId("ana"), event=event)
    written = unsealed(envelope, event_json(envelope))
    return Record(
        stream=STREAM,
        seq=7,
        type=written.type,
        version=written.version,
        body=written.body,
        mac=b"",
    )


@pytest.mark.parametrize("kind", EVENT_TYPES.values(), ids=EVENT_TYPES)
@settings(max_examples=25, deadline=None)
@given(data=st.data())
def test_an_event_comes_back_as_it_was(kind: type, data: st.DataObject) -> None:
    event = cast("Event", data.draw(values_of(kind)))
    record = record_of(event)
    back = event_of(record, record_json(record))
    assert back == Envelope(stream=STREAM, seq=7, at=AT, actor=PersonId("ana"), event=event)
    assert record_of(back.event).body == record.body


@pytest.mark.parametrize("kind", [kind for kind in EFFECT_TYPES.values() if kind is not ClearTimer])
@settings(max_examples=25, deadline=None)
@given(data=st.data())
def test_an_effect_comes_back_as_it_was(kind: type, data: st.DataObject) -> None:
    effect = cast("Effect", data.draw(values_of(kind)))
    item = write_effect(STREAM, effect, AT)
    assert read_effect(item) == effect
    assert write_effect(STREAM, effect, AT) == item


@pytest.mark.parametrize("kind", EVENT_TYPES.values(), ids=EVENT_TYPES)
@settings(max_examples=5, deadline=None)
@given(data=st.data())
def test_a_body_with_a_field_too_many_is_refused(kind: type, data: st.DataObject) -> None:
    record = record_of(cast("Event", data.draw(values_of(kind))))
    body = json.loads(record.body)
    body["event"]["surprise"] = 1
    with pytest.raises(UnreadableError, match="surprise"):
        event_of(record, body)


@pytest.mark.parametrize("odd", [{"type": "Surprise"}, {"version": 2}], ids=["type", "version"])
def test_an_unknown_type_and_a_newer_version_are_refused(odd: dict[str, str | int]) -> None:
    record = record_of(RunPaused(run=RunId("r1"), why=Untrusted("why")))
    with pytest.raises(UnreadableError, match="is not known"):
        record_json(replace(record, **odd))  # type: ignore[arg-type]  # one field, of its own type
