"""Every runbook that ships: it loads, passes lint, and its recorded cases take every branch."""

from pathlib import Path

import pytest

from runbooks.inventory import HostEntry, Inventory, ServiceEntry
from runbooks.lint import LintRules, lint
from runbooks.loader import Runbook, load_all
from runbooks.replay import check_cases, read_fixtures, untested
from runbooks.sudo import sudo_forms, sudoers_arguments

CATALOG = Path(__file__).parents[3] / "runbooks" / "catalog"
RUNBOOKS = load_all({path.name: path.read_text() for path in CATALOG.glob("*.yaml")})
INVENTORY = Inventory(
    hosts={"web-1": HostEntry(name="web-1", service="shop")},
    services={"shop": ServiceEntry(name="shop", health_url="http://shop.test/health")},
)
RULES = LintRules(
    triage_programs=(
        "cat",
        "df",
        "du",
        "free",
        "journalctl",
        "kubectl get",
        "kubectl rollout history",
        "kubectl rollout status",
        "psql",
        "ss",
        "stat",
        "systemctl cat",
        "systemctl is-active",
        "systemctl show",
        "top",
    ),
    dangerous_words=frozenset({"kill", "rm", "drop", "delete", "truncate", "shutdown", "dd"}),
    escalations=frozenset({"on-call", "security", "dba"}),
    runbooks={name: frozenset(runbook.document.parameters) for name, runbook in RUNBOOKS.items()},
    sudo_forms=sudo_forms(RUNBOOKS.values()),
)


@pytest.mark.parametrize("name", sorted(RUNBOOKS))
def test_a_runbook_of_the_catalogue_passes_lint(name: str) -> None:
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
