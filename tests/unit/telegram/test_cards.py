"""Cards as Telegram shows them: cut visibly, the rest beside them, and edited in their place."""

from pathlib import Path

from bot.ports import RoomSpec
from bot.requests import CardAnswer
from bot.values import CardId, Untrusted
from cards.model import Button, Card, CodeBlock, message
from tests.support.telegram.bench import hearing, people_in
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


async def test_names_and_answers_of_others_stay_characters(
    there: Telegram, tmp_path: Path, dispatch: RememberingDispatch
) -> None:
    hostile = "</code><a href='tg://user?id=1'>x</a> @channel /incident & <b>"
    async with hearing(there, tmp_path, dispatch) as team:
        channel = await team.platform.channel("announcements")
        await team.platform.post(channel, "k", Card(title=(Untrusted(hostile),)))
    assert there.seen(ANNOUNCEMENTS)[0].text.strip().endswith(hostile)
