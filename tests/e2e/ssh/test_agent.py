"""A login whose private key an SSH agent holds: the bot has its public half alone."""

import asyncio
import os
import signal
import subprocess
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace
from datetime import timedelta
from pathlib import Path

import pytest

from bot.adapters.ssh.executor import ParamikoExecutor
from bot.errors import Refused
from bot.ports import Attempt, CommandResult
from bot.redaction import Redactor
from bot.values import Host, RemoteCommand
from tests.support.sshd import SSHD, fresh_key, openssh

pytestmark = pytest.mark.skipif(SSHD is None, reason="openssh-server is not installed")


async def test_a_key_in_an_agent_logs_in_by_its_public_half(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    with openssh(tmp_path) as sshd, _agent(tmp_path) as socket:
        monkeypatch.setenv("SSH_AUTH_SOCK", socket)
        host = await asyncio.to_thread(_handed_over, sshd.host, tmp_path, socket)

        result = await _true(host)

    assert result.exit_status == 0


async def test_a_key_that_the_agent_does_not_hold_is_refused(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    with openssh(tmp_path) as sshd, _agent(tmp_path) as socket:
        monkeypatch.setenv("SSH_AUTH_SOCK", socket)
        other = tmp_path / "other.pub"
        other.write_text(fresh_key(tmp_path / "other"))

        with pytest.raises(Refused, match="does not hold the key"):
            await _true(replace(sshd.host, observe_key_file=str(other)))


async def test_without_an_agent_a_public_half_opens_nothing(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.delenv("SSH_AUTH_SOCK", raising=False)
    with openssh(tmp_path) as sshd:
        half = tmp_path / "half.pub"
        half.write_text(fresh_key(tmp_path / "half"))

        with pytest.raises(Refused, match="does not hold the key"):
            await _true(replace(sshd.host, observe_key_file=str(half)))


async def _true(host: Host) -> CommandResult:
    executor = ParamikoExecutor(redactor=Redactor())
    try:
        command = RemoteCommand(argv=("true",), timeout=timedelta(seconds=20))
        return await executor.run(host, command, Attempt(key="read-only", digest=""))
    finally:
        await executor.close()


def _handed_over(host: Host, folder: Path, socket: str) -> Host:
    """Give the private key to the agent, and leave the host its public half."""
    private = Path(host.observe_key_file)
    public = folder / "half.pub"
    line = subprocess.run(
        ["ssh-keygen", "-y", "-f", str(private)], check=True, capture_output=True
    ).stdout
    public.write_bytes(line)
    environment = {**os.environ, "SSH_AUTH_SOCK": socket}
    subprocess.run(["ssh-add", "-q", str(private)], check=True, env=environment)
    private.unlink()
    return replace(host, observe_key_file=str(public))


@contextmanager
def _agent(folder: Path) -> Iterator[str]:
    socket = folder / "agent"
    agent = subprocess.Popen(
        ["ssh-agent", "-D", "-a", str(socket)], stdout=subprocess.PIPE, text=True
    )
    assert agent.stdout is not None
    agent.stdout.readline()  # printed once it listens
    try:
        yield str(socket)
    finally:
        agent.send_signal(signal.SIGTERM)
        agent.wait(10)
        agent.stdout.close()
