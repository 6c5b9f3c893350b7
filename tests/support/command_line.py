"""`firewarden` as a coroutine, for tests in whose folder a bot runs too."""

import asyncio
from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from pathlib import Path

import pytest

from bot.cli.main import main


@dataclass(frozen=True, slots=True, kw_only=True)
class Said:
    """What one command answered."""

    status: int
    out: str
    err: str


Typed = Callable[..., Awaitable[Said]]


def command_line(
    folder: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> Typed:
    """Return the command line in `folder`, whose data is where `tests.support.bot` has it."""
    monkeypatch.chdir(folder)
    (folder / ".env").write_text("FIREWARDEN_DATA=data\n")

    async def run(*words: str) -> Said:
        capsys.readouterr()
        status = await asyncio.to_thread(main, words)
        captured = capsys.readouterr()
        return Said(status=status, out=captured.out, err=captured.err)

    return run
