"""The hash chain: any later change of a record shows, and so does a record that is gone."""

import hashlib
from dataclasses import replace

import pytest

from bot.records.chain import EMPTY, Erasure, Head, Record, Unsealed, first_broken, seal, seal_of
from bot.values import StreamRef

_KEY = b"0" * 32
_STREAM = StreamRef(kind="incident", id="inc1")


def _event(body: bytes) -> Unsealed:
    return Unsealed(type="declared", version=1, body=body)


def _sealed(*bodies: bytes) -> tuple[Record, ...]:
    records, _ = seal(_KEY, _STREAM, EMPTY, [_event(body) for body in bodies])
    return records


def test_sealing_numbers_the_events_and_returns_the_last_mac_as_the_head() -> None:
    records, head = seal(_KEY, _STREAM, EMPTY, [_event(b"1"), _event(b"2")])
    assert [(each.seq, each.body) for each in records] == [(1, b"1"), (2, b"2")]
    assert head == Head(seq=2, mac=records[1].mac)


def test_sealing_nothing_leaves_the_head_alone() -> None:
    head = Head(seq=3, mac=b"m")
    assert seal(_KEY, _STREAM, head, []) == ((), head)


def test_sealing_in_two_steps_gives_the_same_records_as_in_one() -> None:
    first, head = seal(_KEY, _STREAM, EMPTY, [_event(b"1")])
    second, _ = seal(_KEY, _STREAM, head, [_event(b"2"), _event(b"3")])
    assert (*first, *second) == _sealed(b"1", b"2", b"3")


def test_the_mac_of_a_known_event_never_changes_between_versions() -> None:
    (record,) = _sealed(b'{"title":"disk full"}')
    assert record.mac.hex() == ("74927d76786b25da6612cf7dd908f713c20bfa13d17dc1f19807a689b3640180")


def test_an_untouched_chain_is_intact() -> None:
    assert first_broken(_KEY, _sealed(b"1", b"2", b"3")) is None


def test_an_empty_chain_is_intact() -> None:
    assert first_broken(_KEY, []) is None


@pytest.mark.parametrize(
    "change",
    [
        {"body": b"changed"},
        {"type": "resolved"},
        {"version": 2},
        {"mac": b"0" * 32},
        {"seq": 7},
        {"stream": StreamRef(kind="incident", id="inc2")},
    ],
    ids=lambda change: next(iter(change)),
)
def test_a_changed_record_is_the_first_broken_one(
    change: dict[str, bytes | str | int | StreamRef],
) -> None:
    first, second, third = _sealed(b"1", b"2", b"3")
    forged = replace(second, **change)  # type: ignore[arg-type]  # each case changes one field
    assert first_broken(_KEY, [first, forged, third]) == forged


def test_a_record_that_is_gone_breaks_the_next_one() -> None:
    first, _, third = _sealed(b"1", b"2", b"3")
    assert first_broken(_KEY, [first, third]) == third


def test_a_chain_that_lost_its_beginning_is_broken_at_once() -> None:
    _, second, third = _sealed(b"1", b"2", b"3")
    assert first_broken(_KEY, [second, third]) == second


def test_records_that_swapped_places_are_broken() -> None:
    first, second = _sealed(b"1", b"2")
    assert first_broken(_KEY, [second, first]) == second


def test_another_key_finds_the_first_record_broken() -> None:
    records = _sealed(b"1", b"2")
    assert first_broken(b"1" * 32, records) == records[0]


def test_bytes_cannot_move_from_one_field_into_the_next() -> None:
    one, _ = seal(_KEY, _STREAM, EMPTY, [Unsealed(type="ab", version=1, body=b"c")])
    two, _ = seal(_KEY, _STREAM, EMPTY, [Unsealed(type="a", version=1, body=b"bc")])
    assert one[0].mac != two[0].mac


def _salted(*bodies: bytes) -> tuple[Record, ...]:
    events = [Unsealed(type="said", version=1, body=b, salt=b"s" + b) for b in bodies]
    return seal(_KEY, _STREAM, EMPTY, events)[0]


def _erased(record: Record, left: bytes) -> tuple[Record, Erasure]:
    """Return what is left of a record, and what the stream then says of it."""
    said = Erasure(seal=seal_of(record.salt, record.body), digest=hashlib.sha256(left).digest())
    return replace(record, body=left, salt=b""), said


def test_a_salted_chain_is_intact_and_another_salt_breaks_it() -> None:
    first, second = _salted(b"1", b"2")
    assert first_broken(_KEY, [first, second]) is None
    forged = replace(first, salt=b"other")
    assert first_broken(_KEY, [forged, second]) == forged


def test_an_erased_record_that_the_stream_speaks_of_leaves_the_chain_intact() -> None:
    first, second, third = _salted(b"1", b"secret", b"3")
    left, said = _erased(second, b"left")
    assert first_broken(_KEY, [first, left, third], {2: said}) is None


def test_an_erased_record_that_nobody_speaks_of_is_broken() -> None:
    first, second, third = _salted(b"1", b"secret", b"3")
    left, _ = _erased(second, b"left")
    assert first_broken(_KEY, [first, left, third]) == left


def test_what_is_left_of_an_erased_record_cannot_be_changed_either() -> None:
    first, second, third = _salted(b"1", b"secret", b"3")
    left, said = _erased(second, b"left")
    forged = replace(left, body=b"more")
    assert first_broken(_KEY, [first, forged, third], {2: said}) == forged


def test_what_came_before_an_erased_record_is_still_proved() -> None:
    _, second, third = _salted(b"1", b"secret", b"3")
    left, said = _erased(second, b"left")
    other, _, _ = _salted(b"other", b"secret", b"3")
    assert first_broken(_KEY, [other, left, third], {2: said}) == left


def test_a_seal_cannot_pose_as_the_body_of_an_unsalted_record() -> None:
    (record,) = _salted(b"1")
    posing = replace(record, body=seal_of(record.salt, record.body), salt=b"")
    assert first_broken(_KEY, [posing]) == posing
