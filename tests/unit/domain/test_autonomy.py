"""Small repairs that the policy lets run by themselves: when, how they are marked, and when not."""

from dataclasses import replace

import pytest

from bot.domain.events import (
    ApprovalVoided,
    AutonomyUsed,
    CardDecided,
    CardKind,
    StepStarted,
)
from bot.domain.policy import ApprovalRule, Autonomy, Group, Policy, Quorum
from bot.values import SYSTEM, Severity
from tests.unit.domain.disk import DISK_FULL, STEPS, Disk
from tests.unit.domain.policy import POLICY
from tests.unit.domain.story import Story

BY_ITSELF = replace(POLICY, autonomy=Autonomy.REVERSIBLE)


def looked(
    policy: Policy = BY_ITSELF, severity: Severity = Severity.SEV3, mode: str = "run"
) -> Story:
    story = Story(policy).declared(severity)
    story.starts(DISK_FULL, mode=mode)
    story.looks(Disk())
    return story


def test_a_reversible_change_of_one_host_needs_nobody() -> None:
    story = looked()
    story.begins()
    decided = story.events(CardDecided)[0]
    assert decided.by == (SYSTEM,)
    assert story.events(StepStarted)[0].command == STEPS[0]
    assert story.events(StepStarted)[0].digest == story.card(CardKind.CHANGE).card.digest


def test_triage_is_repeated_although_nobody_was_waited_for() -> None:
    assert {read.phase for read in looked().run.reads} == {"triage", "again"}


def test_the_run_is_marked_and_announced() -> None:
    story = looked()
    assert story.run.autonomous.startswith("autonomy: reversible; it touches web-1 alone, ")
    keys = [key for key in story.outbox if key.startswith("post:")]
    seq = next(e.seq for e in story.history if isinstance(e.event, AutonomyUsed))
    assert f"post:incident:i1.{seq}.console/room" in keys
    assert f"post:incident:i1.{seq}.console/channel:announcements" in keys


def test_a_card_that_waits_for_nobody_sets_no_timer() -> None:
    story = looked()
    card = story.card(CardKind.CHANGE).card.card
    assert f"expire:{card}" not in story.timers


@pytest.mark.parametrize(
    "policy",
    [
        POLICY,
        replace(BY_ITSELF, dangerous_words=frozenset({"logrotate"})),
        replace(
            BY_ITSELF,
            approval_rules=(
                *POLICY.approval_rules,
                ApprovalRule(
                    name="two",
                    services=("checkout",),
                    quorums=(Quorum(groups=(Group.APPROVER,), count=2),),
                ),
            ),
        ),
    ],
    ids=["not allowed", "a dangerous word", "a rule asks for two"],
)
def test_everything_else_is_asked(policy: Policy) -> None:
    story = looked(policy)
    assert story.events(AutonomyUsed) == []
    assert story.open_kinds() == [CardKind.CHANGE]


def test_the_worst_severity_asks_for_two_and_so_for_somebody() -> None:
    assert looked(severity=Severity.SEV1).open_kinds() == [CardKind.CHANGE]


def test_a_guided_run_is_asked_for_every_step() -> None:
    assert looked(mode="guided").open_kinds() == [CardKind.CHANGE]


def test_a_runbook_that_cannot_tell_asks() -> None:
    story = Story(BY_ITSELF).declared()
    story.starts(DISK_FULL)
    disk = Disk()
    disk.broken = True
    story.looks(disk)
    assert story.events(AutonomyUsed) == []
    assert story.events(StepStarted) == []


def test_a_policy_that_takes_it_back_stops_the_next_step_and_asks() -> None:
    story = looked()
    story.policy = POLICY
    story.begins()
    assert story.events(StepStarted) == []
    assert story.events(ApprovalVoided)[0].why.text == "the policy no longer lets it run by itself"
    assert story.run.autonomous == ""
    assert story.open_kinds() == [CardKind.CHANGE]
