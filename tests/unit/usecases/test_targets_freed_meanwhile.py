"""A target that is freed between the commit that met its holder and the look at who that is."""

from collections.abc import Sequence

import pytest

from bot.adapters.memory.journal import MemoryJournal
from bot.domain.events import Ending
from bot.ports import Absent, Commit, CommitOutcome, NobodyBefore, Requirement, RequirementFailed
from bot.records.rows import ReservationRow
from tests.support.clock import CountedIds
from tests.support.fleet import MemoryHosts
from tests.support.runs import POLICY, RESTART, Service, answered, newest, started
from tests.support.world import World


class FreedJournal(MemoryJournal):
    """The first commit that takes a target meets somebody, who is gone right afterwards."""

    def __init__(self, kind: type[Requirement]) -> None:
        super().__init__(ids=CountedIds())
        self._kind = kind
        self.met = 0

    async def commit(self, commits: Sequence[Commit]) -> Sequence[CommitOutcome]:
        outcomes: list[CommitOutcome] = []
        for one in commits:
            wanted = next((r for r in one.requires if _about_a_target(r, self._kind)), None)
            if wanted is not None and self.met == 0:
                self.met += 1
                outcomes.append(RequirementFailed(wanted))
            else:
                outcomes += await super().commit([one])
        return outcomes


def _about_a_target(requirement: Requirement, kind: type[Requirement]) -> bool:
    match requirement:
        case Absent(row=ReservationRow()) | NobodyBefore():
            return isinstance(requirement, kind)
        case _:
            return False


@pytest.mark.parametrize("kind", [Absent, NobodyBefore])
async def test_a_run_takes_it_at_once_and_waits_for_nobody(kind: type[Requirement]) -> None:
    hosts, journal = MemoryHosts(Service()), FreedJournal(kind)
    async with World(
        policy=POLICY, documents={"restart": RESTART}, executor=hosts, journal=journal
    ) as world:
        await started(world, "/runbook run restart host=web-1")
        await answered(world, "bob", "approve")
        run = await newest(world)
        assert journal.met == 1
        assert run.ended is not None
        assert run.ended.ending is Ending.DONE
        assert "ReservationAwaited" not in await world.events(await world.incident())
