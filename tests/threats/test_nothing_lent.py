"""A host gets nothing of ours along with a command: no agent, no display, no variable, no port."""

from datetime import timedelta
from pathlib import Path

import pytest

from bot.adapters.ssh.executor import ParamikoExecutor
from bot.ports import Attempt
from bot.redaction import Redactor
from bot.values import RemoteCommand
from tests.support.sshd import SSHD, openssh

pytestmark = pytest.mark.skipif(SSHD is None, reason="openssh-server is not installed")

LENIENT = "AllowAgentForwarding yes\nX11Forwarding yes\nAcceptEnv *\nAllowTcpForwarding yes"
"""A server that would take all of it, were it offered."""

OURS = {
    "SSH_AUTH_SOCK": "/run/agent",
    "DISPLAY": ":0",
    "FIREWARDEN_ALERT_TOKEN": "not-for-hosts",
    "SLACK_BOT_TOKEN": "xoxb-not-for-hosts",
    "LC_SECRET": "not-for-hosts",
}


async def test_a_host_that_would_take_our_agent_or_environment_is_offered_none(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    executor = ParamikoExecutor(redactor=Redactor(()))
    with openssh(tmp_path, options="no-pty", extra=LENIENT) as sshd:
        for name, value in OURS.items():
            monkeypatch.setenv(name, value)
        command = RemoteCommand(argv=("env",), timeout=timedelta(seconds=20))
        result = await executor.run(sshd.host, command, Attempt(key="env", digest="d"))
        await executor.close()
    names = {line.partition("=")[0] for line in result.stdout.text.splitlines()}
    assert "PATH" in names
    assert names & OURS.keys() == set()
    assert "not-for-hosts" not in result.stdout.text
