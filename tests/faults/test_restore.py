"""An older backup becomes the journal again: nothing of it is run twice, and everybody is told."""

import asyncio
import shutil
import sqlite3
from collections.abc import Sequence
from contextlib import closing
from pathlib import Path

from bot.adapters.console import messages
from bot.adapters.sqlite.copying import copy_journal
from tests.support.bot import Bot, bot
from tests.support.command_line import Typed
from tests.support.waiting import eventually, until

PROGRAMS = ["journalctl", "logrotate", "systemd-tmpfiles"]
"""What the clean-up of the drill runs, in this order and once each."""


async def taken_under_way(b: Bot, folder: Path) -> Path:
    """Approve the drill's change, and take a backup while one of its commands is under way."""
    approving = asyncio.create_task(b.approver.press(await b.approver.card("change"), "approve"))
    for number in range(1000):
        copy = folder / f"copy-{number}.sqlite3"
        await copy_journal(folder / "data" / "journal.sqlite3", copy)
        if "changing" in run_states(copy):
            await approving
            return copy
        copy.unlink()
    raise AssertionError("no backup was taken while a command was under way")


def run_states(journal: Path) -> list[str]:
    with closing(sqlite3.connect(journal)) as database:
        return [state for (state,) in database.execute("SELECT state FROM runs")]


async def monitoring(b: Bot) -> str:
    """Return the incident's id once its repair is done."""
    (found,) = await b.commander.incidents()
    return str(found["id"]) if found["status"] == "monitoring" else ""


async def test_a_backup_of_a_repair_under_way_runs_nothing_again(
    tmp_path: Path, typed: Typed
) -> None:
    async with bot(tmp_path) as b:
        await b.commander.say("/incident drill disk-full")
        backup = await taken_under_way(b, tmp_path)
        ident = await until(lambda: monitoring(b), seconds=60)
        assert [line.split()[1] for line in b.ledger()] == PROGRAMS

    said = await typed("restore", str(backup), "a wrong upgrade", "--replace")
    assert (said.status, said.err) == (0, "")
    assert ": epoch 2: 1 steps in doubt, 0 approvals voided" in said.out.replace(";", ":")

    async with bot(tmp_path) as b:
        doubt = await b.approver.card("in-doubt")
        status, answer = await b.approver.press(doubt, "worked")
        assert status == 200, answer
        await until(lambda: told(b, "channel:announcements", "was restored from a backup"))
        assert [line.split()[1] for line in b.ledger()] == PROGRAMS
        lines = await b.commander.timeline(ident)
        assert any("a backup was restored (a wrong upgrade)" in line for line in lines)
    audited = await typed("audit", "verify")
    assert (audited.status, audited.err) == (0, "")
    rebuilt = await typed("journal", "rebuild", "--check")
    assert (rebuilt.status, rebuilt.err) == (0, "")


async def test_nothing_is_restored_while_a_bot_runs(tmp_path: Path, typed: Typed) -> None:
    async with bot(tmp_path):
        assert (await typed("backup", "copy.sqlite3")).status == 0
        said = await typed("restore", "copy.sqlite3", "to try it")
        assert said.status == 1
        assert said.err.endswith("a bot or another command uses this folder: stop it first\n")


async def test_newer_events_are_set_aside_only_where_that_is_said(
    tmp_path: Path, typed: Typed
) -> None:
    async with bot(tmp_path) as b:
        assert (await typed("backup", "copy.sqlite3")).status == 0
        await b.commander.say("/incident declare sev3 checkout is slow")
        ident = str((await b.commander.incidents())[0]["id"])

    refused = await typed("restore", "copy.sqlite3", "to try it")
    assert refused.status == 2
    assert f"incident:{ident} event 1: is missing" in refused.err
    assert "Set it aside with --replace." in refused.err
    assert "checkout is slow" in (await typed("incident", "list")).out

    done = await typed("restore", "copy.sqlite3", "to try it", "--replace")
    assert (done.status, done.err) == (0, "")
    assert (await typed("incident", "list", "--all")).out == ""
    aside = tmp_path / "data" / "journal-before-epoch-2.sqlite3"
    with closing(sqlite3.connect(aside)) as database:
        assert database.execute("SELECT title FROM incidents").fetchall() == [("checkout is slow",)]


async def test_a_bot_starts_on_an_older_journal_only_after_a_restore(
    tmp_path: Path, typed: Typed
) -> None:
    data = tmp_path / "data"
    async with bot(tmp_path) as b:
        assert (await typed("backup", "copy.sqlite3")).status == 0
        await b.commander.say("/incident declare sev3 checkout is slow")
    shutil.copy(tmp_path / "copy.sqlite3", data / "journal.sqlite3")
    assert (await typed("audit", "verify")).status == 1

    assert (await typed("restore", "data/journal.sqlite3", "the newer one is gone")).status == 0

    audited = await typed("audit", "verify")
    assert (audited.status, audited.err) == (0, "")
    async with bot(tmp_path) as b:
        assert await b.commander.incidents() == []


async def test_the_journal_that_a_restore_replaced_does_not_start_again(
    tmp_path: Path, typed: Typed
) -> None:
    data = tmp_path / "data"
    async with bot(tmp_path):
        assert (await typed("backup", "copy.sqlite3")).status == 0
    assert (await typed("restore", "copy.sqlite3", "to try it", "--replace")).status == 0
    shutil.copy(data / "journal-before-epoch-2.sqlite3", data / "journal.sqlite3")

    said = await typed("audit", "verify")

    assert said.status == 1
    assert "system:system event 1: is missing" in said.err


async def test_a_backup_that_was_changed_or_belongs_to_another_key_is_refused(
    tmp_path: Path, typed: Typed
) -> None:
    async with bot(tmp_path) as b:
        await b.commander.say("/incident declare sev3 checkout is slow")
        ident = str((await b.commander.incidents())[0]["id"])
        assert (await typed("backup", "copy.sqlite3")).status == 0
    with closing(sqlite3.connect(tmp_path / "copy.sqlite3")) as database:
        database.execute("UPDATE records SET mac = zeroblob(32) WHERE id = ? AND seq = 2", [ident])
        database.commit()

    said = await typed("restore", "copy.sqlite3", "to try it", "--replace")
    assert said.status == 1
    assert f"copy.sqlite3 is not as it was written: incident:{ident} event 2" in said.err

    (tmp_path / "data" / "journal.key").unlink()
    said = await typed("restore", "copy.sqlite3", "to try it", "--replace")
    assert said.status == 2
    assert "journal.key: the key of the backup's chain is missing (put it here" in said.err
    assert not (tmp_path / "data" / "restoring").exists()


async def test_a_damaged_journal_is_set_aside_as_it_is(tmp_path: Path, typed: Typed) -> None:
    journal = tmp_path / "data" / "journal.sqlite3"
    async with bot(tmp_path) as b:
        await b.commander.say("/incident declare sev3 checkout is slow")
        assert (await typed("backup", "copy.sqlite3")).status == 0
    journal.write_bytes(b"no database any more, and longer than a header of one " * 40)

    assert (await typed("restore", "copy.sqlite3", "the disk died")).status == 2
    assert (await typed("restore", "copy.sqlite3", "the disk died", "--replace")).status == 0

    assert "checkout is slow" in (await typed("incident", "list")).out
    aside = tmp_path / "data" / "journal-before-epoch-2.sqlite3"
    assert aside.read_bytes().startswith(b"no database any more")


async def test_what_happens_anew_is_told_although_the_chat_holds_what_it_replaced(
    tmp_path: Path, typed: Typed
) -> None:
    async with bot(tmp_path) as b:
        await b.commander.say("/incident declare sev3 checkout is slow")
        found = (await b.commander.incidents())[0]
        number, room = str(found["number"]), messages.room_id(str(found["id"]))
        await until(lambda: told(b, room, "slow"))
        assert (await typed("backup", "copy.sqlite3")).status == 0
        await b.commander.say("/incident update this is lost", room=number)
        await until(lambda: told(b, room, "this is lost"))
    assert (await typed("restore", "copy.sqlite3", "to try it", "--replace")).status == 0
    async with bot(tmp_path) as b:
        await b.commander.say("/incident update this came after", room=number)
        await until(lambda: told(b, room, "this came after"))


async def another_machine(folder: Path) -> None:
    """Leave nothing of the data folder but the key, as whoever moves a backup brings along."""
    data = folder / "data"
    key = (data / "journal.key").read_bytes()
    shutil.rmtree(data)
    data.mkdir(mode=0o700)
    (data / "journal.key").write_bytes(key)
    (data / "journal.key").chmod(0o600)


async def test_an_incident_that_moves_to_another_machine_takes_its_room_along(
    tmp_path: Path, typed: Typed
) -> None:
    async with bot(tmp_path) as b:
        await b.commander.say("/incident declare sev3 checkout is slow")
        found = (await b.commander.incidents())[0]
        number, room = str(found["number"]), messages.room_id(str(found["id"]))
        await b.commander.say("/incident update this was before", room=number)
        # The card; the opening, the commander and the update, which the card may tell of first.
        before = await eventually(lambda: shown_in(b, room), lambda shown: len(shown) == 4)
        said = await typed("backup", "copy.sqlite3")
        assert (said.status, said.out.endswith(" 1 room, checked\n")) == (0, True)
    await another_machine(tmp_path)

    restored = await typed("restore", "copy.sqlite3", "the old machine is gone")

    assert (restored.status, restored.err) == (0, "")
    assert "The console's rooms are those of the backup." in restored.out
    async with bot(tmp_path) as b:
        there = await shown_in(b, room)
        assert [(m.position, m.key) for m in there] == [(m.position, m.key) for m in before]
        await b.commander.say("/incident title checkout is very slow", room=number)
        await b.commander.say("/incident update this came after", room=number)
        await until(lambda: told(b, room, "this came after"))
        await until(lambda: shows(b, room, f"card:{found['id']}:incident", "very slow"))
    with closing(sqlite3.connect(tmp_path / "data" / "journal.sqlite3")) as database:
        tables = database.execute("SELECT name FROM sqlite_master WHERE name LIKE 'packed%'")
        assert tables.fetchall() == []


async def shown_in(b: Bot, conversation: str) -> Sequence[messages.Message]:
    return await b.service.store.run(lambda db: messages.latest(db, conversation))


async def shows(b: Bot, conversation: str, key: str, words: str) -> bool:
    """Whether the message under a key, which is the only one of its kind, holds these words."""
    (card,) = [m.card for m in await shown_in(b, conversation) if m.key == key]
    return words in card


async def test_rooms_in_a_backup_that_somebody_changed_are_refused(
    tmp_path: Path, typed: Typed
) -> None:
    async with bot(tmp_path) as b:
        await b.commander.say("/incident declare sev3 checkout is slow")
        room = messages.room_id(str((await b.commander.incidents())[0]["id"]))
        await until(lambda: told(b, room, "slow"))
        assert (await typed("backup", "copy.sqlite3")).status == 0
    with closing(sqlite3.connect(tmp_path / "copy.sqlite3")) as database:
        database.execute("UPDATE packed_console_messages SET card = replace(card, 'slow', 'fast')")
        database.commit()

    said = await typed("restore", "copy.sqlite3", "to try it", "--replace")

    assert said.status == 1
    assert "copy.sqlite3: the console's rooms in it are not as they were written" in said.err
    assert not (tmp_path / "data" / "restoring").exists()


async def told(b: Bot, conversation: str, words: str) -> bool:
    """Whether a conversation of the console holds these words."""
    return any(words in message.card for message in await shown_in(b, conversation))


async def test_a_backup_of_a_newer_version_is_refused_and_nothing_is_replaced(
    tmp_path: Path, typed: Typed
) -> None:
    async with bot(tmp_path) as b:
        await b.commander.say("/incident declare sev3 checkout is slow")
        assert (await typed("backup", "copy.sqlite3")).status == 0
    with closing(sqlite3.connect(tmp_path / "copy.sqlite3")) as database:
        database.execute("UPDATE schema_version SET version = 99")
        database.commit()

    said = await typed("restore", "copy.sqlite3", "to try it", "--replace")

    assert said.status == 2
    assert "was written by a newer Firewarden (schema 99" in said.err
    assert "checkout is slow" in (await typed("incident", "list")).out
    assert (await typed("audit", "verify")).status == 0


async def test_two_restores_one_after_the_other_are_two_epochs(
    tmp_path: Path, typed: Typed
) -> None:
    async with bot(tmp_path):
        assert (await typed("backup", "copy.sqlite3")).status == 0
    first = await typed("restore", "copy.sqlite3", "to try it", "--replace")
    second = await typed("restore", "copy.sqlite3", "the other one was wrong", "--replace")
    assert "epoch 2: " in first.out
    assert "epoch 3: " in second.out
    anchor = (tmp_path / "data" / "anchor.jsonl").read_text()
    assert '"epoch": 3, "reason": "the other one was wrong"' in anchor
    async with bot(tmp_path) as b:
        await until(lambda: told(b, "channel:announcements", "the other one was wrong"))
