"""What was sent and never answered is found again, and nothing is there twice."""

from datetime import timedelta
from pathlib import Path

import pytest

from bot.adapters.telegram.places import ref
from bot.adapters.telegram.platform import TelegramPlatform
from bot.errors import OutcomeUnknown, Refused, Throttled, Unavailable
from bot.ports import RoomSpec
from bot.usecases.urgency import Urgency, carried_with
from bot.values import CardId, ConversationRef
from cards.model import Button, Card, message
from tests.support.clock import HastenedClock
from tests.support.telegram.bench import people_in, team_in
from tests.support.telegram.server import Telegram, Trouble
from tests.support.telegram.world import ANNOUNCEMENTS, GROUP

HELLO = Card(id=CardId("c"), title=("hello",), buttons=(Button(option="go", label="Go"),))
SPEC = RoomSpec(key="i1", name="inc-1121-001-checkout", topic="Checkout is down")


async def test_a_post_that_was_taken_before_the_link_broke_is_found_and_not_sent_again(
    there: Telegram, tmp_path: Path
) -> None:
    async with people_in(there, tmp_path) as platform:
        channel = await platform.channel("announcements")
        there.trouble["sendMessage"] = [Trouble(drop=True, after=True)]
        with pytest.raises(OutcomeUnknown):
            await platform.post(channel, "k", HELLO)
        found = await platform.find(channel, "k")
        again = await platform.post(channel, "k", HELLO)
    assert found == again
    assert [m.text for m in there.seen(ANNOUNCEMENTS)] == ["hello"]


async def test_it_is_found_by_the_bot_that_was_started_anew_too(
    there: Telegram, tmp_path: Path
) -> None:
    async with people_in(there, tmp_path) as platform:
        channel = await platform.channel("announcements")
        there.trouble["sendMessage"] = [Trouble(status=502, after=True)]
        with pytest.raises(OutcomeUnknown):
            await platform.post(channel, "k", HELLO)
    async with people_in(there, tmp_path) as restarted:
        posted = await restarted.post(channel, "k", HELLO)
        assert await restarted.find(channel, "k") == posted
    assert len(there.seen(ANNOUNCEMENTS)) == 1


async def test_a_post_that_never_arrived_is_sent_once_more(there: Telegram, tmp_path: Path) -> None:
    async with people_in(there, tmp_path) as platform:
        channel = await platform.channel("announcements")
        there.trouble["sendMessage"] = [Trouble(drop=True)]
        with pytest.raises(OutcomeUnknown):
            await platform.post(channel, "k", HELLO)
        assert await platform.find(channel, "k") is None
        await platform.post(channel, "k", HELLO)
    assert len(there.seen(ANNOUNCEMENTS)) == 1


async def test_it_is_told_from_what_others_wrote_at_the_same_moment(
    there: Telegram, tmp_path: Path
) -> None:
    async with people_in(there, tmp_path) as platform:
        room = await platform.open_room(SPEC)
        await platform.post(room, "before", message("before"))
        there.type(1, "people write too")
        there.type(2, "and again")
        there.trouble["sendMessage"] = [Trouble(drop=True, after=True)]
        with pytest.raises(OutcomeUnknown):
            await platform.post(room, "k", HELLO)
        there.type(1, "and later")
        await platform.post(room, "k", HELLO)
        await platform.post(room, "after", message("after"))
    [topic] = there.topics
    assert [m.text for m in there.seen(GROUP, topic)] == ["before", "hello", "after"]


async def test_two_lost_posts_of_one_chat_are_both_there_once(
    there: Telegram, tmp_path: Path
) -> None:
    async with people_in(there, tmp_path) as platform:
        channel = await platform.channel("announcements")
        for key in ("one", "two"):
            there.trouble["sendMessage"] = [Trouble(drop=True, after=True)]
            with pytest.raises(OutcomeUnknown):
                await platform.post(channel, key, message(key))
        for key in ("one", "two"):
            await platform.post(channel, key, message(key))
    assert sorted(m.text for m in there.seen(ANNOUNCEMENTS)) == ["one", "two"]


async def test_a_throttled_post_was_not_sent_and_is_in_no_doubt(
    there: Telegram, tmp_path: Path
) -> None:
    async with people_in(there, tmp_path) as platform:
        channel = await platform.channel("announcements")
        there.trouble["sendMessage"] = [Trouble(retry_after=2)]
        with pytest.raises(Throttled) as caught:
            await platform.post(channel, "k", HELLO)
        assert caught.value.retry_after.total_seconds() == 2
        assert there.called("editMessageText") == []
        await platform.post(channel, "k", HELLO)
    assert there.called("editMessageText") == []
    assert len(there.seen(ANNOUNCEMENTS)) == 1


async def test_an_edit_without_an_answer_is_simply_tried_again(
    there: Telegram, tmp_path: Path
) -> None:
    async with people_in(there, tmp_path) as platform:
        posted = await platform.post(await platform.channel("announcements"), "k", HELLO)
        there.trouble["editMessageText"] = [Trouble(drop=True, after=True)]
        with pytest.raises(Unavailable):
            await platform.update(posted, message("bye"))
        await platform.update(posted, message("bye"))
    assert [m.text for m in there.seen(ANNOUNCEMENTS)] == ["bye"]


async def test_a_topic_whose_making_was_not_answered_is_found_and_not_made_again(
    there: Telegram, tmp_path: Path
) -> None:
    async with people_in(there, tmp_path) as platform:
        there.trouble["createForumTopic"] = [Trouble(drop=True, after=True)]
        with pytest.raises(Unavailable):
            await platform.open_room(SPEC)
    async with people_in(there, tmp_path) as restarted:
        room = await restarted.open_room(SPEC)
        assert await restarted.open_room(SPEC) == room
    assert list(there.topics.values()) == [(SPEC.name, False)]
    assert there.seen(GROUP, next(iter(there.topics))) == []


async def test_a_topic_of_other_people_is_not_taken_for_the_one_that_was_lost(
    there: Telegram, tmp_path: Path
) -> None:
    async with people_in(there, tmp_path) as platform:
        there.trouble["createForumTopic"] = [Trouble(drop=True)]
        with pytest.raises(Unavailable):
            await platform.open_room(SPEC)
        there.of.open_topic("lunch")
        room = await platform.open_room(SPEC)
    assert [name for name, _ in there.topics.values()] == ["lunch", SPEC.name]
    assert room.id == f"{GROUP}/{list(there.topics)[1]}"
    assert there.posted == []


async def test_a_document_after_a_lost_answer_comes_once_more_and_says_so(
    there: Telegram, tmp_path: Path
) -> None:
    async with people_in(there, tmp_path) as platform:
        channel = await platform.channel("announcements")
        there.trouble["sendDocument"] = [Trouble(drop=True, after=True)]
        with pytest.raises(OutcomeUnknown):
            await platform.attach(channel, "f", "packet.txt", b"uptime")
        assert await platform.find(channel, "f") is None
        await platform.attach(channel, "f", "packet.txt", b"uptime")
        await platform.attach(channel, "f", "packet.txt", b"uptime")
    captions = [call.get("caption", "") for call in there.called("sendDocument")]
    assert captions == ["", "Sent again: nobody knows whether it came before."]


async def test_a_message_that_an_administrator_deleted_is_posted_anew_when_it_changes(
    there: Telegram, tmp_path: Path
) -> None:
    async with people_in(there, tmp_path) as platform:
        posted = await platform.post(await platform.channel("announcements"), "k", HELLO)
        there.of.posted.clear()
        await platform.update(posted, message("changed"))
        await platform.update(posted, message("changed again"))
    assert [m.text for m in there.seen(ANNOUNCEMENTS)] == ["changed again"]


async def test_a_chat_that_we_were_thrown_out_of_is_refused_in_plain_words(
    there: Telegram, tmp_path: Path
) -> None:
    async with people_in(there, tmp_path) as platform:
        channel = await platform.channel("announcements")
        there.of.chats[ANNOUNCEMENTS].rights = None
        with pytest.raises(Refused, match="kicked"):
            await platform.post(channel, "k", HELLO)


async def test_a_search_for_a_topic_goes_on_from_where_the_pacing_interrupted_it(
    there: Telegram, tmp_path: Path
) -> None:
    clock = HastenedClock()
    async with team_in(there, tmp_path, clock) as team:
        with carried_with(Urgency.APPROVAL):
            await a_busy_minute(team.platform, clock)
            there.trouble["createForumTopic"] = [Trouble(drop=True)]
            with pytest.raises(Unavailable):
                await team.platform.open_room(SPEC)
            begun = clock.monotonic()
            room = await insisted(team.platform, clock)
            took = clock.monotonic() - begun
    assert room.id == f"{GROUP}/{next(iter(there.topics))}"
    tried = [c["message_thread_id"] for c in there.called("sendMessage") if c["text"] == "…"]
    assert [int(thread) for thread in tried] == list(range(21, 33))
    assert took <= 60


async def test_a_message_that_was_looked_for_in_vain_is_not_looked_for_again(
    there: Telegram, tmp_path: Path
) -> None:
    async with people_in(there, tmp_path) as platform:
        channel = await platform.channel("announcements")
        there.trouble["sendMessage"] = [Trouble(drop=True)]
        with pytest.raises(OutcomeUnknown):
            await platform.post(channel, "k", HELLO)
        assert await platform.find(channel, "k") is None
        tried = len(there.called("editMessageText"))
        assert await platform.find(channel, "k") is None
        await platform.post(channel, "k", HELLO)
    assert len(there.called("editMessageText")) == tried == 12
    assert len(there.seen(ANNOUNCEMENTS)) == 1


async def test_a_lost_document_is_not_taken_for_a_lost_message(
    there: Telegram, tmp_path: Path
) -> None:
    async with people_in(there, tmp_path) as platform:
        channel = await platform.channel("announcements")
        there.trouble["sendDocument"] = [Trouble(drop=True, after=True)]
        with pytest.raises(OutcomeUnknown):
            await platform.attach(channel, "f", "packet.txt", b"uptime")
        there.trouble["sendMessage"] = [Trouble(drop=True, after=True)]
        with pytest.raises(OutcomeUnknown):
            await platform.post(channel, "k", HELLO)
        await platform.post(channel, "k", HELLO)
    assert [(m.file, m.text) for m in there.seen(ANNOUNCEMENTS)] == [
        ("packet.txt", ""),
        ("", "hello"),
    ]


async def a_busy_minute(platform: TelegramPlatform, clock: HastenedClock) -> None:
    """Spend what a group may be sent in a minute: from here on it takes a message each 3 s."""
    for n in range(20):
        await platform.post(ref(f"{GROUP}"), f"before {n}", message("before"))
        clock.move(timedelta(seconds=3))


async def insisted(platform: TelegramPlatform, clock: HastenedClock) -> ConversationRef:
    """Ask for the room as delivery does: again when its turn has come."""
    for _ in range(100):
        try:
            return await platform.open_room(SPEC)
        except Throttled as throttled:
            clock.move(throttled.retry_after)
    raise AssertionError("the room is never opened")
