"""The decision packet: all of it, frozen, under one line that lives."""

from dataclasses import replace

from bot.domain.events import (
    CardDecided,
    CardExpired,
    CardWithdrawn,
    OutcomeKind,
    QuorumRule,
    VoteCast,
)
from bot.values import CardId, Tier, Untrusted
from cards import plain
from cards.approval_card import fingerprint
from cards.context import Freeze
from cards.model import ButtonStyle, Card, CodeBlock, Notice, Tone
from cards.showing import shown
from tests.support.incidents import (
    ANN,
    BOB,
    CARD,
    EVE,
    MINUTE,
    START,
    Story,
    asked,
    change_packet,
    command,
    context,
    declared,
    run_started,
)


def story_with() -> Story:
    return declared().tell(run_started(), asked())


def card_of(story: Story, *freezes: Freeze) -> Card:
    card = shown(story.incident, "card1", context(15, *freezes))
    assert card is not None
    return card


def status_of(story: Story) -> str:
    first = card_of(story).blocks[0]
    assert isinstance(first, Notice)
    return plain.line_text(first.line, today=START.date())


def vote(person: str, option: str = "approve", reason: str = "") -> VoteCast:
    return VoteCast(
        card=CARD,
        person=BOB if person == "bob" else EVE,
        option=option,
        reason=Untrusted(reason),
        where="console",
        account=person,
    )


def decided(option: str, outcome: OutcomeKind, reason: str = "") -> CardDecided:
    return CardDecided(
        card=CARD, option=option, outcome=outcome, by=(BOB,), reason=Untrusted(reason)
    )


def test_an_open_question_says_who_may_answer_and_until_when() -> None:
    assert status_of(story_with()) == (
        "OPEN. Waiting for 1 yes from approver, not Ann (who asked). "
        "Expires 11:00 UTC; then nothing is done."
    )


def test_where_practice_seats_may_answer_they_are_named_among_the_others() -> None:
    question = asked()
    rule = replace(question.rule, practice=True)
    story = declared().tell(run_started(), replace(question, rule=rule))
    assert status_of(story).startswith(
        "OPEN. Waiting for 1 yes from approver / a practice seat, not Ann (who asked). "
    )


def test_a_question_to_every_group_is_one_to_anybody() -> None:
    question = asked()
    groups = ("admin", "approver", "communications", "reader", "responder")
    rule = replace(question.rule, quorums=(QuorumRule(groups=groups, count=1),), excluded=())
    story = declared().tell(run_started(), replace(question, rule=rule))
    assert status_of(story).startswith("OPEN. Waiting for 1 yes from anybody. ")


def test_votes_so_far_are_shown_with_where_they_came_from() -> None:
    story = declared().tell(run_started(), asked(quorum=2), vote("bob"))
    assert "Waiting for 2 yeses from approver" in status_of(story)
    assert " Votes: Bob → Approve (console). " in status_of(story)


def test_a_yes_names_who_gave_it_and_when() -> None:
    story = story_with().tell(vote("bob"), decided("approve", OutcomeKind.ACT, "go"))
    assert status_of(story) == "APPROVED by Bob (console) at 10:04 UTC — go"
    assert card_of(story).tone is Tone.GOOD
    assert card_of(story).buttons == ()


def test_a_rejected_one_says_that_nothing_ran() -> None:
    story = story_with().tell(vote("bob", "reject"), decided("reject", OutcomeKind.DECLINE))
    assert status_of(story) == "REJECTED by Bob (console) at 10:04 UTC. 0 commands ran."
    assert card_of(story).tone is Tone.NEUTRAL


def test_an_expired_one_fails_closed_and_says_so() -> None:
    story = story_with().tell(CardExpired(card=CARD))
    assert status_of(story) == "EXPIRED at 10:03 UTC: nobody decided in time. 0 commands ran."


def test_a_changed_one_points_to_the_card_that_replaces_it() -> None:
    newer = asked(card=CardId("card2"), number=2)
    story = story_with().tell(
        newer, CardWithdrawn(card=CARD, why=Untrusted("the hosts changed"), replaced_by=newer.card)
    )
    assert status_of(story) == "CHANGED at 10:04 UTC: the hosts changed. See card 2."


def test_a_withdrawn_one_says_that_nothing_was_done() -> None:
    story = story_with().tell(CardWithdrawn(card=CARD, why=Untrusted("the incident was resolved")))
    assert status_of(story) == (
        "WITHDRAWN at 10:03 UTC: the incident was resolved. Nothing was done."
    )


def test_the_packet_stays_the_same_when_the_card_is_decided() -> None:
    story = story_with()
    before = card_of(story).blocks[1:]
    story.tell(vote("bob"), decided("approve", OutcomeKind.ACT))
    assert card_of(story).blocks[1:] == before


def test_every_part_of_the_packet_is_there() -> None:
    text = plain.render(card_of(story_with()), today=START.date())
    parts = (
        "Why            df says 97 %",
        "Tier           reversible",
        "Requested by   Ann",
        "# 1. web-1 as fw-change, changes, at most 1 min\n    sudo journalctl --vacuum-size=200M",
        "# 2. web-1 as fw-observe, reads only, at most 1 min\n    df --output=pcent /",
        "web-1  10.0.0.5:22  reads as fw-observe, changes as fw-change  ssh-ed25519 SHA256:",
        "used    97 — df --output=pcent / on web-1 at 10:01 UTC",
        "errors  UNKNOWN: the command timed out",
        "used > 85 holds",
        "Blast radius  one host",
        "$ journalctl --disk-usage",
        "nothing to roll back",
        "sudo systemctl restart rsyslog",
        "• used < 85",
        "• the disk is another one",
        "disk-full c0ffee012345",
        "Dangerous words: purge",
        "1a2b3c4d",
        "Expires  11:00 UTC",
    )
    assert [part for part in parts if part not in text] == []


def test_commands_and_hosts_are_essential() -> None:
    essential = [b.title for b in card_of(story_with()).blocks if isinstance(b, CodeBlock)]
    assert essential == ["Commands, exactly as they will run", "Hosts"]
    assert all(b.essential for b in card_of(story_with()).blocks if isinstance(b, CodeBlock))


def test_a_line_end_in_an_argument_cannot_pretend_to_be_another_command() -> None:
    sly = replace(change_packet(), commands=(command(1, "echo 'x\n# 2. web-1\nrm y'"),))
    text = plain.render(card_of(declared().tell(run_started(), asked(sly))))
    assert "echo 'x[U+000A]# 2. web-1[U+000A]rm y'" in text


def test_an_irreversible_change_asks_back_and_looks_like_it() -> None:
    story = declared().tell(run_started(), asked(change_packet(Tier.IRREVERSIBLE)))
    approve, reject = card_of(story).buttons
    assert approve.style is ButtonStyle.DANGER
    assert approve.confirm == "This cannot be undone. Have you read every command?"
    assert (reject.style, reject.confirm, reject.wants_reason) == (ButtonStyle.PLAIN, "", True)


def test_a_reversible_change_marks_the_recommended_answer() -> None:
    approve, reject = card_of(story_with()).buttons
    assert (approve.style, approve.recommended, approve.confirm) == (ButtonStyle.PRIMARY, True, "")
    assert approve.consequence == ("runs 1 command on web-1",)
    assert reject.needs_form is False


def test_the_typed_answer_names_card_and_digest() -> None:
    footer = plain.line_text(card_of(story_with()).footer)
    assert footer == (
        "Card 1 of INC-2026-1121-001 · digest 1a2b3c4d · or type /incident approve 1 1a2b3c4d"
    )


def test_an_open_card_shows_a_freeze() -> None:
    freeze = Freeze(scope="checkout", reason=Untrusted("no"), by=ANN, at=START + MINUTE)
    second = card_of(story_with(), freeze).blocks[1]
    assert isinstance(second, Notice)
    assert plain.line_text(second.line).startswith("FROZEN: no change may start on checkout. no")


def test_a_fingerprint_is_the_one_that_ssh_keygen_prints() -> None:
    # ssh-keygen -lf on this public key, OpenSSH 9.2
    key = "ssh-ed25519 AAAAC3NzaC1lZDI1NTE5AAAAIOMqqnkVzrm0SdG6UOoqKLsabgH5C9okWi0dh2l9GKJl x"
    assert fingerprint(key) == "ssh-ed25519 SHA256:+DiY3wvvV6TuJJhbpZisF/zLDA0zPMSvHdkr4UvCOqU"


def test_a_key_that_is_none_is_shown_as_it_is() -> None:
    assert fingerprint("garbage") == "garbage"
