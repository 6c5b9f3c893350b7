"""Every runbook that ships passes the default policy, and its cases take every branch."""

from collections.abc import Mapping
from pathlib import Path

import pytest

from bot.yamltext import read
from runbooks.inventory import HostEntry, Inventory, ServiceEntry
from runbooks.lint import LintRules, lint
from runbooks.loader import Runbook, load_all
from runbooks.replay import check_cases, read_fixtures, untested
from runbooks.sudo import sudoers_arguments

ROOT = Path(__file__).parents[3]
CATALOG = ROOT / "runbooks" / "catalog"
RUNBOOKS = load_all({path.name: path.read_text() for path in CATALOG.glob("*.yaml")})
INVENTORY = Inventory(
    hosts={"web-1": HostEntry(name="web-1", service="shop")},
    services={"shop": ServiceEntry(name="shop", health_url="http://shop.test/health")},
)


def _words(*path: str) -> tuple[str, ...]:
    """Return a list of the default policy, or the keys of a mapping."""
    value = POLICY.at(path).value
    assert isinstance(value, tuple | Mapping)
    return tuple(item if isinstance(item, str) else str(item.value) for item in value)


POLICY = read((ROOT / "bot" / "config" / "default_policy.yaml").read_text(), "default_policy.yaml")
RULES = LintRules(
    triage_programs=_words("runbooks", "triage-programs"),
    dangerous_words=frozenset(_words("runbooks", "dangerous-words")),
    escalations=frozenset(_words("paging", "escalations")),
    runbooks={name: frozenset(runbook.document.parameters) for name, runbook in RUNBOOKS.items()},
)


@pytest.mark.parametrize("name", sorted(RUNBOOKS))
def test_a_runbook_of_the_catalogue_passes_lint_under_the_default_policy(name: str) -> None:
    assert lint(RUNBOOKS[name], INVENTORY, RULES) == ()


@pytest.mark.parametrize("name", sorted(RUNBOOKS))
def test_its_recorded_cases_come_out_as_expected(name: str) -> None:
    assert check_cases(RUNBOOKS[name], read_fixtures(_cases(name), f"{name}.yaml")) == ()


@pytest.mark.parametrize("name", sorted(RUNBOOKS))
def test_its_cases_take_every_branch_and_every_stop(name: str) -> None:
    assert untested(RUNBOOKS[name], read_fixtures(_cases(name), f"{name}.yaml")) == ()


def test_the_catalogue_holds_what_the_specification_names() -> None:
    assert set(RUNBOOKS) >= {
        "agent-misbehaves",
        "db-pool-exhausted",
        "disk-full",
        "high-cpu",
        "pod-restart",
        "rollback-deploy",
        "service-unavailable",
    }


def test_the_sudo_commands_of_disk_full_are_pinned_to_their_arguments() -> None:
    disk_full: Runbook = RUNBOOKS["disk-full"]
    assert sudoers_arguments([disk_full], INVENTORY) == (
        ("journalctl", "^\\-\\-vacuum\\-size=[0-9]{1,4}M$"),
        ("logrotate", "^\\-\\-force /etc/logrotate\\.conf$"),
        ("systemd-tmpfiles", "^\\-\\-clean$"),
    )


def _cases(name: str) -> str:
    return (CATALOG / "tests" / f"{name}.yaml").read_text()
