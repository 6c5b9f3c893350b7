"""Long texts of others are put aside, and nothing that they wrote can pose as one."""

from datetime import UTC, datetime

from bot.domain.events import AlertBrief, AlertsAttached, Envelope, NoteAdded
from bot.records.longtext import blob_ids, long_texts, restored, stored
from bot.records.stored import event_json
from bot.values import StreamRef, Untrusted

STREAM = StreamRef(kind="incident", id="i1")
AT = datetime(2026, 11, 21, 3, 0, tzinfo=UTC)


def note(text: str) -> Envelope:
    return Envelope(stream=STREAM, seq=1, at=AT, event=NoteAdded(text=Untrusted(text), where="x"))


def alert(labels: dict[str, str]) -> Envelope:
    brief = AlertBrief(
        source="am",
        fingerprint="f",
        status="firing",
        starts_at=AT,
        summary=Untrusted("s"),
        labels=labels,
    )
    event = AlertsAttached(group="g", firing=1, resolved=0, first=(brief,))
    return Envelope(stream=STREAM, seq=1, at=AT, event=event)


def test_a_text_of_up_to_1024_characters_stays_in_the_event() -> None:
    assert long_texts(event_json(note("x" * 1024))) == []


def test_a_longer_text_is_put_aside_and_comes_back() -> None:
    tree = event_json(note("x" * 1025))
    assert long_texts(tree) == ["x" * 1025]
    aside = stored(tree, [{"$blob": "b1", "hash": "h", "size": 1025}])
    assert blob_ids(aside) == ["b1"]
    assert restored(aside, {"b1": "x" * 1025}) == tree


def test_an_alert_label_called_blob_or_long_stays_a_label() -> None:
    for labels in ({"$blob": "b1"}, {"$long": "text"}, {"blob": "b1"}, {"long": "text"}):
        tree = event_json(alert(labels))
        assert long_texts(tree) == []
        assert blob_ids(tree) == []
        assert restored(tree, {}) == tree
