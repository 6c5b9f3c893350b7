"""Requirements are looked at inside the commit: freezes and rows that must not exist."""

import pytest

from bot.ports import (
    Absent,
    Commit,
    Committed,
    Journal,
    NobodyBefore,
    RequirementFailed,
    Unfrozen,
)
from bot.records.rows import FreezeRow, Put, Remove, ReservationRow, WaitingRow
from tests.contract.journal.values import NOON, after, commit, once

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


def _waits(run: str, seconds: float, target: str = "host:web-1") -> Put:
    return Put(WaitingRow(run=run, target=target, incident="inc1", since=after(seconds)))


async def test_nobody_comes_before_a_run_where_nobody_waits(journal: Journal) -> None:
    required = NobodyBefore(target="host:web-1", run="r1")
    assert await commit(journal, Commit(requires=(required,))) == Committed()


async def test_whoever_waits_comes_before_a_newcomer(journal: Journal) -> None:
    await commit(journal, Commit(rows=(_waits("r1", 60),)))
    required = NobodyBefore(target="host:web-1", run="r2")
    assert await commit(journal, Commit(requires=(required,))) == RequirementFailed(required)


async def test_who_waits_longer_comes_first_whatever_their_ids(journal: Journal) -> None:
    await commit(journal, Commit(rows=(_waits("r1", 2), _waits("r2", 1))))
    late = NobodyBefore(target="host:web-1", run="r1")
    early = NobodyBefore(target="host:web-1", run="r2")
    outcomes = await journal.commit([Commit(requires=(late,)), Commit(requires=(early,))])
    assert outcomes == [RequirementFailed(late), Committed()]


async def test_of_two_at_the_same_moment_exactly_one_comes_first(journal: Journal) -> None:
    await commit(journal, Commit(rows=(_waits("r2", 1), _waits("r1", 1))))
    first = NobodyBefore(target="host:web-1", run="r1")
    second = NobodyBefore(target="host:web-1", run="r2")
    outcomes = await journal.commit([Commit(requires=(first,)), Commit(requires=(second,))])
    assert outcomes == [Committed(), RequirementFailed(second)]


async def test_who_waits_for_another_target_is_not_in_this_line(journal: Journal) -> None:
    await commit(journal, Commit(rows=(_waits("r1", 1, "host:web-2"),)))
    required = NobodyBefore(target="host:web-1", run="r2")
    assert await commit(journal, Commit(requires=(required,))) == Committed()
