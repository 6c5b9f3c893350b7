"""Notices: the author confirms an internal one, somebody else of communications an external one."""

from bot.domain.decided import Refusal
from bot.domain.events import CardKind, NoticeSent
from bot.domain.intents import Declare, PrepareNotice
from bot.values import Severity, Untrusted
from tests.unit.domain.people import actor, ana, ben, cleo, dan, eve
from tests.unit.domain.policy import CLEO, DAN
from tests.unit.domain.story import Story


def prepared(audience: str, by: object = dan, flagged: tuple[str, ...] = ()) -> Story:
    story = Story().declared()
    story.does(
        PrepareNotice(
            by=by,  # type: ignore[arg-type]  # people of tests
            audience=audience,
            text=Untrusted("Payments fail."),
            flagged=flagged,
        )
    )
    return story


def test_an_internal_notice_goes_out_when_its_author_confirms() -> None:
    story = prepared("stakeholders")
    story.presses(story.card(CardKind.NOTICE), dan, "send")
    assert story.events(NoticeSent) == [
        NoticeSent(
            audience="stakeholders",
            channel="stakeholders",
            text=Untrusted("Payments fail."),
            author=DAN,
            confirmed_by=(DAN,),
        )
    ]
    assert story.posted() == [
        "NoticeSent -> console/room",
        "NoticeSent -> console/channel:stakeholders",
    ]


def test_an_internal_notice_may_be_edited_while_it_is_confirmed() -> None:
    story = prepared("stakeholders")
    story.presses(story.card(CardKind.NOTICE), dan, "send", values={"text": "Payments are slow."})
    assert story.events(NoticeSent)[0].text == Untrusted("Payments are slow.")


def test_an_external_notice_needs_somebody_else_of_communications() -> None:
    story = prepared("customers")
    card = story.card(CardKind.NOTICE)
    assert story.presses(card, dan, "send") == Refusal(
        reason="You asked for this, so somebody else must say yes (four eyes)."
    )
    for outsider in (ana, ben, eve):
        assert isinstance(story.presses(card, outsider, "send"), Refusal)
    assert story.events(NoticeSent) == []
    story.presses(card, cleo, "send")
    assert story.events(NoticeSent)[0].confirmed_by == (CLEO,)


def test_whoever_approves_an_external_notice_cannot_change_its_words() -> None:
    story = prepared("customers")
    card = story.card(CardKind.NOTICE)
    decision = story.presses(card, cleo, "send", values={"text": "All is well."})
    assert decision == Refusal(
        reason="Whoever approves cannot edit: discard it and prepare it anew."
    )
    assert story.events(NoticeSent) == []


def test_a_token_that_only_operates_can_never_clear_a_notice() -> None:
    for audience in ("customers", "stakeholders"):
        story = prepared(audience)
        robot = actor(CLEO, token_kind="operate")
        decision = story.presses(story.card(CardKind.NOTICE), robot, "send")
        assert decision == Refusal(reason="A token of kind `operate` can never answer a card.")


def test_a_discarded_notice_tells_nobody() -> None:
    story = prepared("stakeholders")
    story.presses(story.card(CardKind.NOTICE), dan, "discard")
    assert story.events(NoticeSent) == []


def test_flagged_words_take_the_recommendation_away() -> None:
    clean = prepared("customers").card(CardKind.NOTICE)
    odd = prepared("customers", flagged=("web-1",)).card(CardKind.NOTICE)
    assert [o.recommended for o in clean.card.options] == [True, False]
    assert [o.recommended for o in odd.card.options] == [False, False]


def test_an_unknown_audience_is_refused_with_the_known_ones() -> None:
    story = Story().declared()
    notice = PrepareNotice(by=ana, audience="press", text=Untrusted("x"))
    assert story.refused(notice) == (
        "There is no audience “press” (known: customers, stakeholders)."
    )


def test_a_private_incident_tells_nobody_outside() -> None:
    story = Story()
    story.does(Declare(by=dan, severity=Severity.SEV2, title=Untrusted("x"), private=True))
    notice = PrepareNotice(by=dan, audience="customers", text=Untrusted("x"))
    assert story.refused(notice) == "A private incident tells nobody outside."


def test_an_external_notice_that_nobody_cleared_wakes_somebody() -> None:
    story = prepared("customers")
    story.passes(story.policy.approval_expires_in)
    assert story.events(NoticeSent) == []
    assert story.woken() == ["ana by console, level 1"]
