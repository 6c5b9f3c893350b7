"""A change that does not do its work: its undo is a question of its own."""

from bot.domain.events import CardKind, Ending
from tests.support.fleet import MemoryHosts
from tests.support.runs import RESTART, Service, answered, newest, started, world
from tests.support.world import World

WITH_UNDO = RESTART.replace(
    "    undo: {not-needed: it keeps no state}\n",
    "    undo:\n      - run: sudo systemctl stop {{ service }}\n        timeout: 60s\n",
)
STOP = ("sudo", "systemctl", "stop", "checkout")


async def failed(on: World, service: Service) -> None:
    service.stuck.add("web-1")
    await started(on, "/runbook run restart host=web-1")
    await answered(on, "bob", "approve")


async def test_the_undo_is_offered_and_nothing_of_it_runs_before_a_yes() -> None:
    service = Service()
    hosts = MemoryHosts(service)
    async with world(hosts, {"restart": WITH_UNDO}) as on:
        await failed(on, service)
        assert [asked.card.kind for asked in (await on.incident()).open_cards] == [CardKind.UNDO]
        assert len(hosts.changes) == 1


async def test_after_the_yes_it_is_undone_its_host_is_free_and_a_human_takes_over() -> None:
    service = Service()
    hosts = MemoryHosts(service)
    async with world(hosts, {"restart": WITH_UNDO}) as on:
        await failed(on, service)
        await answered(on, "bob", "approve", CardKind.UNDO)
        assert [change.argv for change in hosts.changes][1:] == [STOP]
        run = await newest(on)
        assert run.ended is not None
        assert run.ended.ending is Ending.ESCALATED
        assert run.ended.because.text.endswith("The change was undone.")
        assert run.targets == ()


async def test_a_declined_undo_runs_nothing_and_keeps_the_host_reserved() -> None:
    service = Service()
    hosts = MemoryHosts(service)
    async with world(hosts, {"restart": WITH_UNDO}) as on:
        await failed(on, service)
        await answered(on, "bob", "reject", CardKind.UNDO)
        assert len(hosts.changes) == 1
        run = await newest(on)
        assert run.ended is not None
        assert run.ended.because.text.endswith("The undo was declined.")
        assert run.targets == ("host:web-1", "service:checkout")
