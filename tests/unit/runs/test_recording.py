"""A dry run becomes a test case of its runbook: what was seen, and the path that it took."""

import json

from bot.domain.run import inventory
from runbooks.loader import load
from runbooks.parameters import Bindings
from runbooks.replay import check_cases, read_fixtures, record
from tests.support.fleet import MemoryHosts
from tests.support.runs import POLICY, RESTART, Service, started, world


async def test_a_dry_run_is_recorded_as_a_case_that_holds() -> None:
    hosts = MemoryHosts(Service())
    async with world(hosts) as on:
        run = await started(on, "/runbook dry-run restart host=web-1")
    runbook = load(RESTART, "restart.yaml")
    bindings = Bindings.from_json(json.loads(run.started.bindings))
    known = inventory(POLICY, practice_only=False)
    case = record(runbook, bindings, run.progress, known, pace=run.started.pace)
    assert "triage.state" in case
    assert check_cases(runbook, read_fixtures(case, "restart.yaml")) == ()
