"""A backup goes to another machine: in Telegram the bot goes on in the same topics and messages."""

import shutil
import sqlite3
from contextlib import closing
from pathlib import Path

from tests.support.command_line import Typed
from tests.support.telegram.living import Living, living
from tests.support.telegram.server import Posted, Telegram, telegram
from tests.support.telegram.world import GROUP
from tests.support.waiting import until


async def another_machine(folder: Path) -> None:
    """Leave nothing of the data folder but the key, as whoever moves a backup brings along."""
    key = (folder / "data" / "journal.key").read_bytes()
    shutil.rmtree(folder / "data")
    (folder / "data").mkdir(mode=0o700)
    (folder / "data" / "journal.key").write_bytes(key)
    (folder / "data" / "journal.key").chmod(0o600)


async def pinned(here: Living, topic: int) -> Posted:
    """Return the incident's card, which is pinned in its topic."""

    async def found() -> Posted | None:
        return next((m for m in here.there.seen(GROUP, topic) if m.pinned), None)

    return await until(found)


async def posted(here: Living, topic: int, words: str) -> bool:
    """Whether a message in a topic, and not the card, says this."""
    return any(words in m.text for m in here.there.seen(GROUP, topic) if not m.pinned)


async def none_under_way(folder: Path) -> bool:
    """Whether nothing is being sent, as far as the journal knows; that would be sent once more."""
    with closing(sqlite3.connect(folder / "data" / "journal.sqlite3")) as database:
        claimed = "SELECT count(*) FROM effects WHERE state = 'claimed'"
        (number,) = database.execute(claimed).fetchone()
    return int(number) == 0


async def moved(there: Telegram, folder: Path, typed: Typed) -> tuple[int, Posted]:
    """Let an incident begin, and its bot move to another machine; returns its topic and card."""
    async with living(folder, among=there) as here:
        here.there.type(1, "/incident declare sev2 checkout is down")
        topic = await here.topic("checkout-is-down")
        here.there.type(1, "/incident update this was before", thread=topic)
        here.there.type(2, "/incident page @ann please look", thread=topic)
        await here.offered("Acknowledge", thread=topic)
        card = await pinned(here, topic)
        await until(lambda: posted(here, topic, "this was before"))
        await until(lambda: none_under_way(folder))
        shutil.copy(folder / "env", folder / ".env")
        saved = await typed("backup", "copy.sqlite3")
        assert saved.status == 0, saved.err
    await another_machine(folder)
    restored = await typed("restore", "copy.sqlite3", "the old machine is gone")
    assert restored.status == 0, restored.err
    return topic, card


async def test_an_incident_goes_on_in_its_topic_and_on_its_card(
    tmp_path: Path, typed: Typed
) -> None:
    async with telegram() as there:
        topic, card = await moved(there, tmp_path, typed)
        async with living(tmp_path, among=there) as here:
            there.type(1, "/incident title checkout is very slow", thread=topic)
            there.type(1, "/incident update this came after", thread=topic)
            await until(lambda: posted(here, topic, "this came after"))

            async def says_it() -> bool:
                return "very slow" in card.text

            await until(says_it)
            assert list(there.topics) == [topic]
            assert [m.id for m in there.seen(GROUP, topic) if m.pinned] == [card.id]
            messages = [m.text for m in there.seen(GROUP, topic) if not m.pinned]
            assert sum("this was before" in text for text in messages) == 1
            assert sum("this came after" in text for text in messages) == 1


async def test_a_button_that_was_shown_before_the_backup_means_the_same_after_it(
    tmp_path: Path, typed: Typed
) -> None:
    async with telegram() as there:
        _, card = await moved(there, tmp_path, typed)
        async with living(tmp_path, among=there):
            there.press(1, card, "Acknowledge")

            async def taken() -> bool:
                return "Acknowledged by Ann" in card.text and "Acknowledge" not in card.labels

            await until(taken)
