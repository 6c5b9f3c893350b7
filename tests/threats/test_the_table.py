"""docs/security.md has every row of the threat model, and tests beside each."""

import re
from pathlib import Path

PAGE = Path(__file__).parents[2] / "docs" / "security.md"


def test_every_row_of_the_threat_model_names_where_it_is_tried() -> None:
    rows = re.findall(r"^\| (\d+) \|.*\| (.*) \|$", PAGE.read_text("utf-8"), re.MULTILINE)
    tried = {int(number): re.findall(r"`(test_\w+)`", tests) for number, tests in rows}
    assert sorted(tried) == list(range(1, 27))
    assert [number for number, tests in tried.items() if not tests] == []
