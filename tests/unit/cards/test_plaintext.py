"""How characters, times and states are shown."""

from datetime import UTC, date, datetime, timedelta, timezone

import pytest

from bot.values import Untrusted
from cards.model import StepState, Tone
from cards.plaintext import (
    STEP_SYMBOLS,
    TONE_SYMBOLS,
    duration_words,
    moment_words,
    seconds_words,
    visible,
    visible_block,
    visible_line,
)


@pytest.mark.parametrize(
    ("text", "shown"),
    [
        ("plain — Zürich 東京 🔥", "plain — Zürich 東京 🔥"),
        ("\u202etxt.exe", "[U+202E]txt.exe"),
        ("a\u200bb", "a[U+200B]b"),
        ("a\u00a0b", "a[U+00A0]b"),
        ("\x1b[31m", "[U+001B][31m"),
        ("a\tb\nc", "a[U+0009]b[U+000A]c"),
        ("\x00\x7f\x85", "[U+0000][U+007F][U+0085]"),
        ("\ufeff\u2028\u2029", "[U+FEFF][U+2028][U+2029]"),
        ("\U000e0041", "[U+E0041]"),
        ("\u3164\u2800\ufe0f", "[U+3164][U+2800][U+FE0F]"),
        ("\ud800", "[U+D800]"),
        ("\u2066x\u2069", "[U+2066]x[U+2069]"),
    ],
)
def test_what_would_be_invisible_is_shown_by_its_number(text: str, shown: str) -> None:
    assert visible_line(text) == shown


def test_a_block_keeps_line_ends_and_tabs() -> None:
    assert visible_block("a\tb\r\nc\n\rd\x1b") == "a\tb\nc\n[U+000D]d[U+001B]"


def test_trusted_and_untrusted_words_are_shown_alike() -> None:
    assert visible("a\u200b") == visible(Untrusted("a\u200b")) == "a[U+200B]"


def test_a_moment_of_today_is_a_clock_time() -> None:
    moment = datetime(2026, 11, 21, 12, 42, tzinfo=timezone(timedelta(hours=2)))
    assert moment_words(moment, date(2026, 11, 21)) == "10:42 UTC"


@pytest.mark.parametrize("today", [None, date(2026, 11, 22)])
def test_another_day_is_named(today: date | None) -> None:
    moment = datetime(2026, 11, 21, 10, 42, tzinfo=UTC)
    assert moment_words(moment, today) == "2026-11-21 10:42 UTC"


@pytest.mark.parametrize(
    ("length", "words"),
    [
        (timedelta(seconds=-5), "0 s"),
        (timedelta(seconds=59.9), "59 s"),
        (timedelta(minutes=1), "1 min"),
        (timedelta(minutes=59, seconds=59), "59 min"),
        (timedelta(hours=1), "1 h"),
        (timedelta(hours=1, minutes=5), "1 h 05 min"),
        (timedelta(days=1), "1 d"),
        (timedelta(days=3, hours=4), "3 d 4 h"),
    ],
)
def test_a_duration_has_two_units_at_most(length: timedelta, words: str) -> None:
    assert duration_words(length) == words


@pytest.mark.parametrize(("seconds", "words"), [(0.04, "0.0 s"), (9.94, "9.9 s"), (61, "1 min")])
def test_short_steps_show_tenths(seconds: float, words: str) -> None:
    assert seconds_words(seconds) == words


def test_every_tone_and_state_has_a_symbol() -> None:
    assert set(TONE_SYMBOLS) == set(Tone)
    assert set(STEP_SYMBOLS) == set(StepState)
