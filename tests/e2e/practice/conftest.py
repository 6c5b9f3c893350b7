"""A practice host of its own for every test, with an executor that speaks to it."""

from collections.abc import AsyncIterator
from dataclasses import dataclass, field
from datetime import timedelta
from itertools import count
from pathlib import Path

import pytest

from bot.adapters.practice.host import PracticeHost, start_practice_host
from bot.adapters.ssh.executor import ParamikoExecutor
from bot.ports import Attempt, CommandResult
from bot.redaction import Redactor
from bot.values import RemoteCommand

CHECKOUT = Path(__file__).resolve().parents[3]


@dataclass(frozen=True, slots=True, kw_only=True)
class Practice:
    """A running practice host, and one-line commands for it."""

    host: PracticeHost
    data: Path
    executor: ParamikoExecutor
    _numbers: "count[int]" = field(default_factory=count)

    @property
    def scratch(self) -> Path:
        return self.host.scratch

    async def observe(self, line: str) -> CommandResult:
        return await self._run(line, changes=False)

    async def change(self, line: str) -> CommandResult:
        return await self._run(line, changes=True)

    async def used(self) -> int:
        """Return the Capacity column of df, in percent."""
        shown = await self.observe("df -P /scratch")
        return int(shown.stdout.text.splitlines()[1].split()[4].removesuffix("%"))

    async def look(self, argv: tuple[str, ...]) -> str:
        """Return what a read-only command prints; it must succeed."""
        command = RemoteCommand(argv=argv, timeout=timedelta(seconds=30))
        attempt = Attempt(key="a look", digest="")
        result = await self.executor.run(self.host.host, command, attempt)
        assert result.exit_status == 0, result.stderr.text
        return result.stdout.text

    async def _run(self, line: str, *, changes: bool) -> CommandResult:
        command = RemoteCommand(
            argv=tuple(line.split(" ")), timeout=timedelta(seconds=30), changes=changes
        )
        attempt = Attempt(key=f"practice {next(self._numbers)}", digest=line)
        return await self.executor.run(self.host.host, command, attempt)


@pytest.fixture
async def practice(tmp_path: Path) -> AsyncIterator[Practice]:
    data = tmp_path / "var"
    data.mkdir(mode=0o700)
    host = await start_practice_host(tmp_path / "scratch", data)
    executor = ParamikoExecutor(redactor=Redactor())
    try:
        yield Practice(host=host, data=data, executor=executor)
    finally:
        await executor.close()
        await host.stop()
