"""Two processes on one file: heads, fences and unique values decide, no lock in memory does."""

import asyncio

from bot.adapters.sqlite import SqliteJournal
from bot.ports import Commit, Committed, FenceLost, HeadMoved, RequirementFailed, Settle, Unfrozen
from bot.records.chain import first_broken
from bot.records.rows import FreezeRow, Put
from tests.contract.journal.sqlite_only.conftest import Open, Spawn
from tests.contract.journal.values import (
    EVERY_KIND,
    KEY,
    LEASE,
    NOON,
    STREAM,
    claim,
    claim_one,
    commit,
    events,
    incident,
    once,
    put,
    settle,
)


async def _append(journal: SqliteJournal, count: int) -> list[int]:
    """Append `count` events against competition; the places that they got."""
    places: list[int] = []
    while len(places) < count:
        one, head = events(b"parent", head=(await journal.load(STREAM)).head)
        if await journal.commit([one]) == [Committed()]:
            places.append(head.seq)
    return places


async def _settle_all(journal: SqliteJournal) -> list[str]:
    """Claim and settle against competition until nothing waits; the keys that were ours."""
    mine: list[str] = []
    while await journal.next_due() is not None:
        claims = await journal.claim("parent", NOON, LEASE, EVERY_KIND, 3)
        outcomes = [await settle(journal, each, Settle.DONE) for each in claims]
        assert set(outcomes) <= {Committed()}
        mine += [each.item.key for each in claims]
    return mine


async def test_of_two_commits_on_one_head_exactly_one_wins(open_journal: Open) -> None:
    one, two = open_journal(), open_journal()
    outcomes = await asyncio.gather(
        one.commit([events(b"mine")[0]]), two.commit([events(b"yours")[0]])
    )
    assert sorted(type(outcome).__name__ for (outcome,) in outcomes) == ["Committed", "HeadMoved"]
    assert (await one.load(STREAM)) == (await two.load(STREAM))


async def test_what_one_has_committed_the_other_reads(open_journal: Open) -> None:
    one, two = open_journal(), open_journal()
    whole, head = events(b"1", b"2")
    await commit(one, whole)
    assert (await two.load(STREAM)).head == head


async def test_an_incident_number_that_both_drew_is_given_once(open_journal: Open) -> None:
    one, two = open_journal(), open_journal()
    assert await commit(one, Commit(rows=(Put(incident("a", "INC-1")),))) == Committed()
    assert await commit(two, Commit(rows=(Put(incident("b", "INC-1")),))) == HeadMoved()


async def test_no_effect_is_claimed_by_both(open_journal: Open) -> None:
    one, two = open_journal(), open_journal()
    await put(one, *(once(f"e{n}") for n in range(50)))
    mine, yours = await asyncio.gather(
        claim(one, owner="one", limit=30), claim(two, owner="two", limit=30)
    )
    keys = [each.item.key for each in (*mine, *yours)]
    assert sorted(keys) == sorted({f"e{n}" for n in range(50)})


async def test_a_claim_that_was_taken_over_elsewhere_cannot_settle(open_journal: Open) -> None:
    one, two = open_journal(), open_journal()
    await put(one, once("e1"))
    mine = await claim_one(one, owner="one")
    yours = await claim_one(two, NOON + LEASE, owner="two")
    assert await settle(one, mine, Settle.DONE) == FenceLost()
    assert await settle(two, yours, Settle.DONE) == Committed()


async def test_a_freeze_elsewhere_forbids_here(open_journal: Open) -> None:
    one, two = open_journal(), open_journal()
    freeze = Put(FreezeRow(scope="*", reason="exam", by="p1", at=NOON))
    await commit(one, Commit(rows=(freeze,)))
    required = Unfrozen(("web",))
    assert await commit(two, Commit(requires=(required,))) == RequirementFailed(required)


async def test_two_real_processes_append_to_one_stream_without_a_gap(
    open_journal: Open, spawn: Spawn
) -> None:
    journal = open_journal()
    child = await spawn("append", 40)
    mine = await _append(journal, 40)
    output, _ = await child.communicate()
    theirs = [int(line) for line in output.split()]
    assert sorted(mine + theirs) == list(range(1, 81))
    history = await journal.load(STREAM)
    assert first_broken(KEY, history.records) is None
    assert [each.seq for each in history.records if each.body == b"child"] == theirs


async def test_two_real_processes_settle_every_effect_exactly_once(
    open_journal: Open, spawn: Spawn
) -> None:
    journal = open_journal()
    await put(journal, *(once(f"e{n}", lane=f"lane {n % 7}") for n in range(100)))
    child = await spawn("settle", 0)
    mine = await _settle_all(journal)
    output, _ = await child.communicate()
    theirs = output.decode().split()
    assert sorted(mine + theirs) == sorted(f"e{n}" for n in range(100))
