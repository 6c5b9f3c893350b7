"""Read-model rows in SQL: put, remove, select, and the words that `search` finds."""

from collections.abc import Sequence
from typing import TypeVar, assert_never

from sqlite_utils import Database

from bot.adapters.journal.words import words_of
from bot.adapters.sqlite.columns import (
    SqlValue,
    columns_of,
    decoded_row,
    encoded,
    encoded_row,
)
from bot.adapters.sqlite.schema import quoted
from bot.records.rows import IncidentRow, Put, Remove, Row, RowChange, Scalar, TimelineRow

R = TypeVar("R", bound=Row)

_TITLE = -1
"""The place of an incident's title among the sources of its words; the others are timeline seqs."""


def change_rows(database: Database, changes: Sequence[RowChange]) -> None:
    """Carry out each change in order; sqlite3.IntegrityError where a UNIQUE value is taken."""
    for change in changes:
        match change:
            case Put(row=row):
                _put(database, row)
            case Remove(kind=kind, equal=equal):
                _remove(database, kind, dict(equal))
            case _:
                assert_never(change)


def select_rows(database: Database, kind: type[R], equal: dict[str, Scalar]) -> Sequence[R]:
    """Return the rows whose columns equal the given values, by key order."""
    names = ", ".join(quoted(column.name) for column in columns_of(kind))
    order = ", ".join(quoted(name) for name in kind.KEY)
    where, values = _where(kind, equal)
    found = database.execute(
        f"SELECT {names} FROM {kind.TABLE}{where} ORDER BY {order}",  # noqa: S608 - names of a row class
        values,
    ).fetchall()
    return [decoded_row(kind, row) for row in found]


def row_of_key(database: Database, row: R) -> R | None:
    """Return the stored row with the same key; None where there is none."""
    kind = type(row)
    found = select_rows(database, kind, {name: getattr(row, name) for name in kind.KEY})
    return found[0] if found else None


def search(database: Database, text: str, limit: int) -> Sequence[str]:
    """Return ids of incidents whose title or timeline has every word, newest first."""
    words = sorted(words_of(text))
    has_word = "id IN (SELECT incident FROM search_words WHERE word = ?)"
    where = " AND ".join([has_word] * len(words)) or "TRUE"
    found = database.execute(
        f"SELECT id FROM incidents WHERE {where} ORDER BY opened_at DESC, id DESC LIMIT ?",  # noqa: S608 - constants
        [*words, limit],
    ).fetchall()
    return [ident for (ident,) in found]


def _put(database: Database, row: Row) -> None:
    kind = type(row)
    _forget_words(database, kind, {name: getattr(row, name) for name in kind.KEY})
    names = [quoted(column.name) for column in columns_of(kind)]
    keys = [quoted(name) for name in kind.KEY]
    updates = [f"{name} = excluded.{name}" for name in names if name not in keys]
    action = f"UPDATE SET {', '.join(updates)}" if updates else "NOTHING"
    database.execute(
        f"INSERT INTO {kind.TABLE} ({', '.join(names)}) VALUES ({', '.join('?' * len(names))})"  # noqa: S608 - names of a row class
        f" ON CONFLICT ({', '.join(keys)}) DO {action}",
        encoded_row(row),
    )
    _remember_words(database, row)


def _remove(database: Database, kind: type[Row], equal: dict[str, Scalar]) -> None:
    _forget_words(database, kind, equal)
    where, values = _where(kind, equal)
    database.execute(f"DELETE FROM {kind.TABLE}{where}", values)  # noqa: S608 - names of a row class


def _where(kind: type[Row], equal: dict[str, Scalar]) -> tuple[str, list[SqlValue]]:
    unknown = equal.keys() - {column.name for column in columns_of(kind)}
    if unknown:
        raise TypeError(f"{kind.__name__} has no column {', '.join(sorted(unknown))}")
    terms = [
        f"{quoted(name)} IS NULL" if value is None else f"{quoted(name)} = ?"
        for name, value in equal.items()
    ]
    values = [encoded(value) for value in equal.values() if value is not None]
    return (f" WHERE {' AND '.join(terms)}" if terms else ""), values


def _remember_words(database: Database, row: Row) -> None:
    match row:
        case IncidentRow():
            source, incident, text = _TITLE, row.id, row.title
        case TimelineRow():
            source, incident, text = row.seq, row.incident, row.text
        case _:
            return
    database.conn.executemany(
        "INSERT INTO search_words (word, incident, source) VALUES (?, ?, ?)",
        [(word, incident, source) for word in sorted(words_of(text))],
    )


def _forget_words(database: Database, kind: type[Row], equal: dict[str, Scalar]) -> None:
    if kind not in (IncidentRow, TimelineRow):
        return
    sources = [
        (row.id, _TITLE) if isinstance(row, IncidentRow) else (row.incident, row.seq)
        for row in select_rows(database, kind, equal)
        if isinstance(row, (IncidentRow, TimelineRow))
    ]
    database.conn.executemany("DELETE FROM search_words WHERE incident = ? AND source = ?", sources)
