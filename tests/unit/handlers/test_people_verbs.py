"""Roles, hand-overs, pages and acknowledgements, as they are typed."""

from datetime import timedelta

import pytest

from bot.domain.events import Role
from bot.requests import ReplyTone
from bot.values import ConversationRef
from tests.support.team import TEAM
from tests.support.world import World


async def opened(world: World, who: str = "ann") -> ConversationRef:
    await world.say(who, "/incident declare sev2 checkout is down")
    return await world.room()


@pytest.mark.parametrize(
    ("typed", "role", "person"),
    [
        ("role scribe @dan", Role.SCRIBE, "dan"),
        ("role tech lead me", Role.TECH_LEAD, "ann"),
        ("role comms @cleo", Role.COMMUNICATIONS, "cleo"),
        ("role IC @bob", Role.COMMANDER, "bob"),
        ("claim expert", Role.EXPERT, "ann"),
        ("handoff @dan", Role.COMMANDER, "dan"),
        ("handoff @dan scribe", Role.SCRIBE, "dan"),
        ("role scribe <@U2|bobby>", Role.SCRIBE, None),
    ],
)
async def test_a_role_goes_by_the_names_that_people_use(
    typed: str, role: Role, person: str | None
) -> None:
    async with World(policy=TEAM) as world:
        at = await opened(world)
        reply = await world.say("ann", f"/incident {typed}", at=at)
        assert (await world.incident()).roles.get(role) == person
        assert (reply.tone is ReplyTone.DONE) == (person is not None)


async def test_a_mention_means_the_account_on_its_own_platform() -> None:
    async with World(policy=TEAM) as world:
        await opened(world)
        reply = await world.say(
            "slack:T1/U1", "/incident role scribe <@U2|bobby> in=INC-2026-1121-001"
        )
        assert reply.tone is ReplyTone.DONE
        assert (await world.incident()).roles[Role.SCRIBE] == "bob"


async def test_a_hand_over_posts_what_there_is_to_know() -> None:
    async with World(policy=TEAM) as world:
        at = await opened(world)
        await world.say("ann", "/incident action Restart the workers @dan", at=at)
        await world.say("ann", "/incident handoff @dan", at=at)
        await world.settled()
        handed = [said for said in world.posted(at) if "hands INC-2026-1121-001 over" in said]
        assert len(handed) == 1
        assert "Restart the workers" in handed[0]


async def test_claim_makes_whoever_says_it_commander() -> None:
    async with World(policy=TEAM) as world:
        at = await opened(world)
        await world.say("dan", "/incident claim", at=at)
        assert (await world.incident()).commander == "dan"


async def test_the_button_of_the_incident_card_claims_command() -> None:
    async with World(policy=TEAM) as world:
        await opened(world)
        ident = (await world.incident()).id
        reply = await world.press("dan", f"incident:{ident}", "claim")
        assert reply.text == "Dan is commander now."


async def test_a_page_reaches_the_person_and_their_ack_stops_it() -> None:
    async with World(policy=TEAM) as world:
        at = await opened(world)
        await world.say("ann", "/incident page @dan the database needs you", at=at)
        await world.settled()
        direct = ConversationRef(platform="console", id="direct:dan")
        assert any("the database needs you" in card for card in world.posted(direct))
        reply = await world.say("dan", "/incident ack")
        await world.move(timedelta(minutes=30))
        (page,) = (await world.incident()).pages.values()
        assert reply.text == "You have it. Nobody further is woken."
        assert [told.person for told in page.paged] == ["dan"]
        assert page.acknowledged_by == "dan"


async def test_a_group_is_paged_in_its_order() -> None:
    async with World(policy=TEAM) as world:
        at = await opened(world)
        await world.say("ann", "/incident page dba disk", at=at)
        await world.move(timedelta(minutes=5))
        (page,) = (await world.incident()).pages.values()
        assert [told.person for told in page.paged] == ["bob", "cleo"]


async def test_the_button_of_a_page_acknowledges_it() -> None:
    async with World(policy=TEAM) as world:
        at = await opened(world)
        await world.say("ann", "/incident page @dan now", at=at)
        incident = await world.incident()
        (page,) = incident.pages
        reply = await world.press("dan", f"page:{incident.id}:{page}", "ack")
        assert reply.text == "You have it. Nobody further is woken."


async def test_ack_outside_a_room_needs_a_number_where_several_pages_wait() -> None:
    async with World(policy=TEAM) as world:
        for title in ("one", "two"):
            await world.say("ann", f"/incident declare sev2 {title}")
            at = await world.room()
            await world.say("ann", "/incident page @dan now", at=at)
        several = await world.say("dan", "/incident ack")
        one = await world.say("dan", "/incident ack in=INC-2026-1121-001")
        other = await world.say("dan", "/incident ack")
        assert several.text.startswith(
            "Several pages wait for you: INC-2026-1121-002, INC-2026-1121-001."
        )
        assert [one.tone, other.tone] == [ReplyTone.DONE, ReplyTone.DONE]


@pytest.mark.parametrize(
    ("typed", "said"),
    [
        ("role scribe", "Which role, and to whom?"),
        ("role juggler @dan", "“juggler” is no role: commander, tech-lead, communications"),
        ("role scribe @zoe", "Nobody is called “@zoe” (known: @ann, @bob, @cleo, @dan, @eve)."),
        ("handoff", "To whom?"),
        ("page", "Whom?"),
        ("page nobody-here", "Nobody is called “nobody-here”"),
        ("ack", "Nothing waits for an acknowledgement."),
        ("ack please", "“please” has no place here."),
    ],
)
async def test_a_mistake_about_people_is_said(typed: str, said: str) -> None:
    async with World(policy=TEAM) as world:
        at = await opened(world)
        reply = await world.say("ann", f"/incident {typed}", at=at)
        assert reply.tone is ReplyTone.MISTAKE
        assert reply.text.startswith(said)
