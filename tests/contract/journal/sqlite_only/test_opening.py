"""Opening a file: made private, migrated, refused where it is too new or no journal."""

import sqlite3
import stat
from datetime import timedelta
from pathlib import Path

import pytest

from bot.adapters.sqlite import SqliteJournal
from bot.adapters.sqlite.connection import connect
from bot.errors import OperatorMistake, Unavailable
from bot.records.rows import IncidentRow
from tests.contract.journal.sqlite_only.conftest import Open
from tests.contract.journal.values import STREAM, CountingIds, commit, events, incident, put_rows


async def _leave_behind(open_journal: Open, path: Path, *statements: str) -> None:
    """Make a journal with one incident, close it, and change the file behind its back."""
    journal = open_journal()
    await put_rows(journal, incident("inc1", "INC-1"))
    await journal.close()
    with sqlite3.connect(path) as connection:
        for statement in statements:
            connection.execute(statement)
    connection.close()


async def test_a_new_file_is_private_even_in_a_folder_that_does_not_exist(tmp_path: Path) -> None:
    path = tmp_path / "var" / "deep" / "journal.db"
    journal = SqliteJournal.open(path, ids=CountingIds())
    modes = {each.name: stat.S_IMODE(each.stat().st_mode) for each in path.parent.iterdir()}
    await journal.close()
    assert set(modes.values()) == {0o600}
    assert "journal.db" in modes


async def test_every_commit_is_flushed_to_the_disk(path: Path) -> None:
    database = connect(path, busy=timedelta(seconds=1))
    settings = [
        database.execute(f"PRAGMA {name}").fetchone()[0]
        for name in ("journal_mode", "synchronous", "foreign_keys", "busy_timeout")
    ]
    database.close()
    assert settings == ["wal", 2, 1, 1000]


async def test_what_was_written_is_there_after_reopening(open_journal: Open) -> None:
    first = open_journal()
    whole, head = events(b"1", b"2")
    await commit(first, whole)
    await first.close()
    history = await open_journal().load(STREAM)
    assert (history.head, history.records) == (head, whole.records)


async def test_a_file_of_a_newer_version_is_refused(open_journal: Open, path: Path) -> None:
    await _leave_behind(open_journal, path, "UPDATE schema_version SET version = 99")
    with pytest.raises(OperatorMistake, match="written by a newer Firewarden \\(schema 99"):
        open_journal()
    with sqlite3.connect(path) as connection:
        (version,) = connection.execute("SELECT version FROM schema_version").fetchone()
    connection.close()
    assert version == 99


def test_a_file_that_is_no_database_is_refused(path: Path) -> None:
    path.write_bytes(b"this is no database, and long enough to be told from an empty one" * 20)
    with pytest.raises(OperatorMistake, match=r"journal\.db: cannot be opened as a journal"):
        SqliteJournal.open(path, ids=CountingIds())


def test_a_folder_in_its_place_is_refused(path: Path) -> None:
    path.mkdir()
    with pytest.raises(OperatorMistake, match="Is a directory"):
        SqliteJournal.open(path, ids=CountingIds())


async def test_a_locked_file_is_unavailable(path: Path) -> None:
    holder = sqlite3.connect(path, isolation_level=None)
    holder.execute("PRAGMA journal_mode = WAL")
    holder.execute("BEGIN IMMEDIATE")
    with pytest.raises(Unavailable, match="locked"):
        SqliteJournal.open(path, ids=CountingIds(), busy=timedelta(0))
    holder.close()


async def test_a_read_model_gets_the_columns_that_a_newer_version_added(
    open_journal: Open, path: Path
) -> None:
    await _leave_behind(
        open_journal,
        path,
        "ALTER TABLE incidents DROP COLUMN next_update_at",
        "ALTER TABLE incidents DROP COLUMN members",
        "ALTER TABLE incidents DROP COLUMN drill",
    )
    (row,) = await open_journal().rows(IncidentRow)
    assert (row.id, row.next_update_at, row.members, row.drill) == ("inc1", None, "", False)


async def test_a_read_model_with_unknown_columns_is_refused(open_journal: Open, path: Path) -> None:
    await _leave_behind(open_journal, path, "ALTER TABLE incidents ADD COLUMN mood TEXT")
    with pytest.raises(OperatorMistake, match=r"incidents has columns that this .*: mood"):
        open_journal()


async def test_the_same_schema_is_made_every_time(tmp_path: Path) -> None:
    dumps: list[list[str]] = []
    for name in ("a.db", "b.db"):
        await SqliteJournal.open(tmp_path / name, ids=CountingIds()).close()
        connection = sqlite3.connect(tmp_path / name)
        dumps.append(list(connection.iterdump()))
        connection.close()
    assert dumps[0] == dumps[1]


async def test_forgetting_effects_looks_at_settled_ones_alone(
    open_journal: Open, path: Path
) -> None:
    await open_journal().close()
    connection = sqlite3.connect(path)
    plan = connection.execute(
        "EXPLAIN QUERY PLAN DELETE FROM effects"
        " WHERE state IN ('done', 'parked') AND kind <> 'latest' AND due <= 1"
    ).fetchall()
    connection.close()
    assert [row[3] for row in plan] == ["SEARCH effects USING INDEX effects_settled (due<?)"]
