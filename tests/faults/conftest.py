"""`firewarden` as a coroutine, in the folder where the bot of a test runs."""

from pathlib import Path

import pytest

from tests.support.command_line import Typed, command_line


@pytest.fixture
def typed(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> Typed:
    """Return the command line; its data folder is `data`, as that of `tests.support.bot`."""
    return command_line(tmp_path, monkeypatch, capsys)
