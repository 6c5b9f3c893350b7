"""Cards as JSON text and back."""

import json
from datetime import UTC, datetime, timedelta, timezone

import pytest

from bot.errors import Refused
from cards import codec
from cards.model import At, Card, Step, Steps, StepState, Tone, message
from tests.support.cards import HOSTILE, whole_card


@pytest.mark.parametrize("text", HOSTILE)
def test_a_card_with_every_part_comes_back_equal(text: str) -> None:
    card = whole_card(text)
    assert codec.from_json(codec.to_json(card)) == card


def test_what_is_written_is_ascii() -> None:
    assert codec.to_json(whole_card("Zürich \ud800 \u202e")).isascii()


def test_enums_and_moments_come_back_as_themselves() -> None:
    east = datetime(2026, 11, 21, 12, 42, 1, 5, tzinfo=timezone(timedelta(hours=2)))
    card = codec.from_json(codec.to_json(message("at ", At(east), tone=Tone.DANGER)))
    assert card.tone is Tone.DANGER
    assert card.title == ("at ", At(east))


def test_numbers_keep_their_kind() -> None:
    card = Card(blocks=(Steps((Step(state=StepState.RUNNING, title=(), took=0.1),)),))
    assert codec.from_json(codec.to_json(card)) == card


def test_a_field_that_is_missing_reads_as_its_default() -> None:
    assert codec.from_json('{"v":1,"card":{"_":"Card","title":["hi"]}}') == message("hi")


def test_defaults_are_not_written() -> None:
    assert json.loads(codec.to_json(message("hi"))) == {
        "v": 1,
        "card": {"_": "Card", "title": ["hi"]},
    }


@pytest.mark.parametrize(
    "text",
    [
        '{"v":2,"card":{"_":"Card"}}',
        '{"card":{"_":"Card"}}',
        "[]",
        '{"v":1,"card":{"_":"Strong","words":"x"}}',
        '{"v":1,"card":{"_":"Popen","args":"x"}}',
        '{"v":1}',
    ],
)
def test_what_is_no_card_of_ours_is_refused(text: str) -> None:
    with pytest.raises(Refused):
        codec.from_json(text)


def test_a_moment_is_utc_where_it_was_utc() -> None:
    moment = datetime(2026, 11, 21, 10, 42, tzinfo=UTC)
    assert codec.from_json(codec.to_json(message(At(moment)))).title == (At(moment),)
