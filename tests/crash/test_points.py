"""Each effect and each call that leaves the process has its labels, and each a way to it."""

import pytest

from bot.ports import ChatPlatform
from tests.crash import labels
from tests.crash.chat import ChatKind
from tests.crash.points import DRILL, points
from tests.crash.stories import ELSEWHERE, STORIES

LABELS = frozenset(point.label for point in points())


@pytest.mark.parametrize("name", sorted(labels.names()))
def test_a_life_can_end_before_and_after_each_call(name: str) -> None:
    assert {f"before {name}", f"after {name}"} <= LABELS


@pytest.mark.parametrize("kind", labels.kinds())
def test_a_life_can_end_after_each_claim_and_around_what_settles_it(kind: str) -> None:
    assert f"after claim of {kind}" in LABELS
    assert any(label.startswith(f"before commit of {kind}") for label in LABELS)
    assert any(label.startswith(f"after commit of {kind}") for label in LABELS)


@pytest.mark.parametrize("port", labels.EXEMPT)
def test_only_calls_that_exist_are_exempt(port: type) -> None:
    assert labels.EXEMPT[port].keys() <= {*labels.every_call(port)}


def test_the_calls_of_a_port_are_read_from_the_port() -> None:
    assert "open room" in labels.calls(ChatPlatform)
    assert "slack open room" in labels.names()
    assert "telegram post of a card" in labels.names()


def test_each_point_has_a_story_that_can_be_told() -> None:
    assert {point.story for point in points()} <= {*STORIES, *ELSEWHERE, DRILL}
    elsewhere = {point.where for point in points() if point.story in ELSEWHERE}
    assert elsewhere == {*ChatKind}


def test_no_point_is_there_twice() -> None:
    assert len(LABELS) == len(points())
