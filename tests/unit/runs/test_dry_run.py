"""A dry run looks, changes nothing, and tells the room what a run would ask for."""

from bot.domain.events import Ending
from tests.support.fleet import MemoryHosts
from tests.support.runs import Service, declared, newest, started, world


async def test_the_room_reads_every_command_that_a_run_would_ask_for() -> None:
    hosts = MemoryHosts(Service())
    async with world(hosts) as on:
        at = await declared(on)
        await started(on, "/runbook dry-run restart host=web-1", at)
        told = "\n".join(on.posted(at))
        assert "dry run: it would ask for Restart checkout on web-1." in told
        assert "sudo systemctl restart checkout on web-1" in told
        assert hosts.changes == []
        assert (await on.incident()).cards == {}


async def test_it_ends_without_a_question_and_reserves_nothing() -> None:
    hosts = MemoryHosts(Service())
    async with world(hosts) as on:
        run = await started(on, "/runbook dry-run restart host=web-1")
        assert run.ended is not None
        assert (run.ended.ending, run.ended.commands_ran, run.targets) == (Ending.DONE, 0, ())


async def test_where_nothing_would_be_asked_the_reason_is_told() -> None:
    hosts = MemoryHosts(Service(down=()))
    async with world(hosts) as on:
        at = await declared(on)
        await started(on, "/runbook dry-run restart host=web-1", at)
        assert (await newest(on)).state == "resolved"
        assert "checkout on web-1 runs." in "\n".join(on.posted(at))
