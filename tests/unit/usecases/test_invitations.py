"""Whoever is needed is brought into the room, also a second time after they left it."""

from tests.support.team import TEAM
from tests.support.world import World


async def test_whoever_left_the_room_is_brought_back_when_they_are_paged_again() -> None:
    async with World(policy=TEAM) as world:
        await world.say("ann", "/incident declare sev3 checkout is down")
        room = await world.room()
        members = world.chat.rooms[room.id].members
        for reason in ("look at this", "and once more"):
            await world.say("ann", f"/incident page dan {reason}", at=room)
            await world.settled()
            assert "dan" in members
            members.discard(next(m for m in members if m == "dan"))


async def test_whoever_is_in_the_room_stays_there_once() -> None:
    async with World(policy=TEAM) as world:
        await world.say("ann", "/incident declare sev3 checkout is down")
        room = await world.room()
        await world.say("ann", "/incident role scribe dan", at=room)
        await world.say("ann", "/incident page dan look at this", at=room)
        await world.settled()
        assert sorted(world.chat.rooms[room.id].members) == ["ann", "dan"]
