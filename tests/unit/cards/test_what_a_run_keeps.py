"""A run that ended badly keeps its targets: the room hears which, and how others get them."""

import pytest

from bot.domain.events import Ending, RunEnded, TargetsReserved
from bot.values import Untrusted
from cards import plain
from cards.room_message import message_for
from tests.support.incidents import RUN, START, asked, context, declared, run_started, step_started

WHY = Untrusted("the check did not pass")
FREES = "an approver frees them in its room: /runbook release disk-full <reason>"


def told(ending: Ending, *, drill: bool = False, keeps: bool = True) -> str:
    story = declared(drill=drill).tell(run_started(), asked(), step_started())
    if keeps:
        story.tell(TargetsReserved(run=RUN, targets=("host:web-1", "service:checkout")))
    story.tell(RunEnded(run=RUN, ending=ending, because=WHY, commands_ran=3, whom="on-call"))
    card = message_for(story.last, story.incident, context())
    assert card is not None
    return plain.render(card, today=START.date())


def test_an_escalated_run_says_whom_it_pages_and_what_it_keeps() -> None:
    assert told(Ending.ESCALATED) == (
        "▲ Runbook disk-full ESCALATED: 3 commands ran.\n\n"
        "the check did not pass Paging on-call.\n"
        "Next: whoever was paged takes it from here\n"
        f"Still reserved: host:web-1, service:checkout. Once it is sound, {FREES}"
    )


def test_in_a_drill_nobody_was_paged_and_nobody_is_waited_for() -> None:
    assert told(Ending.ESCALATED, drill=True, keeps=False) == (
        "DRILL ▲ Runbook disk-full ESCALATED: 3 commands ran.\n\n"
        "the check did not pass\n"
        "Next: take it from here; a drill pages nobody"
    )


@pytest.mark.parametrize("ending", [Ending.ESCALATED, Ending.DONE, Ending.REJECTED])
def test_a_run_that_keeps_nothing_speaks_of_no_reservation(ending: Ending) -> None:
    assert "eserved" not in told(ending, keeps=False)
