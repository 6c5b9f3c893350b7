"""Nothing that changes a host starts without a decided yes to exactly that, and nothing twice."""

from bot.domain.actor import FIREWARDEN
from bot.domain.decided import Decided
from bot.domain.events import Ending, RunEnded, StepStarted
from bot.domain.intents import StartStep
from bot.domain.run import Run
from tests.unit.domain.disk import DISK_FULL, approved, asked
from tests.unit.domain.people import ben, cleo
from tests.unit.domain.story import Story, exited


def start(
    run: Run, *, path: str = "clean-up.steps.1", host: str = "web-1", attempt: int = 1
) -> StartStep:
    return StartStep(
        by=FIREWARDEN,
        run=run.started.run,
        path=path,
        host=host,
        attempt=attempt,
        document_now=DISK_FULL,
        voters=(ben, cleo),
        boot="boot-1",
    )


def test_a_step_that_nobody_approved_does_not_start() -> None:
    story = Story().declared()
    asked(story)
    assert story.refused(start(story.run)) == "this step is not due any more"
    story.votes(ben)
    assert story.refused(start(story.run)) == "this step is not due any more"
    assert story.events(StepStarted) == []


def test_a_step_starts_once() -> None:
    story = Story().declared()
    approved(story)
    story.does(start(story.run))
    assert story.refused(start(story.run)) == "this step is not due any more"
    assert story.refused(start(story.run, attempt=2)) == "this step is not due any more"
    assert len(story.events(StepStarted)) == 1


def test_only_the_next_step_on_its_own_host_and_attempt_starts() -> None:
    story = Story().declared()
    approved(story)
    for other in (
        start(story.run, path="clean-up.steps.2"),
        start(story.run, path="triage.disk"),
        start(story.run, host="web-2"),
        start(story.run, attempt=2),
    ):
        assert story.refused(other) == "this step is not due any more"
    assert story.events(StepStarted) == []


def test_no_step_starts_while_another_one_is_under_way() -> None:
    story = Story().declared()
    approved(story)
    story.begins()
    assert story.refused(start(story.run, path="clean-up.steps.2")) == (
        "this step is not due any more"
    )


def test_the_start_names_the_yes_the_digest_and_the_boot_that_it_stands_on() -> None:
    story = Story().declared()
    approved(story)
    story.begins()
    started = story.events(StepStarted)[0]
    card = story.incident.cards[started.card or asked(story).card.card]
    assert started.digest == card.card.digest
    assert started.approved_by == ("ben",)
    assert started.boot == "boot-1"
    assert started.timeout.total_seconds() == 120


def test_a_frozen_service_stops_the_run_at_the_start_of_its_step() -> None:
    story = Story().declared()
    approved(story)
    story.frozen = "checkout by ana: sale"
    story.begins()
    assert story.events(StepStarted) == []
    ended = story.events(RunEnded)[0]
    assert (ended.ending, ended.commands_ran) == (Ending.STOPPED, 0)
    assert ended.because.text == "frozen: checkout by ana: sale"
    assert story.run.targets == ()
    assert story.woken() == ["ana by console, level 1"]


def test_a_freeze_between_two_steps_keeps_the_host_reserved() -> None:
    story = Story().declared()
    approved(story)
    story.begins()
    story.ends(exited(0))
    story.frozen = "* by ana: stop"
    story.begins()
    assert len(story.events(StepStarted)) == 1
    assert story.events(RunEnded)[0].ending is Ending.STOPPED
    assert story.run.targets == ("host:web-1", "service:checkout")


def test_every_start_asks_that_none_of_its_services_is_frozen() -> None:
    story = Story().declared()
    approved(story)
    decision = story.decides(start(story.run))
    assert isinstance(decision, Decided)
    assert decision.unfrozen == ("checkout",)
