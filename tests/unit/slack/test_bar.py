"""The bar of a room has each link once, whatever is asked twice, and costs nothing else."""

from collections.abc import AsyncIterator

import pytest

from bot.adapters.slack.bar import SlackBar
from bot.errors import Unavailable
from bot.ports import RoomLink
from bot.values import ConversationRef, Untrusted
from tests.support.slack.bench import web_of
from tests.support.slack.server import Slack, Trouble, slack
from tests.support.slack.workspace import Channel

CONSOLE = RoomLink(title=Untrusted("Console"), url="https://firewarden.example.org/")
RUNBOOK = RoomLink(title=Untrusted("runbook"), url="https://wiki.example.org/db-full")


@pytest.fixture
async def team() -> AsyncIterator[Slack]:
    async with slack() as found:
        found.of.add_channel("inc-1")
        yield found


@pytest.fixture
def room(team: Slack) -> Channel:
    return team.of.named("inc-1")


@pytest.fixture
async def bar(team: Slack) -> AsyncIterator[SlackBar]:
    async with web_of(team) as web:
        yield SlackBar(web)


def ref(channel: Channel) -> ConversationRef:
    return ConversationRef(platform="slack", id=channel.id)


async def test_links_are_put_there_once(team: Slack, room: Channel, bar: SlackBar) -> None:
    await bar.link_room(ref(room), [CONSOLE])
    await bar.link_room(ref(room), [CONSOLE, RUNBOOK])
    await bar.link_room(ref(room), [CONSOLE, RUNBOOK])
    assert [(m.title, m.link) for m in room.bookmarks] == [
        ("Console", CONSOLE.url),
        ("runbook", RUNBOOK.url),
    ]
    assert len(team.called("bookmarks.list")) == 2


async def test_a_restarted_bot_adds_nothing_twice(team: Slack, room: Channel) -> None:
    for _ in range(2):
        async with web_of(team) as web:
            await SlackBar(web).link_room(ref(room), [CONSOLE])
    assert len(room.bookmarks) == 1


async def test_a_lost_answer_is_asked_again_and_adds_nothing_twice(
    team: Slack, room: Channel, bar: SlackBar
) -> None:
    team.trouble["bookmarks.add"] = [Trouble(drop=True, after=True)]
    with pytest.raises(Unavailable):
        await bar.link_room(ref(room), [CONSOLE])
    await bar.link_room(ref(room), [CONSOLE])
    assert len(room.bookmarks) == 1


async def test_what_is_no_web_address_is_left_out(room: Channel, bar: SlackBar) -> None:
    script = RoomLink(title=Untrusted("x"), url="javascript:alert(1)")
    await bar.link_room(ref(room), [script, CONSOLE])
    assert [m.link for m in room.bookmarks] == [CONSOLE.url]


async def test_a_bar_that_is_forbidden_costs_nothing_else(
    team: Slack, room: Channel, bar: SlackBar
) -> None:
    team.of.scopes -= {"bookmarks:read", "bookmarks:write"}
    await bar.link_room(ref(room), [CONSOLE])
    assert room.bookmarks == []
