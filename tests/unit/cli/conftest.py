"""A command line in a folder of its own, without a variable of the machine that runs the tests."""

import os
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path

import pytest

from bot.adapters.logs import start_log
from bot.cli.main import main
from bot.redaction import Redactor


@dataclass(frozen=True, slots=True, kw_only=True)
class Said:
    """What one command answered."""

    status: int
    out: str
    err: str

    @property
    def lines(self) -> list[str]:
        """The lines of the answer."""
        return self.out.splitlines()


CommandLine = Callable[..., Said]


@pytest.fixture
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Path]:
    """Work in an empty folder with no settings."""
    for name in os.environ:
        if name.startswith(("FIREWARDEN_", "SLACK_", "TELEGRAM_")):
            monkeypatch.delenv(name)
    monkeypatch.chdir(tmp_path)
    yield tmp_path
    start_log("warning", Redactor(), as_json=False)


@pytest.fixture
def firewarden(folder: Path, capsys: pytest.CaptureFixture[str]) -> CommandLine:
    """Return `firewarden` as a function of its words."""
    assert folder.is_dir()

    def run(*words: str) -> Said:
        try:
            status = main(list(words))
        except SystemExit as left:
            status = int(str(left.code))
        captured = capsys.readouterr()
        return Said(status=status, out=captured.out, err=captured.err)

    return run
