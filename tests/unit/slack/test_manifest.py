"""The manifest asks for what the bot uses, for nothing else, and says why."""

from dataclasses import replace
from pathlib import Path

import pytest
import yaml

from bot.adapters.slack.manifest import BY_POLICY, SCOPES, manifest, scopes_for
from bot.cli.main import main
from bot.config import default_policy
from tests.support.slack import workspace
from tests.support.slack.methods import Methods


def read(address: str = "") -> workspace.Args:
    text = manifest(address=address, incident="incident", runbook="runbook")
    read: workspace.Args = yaml.safe_load(text)
    return read


def test_the_emulator_grants_exactly_the_scopes_that_are_asked_for() -> None:
    assert set(read()["oauth_config"]["scopes"]["bot"]) == set(SCOPES)
    assert set(SCOPES) | set(BY_POLICY) == workspace.SCOPES


def test_every_method_that_the_bot_calls_is_covered_by_a_scope_that_it_asks_for() -> None:
    needed = Methods(workspace.Workspace(), str, float).scopes()
    assert needed <= set(SCOPES) | set(BY_POLICY)


def test_every_scope_has_its_reason_beside_it() -> None:
    lines = manifest(incident="incident", runbook="runbook").splitlines()
    for scope, why in SCOPES.items():
        [line] = [line for line in lines if line.strip().startswith(f"- {scope} ")]
        assert line.endswith(f"# {why}")


def test_without_an_address_slack_is_heard_over_socket_mode() -> None:
    settings = read()["settings"]
    assert settings["socket_mode_enabled"] is True
    assert "request_url" not in settings["interactivity"]


def test_with_an_address_everything_is_sent_there() -> None:
    found = read("https://bot.example.org/")
    url = "https://bot.example.org/slack/events"
    assert found["settings"]["socket_mode_enabled"] is False
    assert found["settings"]["interactivity"]["request_url"] == url
    assert found["settings"]["event_subscriptions"]["request_url"] == url
    assert {command["url"] for command in found["features"]["slash_commands"]} == {url}


def test_people_come_as_ids() -> None:
    commands = read()["features"]["slash_commands"]
    assert {c["command"]: c["should_escape"] for c in commands} == {
        "/incident": True,
        "/runbook": True,
    }


def test_descriptions_are_as_short_as_slack_wants_them() -> None:
    found = read()
    assert len(found["display_information"]["description"]) <= 140
    assert len(found["display_information"]["name"]) <= 35
    assert all(len(s["description"]) <= 150 for s in found["features"]["shortcuts"])


def test_scopes_that_only_some_policies_need_are_asked_for_by_those_alone() -> None:
    assert set(scopes_for(default_policy())) == set(SCOPES)
    grouped = replace(default_policy(), slack_groups={"approver": ("T1/S1",)})
    linking = replace(default_policy(), link_by_email=("slack",))
    assert set(scopes_for(grouped)) - set(SCOPES) == {"usergroups:read"}
    assert set(scopes_for(linking)) - set(SCOPES) == {"users:read.email"}


def test_commands_are_called_as_the_settings_say(
    capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("FIREWARDEN_INCIDENT_COMMAND", "fire")
    assert main(["slack", "manifest"]) == 0
    printed = yaml.safe_load(capsys.readouterr().out)
    assert [c["command"] for c in printed["features"]["slash_commands"]] == ["/fire", "/runbook"]


def test_the_command_line_prints_it(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["slack", "manifest", "--url", "https://bot.example.org"]) == 0
    printed = yaml.safe_load(capsys.readouterr().out)
    assert printed == read("https://bot.example.org")
