"""Socket Mode hears over two connections, and over new ones when Slack ends them."""

import asyncio
from collections.abc import AsyncIterator
from datetime import timedelta

import pytest

from bot.adapters.clock import SystemClock
from bot.adapters.slack.team import Access, SlackTeam
from bot.requests import Reply, ReplyTone, SlashCommand
from tests.support.clock import MovedClock
from tests.support.slack.bench import NoCards, policy
from tests.support.slack.interacting import words
from tests.support.slack.server import Slack, slack
from tests.support.slack.workspace import APP_TOKEN, BOT_TOKEN
from tests.support.waiting import eventually
from tests.unit.http.doubles import RememberingDispatch

COMMAND = {
    "team_id": "T1",
    "channel_id": "C9",
    "user_id": "U1",
    "user_name": "ann",
    "command": "/incident",
    "text": "list",
    "trigger_id": "t.1",
}


@pytest.fixture
def dispatch() -> RememberingDispatch:
    return RememberingDispatch()


@pytest.fixture
async def team(dispatch: RememberingDispatch) -> AsyncIterator[Slack]:
    async with slack() as found, asyncio.TaskGroup() as tasks:
        access = Access(api_url=f"{found.base}api/", bot_token=BOT_TOKEN, app_token=APP_TOKEN)
        ours = SlackTeam.open(access, policy=policy, clock=SystemClock())
        assert ours.hear(dispatch=dispatch, cards=NoCards(), tasks=tasks, command="incident") == ()
        try:
            await connected(found, 2)
            yield found
        finally:
            ours.stop()
            await ours.close()


async def connected(team: Slack, many: int) -> None:
    async def sockets() -> int:
        return len(team.sockets)

    await eventually(sockets, lambda found: found == many)


async def test_two_connections_are_open(team: Slack) -> None:
    assert len(team.sockets) == 2


async def test_an_envelope_is_acknowledged_with_its_answer(
    team: Slack, dispatch: RememberingDispatch
) -> None:
    dispatch.reply = Reply(tone=ReplyTone.ANSWER, text="No incident is open.")
    said = await team.sending.envelope("slash_commands", COMMAND)
    assert "No incident is open." in words(said["blocks"])
    [request] = dispatch.requests
    assert isinstance(request, SlashCommand)
    assert request.id == "slack:command:T1:t.1"


async def test_an_envelope_that_comes_on_both_connections_is_one_request_id(
    team: Slack, dispatch: RememberingDispatch
) -> None:
    await team.sending.envelope("slash_commands", COMMAND, socket=0)
    await team.sending.envelope("slash_commands", COMMAND, socket=1)
    ids = [request.id for request in dispatch.requests if isinstance(request, SlashCommand)]
    assert ids == ["slack:command:T1:t.1"] * 2


async def test_a_connection_that_slack_renews_is_open_again_and_hears(
    team: Slack, dispatch: RememberingDispatch
) -> None:
    await team.sending.disconnect(team.sockets[0], "refresh_requested")
    await connected(team, 2)
    await team.sending.envelope("slash_commands", COMMAND, socket=1)
    assert len(dispatch.requests) == 1


async def test_a_connection_that_breaks_is_open_again_and_hears(
    team: Slack, dispatch: RememberingDispatch
) -> None:
    broken = team.sockets[0]
    await broken.close()
    await connected(team, 2)
    assert broken not in team.sockets
    await team.sending.envelope("slash_commands", COMMAND, socket=1)
    assert len(dispatch.requests) == 1


async def test_a_slack_that_gives_no_connection_is_asked_again(
    dispatch: RememberingDispatch,
) -> None:
    async with slack() as found, asyncio.TaskGroup() as tasks:
        found.down = True
        access = Access(api_url=f"{found.base}api/", bot_token=BOT_TOKEN, app_token=APP_TOKEN)
        clock = MovedClock()
        ours = SlackTeam.open(access, policy=policy, clock=clock)
        ours.hear(dispatch=dispatch, cards=NoCards(), tasks=tasks, command="incident")

        async def asked() -> int:
            clock.move(timedelta(seconds=1))
            return len(found.called("apps.connections.open"))

        await eventually(asked, lambda times: times >= 4)
        found.down = False

        async def open_again() -> int:
            clock.move(timedelta(seconds=1))
            return len(found.sockets)

        await eventually(open_again, lambda many: many == 2)
        ours.stop()
        await ours.close()
