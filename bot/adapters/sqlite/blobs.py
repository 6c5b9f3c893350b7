"""Blobs in SQL: chunks under an id, a salted hash, and what is left of an erased one."""

import hashlib
from datetime import datetime, timedelta
from enum import StrEnum

from sqlite_utils import Database

from bot.adapters.sqlite.columns import microseconds
from bot.errors import Refused
from bot.ports import Blob
from bot.values import BlobId

_ABANDONED_AFTER = timedelta(days=1)


class _State(StrEnum):
    PARTIAL = "partial"
    STORED = "stored"
    ERASED = "erased"


def add_chunk(database: Database, ident: BlobId, part: int, body: bytes) -> None:
    """Store one chunk; parts count from 0, and the first one names the blob."""
    if part == 0:
        _begin(database, ident)
    database.execute(
        "INSERT INTO blob_chunks (id, part, body) VALUES (?, ?, ?)", [ident, part, body]
    )


def finish_blob(database: Database, blob: Blob, salt: bytes, part: int, rest: bytes) -> None:
    """Store the last chunk, b"" for an empty blob, and make the blob readable."""
    if rest:
        add_chunk(database, blob.id, part, rest)
    else:
        _begin(database, blob.id)
    database.execute(
        "UPDATE blobs SET state = ?, salt = ?, hash = ?, size = ? WHERE id = ?",
        [_State.STORED.value, salt, blob.hash, blob.size, blob.id],
    )


def read_blob(database: Database, ident: BlobId) -> bytes:
    """Return a blob's bytes; `Refused` where it was erased or never was."""
    row = database.execute("SELECT state FROM blobs WHERE id = ?", [ident]).fetchone()
    state = None if row is None else _State(row[0])
    if state is _State.ERASED:
        raise Refused(f"blob {ident} was erased")
    if state is not _State.STORED:
        raise Refused(f"there is no blob {ident}")
    chunks = database.execute("SELECT body FROM blob_chunks WHERE id = ? ORDER BY part", [ident])
    return b"".join(body for (body,) in chunks.fetchall())


def hash_blob(database: Database, ident: BlobId) -> str:
    """Return the salted hash of what is stored now, "" where it was erased."""
    row = database.execute("SELECT state, salt FROM blobs WHERE id = ?", [ident]).fetchone()
    if row is None or _State(row[0]) is _State.PARTIAL:
        raise Refused(f"there is no blob {ident}")
    if _State(row[0]) is _State.ERASED:
        return ""
    found = hashlib.sha256(row[1])
    chunks = database.execute(
        "SELECT CAST(body AS BLOB) FROM blob_chunks WHERE id = ? ORDER BY part", [ident]
    )
    for (body,) in chunks:
        found.update(body)
    return found.hexdigest()


def erase_blob(database: Database, ident: BlobId) -> None:
    """Forget a blob's bytes and salt; its id, hash and size stay as a tombstone."""
    if database.execute("SELECT 1 FROM blobs WHERE id = ?", [ident]).fetchone() is None:
        raise Refused(f"there is no blob {ident}")
    database.execute("DELETE FROM blob_chunks WHERE id = ?", [ident])
    database.execute(
        "UPDATE blobs SET state = ?, salt = ? WHERE id = ?", [_State.ERASED.value, b"", ident]
    )


def prune_partial(database: Database, now: datetime) -> None:
    """Drop what a writer that died left half written, a day after it was first noticed."""
    limit = microseconds(now - _ABANDONED_AFTER)
    database.execute(
        "DELETE FROM blob_chunks WHERE id IN"
        " (SELECT id FROM blobs WHERE state = 'partial' AND partial_since <= ?)",
        [limit],
    )
    database.execute("DELETE FROM blobs WHERE state = 'partial' AND partial_since <= ?", [limit])
    database.execute(
        "UPDATE blobs SET partial_since = ? WHERE state = 'partial' AND partial_since IS NULL",
        [microseconds(now)],
    )


def _begin(database: Database, ident: BlobId) -> None:
    """Name a blob that is still being written."""
    database.execute(
        "INSERT INTO blobs (id, state, salt, hash, size) VALUES (?, ?, ?, '', 0)",
        [ident, _State.PARTIAL.value, b""],
    )
