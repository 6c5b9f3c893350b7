"""A budget is kept in every span of its length, and a platform's own word before it."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bot.adapters.pacing.window import Budget, Window

THREE = Budget(calls=3, seconds=10.0)
TWENTY = Budget(calls=20, seconds=60.0)


def spent(window: Window, *moments: float) -> Window:
    for moment in moments:
        window = window.spent(moment)
    return window


def test_a_fresh_budget_waits_for_nobody() -> None:
    waits = [Window(budget=THREE).wait(100.0, nth, urgent=True) for nth in (1, 2, 3)]
    assert waits == [0.0, 0.0, 0.0]


def test_a_call_beyond_the_budget_waits_until_the_oldest_no_longer_counts() -> None:
    window = spent(Window(budget=THREE), 100.0, 101.0, 104.0)
    waits = [window.wait(105.0, nth, urgent=True) for nth in (1, 2, 3)]
    assert waits == [5.0, 6.0, 9.0]


def test_those_behind_a_whole_budget_wait_for_the_next_one() -> None:
    window = spent(Window(budget=THREE), 100.0, 101.0, 104.0)
    assert [window.wait(105.0, nth, urgent=True) for nth in (4, 5, 6)] == [15.0, 16.0, 19.0]


def test_what_the_platform_said_is_kept_and_calls_come_one_by_one_afterwards() -> None:
    window = Window(budget=THREE).resting(130.0)
    assert window.wait(100.0, 1, urgent=True) == 30.0
    assert window.wait(100.0, 2, urgent=True) == pytest.approx(30.0 + 10 / 3)
    assert window.wait(130.0, 1, urgent=True) == 0.0


def test_a_shorter_word_does_not_end_a_longer_rest() -> None:
    assert Window(budget=THREE).resting(130.0).resting(110.0).rests_until == 130.0


def test_a_quarter_of_a_large_budget_is_kept_for_what_somebody_waits_for() -> None:
    window = spent(Window(budget=TWENTY), *([100.0] * 15))
    assert window.wait(101.0, 1, urgent=False) == 59.0
    assert [window.wait(101.0, nth, urgent=True) for nth in (1, 5, 6)] == [0.0, 0.0, 59.0]


def test_a_window_is_idle_once_nothing_in_it_counts() -> None:
    window = spent(Window(budget=THREE), 100.0).resting(105.0)
    assert [window.idle(moment) for moment in (104.0, 109.9, 110.0)] == [False, False, True]


@given(
    st.integers(1, 12),
    st.floats(0.5, 60.0),
    st.lists(st.tuples(st.floats(0.0, 20.0), st.booleans()), min_size=1, max_size=60),
)
def test_whoever_waits_as_told_never_breaks_the_budget(
    calls: int, seconds: float, comings: list[tuple[float, bool]]
) -> None:
    window, now, gone = Window(budget=Budget(calls=calls, seconds=seconds)), 0.0, list[float]()
    for pause, urgent in comings:
        now += pause
        now += window.wait(now, 1, urgent=urgent)
        window = window.spent(now)
        gone.append(now)
    for first, after in zip(gone, gone[calls:], strict=False):
        assert after - first >= seconds - 1e-6
