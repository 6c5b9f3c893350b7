"""A command whose outcome nobody knows is in doubt: a human says, and it is never run again."""

import pytest

from bot.domain.actor import FIREWARDEN
from bot.domain.approval import CardState
from bot.domain.decided import Refusal
from bot.domain.events import (
    CardKind,
    Ending,
    Outcome,
    RunEnded,
    StepFinished,
    StepInDoubt,
    StepInterrupted,
    StepSettled,
    StepStarted,
)
from bot.domain.intents import ClaimExpired, StepNotPossible, StepResult, StepUnknown
from bot.values import Untrusted
from tests.unit.domain.disk import Disk, approved
from tests.unit.domain.people import ana, ben, cleo, eve
from tests.unit.domain.policy import BEN, MINUTE
from tests.unit.domain.story import Story, exited


def begun() -> Story:
    story = Story().declared()
    approved(story)
    story.begins()
    return story


def doubted() -> Story:
    story = begun()
    story.does(unknown(story))
    return story


def unknown(story: Story, why: str = "the host was restarted") -> StepUnknown:
    s = story.doing
    return StepUnknown(
        by=FIREWARDEN, run=s.run, path=s.path, host=s.host, attempt=s.attempt, why=Untrusted(why)
    )


def impossible(started: StepStarted) -> StepNotPossible:
    return StepNotPossible(
        by=FIREWARDEN,
        run=started.run,
        path=started.path,
        host=started.host,
        attempt=started.attempt,
        why=Untrusted("wrong host key"),
    )


@pytest.mark.parametrize(
    ("outcome", "why"),
    [
        (
            exited(None, deadline=True),
            "it was still running at its deadline, and was left to go on",
        ),
        (exited(None, signal="KILL"), "it was ended by signal KILL"),
        (exited(None, fault="broken pipe"), "broken pipe"),
        (exited(None), "the link was lost while it ran"),
    ],
    ids=["deadline", "signal", "fault", "link"],
)
def test_an_end_without_an_exit_status_is_doubt(outcome: Outcome, why: str) -> None:
    story = begun()
    story.ends(outcome)
    assert [d.why for d in story.events(StepInDoubt)] == [Untrusted(why)]
    assert story.run.state == "in doubt"
    assert story.open_kinds() == [CardKind.IN_DOUBT]
    assert story.woken() == ["ana by console, level 1"]
    assert story.changes() == []
    assert story.run.targets == ("host:web-1", "service:checkout")


def test_it_took_effect_lets_the_run_go_on_with_the_next_command() -> None:
    story = doubted()
    story.presses(story.card(CardKind.IN_DOUBT), cleo, "worked")
    assert story.events(StepSettled)[0].finished
    assert [change.path for change in story.changes()] == ["clean-up.steps.2"]
    story.begins()
    story.ends(exited(0))
    story.begins()
    story.ends(exited(0))
    assert [(s.path, s.attempt) for s in story.events(StepStarted)] == [
        ("clean-up.steps.1", 1),
        ("clean-up.steps.2", 1),
        ("clean-up.steps.3", 1),
    ]


def test_it_did_not_take_effect_ends_the_run_and_runs_nothing_again() -> None:
    story = doubted()
    story.presses(story.card(CardKind.IN_DOUBT), ben, "failed")
    ended = story.events(RunEnded)[0]
    assert (ended.ending, ended.commands_ran) == (Ending.ESCALATED, 1)
    assert story.changes() == []
    assert story.run.targets == ("host:web-1", "service:checkout")
    assert len(story.events(StepStarted)) == 1


def test_what_a_human_said_is_not_told_as_the_hosts_word() -> None:
    story = doubted()
    story.presses(story.card(CardKind.IN_DOUBT), ben, "failed")
    said = f"{BEN} said that it did not take effect"
    assert f"failed: {said}." in story.events(RunEnded)[0].because.text
    outcome = story.run.steps[0].outcome
    assert outcome is not None
    assert (outcome.exit_status, outcome.stdout.text) == (None, said)


def test_only_an_approver_says_what_became_of_it() -> None:
    story = doubted()
    for other in (ana, eve):
        assert isinstance(story.presses(story.card(CardKind.IN_DOUBT), other, "worked"), Refusal)
    assert story.events(StepSettled) == []


def test_whoever_approved_the_command_may_say_what_became_of_it() -> None:
    story = doubted()
    story.presses(story.card(CardKind.IN_DOUBT), ben, "worked")
    assert story.events(StepSettled)[0].by == BEN


def test_an_unanswered_doubt_is_asked_again_and_pages_again() -> None:
    story = doubted()
    first = story.card(CardKind.IN_DOUBT)
    story.passes(240 * MINUTE)
    assert story.incident.cards[first.card.card].state is CardState.EXPIRED
    assert story.open_kinds() == [CardKind.IN_DOUBT]
    assert story.run.ended is None
    assert story.woken()[-1] == "ana by console, level 1" or len(story.woken()) > 1


def test_a_receipt_that_comes_late_settles_the_doubt_and_takes_the_question_back() -> None:
    story = doubted()
    card = story.card(CardKind.IN_DOUBT)
    story.ends(exited(0), learned=True)
    assert story.events(StepFinished)[0].learned
    assert story.incident.cards[card.card.card].state is CardState.WITHDRAWN
    assert [change.path for change in story.changes()] == ["clean-up.steps.2"]


def test_a_second_doubt_about_the_same_command_asks_nothing_new() -> None:
    story = doubted()
    assert story.refused(unknown(story)) == "this step has been settled"
    s = story.doing
    lost = StepResult(
        by=FIREWARDEN,
        run=s.run,
        path=s.path,
        host=s.host,
        attempt=s.attempt,
        outcome=exited(None),
    )
    assert story.refused(lost) == "this step is in doubt already"
    assert len(story.events(StepInDoubt)) == 1


def test_an_expired_claim_is_noted_once_and_the_result_still_counts() -> None:
    story = begun()
    s = story.doing
    expired = ClaimExpired(by=FIREWARDEN, run=s.run, path=s.path, host=s.host, attempt=s.attempt)
    story.does(expired)
    story.does(expired)
    assert len(story.events(StepInterrupted)) == 1
    story.ends(exited(0), learned=True)
    assert [change.path for change in story.changes()] == ["clean-up.steps.2"]
    assert story.refused(expired) == "this step has been settled"


def test_an_expired_claim_of_a_command_that_never_began_means_nothing() -> None:
    story = Story().declared()
    run = approved(story)
    expired = ClaimExpired(by=FIREWARDEN, run=run, path="clean-up.steps.1", host="web-1", attempt=1)
    assert story.does(expired) == ()


def test_a_second_result_changes_nothing() -> None:
    story = begun()
    started = story.doing
    story.ends(exited(0))
    again = StepResult(
        by=FIREWARDEN,
        run=started.run,
        path=started.path,
        host=started.host,
        attempt=started.attempt,
        outcome=exited(1),
    )
    assert story.refused(again) == "this step has been settled"


def test_a_command_that_surely_did_not_begin_stops_the_run_and_frees_the_host() -> None:
    story = begun()
    story.does(impossible(story.doing))
    ended = story.events(RunEnded)[0]
    assert (ended.ending, ended.commands_ran) == (Ending.STOPPED, 0)
    assert ended.because == Untrusted("clean-up.steps.1 on web-1: wrong host key")
    assert story.run.targets == ()
    assert story.run.doing is None
    assert story.woken() == ["ana by console, level 1"]


def test_a_later_command_that_did_not_begin_keeps_the_host_reserved() -> None:
    story = begun()
    story.ends(exited(0))
    story.begins()
    story.does(impossible(story.doing))
    ended = story.events(RunEnded)[0]
    assert (ended.ending, ended.commands_ran) == (Ending.STOPPED, 1)
    assert story.run.targets == ("host:web-1", "service:checkout")


def test_a_host_that_cannot_be_reached_before_the_start_ends_the_run_unchanged() -> None:
    story = Story().declared()
    approved(story)
    change = story.changes()[0]
    story.does(
        StepNotPossible(
            by=FIREWARDEN,
            run=change.run,
            path=change.path,
            host=change.host,
            attempt=change.attempt,
            why=Untrusted("unreachable"),
        )
    )
    assert story.events(StepStarted) == []
    ended = story.events(RunEnded)[0]
    assert (ended.ending, ended.commands_ran) == (Ending.STOPPED, 0)
    assert story.run.targets == ()


def test_word_about_a_step_that_is_not_due_changes_nothing() -> None:
    story = begun()
    started = story.doing
    story.ends(exited(0))
    seq = story.incident.seq
    assert story.refused(impossible(started)) == "this step has been settled"
    assert story.incident.seq == seq
    assert story.run.ended is None


def test_a_finished_run_stays_finished() -> None:
    story = begun()
    started = story.doing
    story.ends(exited(1))
    assert len(story.events(RunEnded)) == 1
    assert story.refused(impossible(started)) == "the run is over"
    for read in story.reads():
        story.settle(read)
    story.looks(Disk())
    story.passes(600 * MINUTE)
    assert len(story.events(RunEnded)) == 1
