"""Our Slack refuses what Slack refuses: a bot that works here has kept the documented limits."""

import json
from collections.abc import AsyncIterator
from datetime import timedelta
from urllib.parse import urlencode

import aiohttp
import pytest

from bot.adapters.slack.web import Denied
from tests.support.clock import MovedClock
from tests.support.slack.bench import web_of
from tests.support.slack.server import Slack, slack
from tests.support.slack.workspace import BOT_TOKEN, Args

MODAL: Args = {
    "type": "modal",
    "title": {"type": "plain_text", "text": "Title"},
    "blocks": [{"type": "divider"}],
}


@pytest.fixture
def clock() -> MovedClock:
    return MovedClock()


@pytest.fixture
async def team(clock: MovedClock) -> AsyncIterator[Slack]:
    async with slack(clock) as found:
        found.of.add_user("U1", "ann")
        found.of.add_channel("ops")
        yield found


@pytest.fixture
async def session() -> AsyncIterator[aiohttp.ClientSession]:
    async with aiohttp.ClientSession(headers={"Authorization": f"Bearer {BOT_TOKEN}"}) as found:
        yield found


async def call(
    team: Slack, session: aiohttp.ClientSession, method: str, **args: object
) -> tuple[int, Args, str]:
    async with session.post(f"{team.base}api/{method}", json=args) as got:
        return got.status, await got.json(), got.headers.get("Retry-After", "")


async def refused(team: Slack, session: aiohttp.ClientSession, method: str, **args: object) -> str:
    _, said, _ = await call(team, session, method, **args)
    return str(said.get("error", ""))


def trigger(team: Slack, clock: MovedClock) -> str:
    ident = team.of.next("t.")
    team.of.triggers[ident] = ("U1", clock.monotonic() + 3)
    return ident


async def test_arguments_are_read_from_query_form_and_json(
    team: Slack, session: aiohttp.ClientSession
) -> None:
    url, args = f"{team.base}api/users.info", {"user": "U1"}
    answers = []
    async with session.get(f"{url}?{urlencode(args)}") as got:
        answers.append(await got.json())
    async with session.post(url, data=args) as got:
        answers.append(await got.json())
    async with session.post(url, json=args) as got:
        answers.append(await got.json())
    async with session.post(f"{url}?{urlencode(args)}", data=b"") as got:
        answers.append(await got.json())
    assert [answer["user"]["name"] for answer in answers] == ["ann"] * 4


async def test_each_method_has_its_tier_and_says_when_to_come_again(
    team: Slack, session: aiohttp.ClientSession, clock: MovedClock
) -> None:
    ops = team.of.named("ops")
    for n in range(20):
        await call(team, session, "conversations.setTopic", channel=ops.id, topic=f"{n}")
    status, said, wait = await call(
        team, session, "conversations.setTopic", channel=ops.id, topic="x"
    )
    assert (status, said["error"], wait) == (429, "ratelimited", "3")
    assert (await call(team, session, "users.info", user="U1"))[0] == 200
    clock.move(timedelta(seconds=3))
    assert (await call(team, session, "conversations.setTopic", channel=ops.id, topic="y"))[
        0
    ] == 200


async def test_a_channel_takes_a_short_burst_and_then_a_message_a_second(
    team: Slack, session: aiohttp.ClientSession, clock: MovedClock
) -> None:
    ops, other = team.of.named("ops"), team.of.add_channel("other")
    statuses = [
        (await call(team, session, "chat.postMessage", channel=ops.id, text="x"))[0]
        for _ in range(31)
    ]
    assert statuses == [200] * 30 + [429]
    assert (await call(team, session, "chat.postMessage", channel=other.id, text="x"))[0] == 200
    clock.move(timedelta(seconds=1))
    assert (await call(team, session, "chat.postMessage", channel=ops.id, text="x"))[0] == 200


async def test_a_trigger_opens_one_view_within_three_seconds(
    team: Slack, session: aiohttp.ClientSession, clock: MovedClock
) -> None:
    fresh, late = trigger(team, clock), trigger(team, clock)
    assert await refused(team, session, "views.open", trigger_id=fresh, view=MODAL) == ""
    again = await refused(team, session, "views.open", trigger_id=fresh, view=MODAL)
    assert again == "exchanged_trigger_id"
    clock.move(timedelta(seconds=3.1))
    assert await refused(team, session, "views.open", trigger_id=late, view=MODAL) == (
        "expired_trigger_id"
    )
    assert await refused(team, session, "views.open", trigger_id="t.x", view=MODAL) == (
        "invalid_trigger_id"
    )


@pytest.mark.parametrize(
    ("change", "reason"),
    [
        ({"title": {"type": "plain_text", "text": "x" * 25}}, "/title/text"),
        ({"private_metadata": "x" * 3001}, "/private_metadata"),
        ({"blocks": [{"type": "divider"}] * 101}, "no more than 100 items"),
        ({"blocks": []}, "no less than 1 item"),
        ({"blocks": [{"type": "input", "label": {"type": "plain_text", "text": "x"},
                      "element": {"type": "plain_text_input", "action_id": "v"}}]}, "submit"),
        ({"blocks": [{"type": "marquee"}]}, "unsupported type: marquee"),
    ],
)  # fmt: skip
async def test_a_view_beyond_its_limits_is_refused_with_the_reason(
    team: Slack, session: aiohttp.ClientSession, clock: MovedClock, change: Args, reason: str
) -> None:
    ident = trigger(team, clock)
    _, said, _ = await call(team, session, "views.open", trigger_id=ident, view={**MODAL, **change})
    assert said["error"] == "invalid_arguments"
    assert reason in json.dumps(said["response_metadata"]["messages"])


def plain(text: str) -> Args:
    return {"type": "plain_text", "text": text}


def pressed(**more: object) -> list[Args]:
    button = {"type": "button", "action_id": "a", "text": plain("Go"), "value": "v", **more}
    return [{"type": "actions", "elements": [button]}]


def chosen(options: int, **more: object) -> list[Args]:
    listed = [{"text": plain(f"{n}"), "value": f"{n}", **more} for n in range(options)]
    menu = {"type": "static_select", "action_id": "a", "options": listed}
    return [{"type": "actions", "elements": [menu]}]


@pytest.mark.parametrize(
    ("blocks", "reason"),
    [
        ([{"type": "divider"}] * 51, "no more than 50 items"),
        ([{"type": "header", "text": plain("x" * 151)}], "less than 151 characters"),
        ([{"type": "header", "text": {"type": "mrkdwn", "text": "<!channel>"}}], "mrkdwn"),
        ([{"type": "section", "text": plain("x" * 3001)}], "less than 3001 characters"),
        ([{"type": "context", "elements": [plain("x")] * 11}], "no more than 10 items"),
        ([{"type": "actions", "elements": []}], "no less than 1 item"),
        (pressed(text=plain("x" * 76)), "less than 76 characters"),
        (pressed(value="x" * 2001), "less than 2001 characters"),
        (pressed(action_id="x" * 256), "less than 256 characters"),
        (pressed(style="loud"), "invalid style"),
        ([*pressed(), {"type": "divider", "block_id": "x" * 256}], "block_id"),
        (chosen(101), "no more than 100 items"),
        (chosen(1, value="x" * 151), "less than 151 characters"),
        (chosen(0), "no less than 1 item"),
        ([{"type": "rich_text", "elements": [{"type": "rich_text_section", "elements": []}]}],
         "no less than 1 item"),
    ],
)  # fmt: skip
async def test_blocks_beyond_their_limits_are_refused_with_the_reason(
    team: Slack, session: aiohttp.ClientSession, blocks: list[Args], reason: str
) -> None:
    ops = team.of.named("ops")
    _, said, _ = await call(
        team, session, "chat.postMessage", channel=ops.id, text="x", blocks=blocks
    )
    assert said["error"] == "invalid_blocks"
    assert reason in json.dumps(said["response_metadata"]["messages"])
    assert ops.messages == []


async def test_all_blocks_together_have_a_limit_that_is_documented_nowhere(
    team: Slack, session: aiohttp.ClientSession
) -> None:
    blocks = [{"type": "section", "text": plain("x" * 2700)}] * 5
    ops = team.of.named("ops")
    error = await refused(
        team, session, "chat.postMessage", channel=ops.id, text="x", blocks=blocks
    )
    assert error == "msg_blocks_too_long"


@pytest.mark.parametrize(
    ("name", "error"),
    [
        ("", "invalid_name_required"),
        ("x" * 81, "invalid_name_maxlength"),
        ("Ops", "invalid_name_specials"),
        ("a b", "invalid_name_specials"),
        ("ops", "name_taken"),
    ],
)
async def test_a_channel_name_is_checked(
    team: Slack, session: aiohttp.ClientSession, name: str, error: str
) -> None:
    assert await refused(team, session, "conversations.create", name=name) == error


async def test_an_archived_channel_still_holds_its_name_and_takes_no_message(
    team: Slack, session: aiohttp.ClientSession
) -> None:
    ops = team.of.named("ops")
    await call(team, session, "conversations.archive", channel=ops.id)
    assert await refused(team, session, "conversations.create", name="ops") == "name_taken"
    assert await refused(team, session, "chat.postMessage", channel=ops.id, text="x") == (
        "is_archived"
    )


@pytest.mark.parametrize(
    ("scope", "method", "args"),
    [
        ("chat:write", "chat.postMessage", {"text": "x"}),
        ("channels:history", "conversations.history", {}),
        ("bookmarks:write", "bookmarks.add", {"type": "link", "title": "x", "link": "https://x.y"}),
        ("pins:write", "pins.add", {"timestamp": "1.1"}),
        ("users:read", "users.info", {"user": "U1"}),
        ("usergroups:read", "usergroups.users.list", {"usergroup": "S1"}),
        ("users:read.email", "users.lookupByEmail", {"email": "a@b.c"}),
    ],
)
async def test_a_scope_that_was_not_granted_is_missed(
    team: Slack, session: aiohttp.ClientSession, scope: str, method: str, args: Args
) -> None:
    team.of.scopes.remove(scope)
    ops = team.of.named("ops").id
    _, said, _ = await call(team, session, method, channel=ops, channel_id=ops, **args)
    assert (said["error"], said["needed"]) == ("missing_scope", scope)


async def test_private_channels_need_scopes_of_their_own(
    team: Slack, session: aiohttp.ClientSession
) -> None:
    team.of.scopes -= {"groups:write", "groups:history"}
    secret = team.of.add_channel("secret", private=True)
    _, made, _ = await call(team, session, "conversations.create", name="n", is_private=True)
    _, read, _ = await call(team, session, "conversations.history", channel=secret.id)
    assert [made["needed"], read["needed"]] == ["groups:write", "groups:history"]


async def test_a_response_url_works_five_times_within_half_an_hour(
    team: Slack, session: aiohttp.ClientSession, clock: MovedClock
) -> None:
    team.response_urls["r1"] = ("U1", 0, clock.monotonic() + 1800)
    team.response_urls["r2"] = ("U1", 0, clock.monotonic() + 1800)
    statuses = []
    for _ in range(6):
        async with session.post(f"{team.base}response/r1", json={"text": "x"}) as got:
            statuses.append(got.status)
    clock.move(timedelta(seconds=1801))
    async with session.post(f"{team.base}response/r2", json={"text": "x"}) as got:
        statuses.append(got.status)
    assert statuses == [200] * 5 + [404, 404]


async def test_the_bot_says_which_block_slack_did_not_take(team: Slack, clock: MovedClock) -> None:
    async with web_of(team, clock) as web:
        with pytest.raises(Denied, match=r"invalid_blocks.*no more than 50 items") as caught:
            await web.once(
                "chat.postMessage",
                channel=team.of.named("ops").id,
                text="x",
                blocks=[{"type": "divider"}] * 51,
            )
    assert caught.value.error == "invalid_blocks"
