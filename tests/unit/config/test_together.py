"""Settings, policy and files that do not fit each other are told at start and by `check`."""

from dataclasses import replace
from pathlib import Path

import pytest

from bot.config import Settings, default_policy, joint_faults, load_settings
from bot.config.settings import variable_name
from bot.domain.policy import Policy
from bot.values import Host, HostName, PersonId


@pytest.fixture(autouse=True)
def _nothing_set(monkeypatch: pytest.MonkeyPatch) -> None:
    for field in Settings.model_fields:
        monkeypatch.delenv(variable_name(field), raising=False)


def settings(folder: Path, *lines: str) -> Settings:
    path = folder / ".env"
    path.write_text("\n".join(lines))
    return load_settings(path)


def host(*, observe: Path, change: Path, practice: bool = False) -> Policy:
    web1 = Host(
        name=HostName("web1"),
        address="web1",
        service="web",
        host_key="ssh-ed25519 AAAA",
        observe_user="observe",
        observe_key_file=str(observe),
        change_user="change",
        change_key_file=str(change),
        practice=practice,
    )
    return replace(default_policy(), hosts={web1.name: web1})


def key_file(path: Path, mode: int) -> Path:
    path.write_text("key")
    path.chmod(mode)
    return path


def test_the_embedded_default_fits(tmp_path: Path) -> None:
    assert joint_faults(settings(tmp_path), default_policy()) == ()


def test_a_platform_without_its_token_is_a_fault(tmp_path: Path) -> None:
    policy = replace(default_policy(), platforms=("console", "slack", "telegram"))
    assert [str(fault) for fault in joint_faults(settings(tmp_path), policy)] == [
        (
            "default_policy.yaml: chat.platforms names slack, and SLACK_BOT_TOKEN is not set "
            "(set SLACK_BOT_TOKEN, or take slack out)"
        ),
        (
            "default_policy.yaml: chat.platforms names telegram, and TELEGRAM_BOT_TOKEN is not set "
            "(set TELEGRAM_BOT_TOKEN, or take telegram out)"
        ),
    ]


def test_slack_needs_a_way_to_be_heard_and_telegram_a_secret(tmp_path: Path) -> None:
    found = joint_faults(
        settings(tmp_path, "SLACK_BOT_TOKEN=xoxb-1", "TELEGRAM_WEBHOOK_URL=https://bot.example/t"),
        default_policy(),
    )
    assert [fault.hint for fault in found] == [
        "set SLACK_APP_TOKEN (Socket Mode), or SLACK_SIGNING_SECRET (HTTP)",
        "set TELEGRAM_WEBHOOK_SECRET",
    ]


def test_a_page_that_leaves_the_house_is_signed(tmp_path: Path) -> None:
    ada = replace(
        default_policy().people[PersonId("commander")], name="Ada", webhook="https://ada.example"
    )
    policy = replace(default_policy(), people={ada.id: ada})
    (fault,) = joint_faults(settings(tmp_path), policy)
    assert fault.message == "pages for Ada go to a webhook, and nothing signs them"
    assert joint_faults(settings(tmp_path, "FIREWARDEN_WEBHOOK_SECRET=s"), policy) == ()


def test_a_folder_that_is_not_there_is_a_fault(tmp_path: Path) -> None:
    (fault,) = joint_faults(
        settings(tmp_path, f"FIREWARDEN_RUNBOOKS={tmp_path}/gone"), default_policy()
    )
    assert fault.message == f"FIREWARDEN_RUNBOOKS: {tmp_path}/gone is not a folder"


def test_a_private_key_that_others_may_read_is_refused(tmp_path: Path) -> None:
    observe, change = key_file(tmp_path / "observe", 0o640), key_file(tmp_path / "change", 0o600)
    (fault,) = joint_faults(settings(tmp_path), host(observe=observe, change=change))
    assert fault.message == (
        f"host web1, observe login: {observe} may be read by others (mode 0640)"
    )


def test_a_public_half_may_be_read_by_everybody_for_an_agent_holds_the_other(
    tmp_path: Path,
) -> None:
    observe = key_file(tmp_path / "observe.pub", 0o644)
    change = key_file(tmp_path / "change.pub", 0o644)
    assert joint_faults(settings(tmp_path), host(observe=observe, change=change)) == ()


def test_a_private_key_that_is_not_there_is_named(tmp_path: Path) -> None:
    observe = key_file(tmp_path / "observe", 0o600)
    (fault,) = joint_faults(settings(tmp_path), host(observe=observe, change=tmp_path / "gone"))
    assert fault.message == (
        f"host web1, change login: {tmp_path}/gone cannot be read: No such file or directory"
    )


def test_the_keys_of_a_practice_host_are_our_own_affair(tmp_path: Path) -> None:
    gone = tmp_path / "gone"
    policy = host(observe=gone, change=gone, practice=True)
    assert joint_faults(settings(tmp_path), policy) == ()


def test_a_tls_key_that_others_may_read_and_a_missing_certificate_are_faults(
    tmp_path: Path,
) -> None:
    key = key_file(tmp_path / "tls.key", 0o644)
    set_to = (
        f"FIREWARDEN_TLS_CERT={tmp_path}/tls.pem",
        f"FIREWARDEN_TLS_KEY={key}",
        "FIREWARDEN_POLICY=policy.yaml",
    )
    found = joint_faults(settings(tmp_path, *set_to), default_policy())
    assert [str(fault).replace(str(tmp_path), "") for fault in found] == [
        (
            "environment: FIREWARDEN_TLS_CERT: /tls.pem is not a file"
            " (name the file of the chain, in PEM)"
        ),
        (
            "environment: FIREWARDEN_TLS_KEY: /tls.key may be read by others (mode 0644)"
            " (chmod 600 /tls.key)"
        ),
    ]
