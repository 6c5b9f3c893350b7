"""Status, list and timeline; and how a line finds the incident that it is about."""

import pytest

from bot.ports import StandingKind
from bot.requests import ReplyTone
from bot.values import ConversationRef
from tests.support.team import TEAM
from tests.support.world import World

ELSEWHERE = ConversationRef(platform="console", id="channel:announcements")


async def two(world: World) -> ConversationRef:
    await world.say("ann", "/incident declare sev3 slow search")
    await world.say("dan", "/incident declare sev1 checkout is down")
    return await world.room("INC-2026-1121-001")


async def test_status_in_a_room_is_that_incident_and_elsewhere_all_open_ones() -> None:
    async with World(policy=TEAM) as world:
        at = await two(world)
        here = world.shown(await world.say("ann", "/incident status", at=at))
        elsewhere = world.shown(await world.say("ann", "/incident status", at=ELSEWHERE))
        assert "SEV3 INC-2026-1121-001 slow search" in here
        assert elsewhere.index("INC-2026-1121-002") < elsewhere.index("INC-2026-1121-001")


async def test_status_of_a_number_is_that_incident_wherever_it_is_asked() -> None:
    async with World(policy=TEAM) as world:
        at = await two(world)
        for place in (at, ELSEWHERE, None):
            reply = await world.say("ann", "/incident status inc-2026-1121-002", at=place)
            assert reply.text == "INC-2026-1121-002 is investigating."


async def test_outside_a_room_a_number_at_the_end_or_in_an_option_names_the_incident() -> None:
    async with World(policy=TEAM) as world:
        await two(world)
        await world.say("ann", "/incident note seen INC-2026-1121-001")
        await world.say("ann", "/incident note in=INC-2026-1121-001 again")
        timeline = world.shown(await world.say("ann", "/incident timeline INC-2026-1121-001"))
        assert timeline.endswith("Ann Lee seen\n2026-11-21 10:42 UTC Ann Lee again")


async def test_in_a_room_a_number_at_the_end_of_a_sentence_is_part_of_it() -> None:
    async with World(policy=TEAM) as world:
        at = await two(world)
        await world.say("ann", "/incident note same cause as INC-2026-1121-002", at=at)
        timeline = world.shown(await world.say("ann", "/incident timeline", at=at))
        assert timeline.endswith("Ann Lee same cause as INC-2026-1121-002")


async def test_without_an_incident_the_open_ones_are_named() -> None:
    async with World(policy=TEAM) as world:
        await two(world)
        reply = await world.say("ann", "/incident note hello")
        assert reply.text == (
            "Which incident? Say it in its room, or add in=<number>. "
            "Open: INC-2026-1121-002 (SEV1), INC-2026-1121-001 (SEV3).\n"
            "Usage: /incident note <text>"
        )


async def test_a_list_is_searched_through_timelines() -> None:
    async with World(policy=TEAM) as world:
        at = await two(world)
        await world.say("ann", "/incident note the reindex job is stuck", at=at)
        found = await world.say("eve", "/incident list reindex stuck")
        nothing = await world.say("eve", "/incident list all unicorn")
        assert "INC-2026-1121-001" in world.shown(found)
        assert "INC-2026-1121-002" not in world.shown(found)
        assert nothing.text == "No incidents."


async def test_a_private_incident_is_absent_for_everybody_outside() -> None:
    async with World(policy=TEAM) as world:
        await world.say("ann", "/incident declare sev1 keys leaked private")
        at = await world.room()
        number = "INC-2026-1121-001"
        assert (await world.say("ann", f"/incident status {number}")).tone is ReplyTone.ANSWER
        for text in (f"status {number}", f"timeline {number}", f"note x in={number}"):
            reply = await world.say("bob", f"/incident {text}")
            assert reply.text.startswith("There is no such incident.")
        assert (await world.say("bob", "/incident list all keys")).text == "No incidents."
        assert (await world.say("bob", "/incident status", at=at)).text == "No open incidents."


async def test_whoever_may_not_read_sees_nothing() -> None:
    async with World(policy=TEAM) as world:
        await two(world)
        world.people.kinds[("slack", "T9/U9")] = StandingKind.STRANGER
        for text in ("/incident list", "/incident help", "/runbook list", "/incident approvals"):
            reply = await world.say("slack:T9/U9", text)
            assert reply.tone is ReplyTone.MISTAKE
            assert reply.text.startswith("You cannot see this")


@pytest.mark.parametrize("text", ["timeline", "status identified"])
async def test_a_verb_about_one_incident_asks_which(text: str) -> None:
    async with World(policy=TEAM) as world:
        reply = await world.say("ann", f"/incident {text}")
        assert reply.text.startswith("Which incident?")
