"""Rooms: a topic each; where a group has none, a thread below the pinned card."""

import asyncio
from pathlib import Path

import pytest

from bot.ports import RoomSpec
from bot.requests import SlashCommand
from bot.values import CardId
from cards.model import Button, Card, message
from tests.support.telegram.bench import hearing, people_in
from tests.support.telegram.server import Telegram
from tests.support.telegram.world import GROUP, Kind
from tests.support.waiting import until
from tests.unit.http.doubles import RememberingDispatch

SPEC = RoomSpec(key="i1", name="inc-1121-001-checkout", topic="Checkout is <b>down</b>")
CARD = Card(
    id=CardId("incident:i1"),
    title=("SEV2",),
    buttons=(Button(option="claim", label="Claim"),),
    pinned=True,
)


async def test_twenty_askers_at_once_get_one_topic(there: Telegram, tmp_path: Path) -> None:
    async with people_in(there, tmp_path) as platform:
        rooms = await asyncio.gather(*(platform.open_room(SPEC) for _ in range(20)))
    [topic] = there.topics
    assert {room.id for room in rooms} == {f"{GROUP}/{topic}"}


async def test_a_name_of_any_length_and_kind_is_cut_to_what_telegram_takes(
    there: Telegram, tmp_path: Path
) -> None:
    async with people_in(there, tmp_path) as platform:
        room = await platform.open_room(RoomSpec(key="k", name="😱" * 200, topic=""))
        await platform.set_room(room, name="y" * 500, topic="")
        [(name, _)] = there.topics.values()
    assert len(name.encode("utf-16-le")) // 2 <= 128
    assert "cut" in name


async def test_a_topic_is_closed_renamed_and_opened_again(there: Telegram, tmp_path: Path) -> None:
    async with people_in(there, tmp_path) as platform:
        room = await platform.open_room(SPEC)
        await platform.close_room(room)
        assert list(there.topics.values()) == [(SPEC.name, True)]
        await platform.post(room, "k", message("words in a closed topic"))
        await platform.set_room(room, name="inc-1121-001-payments", topic="")
        await platform.reopen_room(room)
    assert list(there.topics.values()) == [("inc-1121-001-payments", False)]


async def test_the_incidents_card_is_pinned_and_its_other_messages_are_not(
    there: Telegram, tmp_path: Path
) -> None:
    async with people_in(there, tmp_path) as platform:
        room = await platform.open_room(SPEC)
        await platform.post(room, "card", CARD)
        await platform.post(room, "more", message("more"))
    assert [(m.text, m.pinned) for m in there.posted] == [("SEV2", True), ("more", False)]


async def test_a_bot_that_may_not_pin_posts_all_the_same_and_says_once_what_is_missing(
    there: Telegram, tmp_path: Path
) -> None:
    there.of.group.rights = {"can_manage_topics"}
    async with people_in(there, tmp_path) as platform:
        room = await platform.open_room(SPEC)
        other = await platform.open_room(RoomSpec(key="i2", name="inc-2", topic=""))
        await platform.post(room, "card", CARD)
        await platform.post(other, "card", CARD)
    [topic, second] = there.topics
    assert [(m.text, m.pinned) for m in there.seen(GROUP, topic)] == [("SEV2", False)]
    assert [(m.text, m.pinned) for m in there.seen(GROUP, second)] == [("SEV2", False)]
    [said] = there.seen(GROUP)
    assert "make me an administrator who may pin messages" in said.text


@pytest.mark.parametrize("kind", [Kind.GROUP, Kind.SUPERGROUP])
async def test_where_there_are_no_topics_the_room_is_a_thread_below_the_pinned_card(
    there: Telegram, tmp_path: Path, kind: Kind
) -> None:
    there.of.plain(kind)
    async with people_in(there, tmp_path) as platform:
        room = await platform.open_room(SPEC)
        assert await platform.open_room(SPEC) == room
        [root] = there.posted
        assert (root.text, root.pinned) == (
            "inc-1121-001-checkout: Checkout is <b>down</b>",
            True,
        )
        card = await platform.post(room, "card", CARD)
        await platform.post(room, "more", message("more"))
        await platform.update(card, message("SEV1"))
    assert [(m.text, m.reply_to) for m in there.posted] == [("SEV1", 0), ("more", root.id)]


async def test_two_threads_of_one_group_do_not_mix(there: Telegram, tmp_path: Path) -> None:
    there.of.plain()
    other = RoomSpec(key="i2", name="inc-2", topic="")
    async with people_in(there, tmp_path) as platform:
        rooms = [await platform.open_room(spec) for spec in (SPEC, other)]
        for number, room in enumerate(rooms):
            await platform.post(room, "card", CARD)
            await platform.post(room, "k", message(f"of {number}"))
    roots = [m.id for m in there.posted if not m.reply_to]
    replies = [(m.text, m.reply_to) for m in there.posted if m.reply_to]
    assert replies == [("of 0", roots[0]), ("of 1", roots[1])]


async def test_an_answer_to_any_message_of_a_thread_is_said_in_that_room(
    there: Telegram, tmp_path: Path, dispatch: RememberingDispatch
) -> None:
    there.of.plain()
    async with hearing(there, tmp_path, dispatch) as team:
        room = await team.platform.open_room(SPEC)
        await team.platform.post(room, "card", CARD)
        await team.platform.post(room, "k", message("more"))
        for shown in there.seen(GROUP):
            there.type(1, "/incident status", reply_to=shown)
        there.type(1, "/incident status")

        async def heard() -> bool:
            return len(dispatch.requests) == 3

        await until(heard)
    said = [r.conversation for r in dispatch.requests if isinstance(r, SlashCommand)]
    assert [c.id if c else "" for c in said] == [room.id, room.id, str(GROUP)]


async def test_a_thread_is_closed_by_unpinning_its_card_and_reopened_by_pinning_it(
    there: Telegram, tmp_path: Path
) -> None:
    there.of.plain()
    async with people_in(there, tmp_path) as platform:
        room = await platform.open_room(SPEC)
        await platform.close_room(room)
        assert [m.pinned for m in there.posted] == [False]
        await platform.reopen_room(room)
    assert [m.pinned for m in there.posted] == [True]


async def test_without_the_right_to_make_topics_the_room_is_a_thread_that_says_what_is_missing(
    there: Telegram, tmp_path: Path
) -> None:
    there.of.group.rights = {"can_pin_messages"}
    async with people_in(there, tmp_path) as platform:
        room = await platform.open_room(SPEC)
        await platform.post(room, "k", message("words"))
    root, words = there.posted
    assert "make me an administrator who may manage topics" in root.text
    assert (words.text, words.reply_to) == ("words", root.id)
