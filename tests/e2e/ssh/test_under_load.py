"""What one real sshd does when much is asked of it: vectors by the thousand, limits, new keys."""

import asyncio
import random
import socket
from collections.abc import AsyncIterator
from datetime import timedelta
from pathlib import Path

import pytest

from bot.adapters.ssh.executor import ParamikoExecutor
from bot.errors import Unavailable
from bot.ports import Attempt, CommandResult
from bot.redaction import Redactor
from bot.values import Host, Login, RemoteCommand
from tests.contract.executor.conftest import write_programs
from tests.support.sshd import SSHD, openssh

pytestmark = pytest.mark.skipif(SSHD is None, reason="openssh-server is not installed")

VECTORS = 1000
NASTY = "'\"`$\\ \n\t;&|<>(){}*?[]~#!%^=+,:@-\x01\x7fäß漢🔥\uff10"


@pytest.fixture
async def executor() -> AsyncIterator[ParamikoExecutor]:
    made = ParamikoExecutor(redactor=Redactor())
    yield made
    await made.close()


async def test_a_thousand_random_vectors_arrive_byte_for_byte(
    executor: ParamikoExecutor, tmp_path: Path
) -> None:
    chance = random.Random(41)
    vectors = [[_word(chance) for _ in range(chance.randrange(1, 6))] for _ in range(VECTORS)]
    with openssh(tmp_path) as sshd:
        write_programs(sshd.bin)
        results = await asyncio.gather(
            *(_observe(executor, sshd.host, "contract-exact", *words) for words in vectors)
        )

    assert [bytes.fromhex(result.stdout.text) for result in results] == [
        b"".join(word.encode("utf-8", "surrogateescape") + b"\0" for word in words)
        for words in vectors
    ]


async def test_commands_that_end_at_once_never_cost_the_link_that_they_share(
    executor: ParamikoExecutor, tmp_path: Path
) -> None:
    with openssh(tmp_path) as sshd:
        results = await asyncio.gather(
            *(_observe(executor, sshd.host, "true") for _ in range(VECTORS))
        )
        log = (tmp_path / "sshd.log").read_text()

    assert [result.exit_status for result in results] == [0] * VECTORS
    assert "nonexistent channel" not in log


async def test_a_command_that_reads_sees_the_end_of_its_input_at_once(
    executor: ParamikoExecutor, tmp_path: Path
) -> None:
    with openssh(tmp_path) as sshd:
        result = await _observe(executor, sshd.host, "cat")

    assert (result.exit_status, result.stdout.text) == (0, "")


async def test_keys_are_renewed_in_the_middle_of_a_long_output(
    executor: ParamikoExecutor, tmp_path: Path
) -> None:
    with openssh(tmp_path, extra="RekeyLimit 256K\nLogLevel DEBUG1") as sshd:
        write_programs(sshd.bin)
        result = await _observe(executor, sshd.host, "contract-spill", "4000000", "1000")
        log = (tmp_path / "sshd.log").read_text()

    assert (result.exit_status, result.stdout.size) == (0, 4_000_000)
    assert log.count("rekeying in progress") + log.count("SSH2_MSG_KEXINIT received") >= 3


async def test_more_greetings_than_the_server_takes_make_it_unavailable_and_later_not(
    executor: ParamikoExecutor, tmp_path: Path
) -> None:
    with openssh(tmp_path, extra="MaxStartups 2:100:2\nLoginGraceTime 60") as sshd:
        silent = [await asyncio.to_thread(_greeted, sshd.host.port) for _ in range(2)]

        with pytest.raises(Unavailable, match=r"greeting|does not answer"):
            await _observe(executor, sshd.host, "true")
        for link in silent:
            link.close()

        again = await _retried(executor, sshd.host)

    assert again.exit_status == 0


async def test_many_commands_at_once_need_one_greeting_per_login(
    executor: ParamikoExecutor, tmp_path: Path
) -> None:
    with openssh(tmp_path, extra="MaxStartups 3:100:3") as sshd:
        write_programs(sshd.bin)
        results = await asyncio.gather(
            *(_run(executor, sshd.host, login, n) for login in Login for n in range(20))
        )
        log = (tmp_path / "sshd.log").read_text()

    assert [result.exit_status for result in results] == [0] * 40
    assert log.count("Accepted publickey") == 2


def _greeted(port: int) -> socket.socket:
    """Return a link that the server has taken and waits for; a fresh one may be one too many."""
    while True:
        link = socket.create_connection(("127.0.0.1", port), 10)
        try:
            if link.recv(4) == b"SSH-":
                return link
        except ConnectionResetError:
            pass
        link.close()


async def _retried(executor: ParamikoExecutor, host: Host) -> CommandResult:
    """Ask again until the server has noticed that the silent ones are gone."""
    async with asyncio.timeout(20):
        while True:
            try:
                return await _observe(executor, host, "true")
            except Unavailable:
                await asyncio.sleep(0.05)


async def _run(executor: ParamikoExecutor, host: Host, login: Login, number: int) -> CommandResult:
    command = RemoteCommand(
        argv=("contract-say", str(number)),
        timeout=timedelta(seconds=60),
        changes=login is Login.CHANGE,
    )
    return await executor.run(host, command, Attempt(key=f"{login} {number}", digest="d"))


async def _observe(executor: ParamikoExecutor, host: Host, *argv: str) -> CommandResult:
    command = RemoteCommand(argv=argv, timeout=timedelta(seconds=60))
    return await executor.run(host, command, Attempt(key="read-only", digest=""))


def _word(chance: random.Random) -> str:
    if chance.random() < 0.5:
        return "".join(chance.choice(NASTY) for _ in range(chance.randrange(12)))
    raw = bytes(chance.randrange(1, 256) for _ in range(chance.randrange(20)))
    return raw.decode("utf-8", "surrogateescape")
