"""The two hosts that every executor test runs against, with harmless programs of the same names."""

from collections.abc import AsyncIterator, Awaitable, Callable
from dataclasses import dataclass, field
from datetime import timedelta
from itertools import count
from pathlib import Path

import pytest

from bot.adapters.practice.host import start_practice_host
from bot.adapters.ssh.executor import ParamikoExecutor
from bot.ports import Attempt, CommandResult
from bot.redaction import Redactor
from bot.values import Host, Login, OnDeadline, RemoteCommand
from tests.support.sshd import SSHD, openssh

SECRET = "correct-horse-battery-staple"

BOTH_LOGINS = pytest.mark.parametrize("login", list(Login))

PROGRAMS = {
    "contract-argv": """
for word; do printf '%s' "$word" | od -An -v -tx1 | tr -d ' \\n'; echo; done""",
    # Words to hex in one process: a thousand runs of it are not a test of this machine.
    "contract-exact": """
printf '%s\\0' "$@" | od -An -v -tx1 | tr -d ' \\n'""",
    "contract-exit": 'exit "$1"',
    "contract-die": 'kill -s "$1" "$$"',
    "contract-spill": """
yes 0123456789abcdef | head -c "$1"
yes error | head -c "$2" >&2""",
    "contract-long-line": 'head -c "$1" /dev/zero | tr "\\0" x',
    "contract-bytes": "printf 'ok\\377\\376\\033[31m\\n'",
    "contract-say": 'printf "%s\\n" "$*"',
    "contract-note": 'echo "$*" >>"$FIREWARDEN_RECEIPTS/../notes"',
    "contract-slow": """
echo "began $2" >>"$FIREWARDEN_RECEIPTS/../notes"
sleep "$1"
echo "ended $2" >>"$FIREWARDEN_RECEIPTS/../notes"
echo "done $2\"""",
    "contract-two-processes": """
sleep "$1" &
echo "began" >>"$FIREWARDEN_RECEIPTS/../notes"
wait
echo "ended" >>"$FIREWARDEN_RECEIPTS/../notes\"""",
}


@dataclass(frozen=True, slots=True, kw_only=True)
class Stand:
    """One kind of host with an executor for it."""

    host: Host
    folder: Path
    executor: ParamikoExecutor
    _numbers: "count[int]" = field(default_factory=count)

    def on(self, login: Login) -> "Callable[..., Awaitable[CommandResult]]":
        """Return what runs a read-only command, or what runs a change."""
        return self.observe if login is Login.OBSERVE else self.change

    def attempt(self, digest: str = "a digest") -> Attempt:
        return Attempt(key=f"ssh:run.step.{next(self._numbers)}", digest=digest)

    async def observe(self, *argv: str, seconds: float = 30) -> CommandResult:
        command = RemoteCommand(argv=argv, timeout=timedelta(seconds=seconds))
        return await self.executor.run(self.host, command, self.attempt())

    async def change(
        self,
        *argv: str,
        seconds: float = 30,
        attempt: Attempt | None = None,
        on_deadline: OnDeadline = OnDeadline.LEAVE,
    ) -> CommandResult:
        command = change(*argv, seconds=seconds, on_deadline=on_deadline)
        return await self.executor.run(self.host, command, attempt or self.attempt())

    def notes(self) -> list[str]:
        """Return what the programs wrote down on the host."""
        path = self.folder / "notes"
        return path.read_text().splitlines() if path.exists() else []

    def receipts(self) -> Path:
        return self.folder / "receipts"


def change(
    *argv: str, seconds: float = 30, on_deadline: OnDeadline = OnDeadline.LEAVE
) -> RemoteCommand:
    timeout = timedelta(seconds=seconds)
    return RemoteCommand(argv=argv, timeout=timeout, changes=True, on_deadline=on_deadline)


HIDES_LENGTHS = "Ciphers aes128-ctr\nMACs hmac-sha2-256"
"""What makes a server's packets unreadable to the event loop: threads read them then."""


@pytest.fixture(params=["openssh", "openssh read by threads", "practice"])
async def stand(request: pytest.FixtureRequest, tmp_path: Path) -> AsyncIterator[Stand]:
    executor = ParamikoExecutor(redactor=Redactor([SECRET]))
    try:
        if request.param != "practice":
            if SSHD is None:
                pytest.skip("openssh-server is not installed")
            extra = "" if request.param == "openssh" else HIDES_LENGTHS
            with openssh(tmp_path, extra=extra) as server:
                write_programs(server.bin)
                yield Stand(host=server.host, folder=tmp_path, executor=executor)
        else:
            data, scratch = tmp_path / "var", tmp_path / "scratch"
            data.mkdir(mode=0o700)
            practice = await start_practice_host(scratch, data)
            try:
                write_programs(scratch / "bin")
                yield Stand(host=practice.host, folder=scratch, executor=executor)
            finally:
                await practice.stop()
    finally:
        await executor.close()


def write_programs(folder: Path) -> None:
    for name, body in PROGRAMS.items():
        path = folder / name
        path.write_text(f"#!/bin/sh\nPATH=/usr/bin:/bin\n{body}\n")
        path.chmod(0o755)
