"""Abort means no further step; killing what runs is a second choice, and leaves it in doubt."""

from bot.domain.effects import StopCommand
from bot.domain.events import (
    AbortRequested,
    CardKind,
    Ending,
    RunEnded,
    StepInDoubt,
    StepStarted,
)
from bot.domain.intents import AbortRun
from bot.values import RunId, Untrusted
from tests.unit.domain.disk import DISK_FULL, Disk, approved, asked
from tests.unit.domain.people import ana, ben, eve
from tests.unit.domain.story import Story, exited


def abort(story: Story, *, kill: bool = False, reason: str = "") -> None:
    run = story.run.started.run
    story.does(AbortRun(by=ana, run=run, kill=kill, reason=Untrusted(reason)))


def test_an_abort_before_the_yes_takes_the_question_back() -> None:
    story = Story().declared()
    asked(story)
    abort(story, reason="wrong host")
    ended = story.events(RunEnded)[0]
    assert (ended.ending, ended.commands_ran) == (Ending.ABORTED, 0)
    assert ended.because == Untrusted("wrong host")
    assert story.open_kinds() == []
    assert story.woken() == []


def test_an_abort_during_triage_ends_it_at_once() -> None:
    story = Story().declared()
    story.starts(DISK_FULL)
    abort(story)
    assert story.events(RunEnded)[0].ending is Ending.ABORTED
    story.looks(Disk())
    assert len(story.events(RunEnded)) == 1


def test_an_abort_before_the_first_command_starts_nothing() -> None:
    story = Story().declared()
    approved(story)
    abort(story)
    story.begins()
    assert story.events(StepStarted) == []
    assert story.run.targets == ()


def test_an_abort_lets_the_running_command_end_and_starts_no_other() -> None:
    story = Story().declared()
    run = approved(story)
    story.begins()
    abort(story)
    assert story.answer == (
        "No further step. `sudo journalctl --vacuum-size=16M` still runs on web-1: "
        f"let it end, or /runbook abort {run} kill"
    )
    assert story.run.ended is None
    story.ends(exited(0))
    ended = story.events(RunEnded)[0]
    assert (ended.ending, ended.commands_ran) == (Ending.ABORTED, 1)
    assert story.changes() == []
    assert story.run.targets == ("host:web-1", "service:checkout")


def test_killing_stops_the_command_on_its_host_and_leaves_it_in_doubt() -> None:
    story = Story().declared()
    run = approved(story)
    story.begins()
    abort(story)
    abort(story, kill=True)
    stop = StopCommand(run=run, path="clean-up.steps.1", host="web-1", attempt=1)
    assert stop in story.outbox.values()
    assert len(story.events(AbortRequested)) == 1
    story.ends(exited(None, signal="TERM"))
    assert len(story.events(StepInDoubt)) == 1
    assert story.open_kinds() == [CardKind.IN_DOUBT]


def test_a_doubt_that_is_settled_after_an_abort_ends_the_run() -> None:
    story = Story().declared()
    approved(story)
    story.begins()
    abort(story, kill=True)
    story.ends(exited(None, signal="TERM"))
    story.presses(story.card(CardKind.IN_DOUBT), ben, "worked")
    assert story.events(RunEnded)[0].ending is Ending.ABORTED
    assert len(story.events(StepStarted)) == 1


def test_a_run_that_is_over_is_not_aborted_but_an_approver_may_free_what_it_holds() -> None:
    story = Story().declared()
    run = approved(story)
    story.begins()
    story.ends(exited(1))
    again = AbortRun(by=ana, run=run)
    assert story.refused(again) == "It is over; an approver may free what it still reserves."
    story.does(AbortRun(by=ben, run=run, reason=Untrusted("mended by hand")))
    assert story.run.targets == ()
    assert story.refused(again) == "That run is over: escalated."


def test_an_unknown_run_and_a_reader_are_refused() -> None:
    story = Story().declared()
    asked(story)
    assert story.refused(AbortRun(by=ana, run=RunId("r9"))) == "There is no such run here."
    assert story.refused(AbortRun(by=eve, run=story.run.started.run)).startswith("abort is for")
