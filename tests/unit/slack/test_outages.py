"""What the bot makes of a Slack that throttles, breaks, hangs up or says no."""

from collections.abc import AsyncIterator
from datetime import timedelta

import pytest

from bot.adapters.slack.platform import SlackPlatform
from bot.errors import OutcomeUnknown, Refused, Unavailable
from bot.values import MessageRef
from cards.model import message
from tests.support.clock import MovedClock
from tests.support.slack.bench import people_in
from tests.support.slack.server import Slack, Trouble, slack
from tests.support.slack.workspace import BOT_TOKEN

HELLO = message("hello")
HTML = Trouble(body="<html>Bad gateway</html>", content_type="text/html")
TEXT = Trouble(body="upstream connect error", content_type="text/plain")
BROKEN = Trouble(status=500, body="{}")
FATAL = Trouble(body='{"ok": false, "error": "fatal_error"}')


@pytest.fixture
async def team() -> AsyncIterator[Slack]:
    async with slack() as found:
        yield found


@pytest.fixture
def clock() -> MovedClock:
    return MovedClock()


@pytest.fixture
async def platform(team: Slack, clock: MovedClock) -> AsyncIterator[SlackPlatform]:
    async with people_in(team, clock) as found:
        yield found


async def test_a_throttled_post_waits_as_long_as_slack_says(
    team: Slack, platform: SlackPlatform
) -> None:
    channel = await platform.channel("announcements")
    team.trouble["chat.postMessage"] = [Trouble(status=429, headers={"Retry-After": "30"})]
    with pytest.raises(Unavailable) as caught:
        await platform.post(channel, "k", HELLO)
    assert caught.value.retry_after == timedelta(seconds=30)


async def test_a_throttled_method_is_left_alone_until_its_time_has_passed(
    team: Slack, platform: SlackPlatform, clock: MovedClock
) -> None:
    channel = await platform.channel("announcements")
    team.trouble["chat.postMessage"] = [Trouble(status=429, headers={"Retry-After": "30"})]
    for _ in range(3):
        with pytest.raises(Unavailable):
            await platform.post(channel, "k", HELLO)
        clock.move(timedelta(seconds=9))
    assert len(team.called("chat.postMessage")) == 1

    clock.move(timedelta(seconds=4))
    await platform.post(channel, "k", HELLO)

    assert len(team.called("chat.postMessage")) == 2


@pytest.mark.parametrize("trouble", [HTML, TEXT, BROKEN, FATAL, Trouble(drop=True)])
async def test_nobody_knows_whether_a_post_without_an_answer_is_there(
    team: Slack, platform: SlackPlatform, trouble: Trouble
) -> None:
    channel = await platform.channel("announcements")
    team.trouble["chat.postMessage"] = [trouble]
    with pytest.raises(OutcomeUnknown):
        await platform.post(channel, "k", HELLO)
    assert len(team.called("chat.postMessage")) == 1


async def test_a_post_that_was_taken_before_the_link_broke_is_found_and_not_sent_again(
    team: Slack, platform: SlackPlatform
) -> None:
    channel = await platform.channel("announcements")
    team.trouble["chat.postMessage"] = [Trouble(drop=True, after=True)]
    with pytest.raises(OutcomeUnknown):
        await platform.post(channel, "k", HELLO)

    found = await platform.find(channel, "k")
    again = await platform.post(channel, "k", HELLO)

    assert found == again
    assert len(team.of.channels[channel.id].seen()) == 1


@pytest.mark.parametrize("trouble", [HTML, TEXT, BROKEN, FATAL, Trouble(drop=True)])
async def test_an_edit_without_an_answer_is_simply_tried_again(
    team: Slack, platform: SlackPlatform, trouble: Trouble
) -> None:
    posted = await platform.post(await platform.channel("announcements"), "k", HELLO)
    team.trouble["chat.update"] = [trouble]
    with pytest.raises(Unavailable):
        await platform.update(posted, message("bye"))


@pytest.mark.parametrize(
    ("error", "words"),
    [
        ("channel_not_found", "the bot is not in it"),
        ("not_in_channel", "invite it there"),
        ("is_archived", "archived"),
        ("restricted_action", "ask an admin"),
        ("token_revoked", "install the app again"),
        ("missing_scope", "print the manifest anew"),
    ],
)
async def test_a_no_says_what_a_human_can_do(
    team: Slack, platform: SlackPlatform, error: str, words: str
) -> None:
    channel = await platform.channel("announcements")
    team.trouble["chat.postMessage"] = [Trouble(body=f'{{"ok": false, "error": "{error}"}}')]
    with pytest.raises(Refused, match=words):
        await platform.post(channel, "k", HELLO)


async def test_a_slack_that_is_not_there_has_taken_nothing(
    team: Slack, platform: SlackPlatform
) -> None:
    channel = await platform.channel("announcements")
    await platform.find(channel, "k")
    await team.stop()
    with pytest.raises(Unavailable) as caught:
        await platform.update(MessageRef(conversation=channel, id="1.1"), HELLO)
    assert BOT_TOKEN not in repr(caught.value)


async def test_a_scope_that_is_missing_is_named_by_slack_and_refused(
    team: Slack, platform: SlackPlatform
) -> None:
    channel = await platform.channel("announcements")
    team.of.scopes.remove("chat:write")
    with pytest.raises(Refused, match="lacks a scope"):
        await platform.post(channel, "k", HELLO)


async def test_a_file_whose_upload_failed_is_sent_with_the_next_attempt_and_then_never_again(
    team: Slack, platform: SlackPlatform
) -> None:
    channel = await platform.channel("announcements")
    team.trouble["files.completeUploadExternal"] = [Trouble(drop=True, after=True)]
    with pytest.raises(Unavailable):
        await platform.attach(channel, "f", "packet.txt", b"rm -rf /tmp/x")
    await platform.attach(channel, "f", "packet.txt", b"rm -rf /tmp/x")
    async with people_in(team) as restarted:
        await restarted.attach(channel, "f", "packet.txt", b"rm -rf /tmp/x")

    messages = team.of.channels[channel.id].messages
    assert [len(m.files) for m in messages] == [0, 1]
    assert next(iter(team.of.uploads.values())) == b"rm -rf /tmp/x"
    assert set(team.of.snippets.values()) == {"text"}
