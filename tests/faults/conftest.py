"""`firewarden` as a coroutine, in the folder where the bot of a test runs."""

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


@pytest.fixture
def typed(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> Typed:
    """Return the command line; its data folder is `data`, as that of `tests.support.bot`."""
    monkeypatch.chdir(tmp_path)
    (tmp_path / ".env").write_text("FIREWARDEN_DATA=data\n")

    async def run(*words: str) -> Said:
        capsys.readouterr()
        status = await asyncio.to_thread(main, words)
        captured = capsys.readouterr()
        return Said(status=status, out=captured.out, err=captured.err)

    return run
