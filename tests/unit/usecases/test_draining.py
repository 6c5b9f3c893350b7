"""A stop: nothing new begins, what runs is finished, and what takes too long is handed over."""

import asyncio
from datetime import timedelta

from bot.domain.effects import Effect, RunChange, RunRead
from bot.records.outbox import EffectKind
from bot.records.stored import read_effect
from bot.usecases.delivery import DRAIN, LEASE
from tests.support.fleet import MemoryHosts
from tests.support.runs import Service, answered, newest, started, world
from tests.support.world import World

A_MOMENT = timedelta(seconds=1)
RESTARTED = ["web-1 sudo systemctl restart checkout"]


async def under_way(on: World, hosts: MemoryHosts) -> asyncio.Event:
    """Let a change be on its host; returns what lets it end."""
    hosts.held = asyncio.Event()
    await started(on, "/runbook run restart host=web-1")
    await answered(on, "bob", "approve")
    return hosts.held


def begun(hosts: MemoryHosts) -> list[str]:
    return [f"{change.host} {' '.join(change.argv)}" for change in hosts.changes]


async def due(on: World) -> set[type[Effect]]:
    """Claim what another process would get, and return what it is."""
    taken = await on.journal.claim("another", on.clock.now(), LEASE, tuple(EffectKind), 64)
    return {type(read_effect(claim.item)) for claim in taken}


async def test_a_command_that_runs_is_finished_and_its_result_is_recorded() -> None:
    hosts = MemoryHosts(Service())
    async with world(hosts) as on:
        held = await under_way(on, hosts)
        on.delivery.stop()
        await on.move(DRAIN - A_MOMENT)
        held.set()
        await on.drained()
        events = await on.events(await on.incident())
        assert (events.count("StepStarted"), events.count("StepFinished")) == (1, 1)
        assert begun(hosts) == RESTARTED


async def test_nothing_new_begins_while_what_runs_is_finished() -> None:
    hosts = MemoryHosts(Service())
    async with world(hosts) as on:
        held = await under_way(on, hosts)
        looked = len(hosts.reads)
        on.delivery.stop()
        held.set()
        await on.drained()
        assert len(hosts.reads) == looked
        assert RunRead in await due(on)  # the verification is for the next process


async def test_what_takes_longer_is_taken_over_at_once_and_is_not_run_again() -> None:
    hosts = MemoryHosts(Service())
    async with world(hosts) as on:
        await under_way(on, hosts)
        on.delivery.stop()
        await on.move(DRAIN)
        await on.drained()
        hosts.held = None
        await on.crash()
        await on.settled()
        assert (await newest(on)).state == "done"
        assert begun(hosts) == RESTARTED


async def test_a_lease_is_kept_alive_while_a_stop_waits_for_its_command() -> None:
    hosts = MemoryHosts(Service())
    async with world(hosts) as on:
        held = await under_way(on, hosts)
        on.delivery.stop()
        for _ in range(4):
            await on.move(LEASE / 3)
        assert RunChange not in await due(on)
        held.set()
        await on.drained()
