"""A drill can touch practice hosts only, pages nobody, and waits seconds in place of minutes."""

from datetime import timedelta

import pytest

from bot.domain.events import CardKind, RunStarted, WaitStarted
from bot.errors import UserMistake
from tests.unit.domain.disk import DISK_FULL, Disk, cleaned
from tests.unit.domain.people import actor, ana, ben
from tests.unit.domain.policy import BEN
from tests.unit.domain.story import Story, exited


def drill() -> Story:
    return Story().alerted(route="drill")


def test_a_drill_knows_no_host_but_the_practice_host() -> None:
    with pytest.raises(UserMistake, match="web-1"):
        drill().starts(DISK_FULL, host="web-1")


def test_minutes_are_seconds_in_a_drill() -> None:
    story = drill()
    story.starts(DISK_FULL, host="practice-1")
    assert story.events(RunStarted)[0].pace == 60
    story.looks(Disk())
    story.votes(ben)
    story.looks(Disk())
    for _ in range(3):
        story.begins()
        story.ends(exited(0))
    story.looks(Disk(used=48))
    waits = story.events(WaitStarted)
    assert waits[0].until - story.now == timedelta(seconds=20) / 60


def test_outside_a_drill_minutes_are_minutes() -> None:
    story = Story().declared()
    cleaned(story)
    story.looks(Disk(used=48))
    assert story.events(RunStarted)[0].pace == 1
    assert story.events(WaitStarted)[0].until - story.now == timedelta(seconds=20)


def test_a_run_that_ends_badly_in_a_drill_wakes_nobody() -> None:
    story = drill()
    story.starts(DISK_FULL, host="practice-1")
    story.looks(Disk())
    story.votes(ben)
    story.looks(Disk())
    story.begins()
    story.ends(exited(None))
    story.presses(story.card(CardKind.IN_DOUBT), actor(BEN, practice_only=True), "failed")
    assert story.run.ended is not None
    assert story.woken() == []


def test_a_practice_seat_decides_nothing_on_a_real_host_even_beside_a_practice_host() -> None:
    story = Story().declared()
    story.starts(DISK_FULL, by=ana, host="practice-1")
    story.looks(Disk())
    assert story.card(CardKind.CHANGE).rule.practice
    story.starts(DISK_FULL, by=ana, host="web-1")
    story.looks(Disk())
    assert not story.card(CardKind.CHANGE).rule.practice
