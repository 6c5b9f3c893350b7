"""Only Slack gets in, only lately signed, and the same request means the same thing."""

from collections.abc import AsyncIterator
from datetime import timedelta
from urllib.parse import urlencode

import pytest
from slack_bolt.async_app import AsyncApp

from bot.adapters.slack.door import Door
from bot.errors import OperatorMistake
from bot.requests import SlashCommand
from tests.support.clock import MovedClock
from tests.support.slack.bench import heard_by
from tests.support.slack.sending import signed
from tests.support.slack.server import Slack, slack
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


async def test_a_request_sent_again_has_the_same_id(
    team: Slack, dispatch: RememberingDispatch, clock: MovedClock
) -> None:
    await team.send(COMMAND, stamp=stamp(clock))
    clock.move(timedelta(seconds=200))
    await team.send(COMMAND, stamp=str(int(clock.now().timestamp()) - 200))
    ids = [request.id for request in dispatch.requests if isinstance(request, SlashCommand)]
    assert ids == ["slack:command:T1:t.1"] * 2


async def test_slack_can_check_the_address(team: Slack, clock: MovedClock) -> None:
    heard = await team.send(
        b'{"type": "url_verification", "challenge": "c"}',
        kind="application/json",
        stamp=stamp(clock),
    )
    assert (heard.status, heard.said) == (200, {"challenge": "c"})


async def test_an_empty_secret_refuses_to_start(clock: MovedClock) -> None:
    with pytest.raises(OperatorMistake, match="SLACK_SIGNING_SECRET"):
        Door(app=AsyncApp(token="xoxb-x", signing_secret="s"), secret=" ", clock=clock)
