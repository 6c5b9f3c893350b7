"""Moments in the database: exact to the microsecond, in UTC, over the whole calendar."""

from dataclasses import dataclass
from datetime import UTC, datetime
from typing import ClassVar

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bot.adapters.sqlite.columns import columns_of, microseconds, moment
from bot.records.rows import Row


@given(st.datetimes(timezones=st.just(UTC)))
def test_a_moment_comes_back_exactly(at: datetime) -> None:
    assert moment(microseconds(at)) == at


def test_the_first_and_the_last_moment_fit() -> None:
    assert microseconds(datetime(1, 1, 1, tzinfo=UTC)) == -62135596800_000_000
    assert microseconds(datetime.max.replace(tzinfo=UTC)) == 253402300799_999_999


def test_a_moment_without_a_zone_is_a_bug() -> None:
    with pytest.raises(TypeError, match="offset-naive and offset-aware"):
        microseconds(datetime(2026, 1, 1))  # noqa: DTZ001 - the wrong value that is refused


def test_a_read_model_of_other_types_is_a_bug() -> None:
    with pytest.raises(TypeError, match="cannot hold a column 'weights'"):
        columns_of(_Wrong)


@dataclass(frozen=True, slots=True, kw_only=True)
class _Wrong(Row):
    TABLE: ClassVar[str] = "wrong"
    KEY: ClassVar[tuple[str, ...]] = ("weights",)

    weights: tuple[int, ...]
