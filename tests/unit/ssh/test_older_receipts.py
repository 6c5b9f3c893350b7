"""What an older wrapper began or finished is read by today's: no upgrade puts a run in doubt.

`tests/golden/receipts` keeps the text of every wrapper whose receipts look different.
"""

import asyncio
import os
import signal
from dataclasses import replace
from pathlib import Path

import pytest

from bot.adapters.ssh.receipts import SCRIPT, Reported, inquire_line, stop_line
from bot.ports import Attempt
from tests.support.waiting import eventually
from tests.support.wrapper import ATTEMPT, SHELLS, Wrapper

OLDER = sorted((Path(__file__).parents[2] / "golden" / "receipts").glob("layout_*.sh"))


@pytest.fixture(params=OLDER, ids=lambda path: str(path.stem))
def older(request: pytest.FixtureRequest, tmp_path: Path) -> Wrapper:
    folder = tmp_path / "receipts"
    folder.mkdir()
    return Wrapper(shell=SHELLS["dash"], folder=folder, script=request.param)


@pytest.fixture(params=list(SHELLS))
def today(request: pytest.FixtureRequest, older: Wrapper) -> Wrapper:
    return replace(older, shell=SHELLS[request.param], script=SCRIPT)


async def test_the_status_and_both_streams_of_a_finished_command_are_reported(
    older: Wrapper, today: Wrapper
) -> None:
    older.run("sh", "-c", "echo 'out 1'; echo error >&2; exit 3")

    report = await today.inquire()

    assert (report.state, report.status) == (Reported.FINISHED, 3)
    assert (report.stdout.text, report.stderr.text) == ("out 1\n", "error\n")


async def test_both_ends_of_a_long_stream_are_there_and_the_rest_is_counted(
    older: Wrapper, today: Wrapper
) -> None:
    older.run("sh", "-c", "echo first; head -c 1000000 /dev/zero; echo last")

    report = await today.inquire()

    assert (report.status, report.stdout.size, report.stdout.truncated) == (0, 1_000_011, True)
    assert report.stdout.text.startswith("first\n")
    assert report.stdout.text.endswith("last\n")


async def test_a_command_that_is_under_way_is_running_and_its_end_is_seen(
    older: Wrapper, today: Wrapper
) -> None:
    gate = older.folder.parent / "gate"
    os.mkfifo(gate)
    await asyncio.to_thread(lambda: older.run("cat", str(gate), seconds=0.3))

    running = await today.inquire()
    await asyncio.to_thread(gate.write_text, "opened\n")
    ended = await eventually(today.inquire, lambda report: report.state is Reported.FINISHED)

    assert running.state is Reported.RUNNING
    assert (ended.status, ended.stdout.text) == (0, "opened\n")


async def test_a_command_that_is_under_way_can_be_stopped(older: Wrapper, today: Wrapper) -> None:
    await asyncio.to_thread(lambda: older.run("sleep", "600", seconds=0.3))

    report = await asyncio.to_thread(today.say, stop_line(ATTEMPT))

    assert (report.state, report.status) == (Reported.FINISHED, 143)


async def test_the_attempt_is_not_run_again(older: Wrapper, today: Wrapper) -> None:
    notes = older.folder.parent / "notes"
    note = f"echo ran >>{notes}"
    older.run("sh", "-c", note)

    again = await asyncio.to_thread(lambda: today.run("sh", "-c", note))

    assert (again.state, again.status) == (Reported.FINISHED, 0)
    assert notes.read_text() == "ran\n"


async def test_another_command_under_the_same_key_does_not_match(
    older: Wrapper, today: Wrapper
) -> None:
    older.run("true")
    other = Attempt(key=ATTEMPT.key, digest="another digest")

    report = await asyncio.to_thread(today.say, inquire_line(other))

    assert report.state is Reported.MISMATCH


async def test_a_command_whose_keeper_was_killed_is_lost(older: Wrapper, today: Wrapper) -> None:
    await asyncio.to_thread(lambda: older.run("sleep", "600", seconds=0.3))
    (place,) = older.folder.iterdir()
    for name in ("keeper", "group"):
        os.kill(int((place / name).read_text().split()[0]), signal.SIGKILL)

    report = await eventually(today.inquire, lambda seen: seen.state is not Reported.RUNNING)

    assert report.state is Reported.LOST


async def test_a_receipt_of_another_boot_is_lost(older: Wrapper, today: Wrapper) -> None:
    await asyncio.to_thread(lambda: older.run("sleep", "600", seconds=0.3))
    (place,) = older.folder.iterdir()
    os.kill(int((place / "group").read_text().split()[0]), signal.SIGKILL)
    await eventually(today.inquire, lambda seen: seen.state is Reported.FINISHED)
    (place / "status").unlink()
    (place / "boot").write_text("00000000-0000-0000-0000-000000000000\n")

    report = await today.inquire()

    assert (report.state, report.detail) == (Reported.LOST, "restarted")
