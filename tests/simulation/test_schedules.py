"""The short form of `make simulate`: forty schedules, their faults, and every promise kept."""

import pytest

from tests.simulation.drawing import drawn
from tests.simulation.matrix import Coverage
from tests.simulation.trying import tried

PORTION = 10


@pytest.mark.parametrize("first", range(1000, 1040, PORTION))
def test_every_promise_is_kept(first: int) -> None:
    verdicts = [tried(drawn(seed)) for seed in range(first, first + PORTION)]
    assert {v.seed: v.broken for v in verdicts if v.broken} == {}
    coverage = Coverage()
    for verdict in verdicts:
        coverage.add(verdict.struck)
    assert len(coverage.met) >= 60
    assert sum(verdict.counts for verdict in verdicts) >= PORTION / 2
