"""The row that hours of killing leave behind, and how it goes on after an interruption."""

from pathlib import Path

from tests.crash.check import Breach
from tests.crash.long import TABLE, Row, long, read_row, write_row
from tests.crash.report import Tally
from tests.crash.world import Blow, How

FRESH = Row(day="2026-11-21", version="1.0", hours=0.0, seed="s")

HEAD = "# Long runs\n\n| date | version | hours | seed | campaigns | ... |\n|---|\n"


def found(seed: str) -> Tally:
    """Return what a campaign of a quarter of an hour found."""
    tally = Tally(seed=seed, seconds=900.0, executed=10, interrupted=3, doubted=1)
    tally.blows = [
        Blow(how=How.POINT, label="before claim", work=1),
        Blow(how=How.CHANCE, label="before claim", work=2),
        Blow(how=How.CHANCE, label="before claim", work=0),
        Blow(how=How.ZOMBIE, label="before claim", work=1),
    ]
    tally.breaches = [("chance-0", Breach(promise="no run is stuck", what="run 1"))]
    return tally


async def campaign(seed: str, folder: Path) -> Tally:
    return found(seed)


def table_in(folder: Path) -> Path:
    table = folder / "README.md"
    table.write_text(HEAD)
    return table


def test_a_row_adds_up_what_all_campaigns_found() -> None:
    row = FRESH.plus(found("s-0")).plus(found("s-1"))

    assert str(row) == "| 2026-11-21 | 1.0 | 0.50 | s | 2 | 4 | 2 | 20 | 2 of 6 | 2 |"
    assert read_row(str(row)) == row


async def test_a_run_leaves_one_row_and_goes_on_with_it_when_it_is_started_again(
    tmp_path: Path,
) -> None:
    table = table_in(tmp_path)
    for place in ("first", "second"):
        (tmp_path / place).mkdir()

    await long(0.0, FRESH, tmp_path / "first", table, campaign)
    await long(0.0, FRESH, tmp_path / "second", table, campaign)

    assert table.read_text() == f"{HEAD}{FRESH.plus(found('s-0')).plus(found('s-1'))}\n"
    assert [place.name for place in (tmp_path / "second").iterdir()] == ["s-1"]


async def test_another_version_has_a_row_of_its_own(tmp_path: Path) -> None:
    table = table_in(tmp_path)
    older = Row(day="2026-11-20", version="0.9", hours=0.0, seed="s").plus(found("s-0"))
    write_row(table, older)

    await long(0.0, FRESH, tmp_path, table, campaign)

    assert table.read_text() == f"{HEAD}{older}\n{FRESH.plus(found('s-0'))}\n"


def test_rows_go_to_the_end_of_a_table_with_as_many_columns() -> None:
    head = next(line for line in TABLE.read_text("utf-8").splitlines() if "campaigns" in line)

    assert head.count("|") == str(FRESH).count("|")
