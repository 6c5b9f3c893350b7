"""Alerts that a mark gave to an incident are filed row by row afterwards, and over a restart."""

import sqlite3
from contextlib import closing
from pathlib import Path

from bot.adapters.sqlite import SqliteJournal
from tests.contract.journal.test_many_alerts import take, taken
from tests.support.clock import CountedIds
from tests.support.waiting import until

MANY = 1_700
ALL_FILED = (0, [("inc1", MANY)])
BY_A_MARK_ALONE = """
    UPDATE alerts SET unread = 1, incident = '';
    INSERT INTO alert_marks (group_key, mark, incident)
        SELECT group_key, max(position), 'inc1' FROM alerts GROUP BY group_key;
"""


def rows(path: Path) -> tuple[int, list[tuple[str, int]]]:
    """Return how many marks stand, and how many read alerts each incident has."""
    with closing(sqlite3.connect(path)) as file:
        (marks,) = file.execute("SELECT count(*) FROM alert_marks").fetchone()
        filed = "SELECT incident, count(*) FROM alerts WHERE unread = 0 GROUP BY incident"
        return marks, file.execute(filed).fetchall()


async def all_filed(path: Path) -> None:
    async def look() -> bool:
        return rows(path) == ALL_FILED

    await until(look)


async def test_every_row_is_filed_without_anything_else_to_write(tmp_path: Path) -> None:
    path = tmp_path / "journal.sqlite3"
    journal = SqliteJournal.open(path, ids=CountedIds())
    await take(journal, 0, MANY)
    await taken(journal, "inc1")
    await all_filed(path)
    await journal.close()


async def test_what_was_marked_before_a_crash_is_filed_at_the_next_start(tmp_path: Path) -> None:
    path = tmp_path / "journal.sqlite3"
    journal = SqliteJournal.open(path, ids=CountedIds())
    await take(journal, 0, MANY)
    await journal.close()
    with closing(sqlite3.connect(path)) as file:
        file.executescript(BY_A_MARK_ALONE)
    journal = SqliteJournal.open(path, ids=CountedIds())
    assert (await journal.alert_news("disk/web")).firing == 0
    await all_filed(path)
    await journal.close()
