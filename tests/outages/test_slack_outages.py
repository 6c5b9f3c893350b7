"""Ten minutes in which Slack fails: nothing is lost, nothing is doubled, everything is in order."""

from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager

import pytest

from bot.adapters.slack.accounts import Accounts
from bot.adapters.slack.platform import SlackPlatform
from bot.adapters.slack.web import SlackWeb
from bot.values import ConversationRef
from tests.outages.story import ten_minutes, told
from tests.outages.world import OutageWorld
from tests.support.slack.interacting import words
from tests.support.slack.server import Slack, Trouble, slack
from tests.support.slack.workspace import BOT_TOKEN
from tests.support.weather import TROUBLES, Call, Weather, way_to

POST, EDIT = "/api/chat.postMessage", "/api/chat.update"


@asynccontextmanager
async def slack_world() -> AsyncIterator[tuple[OutageWorld, Slack]]:
    world = OutageWorld("slack")
    async with slack(world.clock) as team, way_to(team.base, world.clock) as way:
        for user, name in (("U1", "ann"), ("U2", "bob")):
            team.of.add_user(user, name)
        for channel in ("announcements", "stakeholders"):
            team.of.add_channel(channel)
        web = SlackWeb.open(token=BOT_TOKEN, base_url=f"{way.base}api/", clock=world.clock)
        accounts = Accounts(lambda: world.current.policy)
        platform = SlackPlatform(web=web, accounts=accounts, clock=world.clock)
        world.reach(platform, web.gate, way)
        async with world:
            yield world, team
        await web.close()


def seen(team: Slack, room: ConversationRef) -> list[str]:
    channel = team.of.channels[room.id]
    return [words(m.blocks) for m in channel.seen() if m.ts not in channel.pins]


def posted(calls: Sequence[Call]) -> list[str]:
    return [call.body for call in calls if call.path == POST]


@pytest.mark.parametrize("weather", TROUBLES)
async def test_ten_minutes_lose_nothing_double_nothing_and_keep_the_order(
    weather: Weather,
) -> None:
    async with slack_world() as (world, team):
        story = await ten_minutes(world, weather, within=180)
        assert {room: told(seen(team, room)) for room in story.said} == story.said
        [first, _] = story.said
        assert "Approve" in next(body for body in posted(story.after) if f"={first.id}" in body)
        assert {call.status for call in story.after} == {200}


async def test_after_half_an_hour_each_card_is_edited_once_and_channels_keep_their_pace() -> None:
    async with slack_world() as (world, team):
        room = await world.opened("search is slow")
        await world.in_weather(Weather.BROKEN, 60)
        for n in range(30):
            await world.say("ann", f"/incident update news-0-{n} next=2h", at=room)
            await world.pass_time(60)
        before = len(world.way.calls)
        world.way.weather = Weather.FINE
        await world.delivered(120)

        after = world.way.calls[before:]
        assert [call.path for call in after].count(EDIT) == 1
        assert told(seen(team, room)) == [f"news-0-{n}" for n in range(30)]
        assert spans([c.at for c in after if c.path == POST and f"={room.id}" in c.body], 4) >= 3.0


async def test_an_approval_passes_the_chatter_that_waits() -> None:
    async with slack_world() as (world, team):
        room = await world.opened("payments are slow")
        reply = await world.say("ann", "/runbook run restart host=web-1", at=room)
        assert "has started" in reply.text
        for n in range(40):
            await world.say("ann", f"/incident note note-0-{n}", at=room)
        await world.delivered(60)
        here = [body for body in posted(world.way.calls) if f"={room.id}" in body]
        [place] = [n for n, body in enumerate(here) if "Approve%3A" in body]
        assert place < 6
        assert told(seen(team, room)) == [f"note-0-{n}" for n in range(40)]


async def test_a_card_that_changes_all_the_time_is_edited_once_a_second() -> None:
    async with slack_world() as (world, team):
        room = await world.opened("login is slow")
        for n in range(30):
            await world.say("ann", f"/incident update news-0-{n} next=2h", at=room)
            await world.pass_time(0.2)
        await world.delivered(120)
        edits = [call for call in world.way.calls if call.path == EDIT]
        assert spans([call.at for call in edits], 2) >= 1.0
        assert len(edits) <= 12
        assert "news-0-29" in words(team.of.channels[room.id].seen()[0].blocks)


async def test_one_channel_that_must_rest_stops_no_other() -> None:
    async with slack_world() as (world, team):
        first, second = [await world.opened(f"thing {n}") for n in (1, 2)]
        team.trouble["chat.postMessage"] = [Trouble(status=429, headers={"Retry-After": "60"})]
        await world.say("ann", "/incident note note-0-1", at=first)
        await world.pass_time(1)
        await world.say("ann", "/incident note note-1-1", at=second)
        await world.pass_time(5)
        assert (told(seen(team, first)), told(seen(team, second))) == ([], ["note-1-1"])
        await world.pass_time(55)
        assert told(seen(team, first)) == ["note-0-1"]


def spans(moments: Sequence[float], calls: int) -> float:
    """Return the shortest time in which so many calls went out."""
    return min(b - a for a, b in zip(moments, moments[calls - 1 :], strict=False))
