"""The row that hours of killing leave behind."""

from tests.crash.check import Breach
from tests.crash.long import TABLE, row
from tests.crash.report import Tally
from tests.crash.world import Blow, How


def test_a_row_adds_up_what_all_campaigns_found() -> None:
    first = Tally(seed="s-0", executed=10, interrupted=3, doubted=1)
    first.blows = [
        Blow(how=How.POINT, label="before claim", work=1),
        Blow(how=How.CHANCE, label="before claim", work=2),
        Blow(how=How.CHANCE, label="before claim", work=0),
        Blow(how=How.ZOMBIE, label="before claim", work=1),
    ]
    second = Tally(seed="s-1", executed=5, interrupted=2)
    second.breaches = [("chance-0", Breach(promise="no run is stuck", what="run 1"))]

    cells = [cell.strip() for cell in row(0.5, "s", [first, second]).strip("|").split("|")]

    assert cells[2:] == ["0.5", "s", "2", "2", "1", "15", "1 of 5", "1"]


def test_rows_go_to_the_end_of_a_table_with_as_many_columns() -> None:
    head = next(line for line in TABLE.read_text("utf-8").splitlines() if "campaigns" in line)

    assert head.count("|") == row(1, "s", []).count("|")
