"""Guided mode: before every change a person says go on, skip or abort."""

from bot.domain.events import CardKind, Ending
from tests.support.fleet import MemoryHosts
from tests.support.runs import RESTART, Service, answered, asked, newest, started, world
from tests.support.world import World

TWO = RESTART.replace(
    "    steps:\n",
    "    steps:\n      - run: sudo systemctl reset-failed {{ service }}\n        timeout: 60s\n",
)
RESET = ("sudo", "systemctl", "reset-failed", "checkout")
AGAIN = ("sudo", "systemctl", "restart", "checkout")


async def guided(hosts: MemoryHosts, on: World) -> None:
    await started(on, "/runbook guide restart host=web-1")
    await answered(on, "bob", "approve")


async def test_it_stops_before_every_change_and_shows_the_command() -> None:
    hosts = MemoryHosts(Service())
    async with world(hosts, {"restart": TWO}) as on:
        await guided(hosts, on)
        step = await asked(on, CardKind.STEP)
        assert step.card.title.text == "Next: restart.steps.1 on web-1"
        assert [option.label for option in step.card.options] == ["Go on", "Skip", "Abort"]
        assert hosts.changes == []


async def test_going_on_runs_that_step_and_asks_before_the_next() -> None:
    hosts = MemoryHosts(Service())
    async with world(hosts, {"restart": TWO}) as on:
        await guided(hosts, on)
        await answered(on, "ann", "on", CardKind.STEP)
        assert [change.argv for change in hosts.changes] == [RESET]
        await answered(on, "ann", "on", CardKind.STEP)
        assert [change.argv for change in hosts.changes] == [RESET, AGAIN]
        run = await newest(on)
        assert run.ended is not None
        assert (run.ended.ending, run.ended.commands_ran) == (Ending.DONE, 2)


async def test_a_skipped_step_is_left_out_and_the_checks_still_decide() -> None:
    hosts = MemoryHosts(Service())
    async with world(hosts, {"restart": TWO}) as on:
        await guided(hosts, on)
        await answered(on, "ann", "on", CardKind.STEP)
        await answered(on, "ann", "skip", CardKind.STEP)
        assert [change.argv for change in hosts.changes] == [RESET]
        run = await newest(on)
        assert run.ended is not None
        assert run.ended.ending is Ending.ESCALATED


async def test_aborting_at_a_step_ends_the_run_there() -> None:
    hosts = MemoryHosts(Service())
    async with world(hosts, {"restart": TWO}) as on:
        await guided(hosts, on)
        await answered(on, "ann", "on", CardKind.STEP)
        await answered(on, "ann", "abort", CardKind.STEP)
        assert [change.argv for change in hosts.changes] == [RESET]
        run = await newest(on)
        assert run.ended is not None
        assert (run.ended.ending, run.ended.commands_ran) == (Ending.ABORTED, 1)
        assert (await on.incident()).open_cards == ()
