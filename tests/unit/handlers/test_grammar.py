"""What a typed line means: words, quotes, options, durations and times."""

from contextlib import suppress
from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bot.errors import UserMistake
from handlers.grammar import (
    ANY_KEY,
    coming_moment,
    duration,
    incident_number,
    past_moment,
    read,
    whole_number,
)

NOW = datetime(2026, 11, 21, 10, 42, tzinfo=UTC)


def at(hour: int, minute: int, day: int = 21) -> datetime:
    return datetime(2026, 11, day, hour, minute, tzinfo=UTC)


def mistake(call: object, *arguments: object) -> str:
    assert callable(call)
    with pytest.raises(UserMistake) as caught:
        call(*arguments)
    return caught.value.message


# --- words and options -------------------------------------------------------------------------


def test_free_text_stays_as_it_was_typed() -> None:
    text = 'it isn\'t  the DB,\nit is a=b and "the" disk'
    assert read(text).text == text


def test_only_known_keys_are_taken_out_of_free_text() -> None:
    words = read("retries=5 did not help next=30m we go on", {"next"})
    assert words.text == "retries=5 did not help we go on"
    assert words.options == {"next": "30m"}


def test_an_option_may_be_quoted_and_in_capitals() -> None:
    words = read('Users="all of the EU" regions=“EU, US”', {"users", "regions"})
    assert words.options == {"users": "all of the EU", "regions": "EU, US"}
    assert words.words == ()


def test_a_verb_that_takes_every_key_takes_them_all() -> None:
    assert read("disk-full host=web-1 keep=16", ANY_KEY).options == {"host": "web-1", "keep": "16"}


def test_a_single_quoted_word_loses_its_quotes() -> None:
    assert read('"checkout is down"').text == "checkout is down"


def test_a_quote_that_nobody_closes_is_a_character() -> None:
    words = read('5" pipe')
    assert [word.text for word in words.words] == ['5"', "pipe"]


def test_words_can_be_left_away_from_both_ends() -> None:
    words = read("sev2 checkout is down private")
    assert words.without_first().without_last().text == "checkout is down"
    assert (words.first, words.last) == ("sev2", "private")


def test_nothing_at_all_has_no_words() -> None:
    words = read("  ")
    assert (len(words), words.first, words.last, words.text) == (0, "", "", "")


def test_an_option_without_a_value_is_said() -> None:
    assert mistake(read, "text next=", {"next"}) == "next= needs a value."


def test_an_option_that_is_given_twice_is_said() -> None:
    assert mistake(read, "next=1m next=2m", {"next"}) == "next= is given twice."


def test_line_ends_become_spaces_on_one_line() -> None:
    assert read("a\n b").line == "a b"


@given(st.text())
def test_whatever_is_typed_is_split_or_a_mistake(text: str) -> None:
    try:
        words = read(text, ANY_KEY)
    except UserMistake:
        return
    assert words.text == words.text.strip() or len(words) == 1


@given(st.text())
def test_without_options_nothing_but_outer_space_is_lost(text: str) -> None:
    words = read(text)
    if len(words) > 1:
        assert words.text == text.strip()


# --- numbers, durations, times -----------------------------------------------------------------


@pytest.mark.parametrize("word", ["INC-2026-1121-001", "inc-2026-1121-1234"])
def test_an_incidents_number_is_known_in_any_case(word: str) -> None:
    assert incident_number(word) == word.upper()


@pytest.mark.parametrize("word", ["INC-1", "INC-2026-1121-001.", "x"])
def test_anything_else_is_no_incidents_number(word: str) -> None:
    assert incident_number(word) == ""


def test_durations_have_units() -> None:
    assert duration("1h30m") == timedelta(minutes=90)
    assert mistake(duration, "30") == "“30” is not a duration: write 30m, 1h30m or 2d."


@pytest.mark.parametrize("text", ["0m", "999999d"])
def test_a_duration_is_more_than_nothing_and_at_most_a_year(text: str) -> None:
    assert mistake(duration, text) == f"“{text}” is not a useful duration: from 1s to a year."


@pytest.mark.parametrize(
    ("text", "moment"),
    [
        ("10:40", at(10, 40)),
        ("10:40Z", at(10, 40)),
        ("10:40 UTC", at(10, 40)),
        ("23:50", at(23, 50, day=20)),
        ("30m ago", at(10, 12)),
        ("-30m", at(10, 12)),
        ("2026-11-21T10:12Z", at(10, 12)),
        ("2026-11-21 10:12", at(10, 12)),
        ("2026-11-21T12:12+02:00", at(10, 12)),
    ],
)
def test_when_it_began_can_be_said_in_many_ways(text: str, moment: datetime) -> None:
    assert past_moment(text, NOW) == moment


@pytest.mark.parametrize(
    ("text", "moment"),
    [
        ("30m", at(11, 12)),
        ("11:30", at(11, 30)),
        ("10:30", at(10, 30, day=22)),
        ("2026-11-21T12:00Z", at(12, 0)),
    ],
)
def test_when_more_comes_is_a_time_to_come(text: str, moment: datetime) -> None:
    assert coming_moment(text, NOW) == moment


@pytest.mark.parametrize("text", ["25:00", "10:61", "yesterday", "2026-13-01T10:00Z"])
def test_a_time_that_is_none_is_said(text: str) -> None:
    assert "is not a time" in mistake(past_moment, text, NOW)


def test_a_coming_time_that_is_over_is_said() -> None:
    said = mistake(coming_moment, "2026-11-20T10:00Z", NOW)
    assert said == "2026-11-20 10:00 UTC is over; name a time to come."


@given(st.text(max_size=40))
def test_whatever_is_typed_as_a_time_is_read_or_a_mistake(text: str) -> None:
    for reader in (past_moment, coming_moment):
        with suppress(UserMistake):
            assert reader(text, NOW).tzinfo is UTC


def test_a_number_counts_from_one() -> None:
    assert whole_number("#3", "a card") == 3
    assert mistake(whole_number, "0", "a card") == "“0” is not the number of a card."
    assert mistake(whole_number, "", "a card") == "The number of a card is missing."
