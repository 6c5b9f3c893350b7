"""Three processes are given the same update: it is carried out once, and all three say the same."""

import asyncio
from collections import Counter
from collections.abc import AsyncIterator
from contextlib import AsyncExitStack
from pathlib import Path

import pytest

from bot.adapters.clock import SystemIds
from bot.adapters.sqlite.journal import SqliteJournal
from bot.domain.intents import AddNote, Declare
from bot.usecases.archive import Archive
from bot.usecases.deciding import Done, Extra, Known
from bot.usecases.delivering.carrier import IncidentDesk
from bot.usecases.desk import Desk
from bot.usecases.nouns import IncidentNoun
from bot.usecases.numbers import DayNumbers
from bot.values import Severity, StreamRef, Untrusted
from tests.support.clock import MovedClock
from tests.unit.domain.people import ben
from tests.unit.domain.policy import POLICY

UPDATES = 100
INCIDENT = StreamRef(kind="incident", id="one")


@pytest.fixture
async def replicas(tmp_path: Path) -> AsyncIterator[tuple[IncidentDesk, ...]]:
    """Open three desks, each with a journal of its own on the one file."""
    ids, clock = SystemIds(), MovedClock()
    async with AsyncExitStack() as stack:
        desks: list[IncidentDesk] = []
        for _ in range(3):
            journal = SqliteJournal.open(tmp_path / "journal.sqlite3", ids=ids)
            stack.push_async_callback(journal.close)
            tasks = await stack.enter_async_context(asyncio.TaskGroup())
            desks.append(
                Desk(
                    noun=IncidentNoun(),
                    journal=journal,
                    clock=clock,
                    ids=ids,
                    policy=lambda: POLICY,
                    archive=Archive(journal=journal, key=b"a key for the chain"),
                    tasks=tasks,
                    numbers=DayNumbers(journal),
                )
            )
        declared = Declare(by=ben, severity=Severity.SEV3, title=Untrusted("checkout is down"))
        assert isinstance(await desks[0].submit(INCIDENT.id, declared), Done)
        yield tuple(desks)


async def test_each_update_is_carried_out_once_whoever_hears_it_first(
    replicas: tuple[IncidentDesk, ...],
) -> None:
    before = (await replicas[0].state(INCIDENT.id)).seq
    for number in range(UPDATES):
        note = AddNote(by=ben, text=Untrusted(f"note {number}"))
        heard = Extra(request=f"telegram:1:{number}")
        results = await asyncio.gather(
            *(desk.submit(INCIDENT.id, note, heard) for desk in replicas)
        )
        kinds = Counter(type(result) for result in results)
        assert kinds == {Done: 1, Known: 2}
        answers = {r.answer for r in results if isinstance(r, Done | Known)}
        assert len(answers) == 1
    assert (await replicas[0].state(INCIDENT.id)).seq == before + UPDATES
