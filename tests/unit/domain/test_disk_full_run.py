"""The whole way of a run: triage, question, yes, triage again, commands, checks, done."""

from datetime import timedelta

from bot.domain.decided import Decided
from bot.domain.events import CardKind, Ending, FollowUpNoted, RunEnded, Status, StepStarted
from tests.unit.domain.disk import STEPS, Disk, approved, asked, cleaned
from tests.unit.domain.people import ana, ben
from tests.unit.domain.story import Story, exited


def test_triage_reads_everything_at_once_and_asks_before_it_changes_anything() -> None:
    story = Story().declared()
    card = asked(story)
    assert card.card.kind is CardKind.CHANGE
    assert card.card.number == 1
    assert story.changes() == []
    assert story.run.state == "waiting for approval"


def test_a_yes_repeats_triage_reserves_the_host_and_lets_the_first_command_start() -> None:
    story = Story().declared()
    asked(story)
    story.votes(ben)
    assert {read.path for read in story.reads()} == {
        "again.disk",
        "again.directories",
        "again.journal",
    }
    story.looks(Disk())
    assert story.run.targets == ("host:web-1", "service:checkout")
    assert [change.path for change in story.changes()] == ["clean-up.steps.1"]


def test_the_approved_commands_run_one_after_the_other_on_the_approved_host() -> None:
    story = Story().declared()
    cleaned(story)
    started = story.events(StepStarted)
    assert [step.command for step in started] == list(STEPS)
    assert {(step.host, step.attempt, step.approved_by) for step in started} == {
        ("web-1", 1, ("ben",))
    }
    assert [(step.number, step.of) for step in started] == [(1, 3), (2, 3), (3, 3)]


def test_only_passing_checks_make_it_done_and_the_incident_goes_to_monitoring() -> None:
    story = Story().declared()
    disk = cleaned(story)
    story.looks(disk)
    assert story.run.ended is None
    for _ in range(3):
        story.passes(timedelta(seconds=20))
        story.looks(disk)
    ended = story.events(RunEnded)[-1]
    assert (ended.ending, ended.commands_ran) == (Ending.DONE, 3)
    assert story.incident.status is Status.MONITORING
    assert story.run.targets == ()
    assert [note.owner for note in story.events(FollowUpNoted)] == ["platform", ""]
    assert story.woken() == []


def test_a_check_that_fails_escalates_pages_and_keeps_the_host_reserved() -> None:
    story = Story().declared()
    cleaned(story)
    story.looks(Disk(used=92))
    ended = story.events(RunEnded)[-1]
    assert ended.ending is Ending.ESCALATED
    assert story.run.targets == ("host:web-1", "service:checkout")
    assert story.woken() == ["ana by console, level 1"]
    assert story.incident.status is Status.INVESTIGATING


def test_a_reject_ends_the_run_with_no_command_and_wakes_nobody() -> None:
    story = Story().declared()
    asked(story)
    story.votes(ben, "reject", "not now")
    ended = story.events(RunEnded)[-1]
    assert (ended.ending, ended.commands_ran) == (Ending.REJECTED, 0)
    assert story.changes() == []
    assert story.events(StepStarted) == []
    assert story.woken() == []


def test_a_disk_that_emptied_itself_during_the_question_is_left_alone() -> None:
    story = Story().declared()
    asked(story)
    story.votes(ben)
    story.looks(Disk(used=40))
    assert story.events(RunEnded)[-1].ending is Ending.RESOLVED
    assert story.events(StepStarted) == []


def test_a_fact_that_is_unknown_after_the_yes_stops_the_run_before_any_command() -> None:
    story = Story().declared()
    asked(story)
    story.votes(ben)
    broken = Disk()
    broken.broken = True
    story.looks(broken)
    ended = story.events(RunEnded)[-1]
    assert (ended.ending, ended.commands_ran) == (Ending.STOPPED, 0)
    assert "Rule 1 (`used > limit`) needs used, which is unknown" in ended.because.text
    assert story.woken() == ["ana by console, level 1"]


def test_a_failing_command_ends_the_run_without_the_next_one() -> None:
    story = Story().declared()
    approved(story)
    story.begins()
    story.ends(exited(1))
    assert [s.path for s in story.events(StepStarted)] == ["clean-up.steps.1"]
    ended = story.events(RunEnded)[-1]
    assert (ended.ending, ended.commands_ran) == (Ending.ESCALATED, 1)
    assert story.run.targets == ("host:web-1", "service:checkout")


def test_an_answer_that_comes_twice_changes_nothing_the_second_time() -> None:
    story = Story().declared()
    asked(story)
    first = story.events(type(story.run.reads[0]))
    seq = story.incident.seq
    decision = story.votes(ana)
    assert not isinstance(decision, Decided)
    assert story.incident.seq == seq
    assert len(first) == 3
