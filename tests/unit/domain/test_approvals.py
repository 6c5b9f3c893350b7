"""Votes: who counts, what settles a card, and that it is settled exactly once."""

from dataclasses import replace

import pytest

from bot.domain.actor import FIREWARDEN, Actor, Standing
from bot.domain.approval import CardState
from bot.domain.decided import Decided, Refusal
from bot.domain.events import (
    CardDecided,
    CardExpired,
    CardKind,
    CardReminded,
    Ending,
    OutcomeKind,
    RunEnded,
    StepStarted,
    VoteCast,
)
from bot.domain.intents import Answer, Resolve, RoomIsOpen, SetSeverity
from bot.values import CardId, ConversationRef, PersonId, Severity, Untrusted
from tests.unit.domain.disk import DISK_FULL, Disk
from tests.unit.domain.people import actor, ana, ben, cleo, dan, eve
from tests.unit.domain.policy import ANA, BEN, CLEO, DAN, MINUTE
from tests.unit.domain.story import Story

FOUR_EYES = "You asked for this, so somebody else must say yes (four eyes)."


def question(severity: Severity = Severity.SEV3, by: Actor = ana, host: str = "web-1") -> Story:
    story = Story().declared(severity)
    story.starts(DISK_FULL, by=by, host=host)
    story.looks(Disk())
    return story


def test_one_approver_decides_a_reversible_change() -> None:
    story = question()
    story.votes(ben, reason="disk is full")
    assert story.events(CardDecided) == [
        CardDecided(
            card=story.card(CardKind.CHANGE).card.card,
            option="approve",
            outcome=OutcomeKind.ACT,
            by=(BEN,),
            reason=Untrusted("disk is full"),
        )
    ]
    assert story.answer == "Recorded: Approve."


def test_the_vote_keeps_who_where_and_with_which_groups() -> None:
    story = question()
    story.votes(cleo)
    vote = story.events(VoteCast)[0]
    assert (vote.person, vote.where, vote.account, vote.token) == (CLEO, "console", "cleo", False)
    assert vote.groups == ("approver", "communications", "dba", "responder")


def test_nobody_approves_what_they_asked_for_themselves() -> None:
    story = question(by=ben)
    assert story.votes(ben) == Refusal(reason=FOUR_EYES)
    second_account = replace(ben, platform="slack", account="U0456")
    assert story.votes(second_account) == Refusal(reason=FOUR_EYES)
    story.votes(cleo)
    assert story.events(CardDecided)[0].by == (CLEO,)


def test_who_asked_for_it_may_still_decline() -> None:
    story = question(by=ben)
    story.votes(ben, "reject")
    assert story.events(RunEnded)[0].ending is Ending.REJECTED


def test_two_of_the_approvers_are_needed_where_the_rule_says_two() -> None:
    story = question(Severity.SEV1)
    story.votes(ben)
    assert story.answer == "Your vote for “Approve” counts: 1 of 2."
    assert story.events(CardDecided) == []
    story.votes(ben)
    assert story.answer == "Your vote for “Approve” already counts."
    assert len(story.events(VoteCast)) == 1
    story.votes(cleo)
    assert story.events(CardDecided)[0].by == (BEN, CLEO)


def test_one_of_a_and_one_of_b_are_two_people() -> None:
    story = question(host="db-1")
    story.votes(cleo)
    assert story.events(CardDecided) == []
    story.votes(dan)
    assert story.events(CardDecided)[0].by == (CLEO, DAN)


def test_a_group_of_the_policys_own_counts_only_where_a_rule_names_it() -> None:
    story = question(host="web-1")
    assert story.votes(dan) == Refusal(
        reason="You cannot answer this card: vote is for approver, break-glass; "
        "you are in admin, communications, dba, responder."
    )


def test_one_decline_ends_it_whatever_the_others_said() -> None:
    story = question(Severity.SEV1)
    story.votes(ben)
    story.votes(cleo, "reject", "not during the sale")
    decided = story.events(CardDecided)[0]
    assert (decided.outcome, decided.by) == (OutcomeKind.DECLINE, (CLEO,))
    assert story.events(StepStarted) == []


def test_a_vote_may_be_changed_until_it_is_decided() -> None:
    story = question(Severity.SEV1)
    story.votes(ben)
    story.votes(ben, "reject")
    assert [vote.option for vote in story.events(VoteCast)] == ["approve", "reject"]
    assert story.events(CardDecided)[0].option == "reject"


def test_a_late_click_is_told_what_was_decided_and_changes_nothing() -> None:
    story = question()
    story.votes(ben)
    seq = story.incident.seq
    for option in ("approve", "reject"):
        assert story.votes(cleo, option) == Refusal(
            reason="Card 1 was already decided at 03:00 UTC: Approve by Ben. Nothing changed."
        )
    assert story.incident.seq == seq


def test_a_click_on_a_replaced_card_is_told_the_new_number() -> None:
    story = question()
    old = story.card(CardKind.CHANGE)
    story.does(SetSeverity(by=ana, severity=Severity.SEV1))
    decision = story.presses(old, ben, "approve")
    assert decision == Refusal(reason="Card 1 changed at 03:00 UTC: see card 2. Nothing was done.")


def test_an_unknown_card_looks_absent_and_an_unknown_option_is_named() -> None:
    story = question()
    nowhere = Answer(by=ben, card=CardId("zzz"), option="approve")
    assert story.decides(nowhere) == Refusal(reason="There is no such card.", hidden=True)
    assert story.votes(ben, "maybe") == Refusal(
        reason="That is not one of this card's answers (approve, reject)."
    )


@pytest.mark.parametrize(
    ("who", "reason"),
    [
        (eve, "You cannot answer this card: vote is for approver, break-glass; you are in reader."),
        (
            ana,
            "You cannot answer this card: vote is for approver, break-glass; you are in responder.",
        ),
        (
            actor(BEN, standing=Standing.GUEST),
            (
                "You cannot answer this card: this account is a guest: "
                "only a full, active account may decide."
            ),
        ),
        (
            actor(BEN, standing=Standing.BOT),
            "this account is a bot and may do nothing here",
        ),
        (
            actor(BEN, standing=Standing.DEACTIVATED),
            "this account is deactivated and may do nothing here",
        ),
        (
            actor(BEN, standing=Standing.STRANGER),
            (
                "You cannot answer this card: this account is a stranger of another workspace: "
                "only a full, active account may decide."
            ),
        ),
        (
            actor(BEN, standing=Standing.UNKNOWN),
            (
                "You cannot answer this card: nobody could say in time whether this account is "
                "active: try again in a moment."
            ),
        ),
        (
            actor(BEN, linked=False),
            (
                "You cannot answer this card: "
                "link your console account to a person of the policy first."
            ),
        ),
        (
            actor(BEN, practice_only=True),
            "This seat may decide practice cards only; name its person in the policy.",
        ),
        (
            actor(BEN, token_kind="operate"),
            "A token of kind `operate` can never answer a card.",
        ),
        (actor(BEN, token_kind="read"), "A token of kind `read` can never answer a card."),
    ],
    ids=lambda value: "" if isinstance(value, Actor) else value,
)
def test_who_may_not_decide_is_told_why(who: Actor, reason: str) -> None:
    story = question()
    for option in ("approve", "reject"):
        assert story.votes(who, option) == Refusal(reason=reason)
    assert story.events(VoteCast) == []
    assert story.card(CardKind.CHANGE).state is CardState.OPEN


def test_an_answer_token_is_marked_on_the_vote() -> None:
    story = question()
    story.votes(actor(BEN, token_kind="answer"))
    assert story.events(VoteCast)[0].token
    assert story.events(CardDecided)[0].by == (BEN,)


def test_a_practice_seat_decides_cards_of_practice_hosts_alone() -> None:
    story = Story().alerted(route="drill")
    story.starts(DISK_FULL, host="practice-1")
    story.looks(Disk())
    story.votes(actor(BEN, practice_only=True))
    assert story.events(CardDecided)[0].by == (BEN,)


def test_a_card_without_a_digest_says_so_to_whoever_names_one() -> None:
    story = Story().declared()
    story.does(Resolve(by=ana, summary=Untrusted("")))
    asked = story.card(CardKind.CHECKLIST)
    why, card = Untrusted("all is well"), asked.card.card
    said = Answer(by=ana, card=card, option="resolve", reason=why, short_digest="d3ba9075")
    assert story.refused(said) == (
        "Card 1 has no digest, so not d3ba9075 either. Nothing was done."
    )


def test_a_typed_approval_names_the_digest_that_it_read() -> None:
    story = question()
    card = story.card(CardKind.CHANGE).card
    typed = Answer(
        by=ben,
        card=card.card,
        option="approve",
        document_now=DISK_FULL,
        short_digest="00000000",
    )
    assert story.refused(typed) == (
        f"Card 1 has digest {card.digest[:8]}, not 00000000: read it again. Nothing was done."
    )
    story.does(replace(typed, short_digest=card.digest[:8]))
    assert story.events(CardDecided)[0].by == (BEN,)


def test_a_card_expires_closed_and_wakes_who_may_approve() -> None:
    story = question()
    story.passes(240 * MINUTE)
    assert [e.card for e in story.events(CardExpired)] == [story.card(CardKind.CHANGE).card.card]
    assert story.events(RunEnded)[0].ending is Ending.EXPIRED
    assert story.events(StepStarted) == []
    assert story.woken() == ["ben by console, level 1"]
    assert story.votes(ben) == Refusal(
        reason="Card 1 expired at 07:00 UTC. Nothing was done, and nothing is done now."
    )


def test_a_yes_at_the_very_moment_of_the_expiry_is_too_late() -> None:
    story = question()
    story.timers.clear()
    story.passes(240 * MINUTE)
    decision = story.votes(ben)
    assert isinstance(decision, Decided)
    assert decision.answer == "Card 1 has just expired. Nothing was done."
    assert story.events(CardDecided) == []
    assert story.events(RunEnded)[0].ending is Ending.EXPIRED


def test_an_expiry_that_rings_early_means_nothing() -> None:
    story = question()
    card = story.card(CardKind.CHANGE).card.card
    story.rings(f"expire:{card}")
    assert story.open_kinds() == [CardKind.CHANGE]


def test_a_reminder_comes_before_the_expiry() -> None:
    story = question()
    story.passes(180 * MINUTE)
    assert story.events(CardReminded) == [CardReminded(card=story.card(CardKind.CHANGE).card.card)]
    assert "CardReminded -> console/room" in story.posted()
    assert story.open_kinds() == [CardKind.CHANGE]


def test_every_copy_of_the_card_is_shown_anew_after_the_decision() -> None:
    story = question()
    card = story.card(CardKind.CHANGE).card.card
    room = ConversationRef(platform="console", id="room-1")
    story.does(RoomIsOpen(by=FIREWARDEN, room=room))
    assert card in story.shown()
    story.votes(ben)
    assert card in story.shown()


def test_fifty_votes_at_once_give_one_decision_and_fifty_truthful_answers() -> None:
    story = question()
    answers: list[str] = []
    for n in range(50):
        who = actor(PersonId(f"p{n}"), "approver")
        decision = story.votes(who, "approve" if n % 2 else "reject")
        answers.append(decision.answer if isinstance(decision, Decided) else decision.reason)
    assert len(story.events(CardDecided)) == 1
    assert answers[0] == "Recorded: Reject."
    assert set(answers[1:]) == {
        "Card 1 was already decided at 03:00 UTC: Reject by p0. Nothing changed."
    }
    assert ANA not in story.events(CardDecided)[0].by
