"""The host's receipt wrapper, spoken to without an SSH server."""

import asyncio
import subprocess
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import timedelta
from pathlib import Path

from bot.adapters.ssh.receipts import SCRIPT, Report, inquire_line, read_report, run_line
from bot.ports import Attempt
from bot.redaction import Redactor
from bot.values import OnDeadline


@dataclass(frozen=True, slots=True, kw_only=True)
class Shell:
    """A shell that runs the wrapper; an `older` bash keeps here-documents in files."""

    words: tuple[str, ...]
    variables: Mapping[str, str] = field(default_factory=dict)


SHELLS = {
    "dash": Shell(words=("sh",)),
    "bash": Shell(words=("bash", "--posix")),
    "older bash": Shell(words=("bash", "--posix"), variables={"BASH_COMPAT": "5.0"}),
}
ATTEMPT = Attempt(key="ssh:run.step", digest="a digest")


@dataclass(frozen=True, slots=True, kw_only=True)
class Wrapper:
    """The wrapper (or an older one) under one shell, with a receipt folder of its own."""

    shell: Shell
    folder: Path
    script: Path = SCRIPT

    def say(self, line: str) -> Report:
        """Say one line to its gate, as sshd would."""
        said = subprocess.run(
            [*self.shell.words, self.script, "gate"],
            env={
                **self.shell.variables,
                "PATH": "/usr/bin:/bin",
                "FIREWARDEN_RECEIPTS": str(self.folder),
                "SSH_ORIGINAL_COMMAND": line,
            },
            stdin=subprocess.DEVNULL,
            capture_output=True,
            check=False,
            timeout=60,
        )
        report = read_report(said.stdout, Redactor())
        assert report is not None, said
        return report

    def run(
        self, *argv: str, seconds: float = 30, on_deadline: OnDeadline = OnDeadline.LEAVE
    ) -> Report:
        """Run a command under the one attempt."""
        limit = timedelta(seconds=seconds)
        return self.say(run_line(ATTEMPT, argv, "", limit, on_deadline))

    async def inquire(self) -> Report:
        """Ask what became of the one attempt."""
        return await asyncio.to_thread(self.say, inquire_line(ATTEMPT))
