"""What the simulation counts as covered cannot shrink unseen."""

from typing import get_args

from bot.domain.events import Event
from tests.simulation.drawing import INTENTS
from tests.simulation.matrix import (
    ALL,
    AT_HOSTS,
    AT_PAGERS,
    ELSEWHERE,
    POSSIBLE,
    TRANSITIONS,
    UNTOLD,
    Coverage,
    Pair,
    impossible,
)
from tests.simulation.stories import CAUSES, STORIES
from tests.simulation.trouble import AT_ANY_CALL, AT_CHAT, AT_COMMIT, AT_HOST, AT_PAGER, Fault


def test_every_event_is_a_transition_or_is_tried_elsewhere_for_a_reason() -> None:
    events = sorted(event.__name__ for event in get_args(Event))
    assert sorted((*TRANSITIONS, *ELSEWHERE)) == events
    assert all(ELSEWHERE.values())


def test_every_fault_has_one_place_where_it_strikes() -> None:
    places = (*AT_COMMIT, *AT_ANY_CALL, *AT_CHAT, *AT_PAGER, *AT_HOST)
    assert sorted(places) == sorted(Fault)


def test_every_pair_can_meet_or_cannot_for_a_reason() -> None:
    assert len(ALL) == len(TRANSITIONS) * len(Fault)
    assert sorted((*POSSIBLE, *(p for p in ALL if impossible(p)))) == sorted(ALL)
    assert len(POSSIBLE) == 1183


def test_every_table_names_transitions_and_stories_that_exist() -> None:
    named = {
        story for table in (TRANSITIONS, AT_HOSTS, AT_PAGERS) for s in table.values() for story in s
    }
    assert named <= STORIES.keys()
    assert {*AT_HOSTS, *AT_PAGERS, *UNTOLD, *CAUSES} <= TRANSITIONS.keys()
    assert INTENTS.keys() == STORIES.keys()


def test_coverage_counts_what_has_met_and_names_what_has_not() -> None:
    coverage = Coverage()
    coverage.add([(Fault.SLOW, {"NoteAdded", "VoteCast"})])
    assert round(coverage.share * len(POSSIBLE)) == 2
    assert Pair("NoteAdded", Fault.SLOW) not in coverage.missing
    assert Pair("NoteAdded", Fault.STOPPED) in coverage.missing
