"""A malformed alert among good ones is kept, and shown to whoever runs the bot."""

import asyncio
from pathlib import Path

import pytest

from bot.cli.main import main
from tests.support.bot import bot


async def test_a_malformed_alert_is_shown_with_its_fault_and_without_colours(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.chdir(tmp_path)
    (tmp_path / ".env").write_text("FIREWARDEN_DATA=data\n")
    body = {
        "version": "4",
        "groupKey": "g",
        "status": "firing",
        "receiver": "r",
        "truncatedAlerts": 0,
        "groupLabels": {},
        "commonLabels": {},
        "commonAnnotations": {},
        "externalURL": "",
        "alerts": [{"status": "burning", "labels": {"alertname": "\x1b[31mred"}}],
    }
    async with bot(tmp_path) as b:
        assert 200 <= await b.alert(body) < 300
        capsys.readouterr()
        assert await asyncio.to_thread(main, ["alert", "quarantine"]) == 0
        shown = capsys.readouterr().out
        assert await asyncio.to_thread(main, ["check", "--offline"]) == 0
        checked = capsys.readouterr().out
    first, second = shown.splitlines()
    assert first.startswith("alertmanager: ")
    assert second.startswith('    {"')
    assert "burning" in second
    assert "\x1b" not in shown
    assert "note   1 malformed alert: see `firewarden alert quarantine`" in checked.splitlines()
