"""What people answer in the thread of an update is kept with it; other threads are their own."""

from collections.abc import AsyncIterator

import pytest

from bot.adapters.slack.keys import metadata
from bot.errors import Unavailable
from bot.requests import MessageSaid
from tests.support.slack.bench import heard_by
from tests.support.slack.server import Slack, Trouble, slack
from tests.support.slack.workspace import BOT, Args, Channel, Posted
from tests.unit.http.doubles import RememberingDispatch

UPDATE = "post:incident:i1.12.slack/room"


@pytest.fixture
def dispatch() -> RememberingDispatch:
    return RememberingDispatch()


@pytest.fixture
async def team(dispatch: RememberingDispatch) -> AsyncIterator[Slack]:
    async with slack() as found, heard_by(found, dispatch):
        found.of.add_user("U1", "ann")
        ops = found.of.add_channel("ops")
        ours = Posted(ts="7.0", text="update", blocks=[], metadata=dict(_told(UPDATE)))
        theirs = Posted(ts="8.0", text="lunch?", blocks=[], user="U1")
        ops.messages += [ours, theirs]
        yield found


def _told(key: str) -> Args:
    told = metadata(key)
    assert isinstance(told, dict)
    return told


@pytest.fixture
def ops(team: Slack) -> Channel:
    return team.of.named("ops")


def reply(channel: Channel, thread: str, **more: object) -> Args:
    return {
        "type": "message",
        "channel": channel.id,
        "user": "U1",
        "text": "the replica &lt;2&gt; is back",
        "ts": "9.1",
        "thread_ts": thread,
        **more,
    }


async def test_a_reply_under_an_update_is_said_about_it(
    team: Slack, dispatch: RememberingDispatch, ops: Channel
) -> None:
    assert (await team.event(reply(ops, "7.0"))).status == 200
    [said] = dispatch.requests
    assert isinstance(said, MessageSaid)
    assert (said.text, said.under) == ("the replica <2> is back", UPDATE)
    assert said.id == f"slack:said:T1:{ops.id}:9.1"
    assert ops.messages[-1].ts == "8.0", "nobody is told of what is simply kept"


async def test_every_reply_of_a_thread_is_kept_and_its_update_read_once(
    team: Slack, dispatch: RememberingDispatch, ops: Channel
) -> None:
    for n in range(5):
        await team.event(reply(ops, "7.0", ts=f"9.{n}"))
    assert len(dispatch.requests) == 5
    assert len(team.called("conversations.replies")) == 1


@pytest.mark.parametrize(
    "more",
    [
        {"thread_ts": "8.0"},  # a thread of people
        {"thread_ts": ""},  # no thread
        {"ts": "7.0"},  # the update itself
        {"subtype": "message_changed"},
        {"subtype": "message_deleted"},
        {"bot_id": "BBOT", "user": BOT},
        {"text": f"<@{BOT}> status"},  # a command, heard as a mention
    ],
)
async def test_everything_else_that_is_written_is_left_alone(
    team: Slack, dispatch: RememberingDispatch, ops: Channel, more: Args
) -> None:
    assert (await team.event(reply(ops, "7.0") | more)).status == 200
    assert dispatch.requests == []


async def test_threads_of_people_cost_no_call(
    team: Slack, dispatch: RememberingDispatch, ops: Channel
) -> None:
    for n in range(50):
        await team.event(reply(ops, f"8.{n}", parent_user_id="U1"))
    assert (team.called("conversations.replies"), dispatch.requests) == ([], [])
    await team.event(reply(ops, "7.0", parent_user_id=BOT))
    assert len(dispatch.requests) == 1


async def test_a_reply_that_was_not_recorded_is_sent_again_by_slack_and_then_kept_once(
    team: Slack, dispatch: RememberingDispatch, ops: Channel
) -> None:
    dispatch.fault = Unavailable("the journal is busy")
    assert (await team.event(reply(ops, "7.0"), ident="Ev1")).status == 500
    dispatch.fault = None
    assert (await team.event(reply(ops, "7.0"), ident="Ev1", retry=1)).status == 200
    assert (await team.event(reply(ops, "7.0"), ident="Ev1", retry=2)).status == 200
    assert len(dispatch.requests) == 1


async def test_while_slack_is_silent_a_reply_waits_for_the_next_attempt(
    team: Slack, dispatch: RememberingDispatch, ops: Channel
) -> None:
    team.trouble["conversations.replies"] = [Trouble(status=500)]
    heard = await team.delivered(reply(ops, "7.0"))
    assert [h.status for h in heard] == [500, 200]
    assert len(dispatch.requests) == 1
