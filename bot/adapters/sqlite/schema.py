"""The tables of the journal and how an older file becomes a newer one.

The SQL keeps to what PostgreSQL speaks too: no rowids, no untyped columns, conflicts by key.
Moments are whole microseconds since 1970.
"""

from dataclasses import MISSING, fields
from datetime import datetime
from pathlib import Path

from sqlite_utils import Database

from bot.adapters.sqlite.columns import Column, columns_of, encoded
from bot.errors import Fault, OperatorMistake
from bot.records.rows import TABLES, Row

_FIRST = (
    "CREATE TABLE counters (name TEXT PRIMARY KEY NOT NULL, value BIGINT NOT NULL)",
    "INSERT INTO counters (name, value) VALUES ('position', 0)",
    """CREATE TABLE streams (
        kind TEXT NOT NULL, id TEXT NOT NULL, position BIGINT NOT NULL,
        seq BIGINT NOT NULL, mac BLOB NOT NULL,
        PRIMARY KEY (kind, id))""",
    """CREATE TABLE records (
        kind TEXT NOT NULL, id TEXT NOT NULL, seq BIGINT NOT NULL,
        type TEXT NOT NULL, version BIGINT NOT NULL, body BLOB NOT NULL, mac BLOB NOT NULL,
        PRIMARY KEY (kind, id, seq),
        FOREIGN KEY (kind, id) REFERENCES streams (kind, id))""",
    """CREATE TABLE effects (
        key TEXT PRIMARY KEY NOT NULL, kind TEXT NOT NULL, type TEXT NOT NULL,
        version BIGINT NOT NULL, body BLOB NOT NULL, stream TEXT, lane TEXT NOT NULL,
        due BIGINT NOT NULL, priority BIGINT NOT NULL, position BIGINT NOT NULL,
        state TEXT NOT NULL, owner TEXT NOT NULL, fence BIGINT NOT NULL, lease_until BIGINT,
        attempts BIGINT NOT NULL, interrupted BIGINT NOT NULL,
        wanted BIGINT NOT NULL, taken BIGINT NOT NULL, ref TEXT NOT NULL, wakes_at BIGINT)""",
    """CREATE INDEX effects_waiting ON effects (priority, wakes_at, position)
        WHERE wakes_at IS NOT NULL""",
    """CREATE INDEX effects_lane ON effects (lane, position)
        WHERE wakes_at IS NOT NULL AND lane <> ''""",
    "CREATE INDEX effects_parked ON effects (kind) WHERE state = 'parked'",
    """CREATE TABLE requests (
        id TEXT PRIMARY KEY NOT NULL, answer TEXT NOT NULL, at BIGINT NOT NULL)""",
    "CREATE INDEX requests_at ON requests (at)",
    """CREATE TABLE alerts (
        source TEXT NOT NULL, fingerprint TEXT NOT NULL, starts_at BIGINT NOT NULL,
        status TEXT NOT NULL, group_key TEXT NOT NULL, route TEXT NOT NULL, body TEXT NOT NULL,
        count BIGINT NOT NULL, last_seen BIGINT NOT NULL, position BIGINT NOT NULL,
        unread BIGINT NOT NULL, incident TEXT NOT NULL,
        PRIMARY KEY (source, fingerprint, starts_at))""",
    """CREATE INDEX alerts_unread ON alerts (group_key, position, status)
        WHERE unread = 1""",
    "CREATE INDEX alerts_incident ON alerts (incident, position) WHERE incident <> ''",
    """CREATE TABLE quarantine (
        position BIGINT PRIMARY KEY NOT NULL, source TEXT NOT NULL, raw BLOB NOT NULL,
        fault TEXT NOT NULL, at BIGINT NOT NULL)""",
    """CREATE TABLE blobs (
        id TEXT PRIMARY KEY NOT NULL, state TEXT NOT NULL, salt BLOB NOT NULL,
        hash TEXT NOT NULL, size BIGINT NOT NULL, partial_since BIGINT)""",
    """CREATE TABLE blob_chunks (
        id TEXT NOT NULL, part BIGINT NOT NULL, body BLOB NOT NULL,
        PRIMARY KEY (id, part), FOREIGN KEY (id) REFERENCES blobs (id))""",
    """CREATE TABLE search_words (
        word TEXT NOT NULL, incident TEXT NOT NULL, source BIGINT NOT NULL,
        PRIMARY KEY (word, incident, source))""",
    "CREATE INDEX search_words_source ON search_words (incident, source)",
)

_RANKS = (
    "ALTER TABLE alerts ADD COLUMN rank BIGINT NOT NULL DEFAULT 3",
    "DROP INDEX alerts_unread",
    """CREATE INDEX alerts_unread ON alerts (group_key, position, status, rank)
        WHERE unread = 1""",
)

_SALTS = ("ALTER TABLE records ADD COLUMN salt BLOB NOT NULL DEFAULT ''",)

_MARKS = (
    """CREATE TABLE alert_marks (
        group_key TEXT NOT NULL, mark BIGINT NOT NULL, incident TEXT NOT NULL,
        PRIMARY KEY (group_key, mark))""",
)

_SETTLED = ("CREATE INDEX effects_settled ON effects (due) WHERE state IN ('done', 'parked')",)

_CLAIMED = ("CREATE INDEX effects_claimed ON effects (wakes_at) WHERE state = 'claimed'",)

MIGRATIONS: tuple[tuple[str, ...], ...] = (
    *(_FIRST, _RANKS, _SALTS),
    *(_MARKS, _SETTLED, _CLAIMED),
)
"""Step n brings a file from version n to n + 1; steps that were released never change."""

VERSION = len(MIGRATIONS)

_SQL_TYPES = {str: "TEXT", int: "BIGINT", bool: "BIGINT", datetime: "BIGINT"}


def prepare(database: Database, path: Path) -> None:
    """Create or migrate every table in one transaction; OperatorMistake where it cannot be done."""
    try:
        database.execute("BEGIN IMMEDIATE")
        _migrate(database, path)
        for kind in TABLES:
            _prepare_read_model(database, path, kind)
        database.execute("COMMIT")
    except BaseException:
        if database.conn.in_transaction:
            database.execute("ROLLBACK")
        raise


def quoted(name: str) -> str:
    """Return a name that may also be a word of SQL (`by`, `at`)."""
    return f'"{name}"'


def _migrate(database: Database, path: Path) -> None:
    database.execute("CREATE TABLE IF NOT EXISTS schema_version (version BIGINT NOT NULL)")
    found = database.execute("SELECT version FROM schema_version").fetchone()
    if found is None:
        database.execute("INSERT INTO schema_version (version) VALUES (0)")
    version = found[0] if found else 0
    if version > VERSION:
        raise _mistake(
            path,
            f"was written by a newer Firewarden (schema {version}, this one knows {VERSION})",
            "start the newer version, or restore a backup that this one wrote",
        )
    for step in MIGRATIONS[version:]:
        for statement in step:
            database.execute(statement)
    database.execute("UPDATE schema_version SET version = ?", [VERSION])


def _prepare_read_model(database: Database, path: Path, kind: type[Row]) -> None:
    columns = columns_of(kind)
    keys = ", ".join(quoted(name) for name in kind.KEY)
    definitions = ", ".join(_definition(column) for column in columns)
    database.execute(
        f"CREATE TABLE IF NOT EXISTS {kind.TABLE} ({definitions}, PRIMARY KEY ({keys}))"
    )
    _add_new_columns(database, path, kind, columns)
    for unique, groups in (("", kind.INDEXES), ("UNIQUE ", kind.UNIQUE)):
        for group in groups:
            name = "_".join((kind.TABLE, *group))
            on = ", ".join(quoted(column) for column in group)
            database.execute(
                f"CREATE {unique}INDEX IF NOT EXISTS {quoted(name)} ON {kind.TABLE} ({on})"
            )


def _add_new_columns(
    database: Database, path: Path, kind: type[Row], columns: tuple[Column, ...]
) -> None:
    stored = {row[1] for row in database.execute(f"PRAGMA table_info({kind.TABLE})")}
    known = {column.name for column in columns}
    if gone := sorted(stored - known):
        raise _mistake(
            path,
            f"table {kind.TABLE} has columns that this version does not know: {', '.join(gone)}",
            "start the version that wrote it, or move the file away and rebuild",
        )
    for column in columns:
        if column.name not in stored:
            default = _default(kind, column)
            clause = "" if column.nullable else f" DEFAULT {default}"
            database.execute(f"ALTER TABLE {kind.TABLE} ADD COLUMN {_definition(column)}{clause}")


def _definition(column: Column) -> str:
    constraint = "" if column.nullable else " NOT NULL"
    return f"{quoted(column.name)} {_SQL_TYPES[column.type]}{constraint}"


def _default(kind: type[Row], column: Column) -> str:
    (field,) = (field for field in fields(kind) if field.name == column.name)
    if field.default is MISSING:
        return "''" if column.type is str else "0"
    value = encoded(field.default)
    return "'" + value.replace("'", "''") + "'" if isinstance(value, str) else str(value)


def _mistake(path: Path, message: str, hint: str) -> OperatorMistake:
    return OperatorMistake([Fault(file=str(path), message=message, hint=hint)])
