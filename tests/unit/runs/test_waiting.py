"""Deliberate waits survive the worker: polls, sustained checks and the late look go on."""

from datetime import timedelta

from bot.domain.events import Ending
from tests.support.fleet import MemoryHosts
from tests.support.runs import RESTART, Service, answered, newest, started, world

MINUTE = timedelta(minutes=1)
PATIENT = (
    RESTART.replace(
        "    verify:\n",
        "      - wait-for: systemctl is-active {{ service }}\n"
        "        at-most: 2m\n        every: 30s\n    verify:\n",
    )
    .replace(
        "expect: state == 'active'",
        "expect: state == 'active'\n        sustained: 2m\n        every: 1m",
    )
    .replace("    if-it-fails", "    then-recheck: 10m\n    if-it-fails")
)


async def test_a_run_waits_out_its_polls_its_sustained_check_and_its_late_look() -> None:
    service = Service()
    hosts = MemoryHosts(service)
    async with world(hosts, {"restart": PATIENT}) as on:
        service.stuck.add("web-1")
        await started(on, "/runbook run restart host=web-1")
        await answered(on, "bob", "approve")
        await on.crash()
        service.down.clear()
        await on.move(MINUTE / 2)
        for _ in range(2):
            await on.crash()
            await on.move(MINUTE)
        assert (await newest(on)).ended is None
        await on.crash()
        await on.move(10 * MINUTE)
        run = await newest(on)
        assert run.ended is not None
        assert (run.ended.ending, run.ended.commands_ran) == (Ending.DONE, 1)
        assert len(hosts.changes) == 1


async def test_what_passed_at_first_and_fails_at_the_late_look_is_not_done() -> None:
    service = Service()
    hosts = MemoryHosts(service)
    async with world(hosts, {"restart": PATIENT}) as on:
        await started(on, "/runbook run restart host=web-1")
        await answered(on, "bob", "approve")
        for _ in range(2):
            await on.move(MINUTE)
        service.down.add("web-1")
        await on.move(10 * MINUTE)
        assert (await newest(on)).state == "escalated"


async def test_follow_ups_are_told_once_it_is_done() -> None:
    hosts = MemoryHosts(Service())
    async with world(hosts) as on:
        await started(on, "/runbook run restart host=web-1")
        await answered(on, "bob", "approve")
        told = "\n".join(on.posted(await on.room()))
        assert "Follow-up: Find out why checkout was down — payments" in told
