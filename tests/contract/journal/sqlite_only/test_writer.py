"""The writer: groups, withdrawals, a full queue, a locked or failing disk."""

import asyncio
import math
import sqlite3
import threading
from collections.abc import AsyncIterator, Callable, Sequence
from datetime import timedelta
from pathlib import Path

import pytest
from sqlite_utils import Database

from bot.adapters.sqlite import SqliteJournal
from bot.adapters.sqlite.connection import connect
from bot.adapters.sqlite.writer import Writer
from bot.errors import OutcomeUnknown, Unavailable
from bot.ports import Commit, SeenRequest
from tests.contract.journal.values import NOON, CountingIds, once, put


class Gate:
    """Work that begins, says so, and goes on when it is let."""

    def __init__(self) -> None:
        self.begun = threading.Event()
        self.go_on = threading.Event()

    def __call__(self, database: Database) -> str:
        self.begun.set()
        self.go_on.wait(60)
        return insert("gate")(database)


def insert(word: str) -> Callable[[Database], str]:
    def work(database: Database) -> str:
        database.execute("INSERT INTO words (word) VALUES (?)", [word])
        return word

    return work


def noted(word: str, order: list[str]) -> Callable[[Database], str]:
    """Return work that notes when its turn comes."""

    def work(database: Database) -> str:
        order.append(word)
        return insert(word)(database)

    return work


def fail_after(word: str, error: Exception) -> Callable[[Database], str]:
    def work(database: Database) -> str:
        insert(word)(database)
        raise error

    return work


class FailingDisk(Database):
    """A database whose disk fails at these statements."""

    failing: frozenset[str] = frozenset()

    def execute(self, sql: str, *args: object) -> sqlite3.Cursor:
        if sql in self.failing:
            error = sqlite3.OperationalError("disk I/O error")
            error.sqlite_errorcode = sqlite3.SQLITE_IOERR_FSYNC
            raise error
        return self.conn.execute(sql, *args)  # type: ignore[arg-type]  # passed on as it came


@pytest.fixture
def database(tmp_path: Path) -> Database:
    opened = connect(tmp_path / "words.db", busy=timedelta(0))
    opened.execute("CREATE TABLE words (word TEXT PRIMARY KEY)")
    return opened


@pytest.fixture
def written(tmp_path: Path, database: Database) -> Callable[[], list[str]]:
    """Return what asks another connection for the committed words."""

    def words() -> list[str]:
        connection = sqlite3.connect(tmp_path / "words.db")
        found = [word for (word,) in connection.execute("SELECT word FROM words ORDER BY word")]
        connection.close()
        return found

    return words


@pytest.fixture
def order() -> list[str]:
    """Return where work notes its turn."""
    return []


@pytest.fixture
async def writer(database: Database) -> AsyncIterator[Writer]:
    opened = Writer(database, bound=3, group=10, wake=lambda: None)
    yield opened
    await opened.close()


async def _begin(writer: Writer, gate: Gate) -> "asyncio.Task[str]":
    """Start a write and return once the writer is inside it."""
    task = asyncio.create_task(writer.write(gate))
    await asyncio.to_thread(gate.begun.wait, 60)
    return task


async def _queue(
    writer: Writer,
    work: Callable[[Database], str],
    *,
    bulk: bool = False,
    within: float = math.inf,
) -> "asyncio.Task[str]":
    """Start a write and return once it waits in the queue."""
    alone = writer.write_alike(_alone(work), None, bulk=bulk, within=within)
    task = asyncio.create_task(alone)
    for _ in range(3):  # it gathers, the loop makes a pass, the writer has it
        await asyncio.sleep(0)
    return task


def _alone(work: Callable[[Database], str]) -> Callable[[Database, Sequence[None]], Sequence[str]]:
    return lambda database, _: [work(database)]


async def test_a_write_is_visible_to_others_when_it_returns(
    writer: Writer, written: Callable[[], list[str]]
) -> None:
    assert await writer.write(insert("a")) == "a"
    assert written() == ["a"]


async def test_a_failing_unit_does_not_harm_the_others_of_its_group(
    writer: Writer, written: Callable[[], list[str]]
) -> None:
    gate = Gate()
    first = await _begin(writer, gate)
    before = await _queue(writer, insert("before"))
    wrong = await _queue(writer, fail_after("wrong", KeyError("a bug")))
    after = await _queue(writer, insert("after"))
    gate.go_on.set()
    assert [await first, await before, await after] == ["gate", "before", "after"]
    with pytest.raises(KeyError, match="a bug"):
        await wrong
    assert written() == ["after", "before", "gate"]


async def test_neighbours_of_one_kind_are_carried_out_together(
    writer: Writer, written: Callable[[], list[str]]
) -> None:
    calls: list[list[str]] = []

    def insert_all(database: Database, words: Sequence[str]) -> Sequence[str]:
        calls.append(list(words))
        return [insert(word)(database).upper() for word in words]

    results = [writer.write_alike(insert_all, word) for word in ("a", "b", "c")]
    assert await asyncio.gather(*results) == ["A", "B", "C"]
    assert calls == [["a", "b", "c"]]
    assert written() == ["a", "b", "c"]


async def test_of_neighbours_of_one_kind_only_the_wrong_one_fails(
    writer: Writer, written: Callable[[], list[str]]
) -> None:
    def insert_all(database: Database, words: Sequence[str]) -> Sequence[str]:
        return [insert(word)(database) for word in words]

    await writer.write(insert("taken"))
    results = [writer.write_alike(insert_all, word) for word in ("a", "taken", "c")]
    first, wrong, last = await asyncio.gather(*results, return_exceptions=True)
    assert (first, last) == ("a", "c")
    assert isinstance(wrong, sqlite3.IntegrityError)
    assert written() == ["a", "c", "taken"]


async def test_a_write_that_is_cancelled_while_it_waits_is_withdrawn(
    writer: Writer, written: Callable[[], list[str]]
) -> None:
    gate = Gate()
    first = await _begin(writer, gate)
    second = await _queue(writer, insert("withdrawn"))
    second.cancel()
    with pytest.raises(asyncio.CancelledError):
        await second
    gate.go_on.set()
    await first
    assert written() == ["gate"]


async def test_a_write_that_is_cancelled_after_it_began_has_happened_when_it_ends(
    writer: Writer, written: Callable[[], list[str]]
) -> None:
    gate = Gate()
    first = await _begin(writer, gate)
    first.cancel()
    await asyncio.sleep(0)
    assert not first.done()
    gate.go_on.set()
    with pytest.raises(asyncio.CancelledError):
        await first
    assert written() == ["gate"]


async def test_past_its_bound_the_queue_turns_writes_away(
    writer: Writer, written: Callable[[], list[str]]
) -> None:
    gate = Gate()
    first = await _begin(writer, gate)
    waiting = [await _queue(writer, insert(word)) for word in "abc"]
    with pytest.raises(Unavailable, match="3 writes are waiting") as caught:
        await writer.write(insert("d"))
    assert caught.value.retry_after == timedelta(seconds=2)
    gate.go_on.set()
    await asyncio.gather(first, *waiting)
    assert written() == ["a", "b", "c", "gate"]


async def test_what_somebody_waits_for_goes_before_alerts_that_came_earlier(
    writer: Writer, order: list[str]
) -> None:
    gate = Gate()
    first = await _begin(writer, gate)
    alerts = [await _queue(writer, noted(word, order), bulk=True) for word in ("a", "b")]
    click = await _queue(writer, noted("click", order))
    gate.go_on.set()
    await asyncio.gather(first, click, *alerts)
    assert order == ["click", "a", "b"]


async def test_a_quarter_of_each_group_is_left_to_alerts(
    database: Database, order: list[str]
) -> None:
    writer = Writer(database, bound=10, group=4, wake=lambda: None)
    gate = Gate()
    first = await _begin(writer, gate)
    clicks = [await _queue(writer, noted(f"click {n}", order)) for n in range(7)]
    alerts = [await _queue(writer, noted(word, order), bulk=True) for word in ("a", "b", "c")]
    gate.go_on.set()
    await asyncio.gather(first, *clicks, *alerts)
    await writer.close()
    assert order == [
        *("click 0", "click 1", "click 2", "a"),
        *("click 3", "click 4", "click 5", "b"),
        *("click 6", "c"),
    ]


async def test_whoever_clicks_hears_of_it_before_the_alerts_of_the_same_commit(
    database: Database,
) -> None:
    writer = Writer(database, bound=50, group=50, wake=lambda: None)
    gate = Gate()
    first = await _begin(writer, gate)
    alerts = [await _queue(writer, insert(f"alert {n}"), bulk=True) for n in range(40)]
    click = await _queue(writer, insert("click"))
    told: list[str] = []
    for alert in alerts:
        alert.add_done_callback(lambda _: told.append("alert"))
    click.add_done_callback(lambda _: told.append("click"))
    gate.go_on.set()
    await asyncio.gather(first, click, *alerts)
    await writer.close()
    assert told == ["click", *(["alert"] * 40)]


async def test_alerts_that_fill_their_queue_turn_nobody_else_away(
    writer: Writer, order: list[str]
) -> None:
    gate = Gate()
    first = await _begin(writer, gate)
    alerts = [await _queue(writer, noted(word, order), bulk=True) for word in "abc"]
    for _ in range(3):
        await asyncio.sleep(0)  # what was gathered is handed over
    with pytest.raises(Unavailable, match="3 writes are waiting"):
        await writer.write(noted("d", order), bulk=True)
    click = await _queue(writer, noted("click", order))
    gate.go_on.set()
    await asyncio.gather(first, click, *alerts)
    assert order == ["click", "a", "b", "c"]


async def test_what_has_not_begun_in_its_time_is_given_up_and_never_written(
    writer: Writer, written: Callable[[], list[str]]
) -> None:
    gate = Gate()
    first = await _begin(writer, gate)
    late = await _queue(writer, insert("late"), bulk=True, within=0.01)
    patient = await _queue(writer, insert("patient"), bulk=True)
    with pytest.raises(Unavailable, match="the journal is slow") as caught:
        await late
    assert caught.value.retry_after == timedelta(seconds=2)
    gate.go_on.set()
    await asyncio.gather(first, patient)
    assert written() == ["gate", "patient"]


async def test_what_has_begun_in_its_time_is_told_as_it_ends(
    writer: Writer, written: Callable[[], list[str]]
) -> None:
    gate = Gate()
    first = asyncio.create_task(writer.write_alike(_alone(gate), None, bulk=True, within=0.01))
    await asyncio.to_thread(gate.begun.wait)
    late = await _queue(writer, insert("late"), bulk=True, within=0.01)
    with pytest.raises(Unavailable):
        await late
    assert not first.done()
    gate.go_on.set()
    assert await first == "gate"
    assert written() == ["gate"]


async def test_whoever_came_in_time_and_was_written_hears_nothing_later(writer: Writer) -> None:
    for word in "ab":
        assert await writer.write_alike(_alone(insert(word)), None, bulk=True, within=60) == word


async def test_a_chore_waits_for_a_quiet_moment(database: Database, order: list[str]) -> None:
    done = threading.Event()

    def chore(_: Database) -> bool:
        order.append("chore")
        done.set()
        return False

    writer = Writer(database, bound=9, group=1, wake=lambda: None, chore=chore, quiet=0.01)
    await asyncio.to_thread(done.wait, 60)  # the chore that a start does
    done.clear()
    await writer.write(noted("a", order))
    await asyncio.to_thread(done.wait, 60)
    await writer.close()
    assert order == ["chore", "a", "chore"]


async def test_a_chore_waits_while_somebody_waits_but_not_for_ever(
    database: Database, order: list[str]
) -> None:
    def chore(_: Database) -> bool:
        order.append("chore")
        return False

    writer = Writer(database, bound=80, group=1, wake=lambda: None, chore=chore, quiet=3_600)
    gate = Gate()
    first = await _begin(writer, gate)
    order.clear()  # the chore that a start does
    names = [str(n) for n in range(65)]
    clicks = [await _queue(writer, noted(name, order)) for name in names]
    gate.go_on.set()
    await asyncio.gather(first, *clicks)
    await writer.close()
    # The gate is the first of 64 groups; after the last one it is not quiet for an hour yet.
    assert order == [*names[:63], "chore", *names[63:]]


async def test_a_file_that_another_process_holds_is_unavailable_and_works_again_after(
    writer: Writer, written: Callable[[], list[str]], tmp_path: Path
) -> None:
    holder = sqlite3.connect(tmp_path / "words.db", isolation_level=None)
    holder.execute("BEGIN IMMEDIATE")
    with pytest.raises(Unavailable, match="locked by another writer"):
        await writer.write(insert("lost"))
    holder.execute("ROLLBACK")
    holder.close()
    await writer.write(insert("kept"))
    assert written() == ["kept"]


async def test_a_full_disk_is_unavailable_and_works_again_after(
    writer: Writer, database: Database, written: Callable[[], list[str]]
) -> None:
    pages = await writer.write(lambda db: int(db.execute("PRAGMA page_count").fetchone()[0]))
    await writer.write(lambda db: db.execute(f"PRAGMA max_page_count = {pages}").fetchone())
    with pytest.raises(Unavailable, match="cannot be written: database or disk is full"):
        await writer.write(insert("x" * 100_000))
    await writer.write(lambda db: db.execute("PRAGMA max_page_count = 100000").fetchone())
    await writer.write(insert("kept"))
    assert written() == ["kept"]


async def test_a_disk_that_fails_during_the_commit_leaves_the_outcome_unknown(
    tmp_path: Path, database: Database, written: Callable[[], list[str]]
) -> None:
    disk = FailingDisk(database.conn, recursive_triggers=False)
    writer = Writer(disk, bound=3, group=10, wake=lambda: None)
    disk.failing = frozenset({"COMMIT"})
    with pytest.raises(OutcomeUnknown, match="the disk failed during a commit"):
        await writer.write(insert("lost"))
    disk.failing = frozenset()
    await writer.write(insert("kept"))
    await writer.close()
    assert written() == ["kept"]


@pytest.mark.parametrize(
    ("failing", "work", "fault"),
    [
        ({"COMMIT", "ROLLBACK"}, insert("lost"), OutcomeUnknown),
        ({"ROLLBACK TO unit", "ROLLBACK"}, fail_after("lost", KeyError("a bug")), Unavailable),
        ({"RELEASE unit", "ROLLBACK"}, insert("lost"), Unavailable),
    ],
    ids=["commit", "rollback of one", "release"],
)
async def test_a_disk_that_fails_at_the_rollback_too_does_not_end_the_writer(
    database: Database,
    written: Callable[[], list[str]],
    failing: set[str],
    work: Callable[[Database], str],
    fault: type[Exception],
) -> None:
    disk = FailingDisk(database.conn, recursive_triggers=False)
    writer = Writer(disk, bound=3, group=10, wake=lambda: None)
    disk.failing = frozenset(failing)
    with pytest.raises(fault):
        await writer.write(work)
    with pytest.raises(Unavailable, match="cannot be written: disk I/O error"):
        await writer.write(insert("lost too"))
    disk.failing = frozenset()
    await writer.write(insert("kept"))
    await writer.close()
    assert written() == ["kept"]


async def test_a_disk_that_fails_at_the_end_leaves_the_log_to_the_next_start(
    database: Database, written: Callable[[], list[str]]
) -> None:
    disk = FailingDisk(database.conn, recursive_triggers=False)
    writer = Writer(disk, bound=3, group=10, wake=lambda: None)
    await writer.write(insert("kept"))
    disk.failing = frozenset({"PRAGMA wal_checkpoint(TRUNCATE)"})
    await writer.close()
    assert written() == ["kept"]
    with pytest.raises(sqlite3.ProgrammingError, match="closed database"):
        database.execute("SELECT 1")


async def test_a_group_that_could_not_be_rolled_back_gives_the_file_free_at_once(
    tmp_path: Path, database: Database, written: Callable[[], list[str]]
) -> None:
    disk = FailingDisk(database.conn, recursive_triggers=False)
    writer = Writer(disk, bound=3, group=10, wake=lambda: None)
    disk.failing = frozenset({"COMMIT"})
    with pytest.raises(OutcomeUnknown):
        await writer.write(insert("lost"))
    other = sqlite3.connect(tmp_path / "words.db", isolation_level=None, timeout=5)
    other.execute("INSERT INTO words (word) VALUES ('theirs')")
    other.close()
    await writer.close()
    assert written() == ["theirs"]


async def test_a_cancelled_commit_of_a_journal_is_known_or_not_afterwards(tmp_path: Path) -> None:
    journal = SqliteJournal.open(tmp_path / "journal.db", ids=CountingIds())
    request = SeenRequest(id="r1", answer="done", at=NOON)
    task = asyncio.create_task(journal.commit([Commit(request=request, effects=(once("e1"),))]))
    await asyncio.sleep(0)
    task.cancel()
    with pytest.raises(asyncio.CancelledError):
        await task
    known = await journal.known("r1")
    due = await journal.next_due()
    await put(journal, once("later"))
    assert (known, due) in ((None, None), ("done", NOON))
    assert await journal.known("r1") == known
    await journal.close()
