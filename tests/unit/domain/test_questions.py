"""Questions of programs and people: who settles them, what an answer leads to, and how they end."""

from dataclasses import replace
from datetime import timedelta

import pytest

from bot.domain.approval import CardState
from bot.domain.decided import Refusal
from bot.domain.events import (
    CardDecided,
    CardExpired,
    CardKind,
    Option,
    OutcomeKind,
    StepStarted,
    VoteCast,
)
from bot.domain.intents import AskPeople, Close, Resolve
from bot.domain.packet import AskedPacket, AskedStyle
from bot.values import CardId, Severity, Untrusted
from tests.unit.domain.people import actor, ana, ben, cleo, dan, eve
from tests.unit.domain.policy import ANA, BEN, CLEO, DAN, MINUTE
from tests.unit.domain.story import Story

OPTIONS = (
    Option(id="go", label="Drain it", outcome=OutcomeKind.ACT, consequence=""),
    Option(id="call", label="Call somebody", outcome=OutcomeKind.ESCALATE, consequence=""),
    Option(id="no", label="Leave it", outcome=OutcomeKind.DECLINE, consequence=""),
)


def question(style: AskedStyle = AskedStyle.APPROVAL, **other: object) -> AskPeople:
    usual = AskPeople(
        by=actor(ANA, token_kind="operate"),
        card=CardId("q1"),
        title=Untrusted("May I drain web-1?"),
        packet=AskedPacket(style=style, description=Untrusted("")),
        options=OPTIONS,
        answerers=("approver",),
    )
    return replace(usual, **other)  # type: ignore[arg-type]  # a test names fields of AskPeople


def asked(style: AskedStyle = AskedStyle.APPROVAL, **other: object) -> Story:
    story = Story().declared()
    story.does(question(style, **other))
    return story


def test_the_answer_is_recorded_and_nothing_runs() -> None:
    story = asked()
    story.presses(story.card(CardKind.ASKED), ben, "go", "traffic is low")
    decided = story.events(CardDecided)[0]
    assert (decided.option, decided.outcome, decided.by) == ("go", OutcomeKind.ACT, (BEN,))
    assert story.events(StepStarted) == []
    assert story.changes() == []


def test_the_quorum_counts_for_each_option() -> None:
    story = asked(count=2)
    story.presses(story.card(CardKind.ASKED), ben, "go")
    story.presses(story.card(CardKind.ASKED), cleo, "call")
    assert story.events(CardDecided) == []
    story.presses(story.card(CardKind.ASKED), cleo, "go")
    assert story.events(CardDecided)[0].by == (BEN, CLEO)
    assert [vote.option for vote in story.events(VoteCast)] == ["go", "call", "go"]


def test_one_no_is_enough() -> None:
    story = asked(count=2)
    story.presses(story.card(CardKind.ASKED), ben, "no")
    assert story.events(CardDecided)[0].outcome is OutcomeKind.DECLINE


def test_an_escalation_wakes_who_is_on_call() -> None:
    story = asked()
    story.presses(story.card(CardKind.ASKED), ben, "call")
    assert story.woken() == ["ana by console, level 1"]


def test_who_asked_for_an_approval_cannot_give_it() -> None:
    story = asked(by=replace(ben, token_kind="operate"))
    assert story.presses(story.card(CardKind.ASKED), ben, "go") == Refusal(
        reason="You asked for this, so somebody else must say yes (four eyes)."
    )


def test_who_asks_a_plain_question_may_answer_it() -> None:
    story = asked(AskedStyle.FORM, by=replace(ben, token_kind="operate"))
    story.presses(story.card(CardKind.ASKED), ben, "go")
    assert story.events(CardDecided)[0].by == (BEN,)


@pytest.mark.parametrize("kind", ["operate", "read"])
def test_a_token_that_asks_never_answers(kind: str) -> None:
    story = asked()
    decision = story.presses(story.card(CardKind.ASKED), replace(ben, token_kind=kind), "go")
    assert decision == Refusal(reason=f"A token of kind `{kind}` can never answer a card.")


def test_only_the_groups_that_were_named_answer() -> None:
    story = asked()
    assert isinstance(story.presses(story.card(CardKind.ASKED), eve, "go"), Refusal)
    assert story.presses(story.card(CardKind.ASKED), ana, "no") == Refusal(
        reason="This card is for approver; you are in responder."
    )


def test_a_group_of_the_team_may_be_named() -> None:
    story = asked(answerers=("dba",))
    story.presses(story.card(CardKind.ASKED), dan, "go")
    assert story.events(CardDecided)[0].by == (DAN,)


@pytest.mark.parametrize(
    ("severity", "open_for"),
    [(Severity.SEV1, 15 * MINUTE), (Severity.SEV3, timedelta(hours=4))],
)
def test_without_a_time_the_severity_says_how_long(severity: Severity, open_for: timedelta) -> None:
    story = Story().declared(severity)
    story.does(question())
    assert story.card(CardKind.ASKED).card.expires_at - story.now == open_for


def test_an_approval_that_nobody_gives_expires_and_wakes_the_answerers() -> None:
    story = asked(expires_in=10 * MINUTE)
    story.passes(10 * MINUTE)
    assert story.events(CardExpired) == [CardExpired(card=CardId("q1"))]
    assert story.woken() == ["ben by console, level 1"]
    assert story.card(CardKind.ASKED).state is CardState.EXPIRED


def test_a_form_that_nobody_fills_in_wakes_nobody() -> None:
    story = asked(AskedStyle.FORM, expires_in=10 * MINUTE)
    story.passes(10 * MINUTE)
    assert story.woken() == []


@pytest.mark.parametrize(
    ("other", "reason"),
    [
        (
            {"answerers": ("nobody",)},
            (
                "There is no group “nobody” (known: admin, approver, break-glass, communications, "
                "dba, reader, responder)."
            ),
        ),
        (
            {"count": 3},
            "3 of approver must answer, and 2 could: it could never be met.",
        ),
        (
            {"answerers": ("break-glass",)},
            "1 of break-glass must answer, and 0 could: it could never be met.",
        ),
        (
            {"by": replace(ben, token_kind="operate"), "count": 2},
            "2 of approver must answer, and 1 could: it could never be met.",
        ),
        (
            {"by": eve},
            "ask is for admin, approver, break-glass, communications, responder; you are in reader",
        ),
    ],
)
def test_what_nobody_could_answer_is_not_asked(other: dict[str, object], reason: str) -> None:
    story = Story().declared()
    assert story.refused(question(AskedStyle.APPROVAL, **other)) == reason


def test_the_same_card_is_not_asked_twice() -> None:
    story = asked()
    assert story.refused(question()) == "A card with this id was asked before."


def test_a_closed_incident_asks_nobody() -> None:
    story = Story().declared()
    story.does(Resolve(by=ana, summary=Untrusted("over")))
    story.presses(story.card(CardKind.CHECKLIST), ana, "resolve", "all is well")
    story.does(Close(by=ana))
    assert story.refused(question()) == "The incident is closed; nobody is asked anything there."
