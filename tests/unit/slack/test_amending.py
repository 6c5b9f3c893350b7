"""What is amended in Slack is replaced, and its files are deleted."""

from bot.ports import RoomSpec
from cards.model import message
from tests.support.slack.bench import people_in, shown_in
from tests.support.slack.server import slack

SPEC = RoomSpec(key="i1", name="inc-1121-001-checkout", topic="t")


async def test_an_amended_message_loses_its_files_and_others_keep_theirs() -> None:
    async with slack() as team, people_in(team) as platform:
        room = await platform.open_room(SPEC)
        amended = await platform.attach(room, "1", "packet.txt", b"a secret")
        await platform.attach(room, "2", "other.txt", b"another")
        await platform.amend(amended, message("[erased]"))
        assert list(team.of.uploads.values()) == [b"another"]
        assert (await shown_in(team, room))[0].title == ("[erased]",)
        assert len(team.called("files.delete")) == 1


async def test_amending_again_finds_no_file_and_is_fine() -> None:
    async with slack() as team, people_in(team) as platform:
        room = await platform.open_room(SPEC)
        amended = await platform.attach(room, "1", "packet.txt", b"a secret")
        await platform.amend(amended, message("[erased]"))
        await platform.amend(amended, message("[erased]"))
        assert team.of.uploads == {}
        assert len(team.called("files.delete")) == 1
