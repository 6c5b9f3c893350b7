"""Many hosts: a canary first, then batches, and no further once too many have failed."""

from bot.domain.events import Ending
from tests.support.fleet import MemoryHosts
from tests.support.runs import RESTART, Service, answered, newest, started, world

EVERYWHERE = RESTART.replace(
    "  restart:\n    title",
    "  restart:\n    on: {group: web}\n    batches: {size: 2, canary: true}\n    title",
)


async def test_a_canary_is_verified_before_the_others_are_touched() -> None:
    hosts = MemoryHosts(Service())
    async with world(hosts, {"restart": EVERYWHERE}) as on:
        await started(on, "/runbook run restart host=web-1")
        await answered(on, "bob", "approve")
        assert [change.host for change in hosts.changes] == ["web-1", "web-2", "web-3"]
        run = await newest(on)
        assert run.ended is not None
        assert (run.ended.ending, run.ended.commands_ran) == (Ending.DONE, 3)


async def test_a_canary_that_fails_its_check_spares_the_others() -> None:
    service = Service()
    service.stuck.add("web-1")
    hosts = MemoryHosts(service)
    async with world(hosts, {"restart": EVERYWHERE}) as on:
        await started(on, "/runbook run restart host=web-1")
        await answered(on, "bob", "approve")
        assert [change.host for change in hosts.changes] == ["web-1"]
        assert (await newest(on)).state == "escalated"


async def test_each_host_has_its_own_outcome_of_the_same_step() -> None:
    service = Service()
    service.refuses.add("web-2")
    hosts = MemoryHosts(service)
    async with world(hosts, {"restart": EVERYWHERE}) as on:
        await started(on, "/runbook run restart host=web-1")
        await answered(on, "bob", "approve")
        run = await newest(on)
        ended = {
            (log.started.path, log.started.host): log.outcome.exit_status
            for log in run.steps
            if log.outcome is not None
        }
        assert ended == {("restart.steps.1", "web-1"): 0, ("restart.steps.1", "web-2"): 1}
