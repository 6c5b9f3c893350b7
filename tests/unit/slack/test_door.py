"""Only Slack gets in, only lately signed, and the same request means the same thing."""

import asyncio
from collections.abc import AsyncIterator
from datetime import timedelta
from urllib.parse import urlencode

import pytest
from slack_bolt.async_app import AsyncApp

from bot.adapters.memory.journal import MemoryJournal
from bot.adapters.slack.door import Door
from bot.adapters.slack.replays import JournalReplays
from bot.errors import OperatorMistake, Unavailable
from bot.requests import SlashCommand
from tests.support.clock import CountedIds, MovedClock
from tests.support.slack.bench import heard_by
from tests.support.slack.sending import signed
from tests.support.slack.server import Slack, Trouble, slack
from tests.support.slack.workspace import Posted
from tests.unit.http.doubles import RememberingDispatch

COMMAND = urlencode(
    {
        "team_id": "T1",
        "channel_id": "C9",
        "user_id": "U1",
        "user_name": "ann",
        "command": "/incident",
        "text": "list",
        "trigger_id": "t.1",
    }
).encode()


@pytest.fixture
def clock() -> MovedClock:
    return MovedClock()


@pytest.fixture
def dispatch() -> RememberingDispatch:
    return RememberingDispatch()


@pytest.fixture
async def team(dispatch: RememberingDispatch, clock: MovedClock) -> AsyncIterator[Slack]:
    async with slack() as found, heard_by(found, dispatch, clock=clock):
        yield found


def stamp(clock: MovedClock) -> str:
    return str(int(clock.now().timestamp()))


async def test_a_signed_command_is_taken_as_it_was_typed(
    team: Slack, dispatch: RememberingDispatch, clock: MovedClock
) -> None:
    heard = await team.send(COMMAND, stamp=stamp(clock))
    assert heard.status == 200
    [request] = dispatch.requests
    assert isinstance(request, SlashCommand)
    assert (request.id, request.text) == ("slack:command:T1:t.1", "/incident list")
    assert (request.sender.platform, request.sender.account) == ("slack", "T1/U1")


@pytest.mark.parametrize("seconds", [-301, 301, -86_400])
async def test_a_request_signed_too_early_or_too_late_is_refused(
    team: Slack, dispatch: RememberingDispatch, clock: MovedClock, seconds: int
) -> None:
    at = str(int(clock.now().timestamp()) + seconds)
    assert (await team.send(COMMAND, stamp=at)).status == 401
    assert dispatch.requests == []


@pytest.mark.parametrize("at", ["", "now", "1e9", "-5", "²", "9" * 400])
async def test_a_time_stamp_that_is_no_number_is_refused_and_breaks_nothing(
    team: Slack, dispatch: RememberingDispatch, clock: MovedClock, at: str
) -> None:
    heard = await team.send(COMMAND, stamp=at or " ", signature="v0=00")
    assert heard.status == 401
    assert dispatch.requests == []


@pytest.mark.parametrize("signature", ["v0=", "v0=" + "0" * 64, "v1=x", "ünfug"])
async def test_a_wrong_signature_is_refused(
    team: Slack, dispatch: RememberingDispatch, clock: MovedClock, signature: str
) -> None:
    heard = await team.send(COMMAND, stamp=stamp(clock), signature=signature)
    assert heard.status == 401
    assert dispatch.requests == []


async def test_a_signature_of_another_body_is_refused(
    team: Slack, dispatch: RememberingDispatch, clock: MovedClock
) -> None:
    at = stamp(clock)
    heard = await team.send(COMMAND + b"&x=1", stamp=at, signature=signed(at, COMMAND))
    assert heard.status == 401
    assert dispatch.requests == []


async def test_a_request_that_is_sent_again_as_it_was_is_refused(
    team: Slack, dispatch: RememberingDispatch, clock: MovedClock
) -> None:
    at = stamp(clock)
    first = await team.send(COMMAND, stamp=at)
    clock.move(timedelta(seconds=200))
    again = await team.send(COMMAND, stamp=at)
    assert (first.status, again.status) == (200, 401)
    assert "done" not in again.text
    assert len(dispatch.requests) == 1


async def test_of_many_at_once_one_is_answered(team: Slack, clock: MovedClock) -> None:
    at = stamp(clock)
    heard = await asyncio.gather(*(team.send(COMMAND, stamp=at) for _ in range(10)))
    assert sorted(h.status for h in heard) == [200] + [401] * 9


async def test_of_the_same_request_twice_at_once_one_is_carried_out(
    team: Slack, dispatch: RememberingDispatch, clock: MovedClock
) -> None:
    at = stamp(clock)
    both = await asyncio.gather(team.send(COMMAND, stamp=at), team.send(COMMAND, stamp=at))
    assert sorted(heard.status for heard in both) == [200, 401]
    assert len(dispatch.requests) == 1


async def test_a_restarted_bot_knows_what_was_sent_before(
    dispatch: RememberingDispatch, clock: MovedClock
) -> None:
    journal = MemoryJournal(ids=CountedIds())
    async with slack() as team:
        async with heard_by(team, dispatch, clock=clock, journal=journal):
            assert (await team.send(COMMAND, stamp=stamp(clock))).status == 200
        async with heard_by(team, dispatch, clock=clock, journal=journal):
            assert (await team.send(COMMAND, stamp=stamp(clock))).status == 401


async def test_a_command_that_slack_signs_anew_has_the_same_id(
    team: Slack, dispatch: RememberingDispatch, clock: MovedClock
) -> None:
    await team.send(COMMAND, stamp=stamp(clock))
    clock.move(timedelta(seconds=200))
    await team.send(COMMAND, stamp=stamp(clock))
    ids = [request.id for request in dispatch.requests if isinstance(request, SlashCommand)]
    assert ids == ["slack:command:T1:t.1"] * 2


async def test_while_the_journal_is_away_whoever_records_says_so(
    dispatch: RememberingDispatch, clock: MovedClock
) -> None:
    journal = MemoryJournal(ids=CountedIds())
    await journal.close()
    dispatch.fault = Unavailable("the journal is closed")
    async with slack() as team, heard_by(team, dispatch, clock=clock, journal=journal):
        heard = await team.send(COMMAND, stamp=stamp(clock))
    assert heard.status == 200
    assert "NOT recorded" in heard.text


async def test_an_event_that_failed_is_taken_when_slack_sends_it_again(
    team: Slack, dispatch: RememberingDispatch, clock: MovedClock
) -> None:
    ops = team.of.add_channel("ops")
    ops.messages.append(Posted(ts="7.7", text="it was DNS", blocks=[], user="U1"))
    pin = {
        "type": "reaction_added",
        "user": "U1",
        "reaction": "pushpin",
        "item": {"type": "message", "channel": ops.id, "ts": "7.7"},
    }
    team.trouble["conversations.replies"] = [Trouble(status=500)]
    team.stamp = stamp(clock)
    heard = await team.delivered(pin)
    assert [h.status for h in heard] == [500, 200]
    assert len(dispatch.requests) == 1


async def test_slack_can_check_the_address(team: Slack, clock: MovedClock) -> None:
    heard = await team.send(
        b'{"type": "url_verification", "challenge": "c"}',
        kind="application/json",
        stamp=stamp(clock),
    )
    assert (heard.status, heard.said) == (200, {"challenge": "c"})


async def test_an_empty_secret_refuses_to_start(clock: MovedClock) -> None:
    with pytest.raises(OperatorMistake, match="SLACK_SIGNING_SECRET"):
        Door(
            app=AsyncApp(token="xoxb-x", signing_secret="s"),
            secret=" ",
            clock=clock,
            replays=JournalReplays(
                journal=MemoryJournal(ids=CountedIds()), clock=clock, tasks=asyncio.TaskGroup()
            ),
        )
