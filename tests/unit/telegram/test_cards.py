"""Cards as Telegram shows them: cut visibly, the rest beside them, and edited in their place."""

from pathlib import Path

from bot.ports import RoomSpec
from bot.requests import CardAnswer, Reply, ReplyTone
from bot.values import CardId, Untrusted
from cards.model import Button, Card, CodeBlock, message
from tests.support.telegram.bench import OneCard, hearing, people_in
from tests.support.telegram.server import Telegram
from tests.support.telegram.world import ANNOUNCEMENTS, GROUP
from tests.support.waiting import until
from tests.unit.http.doubles import RememberingDispatch

SPEC = RoomSpec(key="i1", name="inc-1", topic="")
COMMANDS = "\n".join(f"systemctl restart worker-{n:05d}" for n in range(600))
PACKET = Card(
    id=CardId("c1"),
    title=("Approve: restart",),
    blocks=(CodeBlock(title="Commands", text=Untrusted(COMMANDS), essential=True),),
    buttons=(
        Button(option="yes", label="Approve"),
        Button(option="kill", label="Kill", confirm="Really kill @all?"),
    ),
)


async def test_what_does_not_fit_is_a_document_beside_the_card_and_comes_once(
    there: Telegram, tmp_path: Path
) -> None:
    async with people_in(there, tmp_path) as platform:
        room = await platform.open_room(SPEC)
        card = await platform.post(room, "card", PACKET)
        await platform.post(room, "card", PACKET)
        await platform.update(card, PACKET)
    async with people_in(there, tmp_path) as restarted:
        await restarted.update(card, PACKET)
    [topic] = there.topics
    shown, document = there.seen(GROUP, topic)
    assert shown.labels == ["Approve", "Kill"]
    assert document.content.decode().count("systemctl restart worker-") == 600
    assert document.file in shown.text
    assert document.reply_to == shown.id


async def test_an_edit_to_the_same_content_is_fine_and_changes_nothing(
    there: Telegram, tmp_path: Path
) -> None:
    async with people_in(there, tmp_path) as platform:
        posted = await platform.post(await platform.channel("announcements"), "k", PACKET)
        await platform.update(posted, PACKET)
        await platform.update(posted, message("decided"))
        await platform.update(posted, message("decided"))
    shown = there.seen(ANNOUNCEMENTS)[0]
    assert (shown.text, shown.keys, shown.edits) == ("decided", [], 1)


async def test_a_button_that_asks_back_does_so_in_the_direct_chat_and_counts_then(
    there: Telegram, tmp_path: Path, dispatch: RememberingDispatch
) -> None:
    async with hearing(there, tmp_path, dispatch) as team:
        channel = await team.platform.channel("announcements")
        await team.platform.post(channel, "k", PACKET)
        shown = there.seen(ANNOUNCEMENTS)[0]
        there.press(1, shown, "Kill")

        async def asked() -> bool:
            return bool(there.seen(1))

        await until(asked)
        [again] = there.seen(1)
        assert again.text == "Really kill @all?"
        assert dispatch.requests == []
        there.press(1, again, "Cancel")
        there.press(1, again, "Yes: Kill")

        async def answered() -> bool:
            return bool(dispatch.requests)

        await until(answered)
    [answer] = dispatch.requests
    assert isinstance(answer, CardAnswer)
    assert (answer.card, answer.option) == ("c1", "kill")


async def test_an_answer_that_does_not_fit_brings_the_rest_as_a_document(
    there: Telegram, tmp_path: Path, dispatch: RememberingDispatch
) -> None:
    dispatch.reply = Reply(tone=ReplyTone.ANSWER, text="a view", card=PACKET)
    async with hearing(there, tmp_path, dispatch):
        there.type(1, "/incident timeline")

        async def answered() -> bool:
            return len(there.seen(1)) == 2

        await until(answered)
    shown, document = there.seen(1)
    assert (shown.labels, document.file in shown.text) == ([], True)
    assert document.content.decode().count("systemctl restart worker-") == 600


async def test_a_press_that_takes_a_reason_shows_what_it_does_before_it_asks(
    there: Telegram, tmp_path: Path, dispatch: RememberingDispatch
) -> None:
    button = Button(option="kill", label="Kill", confirm="Kill sleep on web-1?", wants_reason=True)
    card = Card(id=CardId("c2"), title=("Running",), buttons=(button,))
    async with hearing(there, tmp_path, dispatch, cards=OneCard(card)) as team:
        channel = await team.platform.channel("announcements")
        await team.platform.post(channel, "k", card)
        there.press(1, there.seen(ANNOUNCEMENTS)[0], "Kill")

        async def asked() -> bool:
            return bool(there.seen(1))

        await until(asked)
    assert there.seen(1)[0].text.startswith("Running — Kill sleep on web-1?\n1 of 1: Reason")


async def test_names_and_answers_of_others_stay_characters(
    there: Telegram, tmp_path: Path, dispatch: RememberingDispatch
) -> None:
    hostile = "</code><a href='tg://user?id=1'>x</a> @channel /incident & <b>"
    async with hearing(there, tmp_path, dispatch) as team:
        channel = await team.platform.channel("announcements")
        await team.platform.post(channel, "k", Card(title=(Untrusted(hostile),)))
    assert there.seen(ANNOUNCEMENTS)[0].text.strip().endswith(hostile)
