"""Whatever the catalogue may change, the `observe` login tries in vain."""

from collections.abc import Mapping
from datetime import timedelta

import pytest

from bot.adapters.practice.scenarios import Scenario
from bot.ports import Attempt
from bot.values import RemoteCommand
from runbooks.steps import PlannedCommand
from tests.e2e.catalogue import (
    test_db_pool_exhausted,
    test_disk_full,
    test_high_cpu,
    test_pod_restart,
    test_rollback_deploy,
)
from tests.e2e.catalogue.conftest import Catalogue
from tests.e2e.catalogue.walk import NO

CHANGING: Mapping[Scenario, tuple[str, Mapping[str, str]]] = {
    Scenario.CPU_ERRORS: ("high-cpu", test_high_cpu.ALERT),
    Scenario.CPU_LOAD: ("high-cpu", test_high_cpu.ALERT),
    Scenario.POOL_LEAK: ("db-pool-exhausted", test_db_pool_exhausted.ALERT),
    Scenario.DISK_FULL: ("disk-full", test_disk_full.ALERT),
    Scenario.POD_FAILING: ("pod-restart", test_pod_restart.ALERT),
    Scenario.DEPLOY_BAD: ("rollback-deploy", test_rollback_deploy.ALERT),
}
"""One scenario for every action that the catalogue has."""


@pytest.mark.parametrize("scenario", CHANGING)
async def test_the_observe_login_changes_nothing_that_the_runbook_would(
    catalogue: Catalogue, scenario: Scenario
) -> None:
    runbook, alert = CHANGING[scenario]
    await catalogue.suffer(scenario)
    asked = (await catalogue.walk(runbook, alert, NO)).asked
    assert asked is not None
    changes = [c for c in (*asked.commands, *asked.undo) if c.changes]
    before = catalogue.web.files(), catalogue.other.files()

    tried = [await _as_observe(catalogue, change) for change in changes]
    without_sudo = [await _as_observe(catalogue, change, sudo=False) for change in changes]

    assert changes
    assert all(status not in (0, None) for status in [*tried, *without_sudo])
    assert (catalogue.web.files(), catalogue.other.files()) == before
    assert catalogue.untouched()


async def _as_observe(
    catalogue: Catalogue, change: PlannedCommand, *, sudo: bool = True
) -> int | None:
    argv = change.argv if sudo else tuple(word for word in change.argv if word != "sudo")
    host = next(host for host in catalogue.ground.hosts if host.name == change.host)
    command = RemoteCommand(argv=argv, timeout=timedelta(seconds=20))
    attempt = Attempt(key="as observe", digest="")
    return (await catalogue.ground.executor.run(host, command, attempt)).exit_status
