"""One journal after the other for every test of this folder."""

from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from bot.adapters.memory import MemoryJournal
from bot.adapters.sqlite import SqliteJournal
from bot.ports import Journal
from tests.contract.journal.values import CountingIds


@pytest.fixture(params=["memory", "sqlite"])
async def journal(request: pytest.FixtureRequest, tmp_path: Path) -> AsyncIterator[Journal]:
    ids = CountingIds()
    opened: Journal = (
        MemoryJournal(ids=ids)
        if request.param == "memory"
        else SqliteJournal.open(tmp_path / "journal.db", ids=ids)
    )
    yield opened
    await opened.close()
