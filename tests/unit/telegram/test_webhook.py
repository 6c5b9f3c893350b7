"""Updates over the webhook: the secret first, 200 only for what is durable, each thing once."""

from pathlib import Path

import aiohttp
import pytest

from bot.adapters.telegram.access import access
from bot.adapters.telegram.webhook import PATH
from bot.errors import OperatorMistake, Unavailable
from bot.requests import Reply, ReplyTone, SlashCommand
from tests.support.telegram.bench import hearing
from tests.support.telegram.server import SECRET_HEADER, TOKEN, Telegram
from tests.support.telegram.world import BOT, GROUP
from tests.support.waiting import eventually, until
from tests.unit.http.doubles import RememberingDispatch

SECRET = "s3cret_and-long"
UPDATE = {
    "update_id": 7,
    "message": {
        "message_id": 3,
        "date": 1,
        "chat": {"id": GROUP, "type": "supergroup"},
        "from": {"id": 1, "is_bot": False, "first_name": "Ann"},
        "text": "/incident list",
    },
}


async def posted(there: Telegram, body: object, secret: str = SECRET) -> int:
    async with (
        aiohttp.ClientSession() as session,
        session.post(there.reach, json=body, headers={SECRET_HEADER: secret}) as got,
    ):
        return got.status


async def opened(there: Telegram) -> None:
    """Wait until the bot has set its webhook and opened its door."""

    async def menu() -> bool:
        return len(there.commands) == 8

    await until(menu)


async def test_the_webhook_is_set_with_its_secret_when_the_bot_starts(
    there: Telegram, tmp_path: Path, dispatch: RememberingDispatch
) -> None:
    async with hearing(there, tmp_path, dispatch, secret=SECRET):
        await opened(there)
        assert there.webhook is not None
        assert there.webhook.url == f"https://bot.example.com{PATH}"
        assert there.webhook.secret == SECRET
        assert "edited_message" not in there.webhook.kinds


async def test_a_webhook_that_was_left_over_is_taken_away_before_updates_are_polled(
    there: Telegram, tmp_path: Path, dispatch: RememberingDispatch
) -> None:
    async with hearing(there, tmp_path, dispatch, secret=SECRET):
        await opened(there)
    async with hearing(there, tmp_path, dispatch):
        there.type(1, "/incident list")
        await eventually(lambda: as_seen(dispatch), bool)
    assert there.webhook is None


async def as_seen(dispatch: RememberingDispatch) -> int:
    return len(dispatch.requests)


async def test_a_command_comes_in_over_the_webhook_under_the_updates_own_id(
    there: Telegram, tmp_path: Path, dispatch: RememberingDispatch
) -> None:
    async with hearing(there, tmp_path, dispatch, secret=SECRET):
        update = there.type(1, "/incident@wardenBOT declare sev2 checkout is down")
        await eventually(lambda: as_seen(dispatch), bool)
    [request] = dispatch.requests
    assert isinstance(request, SlashCommand)
    assert request.id == f"telegram:{BOT}:{update}"
    assert request.text == "/incident declare sev2 checkout is down"
    assert (request.sender.platform, request.sender.account) == ("telegram", "1")


@pytest.mark.parametrize("secret", ["", "wrong", SECRET + "x", SECRET[:-1], "ünfug"])
async def test_whoever_does_not_know_the_secret_is_not_heard(
    there: Telegram, tmp_path: Path, dispatch: RememberingDispatch, secret: str
) -> None:
    async with hearing(there, tmp_path, dispatch, secret=SECRET):
        await opened(there)
        assert await posted(there, UPDATE, secret) == 401
    assert dispatch.requests == []


async def test_what_is_not_durable_gets_503_and_is_taken_when_it_comes_again(
    there: Telegram, tmp_path: Path, dispatch: RememberingDispatch
) -> None:
    async with hearing(there, tmp_path, dispatch, secret=SECRET):
        await opened(there)
        dispatch.fault = Unavailable("the disk is full")
        assert await posted(there, UPDATE) == 503
        dispatch.fault = None
        dispatch.reply = Reply(tone=ReplyTone.NOT_RECORDED, text="NOT recorded")
        assert await posted(there, UPDATE) == 503
        dispatch.reply = Reply(tone=ReplyTone.DONE, text="done")
        assert await posted(there, UPDATE) == 200
    assert [r.id for r in dispatch.requests if isinstance(r, SlashCommand)] == [
        f"telegram:{BOT}:7",
        f"telegram:{BOT}:7",
    ]


@pytest.mark.parametrize("body", [[], "x", 5, None, {"update_id": "no"}, {"message": {}}])
async def test_a_body_that_is_no_update_is_refused_and_breaks_nothing(
    there: Telegram, tmp_path: Path, dispatch: RememberingDispatch, body: object
) -> None:
    async with hearing(there, tmp_path, dispatch, secret=SECRET):
        await opened(there)
        assert await posted(there, body) in {200, 400}
        assert await posted(there, UPDATE) == 200
    assert len(dispatch.requests) == 1


async def test_an_edited_command_that_comes_all_the_same_runs_nothing(
    there: Telegram, tmp_path: Path, dispatch: RememberingDispatch
) -> None:
    async with hearing(there, tmp_path, dispatch, secret=SECRET):
        await opened(there)
        edited = {"update_id": 8, "edited_message": UPDATE["message"]}
        assert await posted(there, edited) == 200
    assert dispatch.requests == []


@pytest.mark.parametrize(
    ("url", "secret", "words"),
    [
        (f"https://bot.example.com{PATH}", "", "TELEGRAM_WEBHOOK_SECRET"),
        (f"https://bot.example.com{PATH}", "with space", "TELEGRAM_WEBHOOK_SECRET"),
        (f"https://bot.example.com{PATH}", "x" * 257, "TELEGRAM_WEBHOOK_SECRET"),
        ("https://bot.example.com/elsewhere", SECRET, "does not end with"),
        (f"http://bot.example.com{PATH}", SECRET, "https"),
        (f"https://bot.example.com:8080{PATH}", SECRET, "port"),
    ],
)
def test_a_webhook_that_cannot_work_refuses_to_start(url: str, secret: str, words: str) -> None:
    with pytest.raises(OperatorMistake, match=words):
        access(
            api_url="https://api.telegram.org/",
            token=TOKEN,
            group=GROUP,
            channels="",
            webhook_url=url,
            webhook_secret=secret,
        )
