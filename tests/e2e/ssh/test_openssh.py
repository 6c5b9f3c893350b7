"""What only a real OpenSSH server has: certificates, and limits of its own."""

import asyncio
import getpass
import subprocess
from collections.abc import AsyncIterator
from dataclasses import replace
from datetime import timedelta
from pathlib import Path

import pytest

from bot.adapters.ssh.executor import ParamikoExecutor
from bot.errors import Refused, Unavailable
from bot.ports import Attempt, CommandResult
from bot.redaction import Redactor
from bot.values import Host, RemoteCommand
from tests.support.sshd import SSHD, fresh_key, openssh

pytestmark = pytest.mark.skipif(SSHD is None, reason="openssh-server is not installed")

BOOT_ID = Path("/proc/sys/kernel/random/boot_id").read_text().strip()
ODD_SHELL = "case $SSH_ORIGINAL_COMMAND in cat*) exec $SSH_ORIGINAL_COMMAND ;; esac; exit 1"
"""Stands for a csh: it starts programs, and has never heard of `read`."""


@pytest.fixture
async def executor() -> AsyncIterator[ParamikoExecutor]:
    made = ParamikoExecutor(redactor=Redactor())
    yield made
    await made.close()


async def test_a_login_by_certificate_needs_no_authorized_key(
    executor: ParamikoExecutor, tmp_path: Path
) -> None:
    server, keys = tmp_path / "server", tmp_path / "keys"
    server.mkdir()
    keys.mkdir()
    (keys / "ca.pub").write_text(fresh_key(keys / "ca"))
    await asyncio.to_thread(_certificate, keys, getpass.getuser(), "+1h")

    with openssh(server, extra=f"TrustedUserCAKeys {keys}/ca.pub") as sshd:
        result = await _observe(executor, _with_key(sshd.host, keys / "user"), "true")

    assert result.exit_status == 0


async def test_an_expired_certificate_is_refused(
    executor: ParamikoExecutor, tmp_path: Path
) -> None:
    server, keys = tmp_path / "server", tmp_path / "keys"
    server.mkdir()
    keys.mkdir()
    (keys / "ca.pub").write_text(fresh_key(keys / "ca"))
    await asyncio.to_thread(_certificate, keys, getpass.getuser(), "-1m")

    with (
        openssh(server, extra=f"TrustedUserCAKeys {keys}/ca.pub") as sshd,
        pytest.raises(Refused, match="does not accept the login"),
    ):
        await _observe(executor, _with_key(sshd.host, keys / "user"), "true")


async def test_more_commands_than_the_server_allows_sessions_wait_for_their_turn(
    executor: ParamikoExecutor, tmp_path: Path
) -> None:
    with openssh(tmp_path, extra="MaxSessions 2") as sshd:
        results = await asyncio.gather(
            *(_observe(executor, sshd.host, "sleep", "0.1") for _ in range(8))
        )

    assert [result.exit_status for result in results] == [0] * 8


async def test_a_server_that_was_restarted_is_connected_to_again(
    executor: ParamikoExecutor, tmp_path: Path
) -> None:
    first, second = tmp_path / "first", tmp_path / "second"
    first.mkdir()
    second.mkdir()
    with openssh(first) as sshd:
        await _observe(executor, sshd.host, "true")
    with openssh(second) as sshd:
        again = await _observe(executor, sshd.host, "true")

    assert again.exit_status == 0


async def test_a_login_whose_shell_is_not_a_posix_one_tells_its_boot_id_all_the_same(
    executor: ParamikoExecutor, tmp_path: Path
) -> None:
    with openssh(tmp_path, options=f'restrict,command="{ODD_SHELL}"') as sshd:
        told = await executor.boot_id(sshd.host)

    assert told == BOOT_ID


async def test_a_login_that_answers_with_something_else_does_not_tell_its_boot_id(
    executor: ParamikoExecutor, tmp_path: Path
) -> None:
    with (
        openssh(tmp_path, options='restrict,command="echo welcome"') as sshd,
        pytest.raises(Refused, match="web-1 does not tell its boot id"),
    ):
        await executor.boot_id(sshd.host)


async def test_a_host_behind_a_jump_host_is_reached_and_its_own_key_is_checked(
    executor: ParamikoExecutor, tmp_path: Path
) -> None:
    near, far = tmp_path / "near", tmp_path / "far"
    near.mkdir()
    far.mkdir()
    forwarding = "restrict,port-forwarding"
    with (
        openssh(near, name="jump", options=forwarding) as jump,
        openssh(far, name="web-2") as sshd,
    ):
        behind = replace(sshd.host, jump=jump.host)
        reached = await _observe(executor, behind, "printenv", "SSH_CONNECTION")
        swapped = replace(behind, host_key=jump.host.host_key)

        with pytest.raises(Refused, match="web-2 shows another host key"):
            await _observe(executor, swapped, "true")

    assert reached.exit_status == 0
    assert (far / "sshd.log").read_text().count("Accepted publickey") == 1


async def test_a_jump_host_that_forwards_nothing_makes_its_hosts_unavailable(
    executor: ParamikoExecutor, tmp_path: Path
) -> None:
    near, far = tmp_path / "near", tmp_path / "far"
    near.mkdir()
    far.mkdir()
    with openssh(near, name="jump") as jump, openssh(far, name="web-2") as sshd:
        behind = replace(sshd.host, jump=jump.host)

        with pytest.raises(Unavailable, match="through its jump host"):
            await _observe(executor, behind, "true")


async def _observe(executor: ParamikoExecutor, host: Host, *argv: str) -> CommandResult:
    command = RemoteCommand(argv=argv, timeout=timedelta(seconds=20))
    return await executor.run(host, command, Attempt(key="read-only", digest=""))


def _with_key(host: Host, key: Path) -> Host:
    return replace(host, observe_key_file=str(key))


def _certificate(keys: Path, user: str, until: str) -> None:
    (keys / "user.pub").write_text(fresh_key(keys / "user"))
    sign = ["ssh-keygen", "-q", "-s", f"{keys}/ca", "-I", "firewarden", "-n", user]
    subprocess.run([*sign, "-V", f"-1h:{until}", f"{keys}/user.pub"], check=True)
