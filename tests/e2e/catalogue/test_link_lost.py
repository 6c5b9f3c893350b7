"""The link to the host is lost in the first change of each runbook that changes anything."""

import asyncio
from collections.abc import AsyncIterator, Mapping, Sequence
from contextlib import asynccontextmanager
from dataclasses import replace

import pytest

from bot.adapters.practice import machine
from bot.adapters.practice.scenarios import Scenario
from bot.adapters.ssh.executor import ParamikoExecutor
from bot.ports import Attempt, Check, CommandExecutor, CommandResult, Receipt, ReceiptState
from bot.redaction import Redactor
from bot.values import Host, RemoteCommand
from runbooks.steps import InDoubt
from tests.e2e.catalogue.conftest import Catalogue
from tests.e2e.catalogue.walk import YES
from tests.support.proxy import FaultProxy, fault_proxy
from tests.support.waiting import eventually

SLOW = 0.5
"""Seconds that an answer takes while a change runs: the link is cut before it arrives."""

CASES: Mapping[str, tuple[Scenario, Mapping[str, str]]] = {
    "high-cpu": (
        Scenario.CPU_ERRORS,
        {"alertname": "HostHighCpu", "instance": "web-1", "service": "checkout"},
    ),
    "db-pool-exhausted": (
        Scenario.POOL_LEAK,
        {
            "alertname": "DatabasePoolExhausted",
            "database_host": "web-1",
            "service": "checkout",
        },
    ),
    "disk-full": (
        Scenario.DISK_FULL,
        {"alertname": "HostDiskFull", "instance": "web-1", "mountpoint": "/scratch"},
    ),
    "pod-restart": (
        Scenario.POD_FAILING,
        {
            "alertname": "KubePodCrashLooping",
            "bastion": "web-1",
            "namespace": machine.NAMESPACE,
            "deployment": machine.SERVICE,
            "pod": machine.POD,
        },
    ),
    "rollback-deploy": (
        Scenario.DEPLOY_BAD,
        {"alertname": "ErrorsAfterDeploy", "instance": "web-1", "service": "checkout"},
    ),
}


class CutExecutor:
    """`CommandExecutor` whose link is cut once the host has begun the first change."""

    def __init__(self, inner: CommandExecutor, proxy: FaultProxy, catalogue: Catalogue) -> None:
        self._inner = inner
        self._proxy = proxy
        self._catalogue = catalogue
        self.cut: list[Attempt] = []

    async def boot_id(self, host: Host) -> str:
        return await self._inner.boot_id(host)

    async def preflight(
        self, host: Host, sudo: Sequence[Sequence[str]] = (), *, changes: bool = True
    ) -> Sequence[Check]:
        return await self._inner.preflight(host, sudo, changes=changes)

    async def run(
        self, host: Host, command: RemoteCommand, attempt: Attempt, boot_id: str = ""
    ) -> CommandResult:
        if not command.changes:
            return await self._inner.run(host, command, attempt, boot_id)
        self.cut.append(attempt)
        self._proxy.delay = SLOW
        running = asyncio.create_task(self._inner.run(host, command, attempt, boot_id))
        await eventually(self._begun, bool)
        self._proxy.cut()
        return await running

    async def stop(self, host: Host, attempt: Attempt) -> None:
        await self._inner.stop(host, attempt)

    async def inquire(self, host: Host, attempt: Attempt, boot_id: str) -> Receipt:
        return await self._inner.inquire(host, attempt, boot_id)

    async def close(self) -> None:
        await self._inner.close()

    async def _begun(self) -> int:
        return len(await asyncio.to_thread(self._catalogue.web.began))


@asynccontextmanager
async def cutting(catalogue: Catalogue) -> AsyncIterator[tuple[Catalogue, CutExecutor]]:
    """Put a proxy before `web-1`, and an executor that cuts it."""
    web = catalogue.web.practice.host
    async with fault_proxy(web.port) as proxy:
        executor = CutExecutor(ParamikoExecutor(redactor=Redactor()), proxy, catalogue)
        hosts = [replace(web, port=proxy.port), catalogue.other.practice.host]
        ground = replace(catalogue.ground, executor=executor, hosts=hosts)
        yield replace(catalogue, ground=ground), executor
        await executor.close()


@pytest.mark.parametrize("runbook", sorted(CASES))
async def test_a_lost_link_stops_the_run_in_doubt_and_the_receipt_tells_the_rest(
    catalogue: Catalogue, runbook: str
) -> None:
    scenario, alert = CASES[runbook]
    await catalogue.suffer(scenario)
    async with cutting(catalogue) as (behind, executor):
        walked = await behind.walk(runbook, alert, YES)
    assert isinstance(walked.end, InDoubt), walked.end
    assert len(walked.changes) == len(executor.cut) == len(catalogue.web.began()) == 1
    assert catalogue.other.began() == []

    host, (attempt,) = catalogue.web.practice.host, executor.cut
    boot = await catalogue.ground.executor.boot_id(host)

    async def state() -> ReceiptState:
        return (await catalogue.ground.executor.inquire(host, attempt, boot)).state

    ended = await eventually(state, lambda found: found is ReceiptState.FINISHED)
    assert ended is ReceiptState.FINISHED
