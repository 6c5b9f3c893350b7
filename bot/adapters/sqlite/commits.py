"""One commit inside a transaction: first everything that may forbid it, then everything it does."""

import sqlite3
from typing import assert_never

from sqlite_utils import Database

from bot.adapters.journal.limits import EVERYTHING
from bot.adapters.journal.queue import before
from bot.adapters.sqlite.alerts import mark_taken
from bot.adapters.sqlite.columns import microseconds
from bot.adapters.sqlite.effects import (
    clear_timers,
    holds_fence,
    next_positions,
    put_effects,
    settle,
)
from bot.adapters.sqlite.erasing import erase
from bot.adapters.sqlite.readmodels import change_rows, row_of_key, select_rows
from bot.ports import (
    Absent,
    Commit,
    CommitOutcome,
    Committed,
    FenceLost,
    HeadMoved,
    NobodyBefore,
    RequestKnown,
    Requirement,
    RequirementFailed,
    Unfrozen,
)
from bot.records.chain import EMPTY, Head
from bot.records.rows import FreezeRow, WaitingRow
from bot.values import StreamRef


def carry_out(database: Database, commit: Commit) -> CommitOutcome:
    """Write a commit in a savepoint of its own, or say why not; nothing is left of a refused one.

    A read-model row whose UNIQUE value another row has taken counts as a moved head: the caller
    decided on a state that is no longer true, and decides again.
    """
    if (obstacle := _obstacle(database, commit)) is not None:
        return obstacle
    database.execute("SAVEPOINT one_commit")
    try:
        _write(database, commit)
    except sqlite3.IntegrityError as error:
        if error.sqlite_errorcode != sqlite3.SQLITE_CONSTRAINT_UNIQUE:
            raise
        database.execute("ROLLBACK TO one_commit")
        return HeadMoved()
    finally:
        if database.conn.in_transaction:
            database.execute("RELEASE one_commit")
    return Committed()


def answer_of(database: Database, request_id: str) -> str | None:
    """Return the stored answer of a request; None where it was not carried out."""
    row = database.execute("SELECT answer FROM requests WHERE id = ?", [request_id]).fetchone()
    return None if row is None else str(row[0])


def head_of(database: Database, stream: StreamRef) -> Head:
    """Return where a stream ends."""
    row = database.execute(
        "SELECT seq, mac FROM streams WHERE kind = ? AND id = ?", [stream.kind, stream.id]
    ).fetchone()
    return EMPTY if row is None else Head(seq=row[0], mac=row[1])


def _obstacle(database: Database, commit: Commit) -> CommitOutcome | None:
    if commit.request is not None:
        answer = answer_of(database, commit.request.id)
        if answer is not None:
            return RequestKnown(answer)
    if commit.settlement is not None and not holds_fence(database, commit.settlement.claim):
        return FenceLost()
    if commit.stream is not None and head_of(database, commit.stream) != commit.expected:
        return HeadMoved()
    for requirement in commit.requires:
        if not _holds(database, requirement):
            return RequirementFailed(requirement)
    return None


def _holds(database: Database, requirement: Requirement) -> bool:
    match requirement:
        case Unfrozen(services=services):
            scopes = {row.scope for row in select_rows(database, FreezeRow, {})}
            return not scopes & {EVERYTHING, *services}
        case Absent(row=row):
            return row_of_key(database, row) in (None, row)
        case NobodyBefore(target=target, run=run):
            return before(select_rows(database, WaitingRow, {"target": target}), run) is None
        case _:
            assert_never(requirement)


def _write(database: Database, commit: Commit) -> None:
    """Settle and clear before putting: a timer that fires may set itself again in one commit."""
    if commit.request is not None:
        seen = commit.request
        database.execute(
            "INSERT INTO requests (id, answer, at) VALUES (?, ?, ?)",
            [seen.id, seen.answer, microseconds(seen.at)],
        )
    if commit.settlement is not None:
        settle(database, commit.settlement)
    if commit.stream is not None and commit.records:
        _append(database, commit.stream, commit)
    if commit.stream is not None and commit.erased is not None:
        erase(database, commit.stream, commit.erased)
    clear_timers(database, commit.cleared)
    if commit.effects:
        put_effects(database, commit.effects, next_positions(database, len(commit.effects)))
    change_rows(database, commit.rows)
    for taken in commit.taken:
        mark_taken(database, taken)


def _append(database: Database, stream: StreamRef, commit: Commit) -> None:
    last = commit.records[-1]
    if commit.expected == EMPTY:
        database.execute(
            "INSERT INTO streams (kind, id, position, seq, mac) VALUES (?, ?, ?, ?, ?)",
            [stream.kind, stream.id, next_positions(database, 1), last.seq, last.mac],
        )
    else:
        database.execute(
            "UPDATE streams SET seq = ?, mac = ? WHERE kind = ? AND id = ?",
            [last.seq, last.mac, stream.kind, stream.id],
        )
    database.conn.executemany(
        "INSERT INTO records (kind, id, seq, type, version, body, mac, salt)"
        " VALUES (?, ?, ?, ?, ?, ?, ?, ?)",
        [
            (
                stream.kind,
                stream.id,
                record.seq,
                record.type,
                record.version,
                record.body,
                record.mac,
                record.salt,
            )
            for record in commit.records
        ],
    )
