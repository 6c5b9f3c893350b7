"""Socket Mode hears over two connections, and over new ones before Slack ends them."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from datetime import timedelta

import pytest

from bot.adapters.clock import SystemClock
from bot.adapters.memory.journal import MemoryJournal
from bot.adapters.slack.team import Access, SlackTeam
from bot.errors import Unavailable
from bot.ports import Clock
from bot.requests import Reply, ReplyTone, SlashCommand
from bot.values import ConversationRef
from cards.model import message
from tests.support.clock import CountedIds, MovedClock
from tests.support.slack.bench import NoCards, policy, web_of
from tests.support.slack.interacting import words
from tests.support.slack.server import Slack, slack
from tests.support.slack.workspace import APP_TOKEN, BOT_TOKEN, Args, Posted
from tests.support.waiting import eventually, until
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


@asynccontextmanager
async def hearing(
    team: Slack, dispatch: RememberingDispatch, clock: Clock
) -> AsyncIterator[SlackTeam]:
    async with asyncio.TaskGroup() as tasks:
        access = Access(api_url=f"{team.base}api/", bot_token=BOT_TOKEN, app_token=APP_TOKEN)
        ours = SlackTeam.open(access, policy=policy, clock=clock)
        routes = ours.hear(
            dispatch=dispatch,
            cards=NoCards(),
            journal=MemoryJournal(ids=CountedIds()),
            tasks=tasks,
            command="incident",
        )
        assert routes == ()
        try:
            yield ours
        finally:
            ours.stop()
            await ours.close()


@pytest.fixture
async def team(dispatch: RememberingDispatch) -> AsyncIterator[Slack]:
    async with slack() as found, hearing(found, dispatch, SystemClock()):
        await connected(found, 2)
        yield found


async def connected(team: Slack, many: int) -> None:
    async def sockets() -> int:
        return len(team.sockets)

    await eventually(sockets, lambda found: found == many)


async def renewed(team: Slack, old: object) -> None:
    async def others() -> int:
        return len([s for s in team.sockets if s is not old])

    await eventually(others, lambda found: found == 2)


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


async def test_an_envelope_that_comes_on_both_connections_is_taken_once_and_answered_twice(
    team: Slack, dispatch: RememberingDispatch
) -> None:
    first = await team.sending.envelope("slash_commands", COMMAND, socket=0, ident="e.1")
    again = await team.sending.envelope("slash_commands", COMMAND, socket=1, ident="e.1")
    assert first == again
    assert len(dispatch.requests) == 1


async def test_a_command_in_two_envelopes_is_one_request_id(
    team: Slack, dispatch: RememberingDispatch
) -> None:
    await team.sending.envelope("slash_commands", COMMAND, socket=0)
    await team.sending.envelope("slash_commands", COMMAND, socket=1)
    ids = [request.id for request in dispatch.requests if isinstance(request, SlashCommand)]
    assert ids == ["slack:command:T1:t.1"] * 2


async def test_an_event_that_comes_again_is_taken_once(
    team: Slack, dispatch: RememberingDispatch
) -> None:
    ops = team.of.add_channel("ops")
    mention = {"type": "app_mention", "user": "U1", "text": "<@UBOT> list", "channel": ops.id}
    await team.event({**mention, "ts": "2.1"}, ident="Ev5")
    await team.event({**mention, "ts": "2.1"}, ident="Ev5", retry=1, reason="http_timeout")
    assert len(dispatch.requests) == 1


async def test_an_event_that_could_not_be_recorded_is_not_acknowledged_and_taken_later(
    team: Slack, dispatch: RememberingDispatch
) -> None:
    ops = team.of.add_channel("ops")
    ops.messages.append(Posted(ts="7.7", text="it was DNS", blocks=[], user="U1"))
    item = {"type": "message", "channel": ops.id, "ts": "7.7"}
    pin: Args = {"type": "reaction_added", "user": "U1", "reaction": "pushpin", "item": item}
    dispatch.fault = Unavailable("the journal is busy")
    with pytest.raises(TimeoutError):
        async with asyncio.timeout(0.5):
            await team.event(pin, ident="Ev6")
    dispatch.fault = None
    await team.event(pin, ident="Ev6", retry=1)
    assert len(dispatch.requests) == 1


@pytest.mark.parametrize("reason", ["warning", "refresh_requested"])
async def test_a_connection_that_ends_is_replaced_before_it_is_let_go(
    team: Slack, dispatch: RememberingDispatch, reason: str
) -> None:
    old = team.sockets[0]
    open_at_its_end: list[int] = []
    waiting = asyncio.ensure_future(team.sending.disconnect(old, reason))

    async def gone() -> bool:
        open_at_its_end.append(len([s for s in team.sockets if s is not old]))
        return old not in team.sockets

    await eventually(gone, bool)
    await waiting
    assert open_at_its_end[-1] == 2
    await team.sending.envelope("slash_commands", COMMAND, socket=1)
    assert len(dispatch.requests) == 1


async def test_too_many_connections_are_made_fewer_first(team: Slack) -> None:
    old = team.sockets[0]
    await team.sending.disconnect(old, "too_many_websockets")
    await renewed(team, old)


async def test_a_connection_that_breaks_is_open_again_and_hears(
    team: Slack, dispatch: RememberingDispatch
) -> None:
    broken = team.sockets[0]
    await broken.close()
    await renewed(team, broken)
    await team.sending.envelope("slash_commands", COMMAND, socket=1)
    assert len(dispatch.requests) == 1


async def test_socket_mode_that_is_switched_off_is_told_until_it_is_on_again(
    dispatch: RememberingDispatch,
) -> None:
    clock = MovedClock()
    async with slack() as team, hearing(team, dispatch, clock) as ours:
        await connected(team, 2)

        async def told() -> str:
            return "".join(ours.faults())

        await eventually(told, lambda found: not found)
        team.sending.switched_off = True
        for socket in list(team.sockets):
            await team.sending.disconnect(socket, "link_disabled")

        seen = await eventually(told, lambda found: "switched off" in found)
        assert seen == "Slack is not heard: Socket Mode is switched off in the app's settings"
        team.sending.switched_off = False

        async def open_again() -> int:
            clock.move(timedelta(seconds=60))
            return len(team.sockets)

        await eventually(open_again, lambda many: many == 2)
        await eventually(told, lambda found: not found)


async def test_a_connection_without_a_hello_is_none(dispatch: RememberingDispatch) -> None:
    async with slack() as team:
        team.sending.silent = True
        async with hearing(team, dispatch, MovedClock()) as ours:
            await connected(team, 2)
            assert ours.faults() == ("Slack is not heard: not connected yet",)


async def test_a_bot_that_goes_deaf_while_its_pings_are_answered_renews_its_connections(
    dispatch: RememberingDispatch,
) -> None:
    clock = MovedClock()
    async with slack() as team, hearing(team, dispatch, clock) as ours:
        await connected(team, 2)
        ops = team.of.add_channel("ops")
        place = ConversationRef(platform="slack", id=ops.id)
        team.echoing = True
        first = await ours.platform.post(place, "k1", message("heard"))

        async def echoed() -> bool:
            return team.sending.acknowledged >= 1

        await until(echoed)
        deaf = list(team.sockets)
        team.echoing = False
        await ours.platform.post(place, "k2", message("unheard"))
        assert first.id

        async def renewed_all() -> int:
            clock.move(timedelta(seconds=15))
            return len([s for s in team.sockets if s not in deaf])

        await eventually(renewed_all, lambda many: many == 2)


async def test_a_slack_that_gives_no_connection_is_asked_again(
    dispatch: RememberingDispatch,
) -> None:
    clock = MovedClock()
    async with slack() as found:
        found.down = True
        async with hearing(found, dispatch, clock) as ours:

            async def asked() -> int:
                clock.move(timedelta(seconds=1))
                return len(found.called("apps.connections.open"))

            await eventually(asked, lambda times: times >= 4)
            assert ours.faults()[0].startswith("Slack is not heard: ")
            found.down = False

            async def open_again() -> int:
                clock.move(timedelta(seconds=1))
                return len(found.sockets)

            await eventually(open_again, lambda many: many == 2)


async def test_a_slack_that_ends_every_connection_at_once_is_not_asked_without_end(
    dispatch: RememberingDispatch,
) -> None:
    clock = MovedClock()
    async with slack() as team:
        team.sending.brief = True
        async with hearing(team, dispatch, clock):

            async def asked() -> int:
                return len(team.called("apps.connections.open"))

            await eventually(asked, lambda times: times == 6)
            async with web_of(team, clock) as web:
                for _ in range(50):
                    await web.ask("auth.test")
            assert await asked() == 6

            team.sending.brief = False
            clock.move(timedelta(seconds=1))
            await eventually(asked, lambda times: times == 8)
