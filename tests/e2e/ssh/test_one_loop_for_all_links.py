"""What holds for links that the event loop reads: no thread is held, no host waits for another."""

import asyncio
import threading
from collections.abc import AsyncIterator
from dataclasses import replace
from datetime import timedelta
from pathlib import Path

import paramiko
import pytest

from bot.adapters.ssh.executor import ParamikoExecutor
from bot.adapters.ssh.link import Link
from bot.adapters.ssh.wire import Frames
from bot.ports import Attempt, CommandResult
from bot.redaction import Redactor
from bot.values import Host, RemoteCommand
from tests.contract.executor.conftest import HIDES_LENGTHS, write_programs
from tests.support.proxy import fault_proxy
from tests.support.sshd import SSHD, openssh
from tests.support.waiting import eventually

pytestmark = pytest.mark.skipif(SSHD is None, reason="openssh-server is not installed")


@pytest.fixture
async def executor() -> AsyncIterator[ParamikoExecutor]:
    made = ParamikoExecutor(redactor=Redactor())
    yield made
    await made.close()


async def test_a_link_that_stands_holds_no_thread(
    executor: ParamikoExecutor, tmp_path: Path
) -> None:
    with openssh(tmp_path) as sshd:
        await executor.boot_id(sshd.host)

        assert _readers() == []
        # Paramiko's own list would keep the link until the process ends.
        known = paramiko.transport._active_threads  # type: ignore[attr-defined]
        assert [thread for thread in known if isinstance(thread, Link)] == []


async def test_a_link_whose_packets_hide_their_length_is_read_by_a_thread(
    executor: ParamikoExecutor, tmp_path: Path
) -> None:
    with openssh(tmp_path, extra=HIDES_LENGTHS) as sshd:
        await executor.boot_id(sshd.host)

        assert len(_readers()) == 1


async def test_a_host_that_asks_whether_we_are_still_there_is_answered(
    executor: ParamikoExecutor, tmp_path: Path
) -> None:
    with openssh(tmp_path, extra="ClientAliveInterval 1\nClientAliveCountMax 1") as sshd:
        result = await _observe(executor, sshd.host, "sleep", "4")

    assert result.exit_status == 0


async def test_keys_are_renewed_while_many_commands_are_sent_and_answered(
    executor: ParamikoExecutor, tmp_path: Path
) -> None:
    with openssh(tmp_path, extra="RekeyLimit 64K\nLogLevel DEBUG1") as sshd:
        write_programs(sshd.bin)
        results = await asyncio.gather(
            *(_observe(executor, sshd.host, "contract-spill", "200000", "0") for _ in range(24))
        )
        log = (tmp_path / "sshd.log").read_text()

    assert [(result.exit_status, result.stdout.size) for result in results] == [(0, 200_000)] * 24
    assert log.count("SSH2_MSG_KEXINIT received") >= 3


async def test_we_renew_keys_ourselves_when_enough_was_said_under_them(
    executor: ParamikoExecutor, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(Frames, "REKEY_BYTES", 500_000)
    with openssh(tmp_path, extra="LogLevel DEBUG1") as sshd:
        write_programs(sshd.bin)
        result = await _observe(executor, sshd.host, "contract-spill", "4000000", "1000")
        again = await executor.boot_id(sshd.host)
        log = (tmp_path / "sshd.log").read_text()

    assert (result.exit_status, result.stdout.size) == (0, 4_000_000)
    assert again
    assert log.count("SSH2_MSG_KEXINIT received") >= 3


async def test_fifty_megabytes_arrive_while_the_loop_goes_on_with_everything_else(
    executor: ParamikoExecutor, tmp_path: Path
) -> None:
    with openssh(tmp_path) as sshd:
        write_programs(sshd.bin)
        long = asyncio.create_task(
            _observe(executor, sshd.host, "contract-spill", "50000000", "1000000")
        )
        others = [await executor.boot_id(sshd.host) for _ in range(5)]
        result = await long

    assert (result.stdout.size, result.stderr.size) == (50_000_000, 1_000_000)
    assert len(set(others)) == 1


class Noting(Redactor):
    """Notes in which thread it was asked, by length."""

    def __init__(self) -> None:
        super().__init__()
        self.asked: list[tuple[int, bool]] = []

    def redact(self, text: str) -> str:
        in_loop = threading.current_thread() is threading.main_thread()
        self.asked.append((len(text), in_loop))
        return super().redact(text)


async def test_a_long_output_is_redacted_beside_the_loop_and_a_short_one_in_it(
    tmp_path: Path,
) -> None:
    redactor = Noting()
    executor = ParamikoExecutor(redactor=redactor)
    with openssh(tmp_path) as sshd:
        write_programs(sshd.bin)
        await _observe(executor, sshd.host, "contract-spill", "100000", "100")
    await executor.close()

    assert redactor.asked == [(100_000, False), (100, True)]


async def test_a_host_that_falls_silent_within_a_packet_keeps_no_other_waiting(
    executor: ParamikoExecutor, tmp_path: Path
) -> None:
    (tmp_path / "a").mkdir()
    (tmp_path / "b").mkdir()
    with openssh(tmp_path / "a") as silent, openssh(tmp_path / "b", name="web-2") as sshd:
        write_programs(silent.bin)
        async with fault_proxy(silent.host.port) as proxy:
            host = replace(silent.host, port=proxy.port)
            await executor.boot_id(host)
            proxy.freeze()
            stuck = asyncio.create_task(_observe(executor, host, "true"))
            result = await _observe(executor, sshd.host, "true")
            waits = not stuck.done()
            stuck.cancel()
            await asyncio.gather(stuck, return_exceptions=True)

    assert result.exit_status == 0
    assert waits


async def test_a_command_that_nobody_waits_for_any_more_leaves_its_place_to_another(
    executor: ParamikoExecutor, tmp_path: Path
) -> None:
    with openssh(tmp_path) as sshd:
        given_up = [
            asyncio.create_task(_observe(executor, sshd.host, "sleep", "30")) for _ in range(8)
        ]

        async def running() -> int:
            return executor.links()["running"]

        await eventually(running, lambda seen: seen == 8)
        for task in given_up:
            task.cancel()
        await asyncio.gather(*given_up, return_exceptions=True)

        assert executor.links() == {"open": 1, "running": 0}


def _readers() -> list[threading.Thread]:
    return [thread for thread in threading.enumerate() if isinstance(thread, Link)]


async def _observe(executor: ParamikoExecutor, host: Host, *argv: str) -> CommandResult:
    command = RemoteCommand(argv=argv, timeout=timedelta(seconds=60))
    return await executor.run(host, command, Attempt(key="read-only", digest=""))
