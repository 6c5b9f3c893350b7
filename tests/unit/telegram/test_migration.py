"""A group that becomes a supergroup gets another id: everything that was stored follows it."""

from pathlib import Path

from bot.ports import RoomSpec, StandingKind
from bot.requests import SlashCommand
from cards.model import Card, message
from tests.support.telegram.bench import hearing, team_in
from tests.support.telegram.server import Telegram
from tests.support.telegram.world import GROUP
from tests.support.waiting import until
from tests.unit.http.doubles import RememberingDispatch

NEW = -1002000000009
SPEC = RoomSpec(key="i1", name="inc-1", topic="Checkout is down")
CARD = Card(title=("SEV2",), pinned=True)


async def test_messages_and_standings_go_to_the_new_group_and_rooms_keep_their_ids(
    there: Telegram, tmp_path: Path
) -> None:
    there.of.plain()
    async with team_in(there, tmp_path) as team:
        room = await team.platform.open_room(SPEC)
        there.of.upgrade(NEW)
        await team.platform.post(room, "k", message("after the move"))
        standing = await team.people.standing("telegram", "1")
    assert room.id.startswith(f"{GROUP}:")
    assert [m.text for m in there.seen(NEW)] == ["after the move"]
    assert standing.kind is StandingKind.ACTIVE
    async with team_in(there, tmp_path) as restarted:
        assert await restarted.platform.open_room(SPEC) == room
        await restarted.platform.post(room, "k2", message("after a restart"))
    assert [m.text for m in there.seen(NEW)] == ["after the move", "after a restart"]


async def test_a_card_that_stayed_in_the_old_group_is_posted_anew_with_its_thread_below_it(
    there: Telegram, tmp_path: Path
) -> None:
    there.of.plain()
    async with team_in(there, tmp_path) as team:
        room = await team.platform.open_room(SPEC)
        card = await team.platform.post(room, "card", CARD)
        there.of.upgrade(NEW)
        await team.platform.update(card, Card(title=("SEV1",), pinned=True))
        await team.platform.update(card, Card(title=("SEV0",), pinned=True))
        await team.platform.post(room, "k", message("more"))
    root, more = there.seen(NEW)
    assert (root.text, root.pinned, root.edits) == ("SEV0", True, 1)
    assert (more.text, more.reply_to) == ("more", root.id)


async def test_a_command_in_the_new_group_is_said_where_the_old_one_was(
    there: Telegram, tmp_path: Path, dispatch: RememberingDispatch
) -> None:
    there.of.plain()
    async with hearing(there, tmp_path, dispatch):
        there.upgrade(NEW)
        there.type(1, "/incident list")

        async def heard() -> bool:
            return bool(dispatch.requests)

        await until(heard)
    [request] = dispatch.requests
    assert isinstance(request, SlashCommand)
    assert request.conversation is not None
    assert request.conversation.id == str(GROUP)


async def test_a_group_that_got_topics_with_its_move_has_topics_from_then_on(
    there: Telegram, tmp_path: Path
) -> None:
    there.of.plain()
    async with team_in(there, tmp_path) as team:
        await team.platform.open_room(SPEC)
        there.of.upgrade(NEW)
        there.of.chats[NEW].forum = True
        room = await team.platform.open_room(RoomSpec(key="i2", name="inc-2", topic=""))
        await team.platform.post(room, "k", message("in a topic"))
    [topic] = there.topics
    assert room.id == f"{GROUP}/{topic}"
    assert [m.text for m in there.seen(NEW, topic)] == ["in a topic"]
