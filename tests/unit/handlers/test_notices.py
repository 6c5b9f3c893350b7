"""Telling stakeholders: from the template, through a preview, into the audience's channel."""

from bot.requests import ReplyTone
from bot.values import ConversationRef
from tests.support.team import TEAM
from tests.support.world import World


async def opened(world: World) -> ConversationRef:
    await world.say("ann", "/incident declare sev2 checkout is down")
    return await world.room()


async def test_an_internal_notice_is_confirmed_and_posted_from_its_template() -> None:
    async with World(policy=TEAM) as world:
        at = await opened(world)
        await world.say("ann", "/incident notify stakeholders We have found the cause", at=at)
        await world.settled()
        assert world.posted("stakeholders") == []
        await world.say("ann", "/incident approve 1", at=at)
        await world.settled()
        (notice,) = world.posted("stakeholders")
        assert "checkout is down: investigating" in notice
        assert "We have found the cause" in notice


async def test_the_preview_can_be_edited_before_it_is_sent() -> None:
    async with World(policy=TEAM) as world:
        at = await opened(world)
        await world.say("ann", "/incident notify stakeholders first words", at=at)
        (asked,) = (await world.incident()).open_cards
        await world.press("ann", asked.card.card, "send", values={"text": "better words"})
        await world.settled()
        (notice,) = world.posted("stakeholders")
        assert "better words" in notice
        assert "first words" not in notice


async def test_an_empty_preview_is_not_sent() -> None:
    async with World(policy=TEAM) as world:
        at = await opened(world)
        await world.say("ann", "/incident notify stakeholders words", at=at)
        (asked,) = (await world.incident()).open_cards
        reply = await world.press("ann", asked.card.card, "send", values={"text": "  "})
        assert reply.field_errors == {"text": "is needed"}


async def test_an_external_notice_takes_somebody_else_of_communications() -> None:
    async with World(policy=TEAM) as world:
        at = await opened(world)
        await world.say("cleo", "/incident notify customers We are working on it", at=at)
        own = await world.say("cleo", "/incident approve 1", at=at)
        other = await world.say("ann", "/incident approve 1", at=at)
        assert own.text == "You asked for this, so somebody else must say yes (four eyes)."
        assert other.tone is ReplyTone.MISTAKE
        assert not any("We are working on it" in said for said in world.posted("announcements"))


async def test_words_that_outsiders_should_not_read_are_flagged_outside_only() -> None:
    async with World(policy=TEAM) as world:
        at = await opened(world)
        await world.say("ann", "/incident notify customers payd on web-1 is broken", at=at)
        await world.say("ann", "/incident notify stakeholders payd on web-1 is broken", at=at)
        outside, inside = (a.card.packet for a in (await world.incident()).open_cards)
        assert getattr(outside, "flagged", None) == ("payd", "web-1")
        assert getattr(inside, "flagged", None) == ()


async def test_an_unknown_audience_is_told_with_the_known_ones() -> None:
    async with World(policy=TEAM) as world:
        at = await opened(world)
        reply = await world.say("ann", "/incident notify everyone hello", at=at)
        assert reply.text.startswith("Which audience? Known: customers, stakeholders.")
