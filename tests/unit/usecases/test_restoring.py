"""What a restored backup means for work under way: in doubt, asked anew, or waiting for a human."""

import asyncio
from datetime import timedelta

from bot.cli.operator import operator
from bot.domain.approval import CardState
from bot.domain.events import CardKind, Ending
from bot.domain.run import Run
from bot.records.rows import EpochRow
from bot.usecases.archive import Archive
from bot.usecases.rebuild import compare
from bot.usecases.restoring import Restored, Restoring
from tests.support.fleet import MemoryHosts
from tests.support.runs import RESTART, Service, answered, asked, newest, started, world
from tests.support.world import World

TWO = RESTART.replace(
    "    steps:\n",
    "    steps:\n      - run: sudo systemctl reset-failed {{ service }}\n        timeout: 60s\n",
)
KEY = b"a key for the chain"


async def restored(on: World, reason: str = "the disk died") -> Restored:
    """Begin a new epoch on a journal that no worker looks after."""
    archive = Archive(journal=on.journal, key=KEY)
    restoring = Restoring(
        journal=on.journal, archive=archive, incidents=on.incidents, system=on.system
    )
    return await restoring.begin_epoch(operator(), reason, above=1)


async def held_at_the_first_step(on: World, hosts: MemoryHosts) -> None:
    """Let a yes lead to a command that does not end, then take the worker away."""
    hosts.held = asyncio.Event()
    await started(on, "/runbook run restart host=web-1")
    await answered(on, "bob", "approve")
    assert (await newest(on)).state == "changing"
    await on.halt()


async def test_a_command_under_way_is_in_doubt_and_its_card_is_out() -> None:
    hosts = MemoryHosts(Service())
    async with world(hosts) as on:
        await held_at_the_first_step(on, hosts)

        counted = await restored(on)

        assert (counted.epoch, counted.in_doubt, counted.voided, counted.paused) == (2, 1, 0, 0)
        assert (await newest(on)).state == "in doubt"
        doubt = await asked(on, CardKind.IN_DOUBT)
        assert [option.id for option in doubt.card.options] == ["worked", "failed"]


async def test_a_command_in_doubt_is_not_run_again_by_the_next_worker() -> None:
    hosts = MemoryHosts(Service())
    async with world(hosts) as on:
        await held_at_the_first_step(on, hosts)
        await restored(on)
        begun = len(hosts.changes)
        hosts.held = None

        await on.crash()
        await on.move(timedelta(minutes=1))

        assert len(hosts.changes) == begun
        assert (await newest(on)).state == "in doubt"


async def test_a_run_between_two_commands_pauses_whatever_became_of_the_first() -> None:
    hosts = MemoryHosts(Service())
    async with world(hosts, {"restart": TWO}) as on:
        await held_at_the_first_step(on, hosts)

        counted = await restored(on)
        await answered(on, "bob", "worked", CardKind.IN_DOUBT)
        await on.crash()
        await on.move(timedelta(minutes=1))

        assert (counted.in_doubt, counted.voided, counted.paused) == (1, 0, 1)
        run = await newest(on)
        assert run.state == "paused"
        assert run.targets == ("host:web-1", "service:checkout")
        assert len(run.steps) == 1


async def test_a_yes_that_was_not_used_counts_for_nothing_and_is_asked_anew() -> None:
    service = Service()
    service.stuck = {"web-1"}
    hosts = MemoryHosts(service)
    async with world(hosts) as on:
        await waiting_behind_another(on, hosts)

        counted = await restored(on)

        assert (counted.in_doubt, counted.voided, counted.paused) == (1, 1, 0)
        second = await newest(on)
        assert second.approval is None
        hosts.held = None
        await on.crash()
        await on.move(timedelta(minutes=1))
        fresh = await asked(on, CardKind.CHANGE)
        assert fresh.state is CardState.OPEN
        assert len(hosts.changes) == 1


async def waiting_behind_another(on: World, hosts: MemoryHosts) -> Run:
    """Let a second run wait, with its yes, for the host that a first one is changing."""
    hosts.held = asyncio.Event()
    await started(on, "/runbook run restart host=web-1")
    await answered(on, "bob", "approve")
    await started(on, "/runbook run restart host=web-1")
    await answered(on, "bob", "approve")
    second = await newest(on)
    assert second.state == "waiting for targets"
    await on.halt()
    return second


async def test_a_question_that_is_open_stays_open() -> None:
    async with world(MemoryHosts(Service())) as on:
        await started(on, "/runbook run restart host=web-1")
        before = await asked(on)
        await on.halt()

        counted = await restored(on)

        assert str(counted) == (
            "epoch 2: 0 steps in doubt, 0 approvals voided, 0 runs paused, 0 runs stopped"
        )
        assert await asked(on) == before


async def test_a_run_that_is_over_is_left_alone() -> None:
    hosts = MemoryHosts(Service())
    async with world(hosts) as on:
        await started(on, "/runbook run restart host=web-1")
        await answered(on, "bob", "approve")
        run = await newest(on)
        assert run.ended is not None
        assert run.ended.ending is Ending.DONE
        await on.halt()

        await restored(on)

        assert await newest(on) == run


async def test_everybody_hears_of_it_once_and_the_tables_know_the_epoch() -> None:
    async with world(MemoryHosts(Service())) as on:
        await on.say("ann", "/incident declare sev3 checkout is down")
        await on.settled()
        await on.halt()
        await restored(on)
        await restored(on, "the first backup was the wrong one")
        await on.crash()
        await on.move(timedelta(minutes=1))

        heard = [text for text in on.posted("announcements") if "restored" in text]
        assert ["(epoch 2)" in heard[0], "(epoch 3)" in heard[1], len(heard)] == [True, True, 2]
        assert "Reason: the disk died" in heard[0]
        assert [row.epoch for row in await on.journal.rows(EpochRow)] == [2, 3]
        found = await compare(on.journal, Archive(journal=on.journal, key=KEY))
        assert found.wrong == ()
