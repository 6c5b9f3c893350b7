"""A private incident: its people get direct messages, and no group ever sees a word of it."""

from pathlib import Path

import pytest

from bot.errors import Refused
from bot.ports import RoomSpec
from bot.requests import SlashCommand
from bot.values import PersonId
from cards.model import Card, message
from tests.support.telegram.bench import hearing, people_in
from tests.support.telegram.server import Telegram
from tests.support.waiting import until
from tests.unit.http.doubles import RememberingDispatch

ALICE, BOB, STRANGER = PersonId("alice"), PersonId("bob"), PersonId("carol")
SPEC = RoomSpec(key="p1", name="inc-1-a-leak", topic="A leak", members=(ALICE,), private=True)
CARD = Card(title=("A leak",), pinned=True)


def kept_in(folder: Path) -> bytes:
    return b"".join(path.read_bytes() for path in folder.glob("telegram.sqlite3*"))


def seen(there: Telegram) -> list[tuple[int, str]]:
    return [(m.chat, m.text) for m in there.posted]


async def test_its_people_get_each_message_directly_and_the_group_nothing(
    there: Telegram, tmp_path: Path
) -> None:
    async with people_in(there, tmp_path) as platform:
        room = await platform.open_room(SPEC)
        assert await platform.open_room(SPEC) == room
        await platform.post(room, "card", CARD)
        await platform.post(room, "card", CARD)
        await platform.attach(room, "file", "packet.txt", b"uptime")
    assert seen(there) == [(1, "A leak"), (1, "")]
    assert there.topics == {}


async def test_whoever_is_invited_later_gets_what_the_room_holds_and_its_changes(
    there: Telegram, tmp_path: Path
) -> None:
    async with people_in(there, tmp_path) as platform:
        room = await platform.open_room(SPEC)
        card = await platform.post(room, "card", CARD)
        await platform.update(card, message("A leak, contained"))
        await platform.invite(room, [ALICE, BOB])
        await platform.invite(room, [BOB])
        assert seen(there) == [(1, "A leak, contained"), (2, "A leak, contained")]
        await platform.update(card, message("A leak, mended"))
    assert seen(there) == [(1, "A leak, mended"), (2, "A leak, mended")]


async def test_somebody_who_cannot_be_reached_keeps_it_from_nobody_else(
    there: Telegram, tmp_path: Path
) -> None:
    del there.of.chats[1]
    async with people_in(there, tmp_path) as platform:
        room = await platform.open_room(SPEC)
        with pytest.raises(Refused, match="nobody of this private incident"):
            await platform.post(room, "card", CARD)
        await platform.invite(room, [BOB, STRANGER])
        await platform.post(room, "card", CARD)
    assert seen(there) == [(2, "A leak")]


async def test_closing_naming_and_reopening_it_change_nothing_that_others_see(
    there: Telegram, tmp_path: Path
) -> None:
    async with people_in(there, tmp_path) as platform:
        room = await platform.open_room(SPEC)
        await platform.set_room(room, name="x", topic="y")
        await platform.close_room(room)
        await platform.reopen_room(room)
    assert there.calls == []


async def test_what_a_private_room_held_is_forgotten_once_it_is_closed(
    there: Telegram, tmp_path: Path
) -> None:
    async with people_in(there, tmp_path) as platform:
        room = await platform.open_room(SPEC)
        await platform.post(room, "card", Card(title=("zanzibar",)))
        await platform.close_room(room)
        await platform.invite(room, [BOB])
    assert [m.chat for m in there.posted] == [1]
    assert b"zanzibar" not in kept_in(tmp_path)


async def test_an_answer_to_one_of_its_messages_is_said_in_the_private_room(
    there: Telegram, tmp_path: Path, dispatch: RememberingDispatch
) -> None:
    async with hearing(there, tmp_path, dispatch) as team:
        room = await team.platform.open_room(SPEC)
        await team.platform.post(room, "card", CARD)
        [shown] = there.seen(1)
        there.type(1, "/incident status", chat=1, reply_to=shown)

        async def heard() -> bool:
            return bool(dispatch.requests)

        await until(heard)
    [request] = dispatch.requests
    assert isinstance(request, SlashCommand)
    assert request.conversation == room
