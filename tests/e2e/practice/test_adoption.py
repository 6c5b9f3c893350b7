"""The practice host outlives the bot, and the next bot adopts it or ends it."""

import asyncio
import os
import signal
import sys
from collections.abc import Awaitable, Callable
from datetime import timedelta
from pathlib import Path

import pytest

from bot.adapters.practice import place
from bot.adapters.practice.host import start_practice_host
from bot.adapters.practice.place import RunningProcess, State
from bot.adapters.practice.scenarios import Scenario
from bot.errors import Refused
from bot.ports import Attempt, ReceiptState
from bot.values import RemoteCommand
from tests.e2e.practice.conftest import CHECKOUT, Practice
from tests.support.waiting import eventually


async def test_the_next_bot_adopts_a_host_that_runs(practice: Practice) -> None:
    again = await start_practice_host(practice.scratch, practice.data)

    assert again.adopted
    assert again.host == practice.host.host


async def test_after_its_end_it_comes_back_with_the_same_address_and_keys(
    practice: Practice,
) -> None:
    await practice.host.stop()

    again = await start_practice_host(practice.scratch, practice.data)

    assert not again.adopted
    assert again.host == practice.host.host
    assert (await practice.observe("df -P")).exit_status == 0


async def test_a_host_of_another_version_is_ended_and_replaced(
    practice: Practice, monkeypatch: pytest.MonkeyPatch
) -> None:
    old = _state(practice).process
    monkeypatch.setattr(place, "version", lambda: "another version")

    again = await start_practice_host(practice.scratch, practice.data)

    assert not again.adopted
    assert not old.alive
    assert again.host == practice.host.host


async def test_a_host_whose_keys_the_data_folder_lost_is_replaced(practice: Practice) -> None:
    old = _state(practice).process
    for path in (practice.data / "practice").iterdir():
        path.unlink()

    again = await start_practice_host(practice.scratch, practice.data)

    assert not old.alive
    assert again.host.host_key != practice.host.host.host_key
    await again.stop()


async def test_a_stale_state_never_ends_somebody_elses_process(practice: Practice) -> None:
    await practice.host.stop()
    mine = RunningProcess.of(os.getpid())
    assert mine is not None
    state = practice.scratch / place.STATE
    state.write_text(
        f'{{"pid": {mine.pid}, "started": {mine.started}, "port": 1, "health_port": 1, '
        f'"version": "{place.version()}", "host_key": "{practice.host.host.host_key}"}}'
    )

    again = await start_practice_host(practice.scratch, practice.data)

    assert not again.adopted
    assert mine.alive


async def test_a_folder_that_holds_something_else_is_left_alone(tmp_path: Path) -> None:
    (tmp_path / "scratch").mkdir()
    (tmp_path / "scratch" / "thesis.txt").write_text("do not touch")

    with pytest.raises(Refused, match="something else"):
        await start_practice_host(tmp_path / "scratch", tmp_path / "var")

    assert [path.name for path in (tmp_path / "scratch").glob("*")] == ["thesis.txt"]


async def test_a_command_that_runs_when_the_bot_is_killed_ends_and_is_found_by_the_next(
    practice: Practice,
) -> None:
    await practice.host.fill(Scenario.DISK_FULL)
    bot = await asyncio.create_subprocess_exec(
        *(sys.executable, "-c", BOT, practice.scratch, practice.data),
        cwd=CHECKOUT,
        env={"PYTHONPATH": str(CHECKOUT)},
        start_new_session=True,
    )
    await eventually(_ledger(practice), lambda lines: len(lines) == 1)

    os.killpg(bot.pid, signal.SIGKILL)
    await bot.wait()

    attempt = Attempt(key="the killed bot's", digest="vacuum")
    receipt = await eventually(
        lambda: practice.executor.inquire(practice.host.host, attempt, ""),
        lambda receipt: receipt.state is not ReceiptState.RUNNING,
    )
    again = await practice.executor.run(
        practice.host.host,
        RemoteCommand(
            argv=("sudo", "journalctl", "--vacuum-size=16M"),
            timeout=timedelta(seconds=30),
            changes=True,
        ),
        attempt,
    )
    assert (receipt.state, receipt.exit_status) == (ReceiptState.FINISHED, 0)
    assert again.exit_status == 0
    assert len(practice.host.ledger()) == 1


BOT = """
import asyncio, datetime, pathlib, sys
from bot.adapters.practice.host import start_practice_host
from bot.adapters.ssh.executor import ParamikoExecutor
from bot.ports import Attempt
from bot.redaction import Redactor
from bot.values import RemoteCommand

async def main():
    practice = await start_practice_host(*map(pathlib.Path, sys.argv[1:]))
    assert practice.adopted
    argv = ("sudo", "journalctl", "--vacuum-size=16M")
    command = RemoteCommand(argv=argv, timeout=datetime.timedelta(seconds=30), changes=True)
    executor = ParamikoExecutor(redactor=Redactor())
    await executor.run(practice.host, command, Attempt(key="the killed bot's", digest="vacuum"))

asyncio.run(main())
"""


def _state(practice: Practice) -> State:
    state = State.read(practice.scratch)
    assert state is not None
    return state


def _ledger(practice: Practice) -> Callable[[], Awaitable[tuple[str, ...]]]:
    async def look() -> tuple[str, ...]:
        return await asyncio.to_thread(practice.host.ledger)

    return look
