"""Status updates are due at the cadence, and a late one reminds further and further up."""

from datetime import timedelta

from bot.domain.events import UpdatePosted, UpdateReminded
from bot.domain.intents import PostUpdate
from bot.values import Severity, Untrusted
from tests.unit.domain.people import ana
from tests.unit.domain.policy import MINUTE
from tests.unit.domain.story import T0, Story


def test_an_update_is_told_to_room_and_announcements_and_sets_the_next() -> None:
    story = Story().declared(Severity.SEV2)
    story.passes(10 * MINUTE)
    story.does(PostUpdate(by=ana, text=Untrusted("still looking")))
    assert story.events(UpdatePosted) == [
        UpdatePosted(text=Untrusted("still looking"), next_at=T0 + 40 * MINUTE)
    ]
    assert story.posted() == [
        "UpdatePosted -> console/room",
        "UpdatePosted -> console/channel:announcements",
    ]
    assert story.answer == "Update posted. Next one by 03:40 UTC."


def test_a_promised_time_holds_in_place_of_the_cadence() -> None:
    story = Story().declared(Severity.SEV2)
    story.does(PostUpdate(by=ana, text=Untrusted("x"), next_at=T0 + 120 * MINUTE))
    story.passes(119 * MINUTE)
    assert story.events(UpdateReminded) == []
    story.passes(MINUTE)
    assert story.events(UpdateReminded) == [UpdateReminded(due=T0 + 120 * MINUTE, level=1)]


def test_a_late_update_reminds_three_times_and_the_last_goes_to_everybody() -> None:
    story = Story().declared(Severity.SEV2)
    story.passes(30 * MINUTE)
    assert story.posted() == ["UpdateReminded -> console/room"]
    story.passes(5 * MINUTE)
    assert story.posted() == ["UpdateReminded -> console/room"]
    story.passes(5 * MINUTE)
    assert story.posted() == [
        "UpdateReminded -> console/room",
        "UpdateReminded -> console/channel:announcements",
    ]
    story.passes(timedelta(hours=9))
    assert [r.level for r in story.events(UpdateReminded)] == [1, 2, 3]


def test_an_update_in_time_stops_the_reminders() -> None:
    story = Story().declared(Severity.SEV2)
    story.passes(31 * MINUTE)
    story.does(PostUpdate(by=ana, text=Untrusted("x")))
    story.passes(29 * MINUTE)
    assert [r.level for r in story.events(UpdateReminded)] == [1]
    assert story.incident.reminders == 0


def test_a_timer_that_rings_early_means_nothing() -> None:
    story = Story().declared(Severity.SEV2)
    story.passes(10 * MINUTE)
    story.rings("update")
    assert story.events(UpdateReminded) == []


def test_without_a_cadence_no_update_is_due() -> None:
    story = Story().declared(Severity.SEV5)
    story.does(PostUpdate(by=ana, text=Untrusted("x")))
    assert story.answer == "Update posted."
    assert "update" not in story.timers


def test_an_update_without_words_is_refused() -> None:
    story = Story().declared()
    assert story.refused(PostUpdate(by=ana, text=Untrusted(""))).startswith("An update needs words")


def test_a_clock_that_was_set_back_does_not_bring_the_next_update_forward() -> None:
    story = Story().declared(Severity.SEV2)
    story.now = T0 - 60 * MINUTE
    story.does(PostUpdate(by=ana, text=Untrusted("x")))
    assert story.events(UpdatePosted)[0].next_at == T0 + 30 * MINUTE
    assert [envelope.at for envelope in story.history] == [T0, T0, T0]
