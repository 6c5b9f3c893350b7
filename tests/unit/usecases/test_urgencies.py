"""What goes first where a room takes one edit a second."""

import pytest

from bot.domain.effects import Place, Show, Target
from bot.usecases.delivering.urgency import urgency_of
from bot.usecases.urgency import Urgency

ROOM = Target(platform="slack", place=Place.ROOM)


@pytest.mark.parametrize(
    ("card", "urgency"),
    [("card1", Urgency.APPROVAL), ("page:p1", Urgency.APPROVAL), ("incident", Urgency.CARD)],
)
def test_what_waits_for_a_human_goes_before_how_things_stand(card: str, urgency: Urgency) -> None:
    assert urgency_of(Show(card=card, target=ROOM)) is urgency


def test_how_far_a_run_is_takes_turns_with_the_incidents_card_that_each_step_edits() -> None:
    of_run = urgency_of(Show(card="run:r1", target=ROOM))
    assert of_run is urgency_of(Show(card="incident", target=ROOM))
