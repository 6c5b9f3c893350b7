"""A journal of the first schema, with work in flight, goes on under today's code.

`tests/golden/journal_v1.sql` was written by the first version that could run a runbook, and is
never written anew. It holds an incident that is over, one whose command is in doubt, one whose
approval is open, one that an alert opened, and one whose command was under way when its bot was
killed.
"""

import sqlite3
from collections.abc import AsyncIterator
from contextlib import closing
from dataclasses import replace
from datetime import timedelta
from pathlib import Path

import pytest

from bot.adapters.clock import SystemIds
from bot.adapters.memory.anchor import MemoryAnchor
from bot.adapters.sqlite import SqliteJournal
from bot.adapters.sqlite.schema import VERSION
from bot.domain.events import CardKind, Ending
from bot.domain.policy import Policy
from bot.domain.run import Run
from bot.ports import RoomSpec
from bot.records.rows import IncidentRow, RunRow
from bot.usecases.archive import Archive
from bot.usecases.audit import audit
from bot.usecases.rebuild import compare, rebuild
from bot.values import HostName
from tests.support.fleet import MemoryHosts
from tests.support.runs import Service, answered, asked, host, newest
from tests.support.team import TEAM
from tests.support.waiting import until
from tests.support.world import World

FIRST = Path(__file__).parents[1] / "golden" / "journal_v1.sql"
KEY = b"a key for the chain"
LATER = timedelta(minutes=6)
"""From the start of the worlds of tests to a minute after the last event of the journal."""

OVER, IN_DOUBT, OPEN, ALERTED, KILLED = (f"INC-2026-1121-00{n}" for n in range(1, 6))

RESTART = ("sudo", "systemctl", "restart")


def policy() -> Policy:
    hosts = {"web-1": "checkout", "web-2": "cart", "web-3": "search"}
    return replace(
        TEAM,
        hosts={HostName(n): replace(host(n), service=service) for n, service in hosts.items()},
        services={n: replace(TEAM.services["checkout"], name=n) for n in hosts.values()},
    )


@pytest.fixture
def journal_file(tmp_path: Path) -> Path:
    path = tmp_path / "journal.sqlite3"
    with closing(sqlite3.connect(path)) as database:
        database.executescript(FIRST.read_text("utf-8"))
    return path


@pytest.fixture
def hosts() -> MemoryHosts:
    return MemoryHosts(Service(down=("web-1", "web-2", "web-3")))


@pytest.fixture
async def world(journal_file: Path, hosts: MemoryHosts) -> AsyncIterator[World]:
    """Serve the upgraded journal, a minute after its bot was killed."""
    ids = SystemIds()
    journal = SqliteJournal.open(journal_file, ids=ids)
    on = World(
        policy=policy(), documents={}, executor=hosts, journal=journal, ids=ids, requests="later"
    )
    on.clock.move(LATER)
    for row in await journal.rows(IncidentRow):
        await on.chat.open_room(RoomSpec(key=row.id, name=row.number, topic=""))
    async with on:
        document = (await newest(on, OPEN)).started.document
        on.current.replace(on.current.policy, {"restart": document})
        await on.settled()
        yield on
    await journal.close()


async def test_the_file_is_brought_to_todays_schema_and_its_chain_verifies(
    journal_file: Path,
) -> None:
    assert versions(journal_file) == [1]
    journal = SqliteJournal.open(journal_file, ids=SystemIds())
    archive = Archive(journal=journal, key=KEY)

    found = await audit(journal, archive, MemoryAnchor())
    await rebuild(journal, archive)
    rebuilt = await compare(journal, archive)
    runs = {row.state for row in await journal.rows(RunRow)}
    await journal.close()

    assert (found.findings, found.streams) == ((), 11)
    assert rebuilt.wrong == ()
    assert runs == {"in doubt", "waiting for approval", "changing"}
    assert versions(journal_file) == [VERSION]


def versions(path: Path) -> list[int]:
    with closing(sqlite3.connect(path)) as database:
        return [version for (version,) in database.execute("SELECT version FROM schema_version")]


async def test_its_open_approval_is_answered_and_carried_out_once(
    world: World, hosts: MemoryHosts
) -> None:
    reply = await answered(world, "cleo", "approve", number=OPEN)
    assert reply.text == "Recorded: Approve."
    run = await ended(world, OPEN)
    assert run.ended is not None
    assert (run.ended.ending, run.ended.commands_ran) == (Ending.DONE, 1)
    assert [c.argv for c in hosts.changes if c.host == "web-2"] == [(*RESTART, "cart")]


async def test_its_command_in_doubt_is_decided_by_a_human_and_not_run_again(
    world: World, hosts: MemoryHosts
) -> None:
    doubt = await asked(world, CardKind.IN_DOUBT, IN_DOUBT)
    assert doubt.card.title.text == "What became of step 1 on web-1?"
    await world.move(timedelta(minutes=1))
    await answered(world, "bob", "failed", CardKind.IN_DOUBT, IN_DOUBT)
    await ended(world, IN_DOUBT)
    assert [c for c in hosts.changes if c.host == "web-1"] == []


async def test_the_command_that_its_bot_was_sending_is_taken_over_and_begins_once(
    world: World, hosts: MemoryHosts
) -> None:
    run = await ended(world, KILLED)
    assert run.ended is not None
    assert run.ended.ending is Ending.DONE
    (begun,) = [c for c in hosts.changes if c.host == "web-3"]
    assert begun.argv == (*RESTART, "search")
    assert run.steps[0].interrupted


async def ended(world: World, number: str) -> Run:
    """Let time pass until the incident's run has ended; the disk takes a time of its own."""

    async def run() -> Run | None:
        await world.move(timedelta(seconds=5))
        found = await newest(world, number)
        return found if found.ended is not None else None

    return await until(run)


async def test_its_people_go_on_in_their_rooms(world: World) -> None:
    incident = await world.incident(ALERTED)
    reply = await world.say("ann", "/incident update we look at it", at=incident.rooms["console"])
    assert reply.text.startswith("Update posted.")

    async def told() -> bool:
        return any("we look at it" in text for text in world.posted(incident.rooms["console"]))

    await until(told)
    assert (await world.incident(OVER)).status == "resolved"
