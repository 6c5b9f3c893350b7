"""The progress card of a run."""

from bot.domain.events import (
    CardDecided,
    Ending,
    OutcomeKind,
    ReadFinished,
    ReservationAwaited,
    RunEnded,
    RunPaused,
    StepFinished,
    StepInDoubt,
    StepInterrupted,
    StepSettled,
    VoteCast,
    WaitStarted,
)
from bot.values import Untrusted
from cards import plain
from cards.model import Card, Tone
from cards.showing import shown
from tests.support.incidents import (
    BOB,
    CARD,
    MINUTE,
    RUN,
    START,
    Story,
    asked,
    context,
    declared,
    outcome,
    run_started,
    step_started,
)


def card_of(story: Story) -> Card:
    card = shown(story.incident, f"run:{RUN}", context(15))
    assert card is not None
    return card


def text_of(story: Story) -> str:
    return plain.render(card_of(story), today=START.date())


def approved() -> Story:
    vote = VoteCast(
        card=CARD, person=BOB, option="approve", reason=Untrusted(""), where="console", account="b"
    )
    yes = CardDecided(
        card=CARD, option="approve", outcome=OutcomeKind.ACT, by=(BOB,), reason=Untrusted("")
    )
    return declared().tell(run_started(), asked(), vote, yes)


def finished(exit_status: int = 0, stderr: str = "") -> StepFinished:
    return StepFinished(
        run=RUN,
        path="clean-up.steps.1",
        host="web-1",
        attempt=1,
        outcome=outcome(exit_status, "freed 3 GB", stderr=stderr),
    )


def test_a_run_that_looks_says_that_it_changes_nothing() -> None:
    text = text_of(declared().tell(run_started()))
    assert text.startswith("◷ Runbook disk-full\n\n◷ LOOKING; nothing is changed.")
    assert "Started by  Ann" in text


def test_triage_answers_are_folded_under_their_count() -> None:
    read = ReadFinished(
        run=RUN, turn=0, phase="triage", path="triage.disk", host="web-1", outcome=outcome(1, "97%")
    )
    text = text_of(declared().tell(run_started(), read))
    assert "Triage: 1 answer:" in text
    assert "✔ COMPLETED  disk on web-1, exit status 1 (2.0 s)\n      97%" in text


def test_only_the_last_poll_of_a_check_is_shown() -> None:
    polls = [
        ReadFinished(
            run=RUN,
            turn=0,
            phase="read",
            path=f"clean-up.steps.2#{n}",
            host="web-1",
            outcome=outcome(0, f"poll {n}"),
        )
        for n in (1, 2)
    ]
    text = text_of(declared().tell(run_started(), *polls))
    assert "Checks: 1 answer:" in text
    assert "poll 2" in text
    assert "poll 1" not in text


def test_a_waiting_run_names_the_card_or_the_holder() -> None:
    assert "◷ WAITING for an answer to card 1." in text_of(declared().tell(run_started(), asked()))
    held = ReservationAwaited(run=RUN, targets=("host:web-1",), holder="INC-2")
    assert "◷ WAITING: INC-2 holds the targets." in text_of(declared().tell(run_started(), held))


def test_planned_commands_wait_their_turn() -> None:
    text = text_of(approved())
    assert "Changes: 0 of 1 completed:" in text
    assert "○ WAITING  sudo journalctl --vacuum-size=200M on web-1" in text


def test_the_running_step_has_its_number_and_its_start() -> None:
    text = text_of(approved().tell(step_started()))
    assert "◷ RUNNING: Step 1 of 2 on web-1 since 10:05 UTC." in text
    assert "▶ RUNNING  sudo journalctl on web-1" in text


def test_a_finished_step_shows_duration_and_output() -> None:
    text = text_of(approved().tell(step_started(), finished()))
    assert "Changes: 1 of 1 completed:" in text
    assert "✔ COMPLETED  sudo journalctl on web-1 (2.0 s)\n      freed 3 GB" in text
    assert "◷ CHECKING that it worked." in text


def test_a_failed_step_shows_its_status_and_both_outputs() -> None:
    text = text_of(approved().tell(step_started(), finished(1, "denied")))
    assert "✘ FAILED  sudo journalctl on web-1, exit status 1 (2.0 s)" in text
    assert "      freed 3 GB\n      denied" in text


def test_a_bot_that_stopped_and_a_doubt_are_different_things() -> None:
    story = approved().tell(
        step_started(),
        StepInterrupted(run=RUN, path="clean-up.steps.1", host="web-1", attempt=1),
    )
    assert (
        "Step 1 of 2 on web-1: Firewarden stopped during it; asking the host since 10:05 UTC."
        in text_of(story)
    )
    story.tell(
        StepInDoubt(
            run=RUN, path="clean-up.steps.1", host="web-1", attempt=1, why=Untrusted("no receipt")
        )
    )
    assert "■ IN DOUBT: Step 1 of 2 on web-1. no receipt. A human must say." in text_of(story)
    assert "? IN DOUBT  sudo journalctl on web-1" in text_of(story)


def test_a_wait_on_purpose_says_until_when() -> None:
    wait = WaitStarted(run=RUN, name="settle", until=START + 20 * MINUTE, why="let it settle")
    assert "◷ WAITING on purpose until 10:20 UTC (in 5 min)." in text_of(
        declared().tell(run_started(), wait)
    )


def test_a_paused_run_is_loud() -> None:
    paused = RunPaused(run=RUN, why=Untrusted("the runbook changed"))
    card = card_of(declared().tell(run_started(), paused))
    assert card.tone is Tone.DANGER
    assert "■ PAUSED: the runbook changed" in plain.render(card)


def test_a_run_that_ended_well_says_so_in_the_words_of_its_runbook() -> None:
    ended = RunEnded(run=RUN, ending=Ending.DONE, because=Untrusted("72 % used"), commands_ran=1)
    card = card_of(approved().tell(step_started(), finished(), ended))
    assert card.tone is Tone.GOOD
    assert card.buttons == ()
    assert "✔ DONE and verified at 10:07 UTC. 72 % used" in plain.render(card, today=START.date())


def test_a_step_that_took_no_effect_as_a_human_said_has_no_exit_status() -> None:
    said = StepSettled(
        run=RUN, path="clean-up.steps.1", host="web-1", attempt=1, finished=False, by=BOB
    )
    text = text_of(approved().tell(step_started(), said))
    assert f"{BOB} said that it did not take effect" in text
    assert "exit status" not in text


def test_a_rejected_run_ran_nothing() -> None:
    ended = RunEnded(
        run=RUN, ending=Ending.REJECTED, because=Untrusted("Bob said no"), commands_ran=0
    )
    text = text_of(declared().tell(run_started(), ended))
    assert "REJECTED at 10:02 UTC: 0 commands ran. Bob said no" in text


def test_a_live_run_can_be_aborted_after_asking_back() -> None:
    (button,) = card_of(declared().tell(run_started())).buttons
    assert (button.option, button.confirm) == ("abort", "Stop this run before its next step?")
