"""Settings are read from the environment and .env; every fault is told at once, no value is."""

from collections.abc import Mapping
from itertools import pairwise
from pathlib import Path

import pytest

from bot.config import Address, Settings, load_settings
from bot.config.settings import LogLevel, variable_name
from bot.errors import OperatorMistake

EXAMPLE = Path(__file__).parents[3] / ".env.example"


@pytest.fixture(autouse=True)
def _nothing_set(monkeypatch: pytest.MonkeyPatch) -> None:
    for field in Settings.model_fields:
        monkeypatch.delenv(variable_name(field), raising=False)


def env_file(folder: Path, *lines: str) -> Path:
    path = folder / ".env"
    path.write_text("\n".join(lines) + "\n")
    return path


def faults(path: Path) -> list[str]:
    with pytest.raises(OperatorMistake) as caught:
        load_settings(path)
    return [str(fault).replace(str(path), ".env") for fault in caught.value.faults]


def test_with_nothing_set_the_defaults_hold(tmp_path: Path) -> None:
    settings = load_settings(tmp_path / ".env")
    assert (str(settings.listen), str(settings.ingest)) == ("127.0.0.1:8080", "127.0.0.1:8080")
    assert (settings.data, settings.policy) == (Path("var"), None)
    assert settings.secrets() == ()


def test_the_environment_wins_over_the_file(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    path = env_file(tmp_path, "FIREWARDEN_LOG_LEVEL=error", "FIREWARDEN_DATA=/srv/firewarden")
    monkeypatch.setenv("FIREWARDEN_LOG_LEVEL", "debug")
    settings = load_settings(path)
    assert (settings.log_level, settings.data) == (LogLevel.DEBUG, Path("/srv/firewarden"))


def test_machine_endpoints_may_bind_anywhere(tmp_path: Path) -> None:
    settings = load_settings(env_file(tmp_path, "FIREWARDEN_INGEST_LISTEN=0.0.0.0:9000"))
    assert settings.ingest == Address("0.0.0.0", 9000)


def test_an_ipv6_address_is_written_in_brackets(tmp_path: Path) -> None:
    settings = load_settings(env_file(tmp_path, "FIREWARDEN_LISTEN=[::1]:8081"))
    assert settings.listen == Address("::1", 8081)
    assert str(settings.listen) == "[::1]:8081"


def test_the_console_does_not_leave_loopback(tmp_path: Path) -> None:
    stays = ".env:1: FIREWARDEN_LISTEN: the console binds to loopback only, not to 0.0.0.0, while "
    assert faults(env_file(tmp_path, "FIREWARDEN_LISTEN=0.0.0.0:8080")) == [
        (
            f"{stays}its words would travel in the clear (set FIREWARDEN_TLS_CERT and "
            "FIREWARDEN_TLS_KEY, or name the proxies before it in FIREWARDEN_PROXIES; machine "
            "endpoints alone go on FIREWARDEN_INGEST_LISTEN)"
        ),
        (
            f"{stays}nobody is asked who they are (set FIREWARDEN_OIDC_ISSUER, or "
            "FIREWARDEN_IDENTITY_HEADER with FIREWARDEN_PROXIES)"
        ),
    ]


def test_every_fault_is_told_at_once_with_its_line(tmp_path: Path) -> None:
    path = env_file(
        tmp_path,
        "# a comment",
        "FIREWARDEN_LISTEN=8080",
        "OTHER_PROGRAM=1",
        "FIREWARDEN_POLCY=policy.yaml",
        "export FIREWARDEN_LOG_LEVEL=loud",
        "FIREWARDEN_INGEST_LISTEN=0.0.0.0:70000",
    )
    assert faults(path) == [
        (
            ".env:2: FIREWARDEN_LISTEN: it is no address"
            " (write host:port, as 127.0.0.1:8080 or [::1]:8080)"
        ),
        ".env:4: unknown setting FIREWARDEN_POLCY (did you mean 'FIREWARDEN_POLICY'?)",
        (
            ".env:5: FIREWARDEN_LOG_LEVEL: it should be 'debug', 'info', 'warning' or 'error'"
            " (write debug, info, warning or error)"
        ),
        (
            ".env:6: FIREWARDEN_INGEST_LISTEN: it is no address"
            " (write host:port, as 127.0.0.1:8080 or [::1]:8080)"
        ),
    ]


@pytest.mark.parametrize(
    "name",
    [
        "FIREWARDEN_ALERT_TOKEN",
        "FIREWARDEN_WEBHOOK_SECRET",
        "FIREWARDEN_POLICY",
        "SLACK_BOT_TOKEN",
        "TELEGRAM_WEBHOOK_SECRET",
    ],
)
def test_a_setting_that_is_set_but_empty_is_a_fault(
    name: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv(name, "")
    assert faults(tmp_path / ".env") == [
        f"environment: {name}: it is set but empty (give it a value, or delete the line)"
    ]


def test_no_fault_and_no_print_repeats_a_secret(tmp_path: Path) -> None:
    path = env_file(tmp_path, "FIREWARDEN_LISTEN=nowhere", "SLACK_BOT_TOKEN=xoxb-very-secret")
    assert "very-secret" not in " ".join(faults(path))
    good = load_settings(env_file(tmp_path, "SLACK_BOT_TOKEN=xoxb-very-secret"))
    assert "very-secret" not in f"{good!r} {good}"
    assert good.secrets() == ("xoxb-very-secret",)


def test_a_source_has_tokens_of_its_own_or_those_of_all(tmp_path: Path) -> None:
    settings = load_settings(
        env_file(tmp_path, "FIREWARDEN_ALERT_TOKEN=old, new", "FIREWARDEN_ALERT_TOKEN_GENERIC=own")
    )
    assert settings.alert_tokens("alertmanager") == ("old", "new")
    assert settings.alert_tokens("generic") == ("own",)


def test_the_example_names_every_setting_with_its_description_and_default() -> None:
    assert _examples() == {
        variable_name(name): (info.description, _shown(info.default))
        for name, info in Settings.model_fields.items()
    }


def test_the_example_with_nothing_changed_changes_nothing(tmp_path: Path) -> None:
    assert load_settings(EXAMPLE) == load_settings(tmp_path / ".env")


def _examples() -> Mapping[str, tuple[str, str]]:
    lines = EXAMPLE.read_text("utf-8").splitlines()
    return {
        line[1:].partition("=")[0]: (above.removeprefix("# "), line.partition("=")[2])
        for above, line in pairwise(lines)
        if line.startswith("#") and not line.startswith("# ") and "=" in line
    }


def _shown(default: object) -> str:
    return "" if default in {None, ()} else str(default)
