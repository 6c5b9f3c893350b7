"""A card whose message is gone is shown anew, and a place that refuses it is told of once."""

from datetime import timedelta

from tests.support.world import World


async def test_a_card_that_somebody_deleted_is_shown_anew() -> None:
    async with World() as world:
        await world.say("commander", "/incident declare sev3 checkout is down")
        room = await world.room()
        world.chat.cards[room.id].clear()

        await world.say("commander", "/incident severity sev2", at=room)
        await world.settled()

        assert any("SEV2" in text for text in world.posted(room))
        assert "DeliveryFailed" not in await world.events(await world.incident())


async def test_a_room_that_is_gone_is_told_of_once_per_thing_that_has_no_place() -> None:
    async with World() as world:
        await world.say("commander", "/incident declare sev3 checkout is down")
        room = await world.room()
        world.chat.rooms.clear()

        await world.say("commander", "/incident severity sev2", at=room)
        await world.settled()
        told = (await world.events(await world.incident())).count("DeliveryFailed")
        await world.move(timedelta(minutes=1))

        assert (await world.events(await world.incident())).count("DeliveryFailed") == told
        # The line about the severity, the news that it was lost, the card, and the room's topic.
        assert told == 4


async def test_a_lost_room_is_told_of_in_the_announcement_channel_with_the_reason() -> None:
    async with World() as world:
        await world.say("commander", "/incident declare sev3 checkout is down")
        room = await world.room()
        world.chat.rooms.clear()

        await world.say("commander", "/incident note it blinks", at=room)
        await world.settled()

        told = "\n".join(world.posted("announcements"))
        assert "has a room in the console that takes no messages" in told
        assert "there is no such conversation" in told
