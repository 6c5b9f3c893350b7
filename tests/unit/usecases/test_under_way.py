"""Whoever watches an incident reads what its runs are at, unless they wait for a human."""

from datetime import timedelta

from tests.support.fleet import MemoryHosts
from tests.support.runs import RESTART, Service, answered, declared, newest, started, world
from tests.support.world import World

SUSTAINED = RESTART.replace(
    "expect: state == 'active'",
    "expect: state == 'active'\n        sustained: 2m\n        every: 1m",
)


async def told(on: World, number: str = "", *, who: str = "eve") -> list[str]:
    incident = await on.incident(number) if number else await on.incident()
    viewer = await on.viewer(who)
    return [one.words for one in await on.reading.under_way(viewer, incident.id)]


async def test_a_run_that_waits_for_a_yes_is_not_under_way() -> None:
    async with world(MemoryHosts(Service())) as on:
        await started(on, "/runbook run restart host=web-1")
        assert (await newest(on)).state == "waiting for approval"
        assert await told(on) == []


async def test_a_run_that_waits_out_its_check_says_so_until_it_is_done() -> None:
    async with world(MemoryHosts(Service()), {"restart": SUSTAINED}) as on:
        await started(on, "/runbook run restart host=web-1")
        await answered(on, "bob", "approve")
        assert await told(on) == ["restart checks what its change did"]
        incident = await on.incident()
        [one] = await on.reading.under_way(await on.viewer("eve"), incident.id)
        assert one.card == f"run:{incident.id}:{(await newest(on)).started.run}"
        for _ in range(2):
            await on.move(timedelta(minutes=1))
        assert await told(on) == []


async def test_a_run_in_line_says_whom_it_waits_for() -> None:
    service = Service()
    async with world(MemoryHosts(service)) as on:
        service.refuses.add("web-1")
        at = await declared(on)
        first = (await on.incident()).number
        await started(on, "/runbook run restart host=web-1", at)
        await answered(on, "bob", "approve")
        holder = (await newest(on, first)).started.run
        await on.move(timedelta(seconds=1))
        at = await declared(on)
        await started(on, "/runbook run restart host=web-1", at)
        await answered(on, "bob", "approve")
        assert await told(on) == [f"restart waits for targets that {first} (run {holder}) holds"]
        assert await told(on, first) == []


async def test_runs_of_a_private_incident_are_told_to_its_members_alone() -> None:
    async with world(MemoryHosts(Service()), {"restart": SUSTAINED}) as on:
        await on.say("ann", "/incident declare sev3 keys leaked private")
        at = await on.room()
        await on.say("ann", "/incident role scribe @bob", at=at)
        await started(on, "/runbook run restart host=web-1", at)
        await answered(on, "bob", "approve")
        assert await told(on, who="bob") == ["restart checks what its change did"]
        assert await told(on, who="eve") == []
