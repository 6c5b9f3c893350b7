"""The emulator is as strict as the Bot API: each documented limit, and each error in its words."""

import json
from pathlib import Path

import aiohttp
import pytest
from telegram.error import BadRequest, Conflict, Forbidden, RetryAfter, TelegramError

from bot.adapters.telegram.api import TelegramApi
from tests.support.clock import HastenedClock
from tests.support.telegram.server import Telegram, Trouble
from tests.support.telegram.world import ANNOUNCEMENTS, BOT, GROUP, TOKEN

LONG = "😱" * 2049
"""4098 UTF-16 units in 2049 characters."""


async def call(there: Telegram, method: str, **args: object) -> dict[str, object]:
    """Call a method as any program does; returns the answer."""
    form = {k: v if isinstance(v, str) else json.dumps(v) for k, v in args.items()}
    async with (
        aiohttp.ClientSession() as session,
        session.post(f"{there.base}bot{TOKEN}/{method}", data=form) as got,
    ):
        answer = await got.json()
        assert isinstance(answer, dict)
        return answer


def keyboard(*rows: list[str]) -> dict[str, object]:
    return {
        "inline_keyboard": [[{"text": "x", "callback_data": data} for data in row] for row in rows]
    }


@pytest.mark.parametrize(
    ("method", "args", "words"),
    [
        ("sendMessage", {"chat_id": GROUP, "text": ""}, "message text is empty"),
        ("sendMessage", {"chat_id": GROUP, "text": LONG}, "message is too long"),
        ("sendMessage", {"chat_id": GROUP, "text": "<b>x", "parse_mode": "HTML"}, "can't parse"),
        ("sendMessage", {"chat_id": GROUP, "text": "a & b", "parse_mode": "HTML"}, "can't parse"),
        (
            "sendMessage",
            {"chat_id": GROUP, "text": "<b>x</b>" * 101, "parse_mode": "HTML"},
            "can't parse",
        ),
        (
            "sendMessage",
            {"chat_id": GROUP, "text": "x", "reply_markup": keyboard(["y" * 65])},
            "BUTTON_DATA_INVALID",
        ),
        (
            "sendMessage",
            {"chat_id": GROUP, "text": "x", "reply_markup": keyboard(["ü" * 33])},
            "BUTTON_DATA_INVALID",
        ),
        (
            "sendMessage",
            {"chat_id": GROUP, "text": "x", "reply_markup": keyboard(["a"] * 9)},
            "reply markup is too long",
        ),
        (
            "sendMessage",
            {"chat_id": GROUP, "text": "x", "reply_markup": keyboard(*[["a"] * 8] * 13)},
            "reply markup is too long",
        ),
        (
            "sendMessage",
            {"chat_id": GROUP, "text": "x", "message_thread_id": 99},
            "thread not found",
        ),
        ("sendMessage", {"chat_id": -5, "text": "x"}, "chat not found"),
        ("sendMessage", {"chat_id": 77, "text": "x"}, "can't initiate conversation"),
        ("createForumTopic", {"chat_id": GROUP, "name": "x" * 129}, "topic name is invalid"),
        ("createForumTopic", {"chat_id": GROUP, "name": "😱" * 65}, "topic name is invalid"),
        ("createForumTopic", {"chat_id": ANNOUNCEMENTS, "name": "x"}, "not a forum"),
        ("closeForumTopic", {"chat_id": GROUP, "message_thread_id": 99}, "TOPIC_ID_INVALID"),
        ("editMessageText", {"chat_id": GROUP, "message_id": 99, "text": "x"}, "not found"),
        ("answerCallbackQuery", {"callback_query_id": "1", "text": "x"}, "query is too old"),
        ("answerCallbackQuery", {"callback_query_id": "1", "text": "x" * 201}, "TOO_LONG"),
        ("setMyCommands", {"commands": [{"command": "A b", "description": "x"}]}, "INVALID"),
        ("setMyCommands", {"commands": [{"command": "a", "description": ""}]}, "INVALID"),
        (
            "setMyCommands",
            {"commands": [{"command": "a", "description": "x"}] * 101},
            "TOO_MUCH",
        ),
        ("setWebhook", {"url": "https://x.example.com", "secret_token": "a b"}, "unallowed"),
        ("noSuchMethod", {}, "Not Found"),
    ],
)
async def test_what_telegram_refuses_is_refused_in_its_words(
    there: Telegram, method: str, args: dict[str, object], words: str
) -> None:
    answer = await call(there, method, **args)
    assert answer["ok"] is False
    assert words in str(answer["description"])
    assert there.posted == []


async def test_the_longest_that_is_allowed_is_taken(there: Telegram) -> None:
    for text in ("x" * 4096, "😱" * 2048):
        assert (await call(there, "sendMessage", chat_id=GROUP, text=text))["ok"] is True
    assert (await call(there, "createForumTopic", chat_id=GROUP, name="😱" * 64))["ok"] is True


async def test_errors_reach_the_library_as_its_own(there: Telegram, tmp_path: Path) -> None:
    there.of.chats[1].blocked = True
    there.of.chats[ANNOUNCEMENTS].rights = {"can_pin_messages"}
    api = TelegramApi.open(token=TOKEN, base_url=there.base, clock=HastenedClock())
    try:
        for error, sending in (
            (Forbidden, api.bot.send_message(1, "x")),
            (BadRequest, api.bot.send_message(ANNOUNCEMENTS, "x")),
        ):
            with pytest.raises(error):
                await sending
        there.trouble["sendMessage"] = [Trouble(retry_after=7)]
        with pytest.raises(RetryAfter) as caught:
            await api.bot.send_message(GROUP, "x")
        await api.bot.set_webhook("https://x.example.com/", secret_token="s")
        with pytest.raises(Conflict):
            await api.bot.get_updates()
        with pytest.raises(TelegramError):
            await api.bot.delete_message(GROUP, 99)
    finally:
        await api.close()
    assert str(caught.value.retry_after) in {"7", "0:00:07"}


async def test_updates_are_confirmed_by_the_offset_and_wait_until_then(there: Telegram) -> None:
    first, second = there.type(1, "one"), there.type(1, "two")
    kinds = ["message"]
    for offset, left in ((0, [first, second]), (first, [first, second]), (second, [second])):
        answer = await call(there, "getUpdates", offset=offset, timeout=0, allowed_updates=kinds)
        found = answer["result"]
        assert isinstance(found, list)
        assert [update["update_id"] for update in found] == left
    gone = await call(there, "getUpdates", offset=second + 1, timeout=0, allowed_updates=kinds)
    assert gone["result"] == []


async def test_each_supergroup_counts_its_messages_and_direct_chats_count_together(
    there: Telegram,
) -> None:
    for chat in (GROUP, 1, 2, ANNOUNCEMENTS, GROUP, 1):
        await call(there, "sendMessage", chat_id=chat, text="x")
    assert [(m.chat, m.id) for m in there.posted] == [
        (GROUP, 1),
        (1, 1),
        (2, 2),
        (ANNOUNCEMENTS, 1),
        (GROUP, 2),
        (1, 3),
    ]


async def test_other_peoples_messages_cannot_be_edited_and_missing_ones_are_not_found(
    there: Telegram,
) -> None:
    there.type(1, "people write")
    theirs = await call(there, "editMessageText", chat_id=GROUP, message_id=1, text="x")
    missing = await call(there, "editMessageText", chat_id=GROUP, message_id=2, text="x")
    assert "can't be edited" in str(theirs["description"])
    assert "not found" in str(missing["description"])


async def test_a_document_has_no_text_to_edit(there: Telegram) -> None:
    form = aiohttp.FormData({"chat_id": f"{GROUP}"})
    form.add_field("document", b"uptime", filename="packet.txt")
    async with aiohttp.ClientSession() as session:
        await session.post(f"{there.base}bot{TOKEN}/sendDocument", data=form)
    edited = await call(there, "editMessageText", chat_id=GROUP, message_id=1, text="x")
    assert edited["description"] == "Bad Request: there is no text in the message to edit"


async def test_a_wrong_token_opens_nothing(there: Telegram) -> None:
    async with (
        aiohttp.ClientSession() as session,
        session.post(f"{there.base}bot4242:wrong/getMe") as got,
    ):
        assert got.status == 401
    assert there.calls == []


async def test_a_message_in_a_topic_names_it_in_the_message_that_it_answers(
    there: Telegram,
) -> None:
    topic = there.of.open_topic("lunch")
    answer = await call(there, "sendMessage", chat_id=GROUP, message_thread_id=topic, text="x")
    assert isinstance(answer["result"], dict)
    assert answer["result"]["reply_to_message"]["forum_topic_created"]["name"] == "lunch"
    assert answer["result"]["from"]["id"] == BOT
