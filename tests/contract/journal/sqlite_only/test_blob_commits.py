"""How often a long text makes the journal wait for the disk, by the commits in its log."""

from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from bot.adapters.sqlite import SqliteJournal
from bot.records.longtext import LONG
from bot.usecases.archive import Archive
from tests.contract.journal.values import CountingIds, chunks

_HEADER, _FRAME = 32, 24
"""Bytes before the frames of a log, and before the page in each (https://sqlite.org/walformat.html)."""


@pytest.fixture
async def journal(tmp_path: Path) -> AsyncIterator[SqliteJournal]:
    opened = SqliteJournal.open(tmp_path / "journal.sqlite3", ids=CountingIds())
    yield opened
    await opened.close()


def commits(folder: Path) -> int:
    """Count the frames that end a transaction: those that name the size of the database."""
    log = (folder / "journal.sqlite3-wal").read_bytes()
    page = int.from_bytes(log[8:12])
    starts = range(_HEADER, len(log), _FRAME + page)
    salt = log[16:24]
    return sum(log[at + 4 : at + 8] != bytes(4) and log[at + 8 : at + 16] == salt for at in starts)


async def test_a_blob_of_one_piece_is_one_commit(journal: SqliteJournal, tmp_path: Path) -> None:
    before = commits(tmp_path)
    await journal.put_blob(chunks(b"a" * 2000))
    assert commits(tmp_path) == before + 1


async def test_a_blob_of_three_pieces_is_one_commit_for_each(
    journal: SqliteJournal, tmp_path: Path
) -> None:
    before = commits(tmp_path)
    await journal.put_blob(chunks(b"a" * 600_000))
    assert commits(tmp_path) == before + 3


async def test_the_long_texts_of_an_event_are_one_commit(
    journal: SqliteJournal, tmp_path: Path
) -> None:
    before = commits(tmp_path)
    archive = Archive(journal=journal, key=b"key")
    body = await archive.spilled({"stdout": {LONG: "a" * 2000}, "stderr": {LONG: "b" * 2000}})
    assert commits(tmp_path) == before + 1
    assert await archive.whole(body) == {
        "stdout": {LONG: "a" * 2000},
        "stderr": {LONG: "b" * 2000},
    }
