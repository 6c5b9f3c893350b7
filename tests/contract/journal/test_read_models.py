"""Read models: rows come back as they were put, by key order, and unique values stay unique."""

from datetime import datetime, timedelta, timezone

import pytest

from bot.ports import Commit, Committed, HeadMoved, Journal
from bot.records.rows import (
    TABLES,
    CardRow,
    IncidentRow,
    Put,
    Remove,
    RoomRow,
    Row,
    TimelineRow,
)
from tests.contract.journal.values import NOON, commit, incident, line, put_rows, renamed


def _card(ident: str, *, expires_at: datetime | None = None, state: str = "open") -> CardRow:
    return CardRow(
        id=ident, incident="inc1", number=1, kind="approval", state=state, expires_at=expires_at
    )


@pytest.mark.parametrize("kind", TABLES, ids=lambda kind: kind.__name__)
async def test_every_read_model_starts_empty(journal: Journal, kind: type[Row]) -> None:
    assert await journal.rows(kind) == []


async def test_a_row_comes_back_as_it_was_put_to_the_microsecond(journal: Journal) -> None:
    row = incident("inc1", "INC-2026-1121-001", title="Größe <b>&'\";\x00 🔥")
    await put_rows(journal, row)
    assert await journal.rows(IncidentRow) == [row]


async def test_a_moment_of_another_zone_comes_back_as_the_same_moment_in_utc(
    journal: Journal,
) -> None:
    local = NOON.astimezone(timezone(timedelta(hours=5, minutes=45)))
    await commit(journal, Commit(rows=(Put(_card("c1", expires_at=local)),)))
    (row,) = await journal.rows(CardRow)
    assert row.expires_at == NOON


async def test_a_put_replaces_the_row_with_the_same_key(journal: Journal) -> None:
    await put_rows(journal, incident("inc1", "INC-1"))
    changed = renamed(incident("inc1", "INC-1"), "another title")
    await put_rows(journal, changed)
    assert await journal.rows(IncidentRow) == [changed]


async def test_rows_are_selected_by_equal_columns_and_come_by_key(journal: Journal) -> None:
    rows = [line("b", 1, "x"), line("a", 10, "y"), line("a", 2, "z")]
    await put_rows(journal, *rows)
    assert await journal.rows(TimelineRow) == [rows[2], rows[1], rows[0]]
    assert await journal.rows(TimelineRow, incident="a") == [rows[2], rows[1]]
    assert await journal.rows(TimelineRow, incident="a", seq=10) == [rows[1]]
    assert await journal.rows(TimelineRow, incident="c") == []


async def test_none_selects_the_rows_without_a_value(journal: Journal) -> None:
    timed, untimed = _card("c1", expires_at=NOON), _card("c2")
    await commit(journal, Commit(rows=(Put(timed), Put(untimed))))
    assert await journal.rows(CardRow, expires_at=None) == [untimed]
    assert await journal.rows(CardRow, expires_at=NOON) == [timed]


async def test_truth_values_select(journal: Journal) -> None:
    await put_rows(journal, incident("inc1", "INC-1"))
    assert await journal.rows(IncidentRow, drill=False) == []
    assert len(await journal.rows(IncidentRow, drill=True, private=False)) == 1


async def test_an_unknown_column_is_a_bug(journal: Journal) -> None:
    with pytest.raises(TypeError, match="IncidentRow has no column nmber"):
        await journal.rows(IncidentRow, nmber="INC-1")


async def test_removing_takes_every_row_that_is_equal(journal: Journal) -> None:
    await put_rows(journal, line("a", 1, "x"), line("a", 2, "y"), line("b", 1, "z"))
    await commit(journal, Commit(rows=(Remove(TimelineRow, (("incident", "a"),)),)))
    assert await journal.rows(TimelineRow) == [line("b", 1, "z")]


async def test_removing_without_a_condition_empties_the_read_model(journal: Journal) -> None:
    await put_rows(journal, line("a", 1, "x"), line("b", 1, "z"))
    await commit(journal, Commit(rows=(Remove(TimelineRow, ()), Put(line("c", 1, "rebuilt")))))
    assert await journal.rows(TimelineRow) == [line("c", 1, "rebuilt")]


async def test_a_unique_value_that_another_row_holds_means_decide_again(journal: Journal) -> None:
    await put_rows(journal, incident("inc1", "INC-1"))
    room = RoomRow(incident="inc2", platform="console", conversation="r2")
    second = Commit(rows=(Put(room), Put(incident("inc2", "INC-1"))))
    assert await commit(journal, second) == HeadMoved()
    assert await journal.rows(RoomRow) == []
    assert await journal.rows(IncidentRow) == [incident("inc1", "INC-1")]


async def test_a_removed_row_frees_its_unique_value_in_the_same_commit(journal: Journal) -> None:
    await put_rows(journal, incident("inc1", "INC-1"))
    swap = Commit(rows=(Remove(IncidentRow, (("id", "inc1"),)), Put(incident("inc2", "INC-1"))))
    assert await commit(journal, swap) == Committed()
    assert await journal.rows(IncidentRow) == [incident("inc2", "INC-1")]


async def test_a_refused_removal_brings_its_rows_back(journal: Journal) -> None:
    await put_rows(journal, incident("inc1", "INC-1"), incident("inc2", "INC-2"))
    refused = Commit(rows=(Remove(IncidentRow, (("id", "inc1"),)), Put(incident("inc3", "INC-2"))))
    assert await commit(journal, refused) == HeadMoved()
    assert [row.id for row in await journal.rows(IncidentRow)] == ["inc1", "inc2"]
    assert await journal.search("title", 10) == ["inc2", "inc1"]
