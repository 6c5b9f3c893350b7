"""One incident, one channel: whatever crashes, races or is called the same."""

import asyncio
from collections.abc import AsyncIterator
from dataclasses import replace

import pytest

from bot.errors import Refused, Unavailable
from bot.ports import RoomSpec
from bot.values import PersonId
from cards.model import Card, message
from tests.support.slack.bench import people_in
from tests.support.slack.server import Slack, Trouble, slack
from tests.support.slack.workspace import BOT

SPEC = RoomSpec(
    key="i1",
    name="inc-1121-001-checkout",
    topic="INC-2026-1121-001 · SEV2 <!channel>",
    members=(PersonId("alice"), PersonId("cleo")),
)


@pytest.fixture
async def team() -> AsyncIterator[Slack]:
    async with slack() as found:
        yield found


async def test_a_room_has_its_topic_and_the_people_who_have_an_account_here(team: Slack) -> None:
    async with people_in(team) as platform:
        room = await platform.open_room(SPEC)
    channel = team.of.channels[room.id]
    assert (channel.name, channel.topic) == (SPEC.name, SPEC.topic)
    assert channel.members == {BOT, "U1"}
    assert not channel.private


async def test_a_private_incident_gets_a_private_channel(team: Slack) -> None:
    async with people_in(team) as platform:
        room = await platform.open_room(replace(SPEC, private=True))
        assert team.of.channels[room.id].private
        assert await platform.open_room(replace(SPEC, private=True)) == room


async def test_a_restarted_bot_finds_the_room_under_its_new_name(team: Slack) -> None:
    async with people_in(team) as platform:
        room = await platform.open_room(SPEC)
        await platform.set_room(room, name="inc-1121-001-payments", topic="t")
    async with people_in(team) as restarted:
        assert await restarted.open_room(SPEC) == room
    assert len(team.called("conversations.create")) == 1


@pytest.mark.parametrize("method", ["conversations.create", "conversations.setPurpose"])
async def test_a_link_that_breaks_while_a_room_is_made_leaves_one_channel(
    team: Slack, method: str
) -> None:
    team.trouble[method] = [Trouble(drop=True, after=True)]
    async with people_in(team) as platform:
        with pytest.raises(Unavailable):
            await platform.open_room(SPEC)
        room = await platform.open_room(SPEC)
    assert [c.id for c in team.of.channels.values() if c.name.startswith("inc-")] == [room.id]


async def test_a_crash_between_making_a_channel_and_marking_it_leaves_one_channel(
    team: Slack,
) -> None:
    team.trouble["conversations.setPurpose"] = [Trouble(status=500)]
    async with people_in(team) as platform:
        with pytest.raises(Unavailable):
            await platform.open_room(SPEC)
    async with people_in(team) as restarted:
        room = await restarted.open_room(SPEC)
    assert [c.id for c in team.of.channels.values() if c.name.startswith("inc-")] == [room.id]


async def test_two_processes_that_open_a_room_at_once_have_one_channel(team: Slack) -> None:
    async with people_in(team) as one, people_in(team) as other:
        rooms = await asyncio.gather(*(p.open_room(SPEC) for p in (one, other, one, other)))
    assert len(set(rooms)) == 1
    assert len([c for c in team.of.channels.values() if c.name.startswith("inc-")]) == 1


async def test_a_name_that_somebody_else_has_gets_a_suffix(team: Slack) -> None:
    theirs = team.of.add_channel(SPEC.name, bot=False)
    async with people_in(team) as platform:
        room = await platform.open_room(SPEC)
    ours = team.of.channels[room.id]
    assert ours is not theirs
    assert ours.name.startswith(f"{SPEC.name}-")


async def test_a_room_closed_and_opened_again_takes_its_name_then(team: Slack) -> None:
    async with people_in(team) as platform:
        room = await platform.open_room(SPEC)
        await platform.close_room(room)
        await platform.set_room(room, name="inc-1121-001-later", topic="later")
        assert team.of.channels[room.id].name == SPEC.name
        await platform.reopen_room(room)
    assert team.of.channels[room.id].name == "inc-1121-001-later"
    assert team.of.channels[room.id].topic == "later"


async def test_a_room_that_is_as_it_should_be_is_not_touched(team: Slack) -> None:
    async with people_in(team) as platform:
        room = await platform.open_room(SPEC)
        before = len(team.called("conversations.setTopic"))
        await platform.set_room(room, name=SPEC.name, topic=SPEC.topic)
    assert team.called("conversations.rename") == []
    assert len(team.called("conversations.setTopic")) == before


async def test_somebody_who_cannot_be_invited_is_named_and_keeps_no_room_from_opening(
    team: Slack,
) -> None:
    async with people_in(team) as platform:
        team.of.users["U1"].deleted = True
        room = await platform.open_room(SPEC)
        with pytest.raises(Refused, match=r"U1 \(cant_invite\)"):
            await platform.invite(room, [PersonId("alice"), PersonId("bob")])
    assert team.of.channels[room.id].members == {BOT, "U2"}


async def test_a_channel_without_the_bot_says_to_invite_it(team: Slack) -> None:
    team.of.add_channel("elsewhere", bot=False)
    async with people_in(team) as platform:
        with pytest.raises(Refused, match="invite the bot there"):
            await platform.channel("elsewhere")


async def test_the_incident_card_is_pinned_once(team: Slack) -> None:
    async with people_in(team) as platform:
        room = await platform.open_room(SPEC)
        card = Card(title=("INC",), pinned=True)
        posted = await platform.post(room, "card", card)
        await platform.post(room, "card", card)
    assert team.of.channels[room.id].pins == [posted.id]


async def test_a_card_whose_pin_was_lost_on_the_way_is_pinned_with_the_next_attempt(
    team: Slack,
) -> None:
    team.trouble["pins.add"] = [Trouble(status=500)]
    async with people_in(team) as platform:
        room = await platform.open_room(SPEC)
        card = Card(title=("INC",), pinned=True)
        with pytest.raises(Unavailable):
            await platform.post(room, "card", card)
        posted = await platform.post(room, "card", card)
    assert team.of.channels[room.id].pins == [posted.id]
    assert len(team.of.channels[room.id].seen()) == 1


async def test_a_pin_that_somebody_took_away_stays_away(team: Slack) -> None:
    async with people_in(team) as platform:
        room = await platform.open_room(SPEC)
        card = Card(title=("INC",), pinned=True)
        posted = await platform.post(room, "card", card)
        team.of.channels[room.id].pins.clear()
        await platform.update(posted, card)
    assert team.of.channels[room.id].pins == []


async def test_a_card_whose_message_was_deleted_is_not_found_any_more(team: Slack) -> None:
    async with people_in(team) as platform:
        room = await platform.open_room(SPEC)
        posted = await platform.post(room, "card", message("INC"))
        team.of.channels[room.id].messages.clear()
        with pytest.raises(Refused, match="deleted"):
            await platform.update(posted, message("INC"))
        assert await platform.find(room, "card") is None
        again = await platform.post(room, "card", message("INC"))
    assert again != posted


async def test_what_is_posted_unfolds_no_link_and_always_has_words_for_a_notification(
    team: Slack,
) -> None:
    async with people_in(team) as platform:
        room = await platform.open_room(SPEC)
        posted = await platform.post(room, "k", message("look <!channel>"))
        await platform.update(posted, message("gone <@U1>"))
    [sent] = team.called("chat.postMessage")
    [edited] = team.called("chat.update")
    assert (sent["unfurl_links"], sent["unfurl_media"]) == ("false", "false")
    assert sent["text"] == "look &lt;!channel&gt;"
    assert (edited["text"], bool(edited["blocks"])) == ("gone &lt;@U1&gt;", True)


async def test_a_restarted_bot_posts_nothing_twice(team: Slack) -> None:
    async with people_in(team) as platform:
        room = await platform.open_room(SPEC)
        posted = await platform.post(room, "post:1", message("hello"))
    async with people_in(team) as restarted:
        assert await restarted.post(room, "post:1", message("hello")) == posted
    assert len(team.of.channels[room.id].seen()) == 1
