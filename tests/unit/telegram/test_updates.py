"""Updates by asking: confirmed once durable, tried again, and never lost without a word."""

import json
import logging
from pathlib import Path

import pytest

from bot.errors import Unavailable
from bot.requests import CardAnswer, MessageSaid, Reply, Request, SlashCommand
from bot.values import CardId
from cards.model import Button, Card
from tests.support.telegram.bench import hearing
from tests.support.telegram.server import Telegram
from tests.support.telegram.world import ANNOUNCEMENTS, BOT, GROUP
from tests.support.waiting import eventually, until
from tests.unit.http.doubles import RememberingDispatch


def card_of(ident: str) -> Card:
    return Card(id=CardId(ident), title=("Go on?",), buttons=(Button(option="go", label="Go"),))


def texts(dispatch: RememberingDispatch) -> list[str]:
    return [r.text for r in dispatch.requests if isinstance(r, SlashCommand)]


async def heard(dispatch: RememberingDispatch, text: str) -> None:
    async def seen() -> bool:
        return text in texts(dispatch)

    await until(seen)


def confirmed(there: Telegram) -> int:
    """Return up to which update the bot has told Telegram that it has it."""
    return max(int(call.get("offset", "0")) for call in there.called("getUpdates"))


async def test_an_update_is_confirmed_only_after_it_is_durable(
    there: Telegram, tmp_path: Path, dispatch: RememberingDispatch
) -> None:
    dispatch.fault = Unavailable("the disk is full")
    async with hearing(there, tmp_path, dispatch):
        update = there.type(1, "/incident list")
        await eventually(lambda: asked(there), lambda n: n >= 3)
        assert confirmed(there) <= update
        dispatch.fault = None
        await heard(dispatch, "/incident list")

        async def told() -> bool:
            return confirmed(there) == update + 1

        await until(told)


async def asked(there: Telegram) -> int:
    return len(there.called("getUpdates"))


class Breaking(RememberingDispatch):
    """Meets a bug of its own with some commands, the first `times` times."""

    def __init__(self, times: int) -> None:
        super().__init__()
        self.times = times
        self.tried = 0

    async def handle(self, request: Request) -> Reply:
        if isinstance(request, SlashCommand) and "poison" in request.text:
            self.tried += 1
            if self.tried <= self.times:
                raise RuntimeError("a bug")
        return await super().handle(request)


async def test_an_update_that_meets_a_fault_is_tried_again(there: Telegram, tmp_path: Path) -> None:
    breaking = Breaking(2)
    async with hearing(there, tmp_path, breaking):
        there.type(1, "/incident declare poison")
        await heard(breaking, "/incident declare poison")
    assert breaking.tried == 3


async def test_one_that_never_works_is_given_up_with_a_reference_for_its_sender(
    there: Telegram, tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    breaking = Breaking(99)
    with caplog.at_level(logging.ERROR):
        async with hearing(there, tmp_path, breaking):
            update = there.type(1, "/incident declare poison")
            there.type(1, "/incident list")
            await heard(breaking, "/incident list")
            reference = f"telegram-{update}"

            async def told() -> bool:
                return any(reference in m.text for m in there.seen(1))

            await until(told)
    assert breaking.tried == 3
    assert reference in caplog.text


async def test_a_redelivered_update_makes_the_same_request_which_the_journal_knows(
    there: Telegram, tmp_path: Path, dispatch: RememberingDispatch
) -> None:
    async with hearing(there, tmp_path, dispatch):
        update = there.type(1, "/incident list")
        again = {k: v for k, v in there.updates[0].items() if k != "update_id"}
        await heard(dispatch, "/incident list")
        there.tell_again(update, again)
        there.type(1, "/incident approvals")
        await heard(dispatch, "/incident approvals")
    idents = [r.id for r in dispatch.requests if isinstance(r, SlashCommand)]
    assert set(idents[:-1]) == {f"telegram:{BOT}:{update}"}


async def test_ids_that_begin_anew_below_the_last_one_are_heard_too(
    there: Telegram, tmp_path: Path, dispatch: RememberingDispatch
) -> None:
    there.hold = 0.1
    async with hearing(there, tmp_path, dispatch):
        there.type(1, "/incident list")
        again = {k: v for k, v in there.updates[0].items() if k != "update_id"}
        await heard(dispatch, "/incident list")

        async def confirmed_and_forgotten() -> bool:
            offsets = [int(call.get("offset", "0")) for call in there.called("getUpdates")]
            return max(offsets) > 0 and offsets[-1] == 0

        await until(confirmed_and_forgotten)
        there.tell_again(5, again)

        async def both() -> bool:
            return len(dispatch.requests) == 2

        await until(both)
    idents = [r.id for r in dispatch.requests if isinstance(r, SlashCommand)]
    assert idents[1] == f"telegram:{BOT}:5"


async def test_commands_are_for_us_by_name_in_any_case_and_nothing_else_is(
    there: Telegram, tmp_path: Path, dispatch: RememberingDispatch
) -> None:
    async with hearing(there, tmp_path, dispatch):
        there.type(1, "/incident@OtherBot declare sev2 elsewhere")
        there.type(1, "see /incident declare sev2 quoted")
        there.type(1, "/incidents declare sev2 another word")
        there.type(1, "just talking")
        there.type(1, "/incident declare edited", kind="edited_message")
        there.type(1, "/INCIDENT@wardenbot declare sev3 ours")
        there.type(1, "/runbook list")
        await heard(dispatch, "/runbook list")
    assert texts(dispatch) == ["/incident declare sev3 ours", "/runbook list"]


async def test_a_command_that_is_passed_on_runs_nothing(
    there: Telegram, tmp_path: Path, dispatch: RememberingDispatch
) -> None:
    async with hearing(there, tmp_path, dispatch):
        there.pass_on(2, 1, "/incident freeze all because Ann said so once")
        there.type(1, "/incident list")
        await heard(dispatch, "/incident list")
    assert texts(dispatch) == ["/incident list"]


async def test_anonymous_administrators_and_channels_are_not_heard_and_told_so(
    there: Telegram, tmp_path: Path, dispatch: RememberingDispatch
) -> None:
    async with hearing(there, tmp_path, dispatch):
        there.type_anonymously("/incident declare sev1 by nobody")
        there.publish(ANNOUNCEMENTS, "/incident declare sev1 by a channel")
        there.type(1, "/incident list")
        await heard(dispatch, "/incident list")

        async def told() -> bool:
            return any("anonymous" in m.text for m in there.seen(GROUP))

        await until(told)
    assert texts(dispatch) == ["/incident list"]


async def test_a_bot_that_loses_its_rights_says_so_in_the_chat(
    there: Telegram, tmp_path: Path, dispatch: RememberingDispatch
) -> None:
    async with hearing(there, tmp_path, dispatch):
        there.demote()

        async def told() -> bool:
            return any("I am no administrator here any more" in m.text for m in there.seen(GROUP))

        await until(told)


async def test_a_button_with_data_that_we_never_offered_does_nothing(
    there: Telegram, tmp_path: Path, dispatch: RememberingDispatch
) -> None:
    async with hearing(there, tmp_path, dispatch) as team:
        room = await team.platform.channel("announcements")
        await team.platform.post(room, "k", card_of("x"))
        [shown] = there.seen(ANNOUNCEMENTS)
        for data in ("a:1", "y:" + "0" * 40, "f:1:2:!", "nonsense", "n", "a:" + "f" * 40):
            there.press_data(1, shown, data)

        async def answered() -> bool:
            return len(there.answers) == 6

        await until(answered)
    assert [r for r in dispatch.requests if isinstance(r, CardAnswer)] == []


async def test_a_press_too_old_for_an_answer_counts_all_the_same(
    there: Telegram, tmp_path: Path, dispatch: RememberingDispatch
) -> None:
    async with hearing(there, tmp_path, dispatch) as team:
        room = await team.platform.channel("announcements")
        await team.platform.post(room, "k", card_of("x"))
        [shown] = there.seen(ANNOUNCEMENTS)
        there.press(1, shown, "Go")
        there.age()

        async def pressed() -> bool:
            return any(isinstance(r, CardAnswer) for r in dispatch.requests)

        await until(pressed)
        there.type(1, "/incident list")
        await heard(dispatch, "/incident list")
    [answer] = [r for r in dispatch.requests if isinstance(r, CardAnswer)]
    assert (answer.card, answer.option) == ("x", "go")


async def test_note_in_answer_to_a_message_keeps_that_message(
    there: Telegram, tmp_path: Path, dispatch: RememberingDispatch
) -> None:
    async with hearing(there, tmp_path, dispatch) as team:
        room = await team.platform.channel("announcements")
        await team.platform.post(room, "k", card_of("x"))
        [shown] = there.seen(ANNOUNCEMENTS)
        shown.chat = GROUP
        there.type(1, "/incident note", reply_to=shown)

        async def kept() -> bool:
            return any(isinstance(r, MessageSaid) for r in dispatch.requests)

        await until(kept)
    [said] = [r for r in dispatch.requests if isinstance(r, MessageSaid)]
    assert said.text == shown.text


async def test_the_commands_are_offered_by_kind_of_chat_and_language(
    there: Telegram, tmp_path: Path, dispatch: RememberingDispatch
) -> None:
    async with hearing(there, tmp_path, dispatch):

        async def offered() -> bool:
            return len(there.commands) == 8

        await until(offered)
    names = {key: [name for name, _ in listed] for key, listed in there.commands.items()}
    assert names["all_group_chats", ""] == ["incident", "runbook"]
    assert names["all_private_chats", "de"] == ["incident", "runbook", "link", "cancel"]
    assert {language for _, language in names} == {"", "de", "es", "fr"}


async def test_a_telegram_that_is_away_at_the_start_is_heard_once_it_is_there(
    there: Telegram, tmp_path: Path, dispatch: RememberingDispatch
) -> None:
    there.down = True
    async with hearing(there, tmp_path, dispatch):
        there.type(1, "/incident list")
        await eventually(lambda: tried(there), lambda n: n >= 2)
        there.down = False
        await heard(dispatch, "/incident list")


async def tried(there: Telegram) -> int:
    return len(there.called("getMe"))


async def test_only_what_is_asked_for_is_sent_and_edits_are_not(
    there: Telegram, tmp_path: Path, dispatch: RememberingDispatch
) -> None:
    async with hearing(there, tmp_path, dispatch):
        there.type(1, "/incident list")
        await heard(dispatch, "/incident list")
    kinds = json.loads(there.called("getUpdates")[0]["allowed_updates"])
    assert kinds == ["message", "callback_query", "my_chat_member"]
