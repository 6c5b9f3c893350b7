"""The console's own file: atomic units, durable when they return, one thread, no newer schema."""

import asyncio
import sqlite3
from collections.abc import Callable
from pathlib import Path

import pytest
from sqlite_utils import Database

from bot.adapters.console.sessions import Session, Sessions
from bot.adapters.console.store import SCHEMA_VERSION, ConsoleStore
from bot.adapters.console.used_keys import UsedKeys
from bot.errors import OperatorMistake, Unavailable
from tests.unit.http.doubles import NOON, CountingIds, StillClock


def adding(name: str) -> Callable[[Database], None]:
    def work(database: Database) -> None:
        database.execute(
            "INSERT INTO sessions (hash, seat, signed_in_at, expires_at) VALUES (?, '', '', '')",
            [name],
        )

    return work


def names(database: Database) -> list[str]:
    return [row[0] for row in database.execute("SELECT hash FROM sessions ORDER BY 1").fetchall()]


async def test_what_was_written_is_there_after_a_restart(tmp_path: Path) -> None:
    path = tmp_path / "deep" / "console.sqlite3"
    store = await ConsoleStore.open(path)
    await store.run(adding("kept"))
    await store.close()
    again = await ConsoleStore.open(path)
    assert await again.run(names) == ["kept"]
    await again.close()


async def test_a_unit_that_fails_takes_only_itself_back(tmp_path: Path) -> None:
    store = await ConsoleStore.open(tmp_path / "console.sqlite3")

    def broken(database: Database) -> None:
        adding("half")(database)
        raise ZeroDivisionError

    results = await asyncio.gather(
        store.run(adding("a")),
        store.run(broken),
        store.run(adding("b")),
        return_exceptions=True,
    )
    assert [type(result) for result in results] == [type(None), ZeroDivisionError, type(None)]
    assert await store.run(names) == ["a", "b"]
    await store.close()


async def test_a_thousand_units_at_once_are_all_carried_out(tmp_path: Path) -> None:
    store = await ConsoleStore.open(tmp_path / "console.sqlite3")
    await asyncio.gather(*(store.run(adding(f"{n:04}")) for n in range(1000)))
    assert len(await store.run(names)) == 1000
    await store.close()


async def test_somebody_who_gives_up_does_not_disturb_the_others(tmp_path: Path) -> None:
    store = await ConsoleStore.open(tmp_path / "console.sqlite3")
    given_up = asyncio.create_task(store.run(adding("gone")))
    await asyncio.sleep(0)
    given_up.cancel()
    with pytest.raises(asyncio.CancelledError):
        await given_up
    await store.run(adding("next"))
    assert await store.run(names) == ["gone", "next"]
    await store.close()


async def test_what_was_asked_before_the_end_is_done_and_nothing_after_it(tmp_path: Path) -> None:
    store = await ConsoleStore.open(tmp_path / "console.sqlite3")
    last = asyncio.create_task(store.run(adding("last")))
    await asyncio.sleep(0)
    await store.close()
    await last
    with pytest.raises(Unavailable):
        await store.run(names)


async def test_a_fault_of_the_file_is_told_without_the_vendors_words(tmp_path: Path) -> None:
    store = await ConsoleStore.open(tmp_path / "console.sqlite3")
    with pytest.raises(Unavailable):
        await store.run(lambda db: db.execute("SELECT * FROM nowhere").close())
    await store.close()


@pytest.mark.parametrize("version", [1, 2, 3])
async def test_a_file_of_an_earlier_version_is_taken_over(tmp_path: Path, version: int) -> None:
    path = tmp_path / "console.sqlite3"
    await (await ConsoleStore.open(path)).close()
    added = {
        4: "DROP TABLE used_keys",
        3: "ALTER TABLE sessions DROP COLUMN token",
        2: "ALTER TABLE sessions DROP COLUMN email",
    }
    with sqlite3.connect(path) as older:
        for later in range(SCHEMA_VERSION, version, -1):
            older.execute(added[later])
        older.execute(f"PRAGMA user_version={version}")
    older.close()
    store = await ConsoleStore.open(path)
    clock = StillClock(NOON)
    sessions = Sessions(store, clock=clock, ids=CountingIds())
    asked = Session(seat="ann", signed_in_at=NOON, email="ann@team.example", token="t.o.ken")
    assert await sessions.find(await sessions.open(asked), "ann") == asked
    assert await UsedKeys(store, clock=clock).fits("k", "one")
    await store.close()


async def test_a_file_of_a_newer_version_is_refused(tmp_path: Path) -> None:
    path = tmp_path / "console.sqlite3"
    with sqlite3.connect(path) as newer:
        newer.execute(f"PRAGMA user_version={SCHEMA_VERSION + 1}")
    newer.close()
    with pytest.raises(OperatorMistake, match="newer Firewarden"):
        await ConsoleStore.open(path)


async def test_only_its_owner_may_read_the_file(tmp_path: Path) -> None:
    path = tmp_path / "console.sqlite3"
    store = await ConsoleStore.open(path)
    await store.close()
    assert path.stat().st_mode & 0o777 == 0o600
