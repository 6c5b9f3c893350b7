"""`firewarden redact` beside a bot that serves: afterwards the secret is nowhere in its folder."""

import asyncio
import io
from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from tests.support.bot import Bot, bot
from tests.support.command_line import Said, Typed, command_line
from tests.support.waiting import eventually, until

SECRET = "correct-horse-battery"
LONG = "a log line, " * 200


@pytest.fixture
def typed(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> Typed:
    """Return `firewarden` as a coroutine, with the secret on its standard input."""
    firewarden = command_line(tmp_path, monkeypatch, capsys)

    async def run(*words: str) -> Said:
        monkeypatch.setattr("sys.stdin", io.StringIO(f"{SECRET}\n"))
        return await firewarden(*words)

    return run


@pytest.fixture
async def running(tmp_path: Path) -> AsyncIterator[Bot]:
    async with bot(tmp_path) as b:
        yield b


async def repaired(b: Bot) -> str:
    """Drill a full disk whose listing shows the secret from the yes on; returns the number."""
    await b.commander.say("/incident drill disk-full")
    card = await b.approver.card("change")
    number = str((await b.commander.incident(str(card["incident"])))["number"])
    assert b.service.practice is not None
    (b.service.practice.scratch / "root" / "scratch" / SECRET).mkdir()
    await b.approver.press(card, "approve")

    async def ended() -> bool:
        lines = await b.commander.timeline(number)
        return any(line.startswith("run ended: done") for line in lines)

    await until(ended)
    return number


async def holding(folder: Path) -> list[str]:
    """Return the names of the files that hold the secret anywhere in their bytes."""
    return await asyncio.to_thread(_holding, folder)


def _holding(folder: Path) -> list[str]:
    return sorted(
        str(path.relative_to(folder))
        for path in folder.rglob("*")
        if path.is_file() and SECRET.encode() in path.read_bytes()
    )


async def test_a_secret_in_output_notes_and_messages_is_nowhere_afterwards(
    running: Bot, typed: Typed, tmp_path: Path
) -> None:
    data = tmp_path / "data"
    number = await repaired(running)
    await running.commander.say(f"/incident note the key is {SECRET} in={number}")
    await running.commander.say(f"/incident note {LONG}{SECRET} in={number}")
    await running.commander.say(f"/incident update {SECRET} was used in={number}")
    notes = await running.commander.timeline(number)
    assert sum(SECRET in line for line in notes) >= 2
    held = await eventually(lambda: holding(data), lambda names: len(names) > 1)
    assert {name.split("-")[0] for name in held} == {"console.sqlite3", "journal.sqlite3"}

    said = await typed("redact", number, "--text", "--why", "pasted by mistake", "--yes")

    assert (said.status, said.err.startswith("Not in my reach")) == (0, True)
    assert SECRET not in said.out
    assert await eventually(lambda: holding(data), lambda names: not names) == []
    lines = await running.commander.timeline(number)
    assert "the key is [erased]" in lines
    assert lines[-1].endswith("events were erased — pasted by mistake")
    audited = await typed("audit", "verify")
    assert (audited.status, audited.err) == (0, "")
    rebuilt = await typed("journal", "rebuild", "--check")
    assert rebuilt.out.endswith(": all were right.\n")
    assert SECRET not in (await typed("incident", "export", number)).out
    # The incident lives on, and the bot that served meanwhile brings nothing of it back.
    await running.commander.say(f"/incident severity sev1 worse in={number}")
    await running.commander.say(f"/incident note rotated in={number}")
    assert await eventually(lambda: holding(data), lambda names: not names) == []


async def test_without_a_yes_nothing_is_erased_and_all_of_it_is_shown(
    running: Bot, typed: Typed
) -> None:
    await running.commander.say("/incident declare sev3 checkout is slow")
    number = str((await running.commander.incidents())[0]["number"])
    await running.commander.say(f"/incident note the key is {SECRET}, I think in={number}")
    said = await typed("redact", number, "--text", "--why", "pasted by mistake")
    assert said.status == 1
    assert said.err == "Nobody can be asked here: say --yes.\nNothing was erased.\n"
    assert "note added: 1 place\n      the key is [erased], I think\n" in said.out
    assert f"the key is {SECRET}, I think" in await running.commander.timeline(number)


async def test_what_a_message_showed_is_replaced_when_the_bot_starts_again(
    typed: Typed, tmp_path: Path
) -> None:
    async with bot(tmp_path) as b:
        await b.commander.say("/incident declare sev3 checkout is slow")
        number = str((await b.commander.incidents())[0]["number"])
        await b.commander.say(f"/incident update {SECRET} was used in={number}")
        await until(lambda: holding(tmp_path / "data"))
        held = await eventually(lambda: holding(tmp_path / "data"), lambda names: len(names) > 1)
        assert len(held) > 1
    assert (
        await typed("redact", number, "--pattern", "c[a-z]+-horse-battery", "--why", "x", "--yes")
    ).status == 0
    assert {name.split("-")[0] for name in await holding(tmp_path / "data")} == {"console.sqlite3"}
    async with bot(tmp_path) as b:
        assert await eventually(lambda: holding(tmp_path / "data"), lambda names: not names) == []
        assert b.running.console


async def test_a_secret_outside_the_incidents_is_nowhere_afterwards(
    running: Bot, typed: Typed, tmp_path: Path
) -> None:
    data = tmp_path / "data"
    await running.approver.say(f"/incident freeze all the key {SECRET} is out")
    await running.commander.say("/incident declare sev3 checkout is slow")
    number = str((await running.commander.incidents())[0]["number"])
    await running.commander.say(f"/incident note {SECRET} is out in={number}")
    await until(lambda: holding(data))

    said = await typed("redact", "system", "--text", "--why", "pasted by mistake", "--yes")

    assert said.status == 0
    assert "Frozen: 1 place\n      the key [erased] is out\n" in said.out
    assert f"It is also in {number}: erase it there too.\n" in said.err
    again = await typed("redact", number, "--text", "--why", "pasted by mistake", "--yes")
    assert "It is also in" not in again.err
    assert await eventually(lambda: holding(data), lambda names: not names) == []
    audited = await typed("audit", "verify")
    assert (audited.status, audited.err) == (0, "")
    rebuilt = await typed("journal", "rebuild", "--check")
    assert rebuilt.out.endswith(": all were right.\n")
    # It is frozen all the same, by a bot that serves from what is left.
    await running.approver.say("/incident unfreeze all")
    assert await eventually(lambda: holding(data), lambda names: not names) == []


async def test_an_erasure_beside_a_run_names_it_and_the_run_goes_on(
    running: Bot, typed: Typed, tmp_path: Path
) -> None:
    data = tmp_path / "data"
    await running.commander.say("/incident drill disk-full")
    card = await running.approver.card("change")
    number = str((await running.commander.incident(str(card["incident"])))["number"])
    await running.commander.say(f"/incident note {SECRET} is out in={number}")

    erased = await typed("redact", number, "--text", "--why", "pasted by mistake", "--yes")

    assert erased.status == 0
    assert "Under way: disk-full (" in erased.out
    assert "erase again when it has ended" in erased.out
    assert await eventually(lambda: holding(data), lambda names: not names) == []
    status, answer = await running.approver.press(card, "approve")
    assert status == 200, answer

    async def ended() -> bool:
        lines = await running.commander.timeline(number)
        return any(line.startswith("run ended: done") for line in lines)

    await until(ended, seconds=120)
    audited = await typed("audit", "verify")
    assert (audited.status, audited.err) == (0, "")


async def test_what_a_run_needs_is_refused_with_the_run_the_reason_and_how_to_go_on(
    running: Bot, typed: Typed
) -> None:
    await running.commander.say("/incident drill disk-full")
    card = await running.approver.card("change")
    number = str((await running.commander.incident(str(card["incident"])))["number"])

    refused = await typed("redact", number, "--pattern", "logrotate", "--why", "x", "--yes")

    assert refused.status == 2
    assert "disk-full (" in refused.err
    assert "is under way, and its document or its parameters hold it." in refused.err
    assert "Wait until it ends, or type /runbook abort in its room; then erase." in refused.err


async def test_who_stays_erases_what_a_run_said_meanwhile_when_it_has_ended(
    running: Bot, typed: Typed, tmp_path: Path
) -> None:
    data = tmp_path / "data"
    await running.commander.say("/incident drill disk-full")
    card = await running.approver.card("change")
    number = str((await running.commander.incident(str(card["incident"])))["number"])
    await running.commander.say(f"/incident note {SECRET} is out in={number}")
    staying = asyncio.ensure_future(
        typed("redact", number, "--text", "--why", "pasted by mistake", "--yes", "--stay")
    )

    async def told() -> bool:
        return any("were erased" in line for line in await running.commander.timeline(number))

    await until(told)
    assert running.service.practice is not None
    (running.service.practice.scratch / "root" / "scratch" / SECRET).mkdir()
    await running.approver.press(card, "approve")
    said = await staying

    assert said.status == 0
    assert "Staying until it has ended: disk-full (" in said.out
    assert said.out.count("Erased from ") == 2
    assert await eventually(lambda: holding(data), lambda names: not names) == []
    assert (await typed("audit", "verify")).status == 0
