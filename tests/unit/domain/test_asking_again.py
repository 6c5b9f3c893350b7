"""Questions that expire, are asked again, or are taken back."""

from bot.domain.approval import CardState
from bot.domain.decided import Decided, Refusal
from bot.domain.events import (
    CardAskedAgain,
    CardExpired,
    CardKind,
    CardReminded,
    Ending,
    RunEnded,
    RunStarted,
    StepStarted,
)
from bot.domain.intents import AskAgain, BreakReservation, PrepareNotice, WithdrawCard
from bot.domain.policy import Group
from bot.values import CardId, Untrusted
from tests.unit.domain.disk import DISK_FULL, Disk, approved, asked
from tests.unit.domain.people import actor, ana, ben, cleo, dan, eve
from tests.unit.domain.policy import DAN, MINUTE
from tests.unit.domain.story import Story, alerts, exited

FOUR_HOURS = 240 * MINUTE


def expired() -> Story:
    story = Story().declared()
    asked(story)
    story.passes(FOUR_HOURS)
    return story


def again(story: Story, kind: CardKind = CardKind.CHANGE) -> AskAgain:
    card = story.card(kind).card.card
    return AskAgain(by=ana, card=card, document_now=DISK_FULL)


def test_the_approvers_are_reminded_in_the_room_and_each_by_themselves() -> None:
    story = Story().declared()
    asked(story)
    story.passes(180 * MINUTE)
    assert len(story.events(CardReminded)) == 1
    assert [post for post in story.posted() if "CardReminded" in post] == [
        "CardReminded -> console/direct:ben",
        "CardReminded -> console/direct:cleo",
        "CardReminded -> console/room",
    ]


def test_the_expiry_wakes_the_approvers_one_after_the_other() -> None:
    story = expired()
    story.passes(5 * MINUTE)
    assert story.woken() == ["ben by console, level 1", "cleo by console, level 2"]


def test_who_asked_is_not_woken_to_approve() -> None:
    story = Story().declared()
    story.starts(DISK_FULL, by=ben)
    story.looks(Disk())
    story.passes(FOUR_HOURS)
    assert story.woken() == ["cleo by console, level 1"]


def test_a_question_that_changed_nothing_is_asked_again_by_a_new_run() -> None:
    story = expired()
    decision = story.tries(again(story))
    assert isinstance(decision, Decided)
    assert decision.answer == "Card 1 is asked again."
    story.looks(Disk())
    fresh = story.card(CardKind.CHANGE)
    assert (fresh.card.number, fresh.state) == (2, CardState.OPEN)
    assert len(story.events(RunStarted)) == 2
    story.votes(ben)
    assert story.card(CardKind.CHANGE).state is CardState.DECIDED


def test_it_is_asked_again_once() -> None:
    story = expired()
    first = story.card(CardKind.CHANGE).card.card
    wish = AskAgain(by=ana, card=first, document_now=DISK_FULL)
    story.does(wish)
    assert story.refused(wish) == "Card 1 was asked again already."
    assert story.events(CardAskedAgain) == [CardAskedAgain(card=first)]


def test_a_run_that_was_between_two_changes_goes_on_where_it_stood() -> None:
    story = _undo_expired()
    ident = story.run.started.run
    assert story.events(RunEnded)[0].ending is Ending.EXPIRED
    story.does(again(story, CardKind.UNDO))
    assert (story.run.started.run, story.run.ended) == (ident, None)
    assert story.open_kinds() == [CardKind.UNDO]
    assert len(story.events(StepStarted)) == 1


def test_a_run_whose_targets_were_freed_cannot_go_on() -> None:
    story = _undo_expired()
    ident = story.run.started.run
    story.does(BreakReservation(by=ben, run=ident, reason=Untrusted("the host is sound")))
    assert story.refused(again(story, CardKind.UNDO)) == (
        "What its run had reserved was freed by a person, so it cannot go on: run it anew."
    )


def test_only_an_expired_card_is_asked_again() -> None:
    story = Story().declared()
    asked(story)
    assert story.refused(again(story)) == "Card 1 has not expired, so it is not asked again."
    nowhere = AskAgain(by=ana, card=CardId("zzz"))
    assert story.decides(nowhere) == Refusal(reason="There is no such card.", hidden=True)


def test_who_writes_notices_asks_for_an_expired_one_again() -> None:
    story = Story().declared()
    story.does(PrepareNotice(by=dan, audience="customers", text=Untrusted("we are on it")))
    story.passes(FOUR_HOURS)
    writer = actor(DAN, Group.COMMUNICATIONS)
    story.does(AskAgain(by=writer, card=story.card(CardKind.NOTICE).card.card))
    assert story.open_kinds() == [CardKind.NOTICE]


def test_a_reader_asks_nothing_again() -> None:
    story = expired()
    wish = AskAgain(by=eve, card=story.card(CardKind.CHANGE).card.card)
    assert story.refused(wish) == (
        "You cannot ask this again: run is for admin, approver, break-glass, responder; "
        "you are in reader."
    )
    assert story.events(CardAskedAgain) == []


def test_a_proposal_that_expired_is_asked_again_as_it_was() -> None:
    story = Story()
    story.does(alerts(document=DISK_FULL, bindings='{"values":{},"sources":{}}'))
    story.passes(FOUR_HOURS)
    assert len(story.events(CardExpired)) == 1
    story.does(AskAgain(by=ana, card=story.card(CardKind.RUN).card.card))
    fresh = story.card(CardKind.RUN)
    assert (fresh.card.number, fresh.card.expires_at - story.now) == (2, FOUR_HOURS)


def test_whoever_may_abort_withdraws_a_question_and_its_run_ends() -> None:
    story = Story().declared()
    card = asked(story).card.card
    story.does(WithdrawCard(by=cleo, card=card, reason=Untrusted("we found a better way")))
    assert story.card(CardKind.CHANGE).state is CardState.WITHDRAWN
    assert story.events(RunEnded)[0].ending is Ending.ABORTED
    assert story.events(StepStarted) == []
    assert story.votes(ben) == Refusal(
        reason="Card 1 was withdrawn at 03:00 UTC. Nothing was done."
    )


def test_a_reader_withdraws_nothing() -> None:
    story = Story().declared()
    card = asked(story).card.card
    assert story.refused(WithdrawCard(by=eve, card=card)).startswith(
        "You cannot withdraw this card: abort is for "
    )


def test_a_notice_is_withdrawn_without_anything_else() -> None:
    story = Story().declared()
    story.does(PrepareNotice(by=dan, audience="customers", text=Untrusted("we are on it")))
    card = story.card(CardKind.NOTICE).card.card
    story.does(WithdrawCard(by=dan, card=card))
    assert story.card(CardKind.NOTICE).state is CardState.WITHDRAWN
    assert story.answer == "Card 1 is withdrawn. Nothing was done."


def test_a_command_in_doubt_is_never_left_without_its_question() -> None:
    story = Story().declared()
    approved(story)
    story.begins()
    story.ends(exited(None))
    wish = WithdrawCard(by=ben, card=story.card(CardKind.IN_DOUBT).card.card)
    assert story.refused(wish) == (
        "Somebody must say what became of that command: answer it instead."
    )
    assert isinstance(story.tries(wish), Refusal)


UNDOABLE = DISK_FULL.replace(
    "not-needed: only archived journal files, rotated logs and expired temporary files go",
    "- {run: sudo systemctl start systemd-journald, timeout: 1m}",
)


def _undo_expired() -> Story:
    story = Story().declared()
    story.starts(UNDOABLE)
    story.looks(Disk())
    story.votes(ben)
    story.looks(Disk())
    story.begins()
    story.ends(exited(1))
    story.looks(Disk())
    story.passes(FOUR_HOURS)
    return story
