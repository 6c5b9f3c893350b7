"""Breaking the glass: one named person approves alone, with a reason, and nobody misses it."""

from dataclasses import replace
from datetime import timedelta

import pytest

from bot.domain.actor import Actor, Standing
from bot.domain.approval import CardState
from bot.domain.decided import Refusal
from bot.domain.effects import Post
from bot.domain.events import (
    ActionAdded,
    ApprovalVoided,
    CardDecided,
    CardKind,
    GlassBroken,
    ReviewReminded,
    StepStarted,
    VoteCast,
)
from bot.domain.intents import CompleteAction
from bot.domain.policy import Group
from bot.values import PersonId, Severity, Untrusted
from tests.unit.domain.disk import DISK_FULL, Disk
from tests.unit.domain.people import actor, ana, ben, cleo, eve
from tests.unit.domain.policy import BEN, DAN, POLICY
from tests.unit.domain.story import T0, Story

DAY = timedelta(days=1)
REASON = "nobody else is awake"
ALARMED = replace(POLICY, groups={**POLICY.groups, Group.BREAK_GLASS: (DAN,)})
dan = actor(DAN, Group.RESPONDER, Group.BREAK_GLASS)


def question(severity: Severity = Severity.SEV1, by: Actor = ana) -> Story:
    story = Story(ALARMED).declared(severity)
    story.starts(DISK_FULL, by=by)
    story.looks(Disk())
    return story


def broken(story: Story) -> None:
    story.votes(dan, "break-glass", REASON)


def test_a_member_of_the_group_approves_alone_where_two_would_be_needed() -> None:
    story = question()
    broken(story)
    decided = story.events(CardDecided)[0]
    assert (decided.option, decided.by, decided.reason) == (
        "break-glass",
        (DAN,),
        Untrusted(REASON),
    )
    assert story.events(VoteCast)[0].break_glass


def test_it_is_told_to_the_room_and_in_the_announcement_channel() -> None:
    story = question()
    broken(story)
    assert [post for post in story.posted() if "GlassBroken" in post] == [
        "GlassBroken -> console/room",
        "GlassBroken -> console/channel:announcements",
    ]


def test_somebody_else_gets_the_review_as_an_action_for_the_next_day() -> None:
    story = question()
    broken(story)
    assert story.events(GlassBroken)[0].review_at == T0 + DAY
    assert story.events(ActionAdded) == [
        ActionAdded(
            n=1,
            text=Untrusted("Review by 2026-11-22 03:00 UTC: dan broke the glass on card 1"),
            owner=BEN,
        )
    ]


def test_a_review_that_nobody_has_done_is_asked_for_the_next_day() -> None:
    story = question()
    broken(story)
    story.passes(DAY)
    card = story.card(CardKind.CHANGE).card.card
    assert story.events(ReviewReminded) == [ReviewReminded(card=card, action=1)]
    told = {str(e.target) for e in story.outbox.values() if isinstance(e, Post)}
    assert "console/channel:announcements" in told


def test_a_review_that_is_done_is_not_asked_for() -> None:
    story = question()
    broken(story)
    story.does(CompleteAction(by=ben, n=1))
    story.passes(DAY)
    assert story.events(ReviewReminded) == []


@pytest.mark.parametrize("reason", ["", "  \n"])
def test_without_a_typed_reason_nothing_happens(reason: str) -> None:
    story = question()
    assert story.votes(dan, "break-glass", reason) == Refusal(
        reason="“Break glass” needs a reason."
    )
    assert story.card(CardKind.CHANGE).state is CardState.OPEN


@pytest.mark.parametrize(
    ("who", "why"),
    [
        (ben, "Breaking the glass is for break-glass; you are in approver, responder."),
        (
            cleo,
            (
                "Breaking the glass is for break-glass; "
                "you are in approver, communications, dba, responder."
            ),
        ),
        (
            eve,
            "You cannot answer this card: vote is for approver, break-glass; you are in reader.",
        ),
        (
            replace(dan, token_kind="answer"),
            "Only a person breaks the glass, never a token.",
        ),
        (
            replace(dan, standing=Standing.GUEST),
            (
                "You cannot answer this card: this account is a guest: "
                "only a full, active account may decide."
            ),
        ),
        (
            replace(dan, practice_only=True),
            "This seat may decide practice cards only; name its person in the policy.",
        ),
    ],
)
def test_nobody_else_breaks_the_glass(who: Actor, why: str) -> None:
    story = question()
    assert story.votes(who, "break-glass", REASON) == Refusal(reason=why)
    assert story.events(GlassBroken) == []


def test_a_member_cannot_use_the_ordinary_yes() -> None:
    story = question()
    only = actor(PersonId("zoe"), Group.BREAK_GLASS)
    assert story.votes(only) == Refusal(reason="This card is for approver; you are in break-glass.")


def test_who_asked_may_break_the_glass_because_alone_means_alone() -> None:
    story = question(by=dan)
    assert isinstance(story.votes(dan), Refusal)
    broken(story)
    assert story.events(CardDecided)[0].by == (DAN,)


def test_what_was_approved_alone_runs() -> None:
    story = question()
    broken(story)
    story.looks(Disk())
    story.begins(dan)
    assert story.events(StepStarted)[0].approved_by == (DAN,)


def test_who_has_left_the_group_since_does_not_count_at_the_start() -> None:
    story = question()
    broken(story)
    story.looks(Disk())
    story.begins(actor(DAN, Group.RESPONDER, Group.APPROVER))
    assert story.events(StepStarted) == []
    assert story.events(ApprovalVoided)[0].why == Untrusted(
        "whoever broke the glass may no longer do that"
    )


def test_a_policy_without_the_group_offers_no_glass() -> None:
    story = Story(POLICY).declared()
    story.starts(DISK_FULL)
    story.looks(Disk())
    assert [o.id for o in story.card(CardKind.CHANGE).card.options] == ["approve", "reject"]
