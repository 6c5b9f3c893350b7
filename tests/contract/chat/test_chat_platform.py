"""What every chat platform promises (bot/ports.py, ChatPlatform)."""

import asyncio

import pytest

from bot.errors import Refused
from bot.ports import RoomSpec
from bot.values import ConversationRef, MessageRef
from cards.model import Card, message
from tests.contract.chat.conftest import ALICE, BOB, Chat

SPEC = RoomSpec(key="room:inc-1", name="inc-1121-checkout", topic="Checkout is down")
HELLO = message("hello")
BYE = message("bye")


async def test_refs_carry_the_name_of_the_platform(chat: Chat) -> None:
    room = await chat.platform.open_room(SPEC)
    posted = await chat.platform.post(room, "k", HELLO)
    assert room.platform == chat.platform.name
    assert posted.conversation == room


async def test_one_key_opens_one_room_however_often_it_is_asked(chat: Chat) -> None:
    rooms = await asyncio.gather(*(chat.platform.open_room(SPEC) for _ in range(20)))
    assert len({room.id for room in rooms}) == 1


async def test_two_keys_open_two_rooms_of_the_same_name(chat: Chat) -> None:
    first = await chat.platform.open_room(SPEC)
    second = await chat.platform.open_room(RoomSpec(key="room:inc-2", name=SPEC.name, topic=""))
    assert first != second


async def test_one_key_posts_once_and_keeps_the_first_message(chat: Chat) -> None:
    room = await chat.platform.open_room(SPEC)
    refs = [await chat.platform.post(room, "post:1", card) for card in (HELLO, BYE, HELLO)]
    assert len(set(refs)) == 1
    assert await chat.shown(room) == [HELLO]


async def test_twenty_posts_of_one_key_at_once_are_one_message(chat: Chat) -> None:
    room = await chat.platform.open_room(SPEC)
    refs = await asyncio.gather(*(chat.platform.post(room, "post:1", HELLO) for _ in range(20)))
    assert len(set(refs)) == 1
    assert await chat.shown(room) == [HELLO]


async def test_the_same_key_in_another_conversation_is_another_message(chat: Chat) -> None:
    room = await chat.platform.open_room(SPEC)
    channel = await chat.platform.channel("announcements")
    assert await chat.platform.post(room, "k", HELLO) != await chat.platform.post(
        channel, "k", HELLO
    )


async def test_messages_stay_in_the_order_in_which_they_were_posted(chat: Chat) -> None:
    room = await chat.platform.open_room(SPEC)
    cards = [message(f"number {n}") for n in range(30)]
    for number, card in enumerate(cards):
        await chat.platform.post(room, f"post:{number}", card)
    assert await chat.shown(room) == cards


async def test_an_update_changes_a_message_in_its_place(chat: Chat) -> None:
    room = await chat.platform.open_room(SPEC)
    first = await chat.platform.post(room, "1", HELLO)
    await chat.platform.post(room, "2", HELLO)
    await chat.platform.update(first, BYE)
    assert await chat.shown(room) == [BYE, HELLO]


async def test_an_amended_message_is_in_its_place_and_amending_again_is_fine(chat: Chat) -> None:
    room = await chat.platform.open_room(SPEC)
    first = await chat.platform.post(room, "1", HELLO)
    await chat.platform.post(room, "2", HELLO)
    await chat.platform.amend(first, BYE)
    await chat.platform.amend(first, BYE)
    assert await chat.shown(room) == [BYE, HELLO]
    assert await chat.platform.find(room, "1") == first


async def test_the_same_update_again_is_fine(chat: Chat) -> None:
    room = await chat.platform.open_room(SPEC)
    first = await chat.platform.post(room, "1", HELLO)
    await chat.platform.update(first, BYE)
    await chat.platform.update(first, BYE)
    assert await chat.shown(room) == [BYE]


async def test_a_message_that_is_not_there_cannot_be_updated(chat: Chat) -> None:
    room = await chat.platform.open_room(SPEC)
    for ident in ("999999", "", "-1", "nonsense"):
        with pytest.raises(Refused):
            await chat.platform.update(MessageRef(conversation=room, id=ident), BYE)


async def test_a_posted_message_is_found_by_its_key_and_another_is_not(chat: Chat) -> None:
    room = await chat.platform.open_room(SPEC)
    posted = await chat.platform.post(room, "post:1", HELLO)
    assert await chat.platform.find(room, "post:1") == posted
    assert await chat.platform.find(room, "post:2") is None


async def test_a_file_is_posted_once_per_key_and_found_by_it(chat: Chat) -> None:
    room = await chat.platform.open_room(SPEC)
    first = await chat.platform.attach(room, "file:1", "packet.txt", b"rm -rf \x00\xff")
    again = await chat.platform.attach(room, "file:1", "packet.txt", b"other")
    assert first == again == await chat.platform.find(room, "file:1")
    [card] = await chat.shown(room)
    assert card.kind == "file"


async def test_the_known_channels_are_there_with_or_without_their_sign(chat: Chat) -> None:
    plain = await chat.platform.channel("stakeholders")
    assert plain == await chat.platform.channel("#stakeholders")
    assert plain != await chat.platform.channel("announcements")


async def test_a_channel_that_nobody_made_is_refused(chat: Chat) -> None:
    with pytest.raises(Refused):
        await chat.platform.channel("no-such-channel")


async def test_two_people_have_two_direct_conversations(chat: Chat) -> None:
    alice, bob = await chat.platform.direct(ALICE), await chat.platform.direct(BOB)
    await chat.platform.post(alice, "page:1", HELLO)
    assert alice != bob
    assert await chat.shown(alice) == [HELLO]
    assert await chat.shown(bob) == []


async def test_a_stranger_has_no_direct_conversation(chat: Chat) -> None:
    with pytest.raises(Refused):
        await chat.platform.direct(type(ALICE)("stranger"))


@pytest.mark.parametrize("ident", ["room:none", "channel:none", "nonsense", ""])
async def test_a_conversation_that_is_not_there_is_refused(chat: Chat, ident: str) -> None:
    nowhere = ConversationRef(platform=chat.platform.name, id=ident)
    with pytest.raises(Refused):
        await chat.platform.post(nowhere, "k", HELLO)


async def test_a_conversation_of_another_platform_is_refused(chat: Chat) -> None:
    room = await chat.platform.open_room(SPEC)
    with pytest.raises(Refused):
        await chat.platform.post(ConversationRef(platform="elsewhere", id=room.id), "k", HELLO)


async def test_a_room_is_closed_twice_and_reopened_twice_without_a_fault(chat: Chat) -> None:
    room = await chat.platform.open_room(SPEC)
    await chat.platform.close_room(room)
    await chat.platform.close_room(room)
    await chat.platform.reopen_room(room)
    await chat.platform.reopen_room(room)
    await chat.platform.post(room, "after", HELLO)
    assert await chat.shown(room) == [HELLO]


async def test_a_room_is_renamed_and_people_are_invited_twice(chat: Chat) -> None:
    room = await chat.platform.open_room(SPEC)
    await chat.platform.set_room(room, name="inc-1121-new", topic="Checkout is slow")
    await chat.platform.invite(room, [ALICE])
    await chat.platform.invite(room, [ALICE, BOB])
    assert await chat.platform.open_room(SPEC) == room


async def test_a_room_that_is_not_there_cannot_be_changed(chat: Chat) -> None:
    nowhere = ConversationRef(platform=chat.platform.name, id="room:none")
    for refused in (
        chat.platform.close_room(nowhere),
        chat.platform.reopen_room(nowhere),
        chat.platform.invite(nowhere, [ALICE]),
        chat.platform.set_room(nowhere, name="x", topic="y"),
    ):
        with pytest.raises(Refused):
            await refused


async def test_over_long_content_is_cut_visibly_and_not_refused(chat: Chat) -> None:
    room = await chat.platform.open_room(SPEC)
    await chat.platform.post(room, "long", message("x" * 200_000))
    [card] = await chat.shown(room)
    [title] = card.title
    assert isinstance(title, str)
    assert len(title) < 200_000
    assert "cut" in title


async def test_an_empty_card_is_not_refused(chat: Chat) -> None:
    room = await chat.platform.open_room(SPEC)
    await chat.platform.post(room, "empty", Card())
    assert await chat.shown(room) == [Card()]
