"""Requirements are looked at inside the commit: freezes and rows that must not exist."""

import pytest

from bot.ports import Absent, Commit, Committed, Journal, RequirementFailed, Unfrozen
from bot.records.rows import FreezeRow, Put, Remove, ReservationRow
from tests.contract.journal.values import NOON, commit, once

_MINE = ReservationRow(target="host:web-1", run="r1", incident="inc1")
_YOURS = ReservationRow(target="host:web-1", run="r2", incident="inc2")


def _freeze(scope: str) -> Put:
    return Put(FreezeRow(scope=scope, reason="exam", by="p1", at=NOON))


@pytest.mark.parametrize("scope", ["web", "*"])
async def test_a_freeze_of_the_service_or_of_everything_forbids(
    journal: Journal, scope: str
) -> None:
    await commit(journal, Commit(rows=(_freeze(scope),)))
    required = Unfrozen(("db", "web"))
    assert await commit(journal, Commit(requires=(required,))) == RequirementFailed(required)


async def test_a_freeze_of_another_service_allows(journal: Journal) -> None:
    await commit(journal, Commit(rows=(_freeze("mail"),)))
    assert await commit(journal, Commit(requires=(Unfrozen(("web",)),))) == Committed()


async def test_a_freeze_in_the_same_group_counts_for_those_after_it(journal: Journal) -> None:
    required = Unfrozen(("web",))
    start = Commit(effects=(once("start"),), requires=(required,))
    outcomes = await journal.commit([Commit(rows=(_freeze("*"),)), start])
    assert outcomes == [Committed(), RequirementFailed(required)]


async def test_a_lifted_freeze_allows_again(journal: Journal) -> None:
    lifted = Commit(rows=(Remove(FreezeRow, (("scope", "*"),)),))
    start = Commit(requires=(Unfrozen(()),))
    outcomes = await journal.commit([Commit(rows=(_freeze("*"),)), lifted, start])
    assert outcomes == [Committed(), Committed(), Committed()]


async def test_a_target_that_somebody_else_reserved_is_not_absent(journal: Journal) -> None:
    await commit(journal, Commit(rows=(Put(_MINE),)))
    outcome = await commit(journal, Commit(rows=(Put(_YOURS),), requires=(Absent(_YOURS),)))
    assert outcome == RequirementFailed(Absent(_YOURS))
    assert await journal.rows(ReservationRow) == [_MINE]


async def test_a_target_that_i_reserved_myself_counts_as_absent(journal: Journal) -> None:
    reserve = Commit(rows=(Put(_MINE),), requires=(Absent(_MINE),))
    assert await journal.commit([reserve, reserve]) == [Committed(), Committed()]


async def test_of_all_targets_one_that_is_taken_refuses_the_whole_commit(journal: Journal) -> None:
    await commit(journal, Commit(rows=(Put(_MINE),)))
    free = ReservationRow(target="host:web-2", run="r2", incident="inc2")
    both = Commit(rows=(Put(free), Put(_YOURS)), requires=(Absent(free), Absent(_YOURS)))
    assert await commit(journal, both) == RequirementFailed(Absent(_YOURS))
    assert await journal.rows(ReservationRow) == [_MINE]
