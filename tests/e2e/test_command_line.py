"""Commands beside a bot that serves: what they change it obeys, and what they read is true."""

import asyncio
import json
import os
import shutil
import sqlite3
import sys
from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from tests.support.bot import Bot, bot
from tests.support.command_line import Typed, command_line
from tests.support.waiting import until


@pytest.fixture
def typed(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> Typed:
    """Return `firewarden` as a coroutine, in the folder where the bot runs."""
    return command_line(tmp_path, monkeypatch, capsys)


@pytest.fixture
async def running(tmp_path: Path) -> AsyncIterator[Bot]:
    async with bot(tmp_path) as b:
        yield b


async def drilled(b: Bot, typed: Typed) -> str:
    """Drill from the command line up to the approval; returns the incident's number."""
    assert (await typed("drill", "disk-full")).status == 0
    card = await b.approver.card("change")
    incident = await b.commander.incident(str(card["incident"]))
    return str(incident["number"])


async def ended(b: Bot, number: str) -> str:
    lines = await b.commander.timeline(number)
    return next((line for line in lines if line.startswith("run ended")), "")


async def test_a_drill_from_the_command_line_leaves_a_journal_that_proves_itself(
    running: Bot, typed: Typed, tmp_path: Path
) -> None:
    number = await drilled(running, typed)
    await running.approver.press(await running.approver.card("change"), "approve")
    await until(lambda: ended(running, number))

    rebuilt = await typed("journal", "rebuild", "--check")
    assert (rebuilt.status, rebuilt.err) == (0, "")
    assert rebuilt.out.endswith(": all were right.\n")
    audited = await typed("audit", "verify")
    assert (audited.status, audited.err) == (0, "")

    listed = await typed("incident", "list")
    assert listed.out.startswith(f"{number}  SEV2  monitoring")
    assert "run ended: done, 3 commands ran." in (await typed("incident", "show", number)).out
    exported = [
        json.loads(line) for line in (await typed("incident", "export", number)).out.splitlines()
    ]
    assert [event["seq"] for event in exported] == list(range(1, len(exported) + 1))
    assert exported[0]["type"] == "IncidentDeclared"
    assert exported[-1]["people"] == {}
    named = {ident: name for event in exported for ident, name in event["people"].items()}
    assert named == {"approver": "Approver"}

    recorded = await typed("runbook", "record", number)
    (tmp_path / "recorded.yaml").write_text(recorded.out)
    played = await typed("runbook", "test", "disk-full", "--cases", "recorded.yaml")
    assert (played.status, played.out) == (0, "")


async def test_a_freeze_from_the_command_line_stops_what_was_approved(
    running: Bot, typed: Typed
) -> None:
    number = await drilled(running, typed)
    assert (await typed("freeze", "all", "release in progress")).status == 0
    await running.approver.press(await running.approver.card("change"), "approve")
    said = await until(lambda: ended(running, number))
    assert said.startswith("run ended: stopped, 0 commands ran.")
    assert said.endswith(": release in progress")
    assert running.ledger() == ()


async def test_a_token_from_the_command_line_works_at_once_and_not_after_a_revoke(
    running: Bot, typed: Typed
) -> None:
    token = (await typed("seat", "add", "ann")).out.strip()
    url = f"http://{running.running.console}/api/incidents"
    headers = {"Authorization": f"Bearer {token}"}
    async with running.session.get(url, headers=headers) as got:
        assert got.status == 200
    await typed("seat", "revoke", "ann")
    async with running.session.get(url, headers=headers) as got:
        assert got.status == 401


async def test_a_private_incident_is_not_shown_to_whoever_is_not_in_it(
    running: Bot, typed: Typed
) -> None:
    await running.commander.say("/incident declare sev2 a leak private")
    number = str((await running.commander.incidents())[0]["number"])
    assert (await typed("incident", "list", "--all")).out == ""
    assert (await typed("incident", "show", number)).status == 1
    assert (await typed("incident", "export", number)).out == ""


async def test_an_event_that_was_changed_on_the_disk_is_named(typed: Typed, tmp_path: Path) -> None:
    async with bot(tmp_path) as b:
        await b.commander.say("/incident declare sev3 checkout is slow")
        ident = str((await b.commander.incidents())[0]["id"])
    changed(tmp_path / "data" / "journal.sqlite3", ident)
    said = await typed("audit", "verify")
    assert said.status == 1
    assert said.err.splitlines()[0] == f"incident:{ident} event 1: is not as it was written"


async def test_a_bot_does_not_start_on_a_journal_that_is_behind_its_anchor(
    typed: Typed, tmp_path: Path
) -> None:
    data, older = tmp_path / "data", tmp_path / "older.sqlite3"
    async with bot(tmp_path) as b:
        assert (await typed("backup", str(older))).status == 0
        await b.commander.say("/incident declare sev3 checkout is slow")
        ident = str((await b.commander.incidents())[0]["id"])
    shutil.copy(older, data / "journal.sqlite3")

    served = await asyncio.create_subprocess_exec(
        *(sys.executable, "-m", "bot", "serve"),
        env={"PATH": os.environ["PATH"], "FIREWARDEN_DATA": str(data)},
        stderr=asyncio.subprocess.PIPE,
    )
    _, words = await served.communicate()
    assert served.returncode == 2
    assert f"incident:{ident} event 1: is missing" in words.decode()

    said = await typed("audit", "verify")
    assert said.status == 1
    assert f"incident:{ident} event 1: is missing" in said.err


async def test_a_backup_of_a_bot_that_runs_is_whole(
    running: Bot, typed: Typed, tmp_path: Path
) -> None:
    await running.commander.say("/incident declare sev3 checkout is slow")
    assert (await typed("backup", "copy.sqlite3")).status == 0
    again = await typed("backup", "copy.sqlite3")
    assert (again.status, again.err) == (2, "copy.sqlite3 exists already: name a new file.\n")
    assert (tmp_path / "copy.sqlite3").stat().st_mode & 0o777 == 0o600

    elsewhere = tmp_path / "elsewhere"
    elsewhere.mkdir(mode=0o700)
    shutil.move(tmp_path / "copy.sqlite3", elsewhere / "journal.sqlite3")
    shutil.copy(tmp_path / "data" / "journal.key", elsewhere)
    (tmp_path / ".env").write_text(f"FIREWARDEN_DATA={elsewhere}\n")
    assert (await typed("audit", "verify")).out.startswith("As written: ")
    assert "checkout is slow" in (await typed("incident", "list")).out


def changed(journal: Path, ident: str) -> None:
    """Rewrite what the first event of an incident says, as somebody with the file could."""
    with sqlite3.connect(journal) as database:
        database.execute(
            "UPDATE records SET body = CAST(replace(CAST(body AS TEXT), 'slow', 'fine') AS BLOB)"
            " WHERE id = ? AND seq = 1",
            [ident],
        )
    database.close()
