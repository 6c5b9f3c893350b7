"""Copies of approval cards for the people who may answer: each at the latest, on every place."""

from dataclasses import replace
from datetime import timedelta

from bot.domain.packet import AskedStyle
from bot.requests import QuestionAsked, ReplyTone
from bot.usecases.seats import TokenKind
from bot.values import CardId, ConversationRef
from cards import plain
from cards.model import Card
from tests.support.team import TEAM
from tests.support.world import World, sender

CARD = CardId("question-1")
BOB, CLEO, EVE = (
    ConversationRef(platform="console", id=f"direct:{who}") for who in ("bob", "cleo", "eve")
)


async def asked(world: World, *, private: bool = False) -> ConversationRef:
    """Let ann's program ask the approvers something; returns the room."""
    await world.say("ann", "/incident declare sev3 slow" + (" private" if private else ""))
    room = await world.room()
    reply = await world.router.handle(
        QuestionAsked(
            id="ask-1",
            sender=replace(sender("ann"), token_kind=TokenKind.OPERATE.value),
            incident="INC-2026-1121-001",
            card=CARD,
            style=AskedStyle.APPROVAL,
            title="May I drain web-1?",
            answerers=("approver",),
        )
    )
    assert reply.tone is ReplyTone.DONE, reply
    await world.settled()
    return room


def cards_in(world: World, place: ConversationRef) -> list[Card]:
    return [c for c in world.chat.cards.get(place.id, {}).values() if c.id == CARD]


async def test_everybody_who_may_answer_gets_the_card_by_themselves() -> None:
    async with World(policy=TEAM) as world:
        room = await asked(world)
        assert [len(cards_in(world, place)) for place in (room, BOB, CLEO, EVE)] == [1, 1, 1, 0]
        assert cards_in(world, BOB) == cards_in(world, room)


async def test_one_answer_changes_every_copy_and_leaves_no_button() -> None:
    async with World(policy=TEAM) as world:
        room = await asked(world)
        await world.press("bob", CARD, "reject", reason="not now")
        await world.settled()
        for place in (room, BOB, CLEO):
            (card,) = cards_in(world, place)
            assert card.buttons == ()
            assert "REJECT by Bob" in plain.render(card)


async def test_an_expiry_changes_every_copy_and_offers_to_ask_again() -> None:
    async with World(policy=TEAM) as world:
        room = await asked(world)
        await world.move(timedelta(hours=4))
        for place in (room, BOB, CLEO):
            (card,) = cards_in(world, place)
            assert [button.option for button in card.buttons] == ["ask-again"]


async def test_the_reminder_comes_by_direct_message_too() -> None:
    async with World(policy=TEAM) as world:
        room = await asked(world)
        await world.move(timedelta(hours=3))
        for place in (room, BOB, CLEO):
            assert any(
                "expires" in text and "without an answer" in text for text in world.posted(place)
            )
        assert world.posted(EVE) == []


async def test_a_private_card_is_copied_to_members_alone() -> None:
    async with World(policy=TEAM) as world:
        await world.say("ann", "/incident declare sev3 slow private")
        room = await world.room()
        await world.say("ann", "/incident role scribe @bob", at=room)
        reply = await world.router.handle(
            QuestionAsked(
                id="ask-1",
                sender=replace(sender("ann"), token_kind=TokenKind.OPERATE.value),
                incident="INC-2026-1121-001",
                card=CARD,
                style=AskedStyle.APPROVAL,
                title="May I?",
                answerers=("approver",),
            )
        )
        await world.settled()
        assert reply.tone is ReplyTone.DONE
        assert [len(cards_in(world, place)) for place in (room, BOB, CLEO)] == [1, 1, 0]


async def test_a_private_question_that_no_member_may_answer_is_refused() -> None:
    async with World(policy=TEAM) as world:
        await world.say("ann", "/incident declare sev3 slow private")
        reply = await world.router.handle(
            QuestionAsked(
                id="ask-1",
                sender=replace(sender("ann"), token_kind=TokenKind.OPERATE.value),
                incident="INC-2026-1121-001",
                card=CARD,
                style=AskedStyle.APPROVAL,
                title="May I?",
                answerers=("approver",),
            )
        )
        assert reply.text == ("1 of approver must answer, and 0 could: it could never be met.")


async def test_who_cannot_be_reached_costs_nobody_else_the_card() -> None:
    async with World(policy=TEAM) as world:
        world.chat.people = frozenset(world.chat.people - {"bob"})
        room = await asked(world)
        assert [len(cards_in(world, place)) for place in (room, BOB, CLEO)] == [1, 0, 1]
        assert not any("NOT DELIVERED" in text for text in world.posted(room))
        ident = (await world.incident()).id
        told = await world.incidents.until(ident, lambda i: bool(i.failures), timedelta(seconds=5))
        assert len(told.failures) == 1
