"""The short form of `make simulate`: forty schedules, their faults, and every promise kept."""

from dataclasses import replace

import pytest

from tests.simulation.drawing import drawn
from tests.simulation.matrix import Coverage
from tests.simulation.schedule import FAULTS, INTENTS, Act, Calm, Harm, Say, Schedule
from tests.simulation.trying import history, tried, written_out
from tests.simulation.universe import Universe

PORTION = 10


@pytest.mark.parametrize("first", range(1000, 1040, PORTION))
def test_every_promise_is_kept(first: int) -> None:
    verdicts = [tried(drawn(seed)) for seed in range(first, first + PORTION)]
    assert {v.seed: v.broken for v in verdicts if v.broken} == {}
    coverage = Coverage()
    for verdict in verdicts:
        coverage.add(verdict.struck)
    assert len(coverage.met) >= 60
    assert all(verdict.counts for verdict in verdicts)


def test_people_go_on_until_enough_has_happened() -> None:
    declared = Act(after=0.0, deed=Say(who="ann", line="/incident declare sev3 alpha is down"))
    short = Schedule(seed=1, acts=(declared,))
    universe = Universe(replace(short, goes_on=True))
    universe.run()
    assert universe.ground.book.intents >= INTENTS > tried(short).intents
    assert len(universe.trouble.struck) >= FAULTS > len(tried(short).struck)
    deeds = [type(act.deed) for act in universe.went_on]
    assert deeds[0] is Calm
    assert deeds.count(Harm) == FAULTS


def test_what_people_went_on_with_can_be_written_out_as_acts() -> None:
    schedule = next(s for s in map(drawn, range(100)) if written_out(s).acts != s.acts)
    assert history(written_out(schedule)) == history(schedule)
