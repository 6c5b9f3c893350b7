"""The host's receipt wrapper means the same under every shell that may be a host's /bin/sh."""

import asyncio
import os
import signal
from pathlib import Path

import pytest

from bot.adapters.ssh.receipts import Reported
from bot.values import OnDeadline
from tests.support.waiting import eventually
from tests.support.wrapper import SHELLS, Wrapper


@pytest.fixture(params=list(SHELLS))
def wrapper(request: pytest.FixtureRequest, tmp_path: Path) -> Wrapper:
    folder = tmp_path / "receipts"
    folder.mkdir()
    return Wrapper(shell=SHELLS[request.param], folder=folder)


def test_both_streams_and_the_status_are_reported(wrapper: Wrapper) -> None:
    report = wrapper.run("sh", "-c", "echo 'out 1'; echo error >&2; exit 3")

    assert (report.state, report.status) == (Reported.FINISHED, 3)
    assert (report.stdout.text, report.stderr.text) == ("out 1\n", "error\n")


def test_every_byte_of_an_argument_arrives(wrapper: Wrapper) -> None:
    report = wrapper.run("printf", "%s|%s|%s", "", "a+b 07\\n", "'\"$(id)\n")

    assert report.stdout.text == "|a+b 07\\n|'\"$(id)\n"


def test_both_ends_of_a_long_stream_are_kept_and_the_rest_is_counted(wrapper: Wrapper) -> None:
    report = wrapper.run("sh", "-c", "echo first; head -c 1000000 /dev/zero; echo last")

    assert (report.status, report.stdout.size, report.stdout.truncated) == (0, 1_000_011, True)
    assert report.stdout.text.startswith("first\n")
    assert report.stdout.text.endswith("last\n")


def test_a_process_that_keeps_the_streams_open_does_not_hold_the_report(wrapper: Wrapper) -> None:
    number = wrapper.folder.parent / "number"

    report = wrapper.run("sh", "-c", f"echo 'sixteen bytes..'; sleep 600 & echo $! >{number}")

    os.kill(int(number.read_text()), signal.SIGTERM)
    assert (report.state, report.status) == (Reported.FINISHED, 0)
    assert report.stdout.text == "sixteen bytes..\n"


async def test_a_command_is_left_running_at_its_deadline(wrapper: Wrapper) -> None:
    gate = wrapper.folder.parent / "gate"
    os.mkfifo(gate)

    left = await asyncio.to_thread(lambda: wrapper.run("cat", str(gate), seconds=0.3))
    running = await wrapper.inquire()
    await asyncio.to_thread(gate.write_text, "opened\n")
    ended = await eventually(wrapper.inquire, lambda report: report.state is Reported.FINISHED)

    assert (left.state, running.state) == (Reported.LEFT, Reported.RUNNING)
    assert (ended.status, ended.stdout.text) == (0, "opened\n")


async def test_a_command_is_killed_at_its_deadline_where_that_was_asked_for(
    wrapper: Wrapper,
) -> None:
    killed = wrapper.run("sleep", "600", seconds=0.3, on_deadline=OnDeadline.KILL)

    assert (killed.state, killed.status) == (Reported.KILLED, 143)
    assert (await wrapper.inquire()).state is Reported.FINISHED


def test_a_command_can_be_interrupted(wrapper: Wrapper) -> None:
    report = wrapper.run("sh", "-c", "kill -s INT $$")

    assert (report.state, report.status) == (Reported.FINISHED, 130)


async def test_nothing_is_left_behind_by_a_command_that_ended(wrapper: Wrapper) -> None:
    wrapper.run("true", seconds=600)

    async def of_the_wrapper() -> list[str]:
        return await asyncio.to_thread(_processes_of, wrapper.folder)

    await eventually(of_the_wrapper, lambda processes: processes == [])


def _processes_of(folder: Path) -> list[str]:
    own = f"FIREWARDEN_RECEIPTS={folder}".encode()
    return [path.name for path in Path("/proc").glob("[0-9]*") if own in _environment(path)]


def _environment(process: Path) -> bytes:
    try:
        return (process / "environ").read_bytes()
    except OSError:
        return b""
