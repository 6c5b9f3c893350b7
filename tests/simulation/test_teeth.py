"""The check has teeth: a guard that is taken away is missed within a few schedules."""

import pytest

from tests.simulation.drawing import drawn
from tests.simulation.mutations import MUTATIONS, Mutation
from tests.simulation.trying import tried

WITHIN = 20
"""Schedules that a mutation may survive."""


@pytest.mark.parametrize("mutation", MUTATIONS, ids=lambda mutation: mutation.__name__)
def test_a_guard_that_is_gone_is_found(mutation: Mutation, monkeypatch: pytest.MonkeyPatch) -> None:
    mutation(monkeypatch)
    story = MUTATIONS[mutation]
    found = next((seed for seed in range(WITHIN) if tried(drawn(seed, story)).broken), None)
    assert found is not None


def test_with_every_guard_in_place_nothing_is_found() -> None:
    stories = sorted(set(MUTATIONS.values()))
    assert [tried(drawn(1, story)).broken for story in stories] == [()] * len(stories)
