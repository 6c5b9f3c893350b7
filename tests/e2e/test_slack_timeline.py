"""What people write in a room in Slack is on the timeline where they want it, each once."""

from pathlib import Path

from tests.support.slack.living import Living, living
from tests.support.slack.workspace import Channel
from tests.support.waiting import eventually


async def timeline(here: Living, room: Channel, text: str) -> str:
    """Ask for the timeline until it has these words."""

    async def asked() -> str:
        return await here.ann.types("/incident timeline", room)

    return await eventually(asked, lambda seen: text in seen)


async def test_a_reply_under_an_update_is_kept_with_it(tmp_path: Path) -> None:
    async with living(tmp_path) as here:
        await here.ann.types("/incident declare sev3 cache is cold")
        room = await here.ann.room()
        await here.ann.types("/incident update we warm it up", room)
        update = await here.bob.sees("UTC] SEV3", room)

        await here.bob.says("half of it is warm", room, under=update)

        seen = await timeline(here, room, "half of it is warm")
        assert "on the update of" in seen


async def test_a_pinned_message_and_one_of_the_menu_are_kept_once(tmp_path: Path) -> None:
    async with living(tmp_path) as here:
        await here.ann.types("/incident declare sev3 cache is cold")
        room = await here.ann.room()
        said = await here.bob.says("it began with the deploy", room)

        assert "On the timeline." in await here.bob.keeps(said, room)
        await here.ann.pins(said, room)
        await here.ann.keeps(said, room)

        assert (await timeline(here, room, "the deploy")).count("it began with the deploy") == 1


async def test_what_people_say_to_each_other_is_their_own(tmp_path: Path) -> None:
    async with living(tmp_path) as here:
        await here.ann.types("/incident declare sev3 cache is cold")
        room = await here.ann.room()
        lunch = await here.bob.says("who is hungry?", room)
        await here.ann.says("me", room, under=lunch)
        await here.ann.types("/incident note that is all", room)
        assert "hungry" not in await timeline(here, room, "that is all")
