"""Erasing in SQL: what a commit takes away, and the texts that an erasure must look through."""

from collections.abc import Sequence

from sqlite_utils import Database

from bot.adapters.journal.alerttext import owner_of_alerts
from bot.adapters.sqlite.blobs import erase_blob
from bot.ports import Erased, Keeping, KeptText
from bot.values import StreamRef

_SELECT = {
    Keeping.ANSWER: "SELECT answer, id FROM requests ORDER BY id",
    Keeping.EFFECT: "SELECT body, key FROM effects WHERE stream = ? ORDER BY key",
    Keeping.ALERT: "SELECT body, source, fingerprint, starts_at FROM alerts"
    " WHERE incident = ? ORDER BY source, fingerprint, starts_at",
    Keeping.QUARANTINE: "SELECT raw, position FROM quarantine ORDER BY position",
}

_UPDATE = {
    Keeping.ANSWER: "UPDATE requests SET answer = ? WHERE id = ?",
    Keeping.EFFECT: "UPDATE effects SET body = ? WHERE key = ?",
    Keeping.ALERT: "UPDATE alerts SET body = ?"
    " WHERE source = ? AND fingerprint = ? AND starts_at = CAST(? AS BIGINT)",
    Keeping.QUARANTINE: "UPDATE quarantine SET raw = ? WHERE position = CAST(? AS BIGINT)",
}

_AS_TEXT = frozenset({Keeping.ANSWER, Keeping.ALERT})
"""Kept in columns of text; the others are bytes."""


def kept_texts(database: Database, stream: StreamRef) -> Sequence[KeptText]:
    """See `Journal.kept_texts`."""
    which: dict[Keeping, list[str]] = {
        Keeping.ANSWER: [],
        Keeping.EFFECT: [str(stream)],
        Keeping.ALERT: [owner_of_alerts(stream)],
        Keeping.QUARANTINE: [],
    }
    return [
        KeptText(keeping=keeping, key=tuple(str(part) for part in key), text=_bytes(text))
        for keeping, values in which.items()
        for text, *key in database.execute(_SELECT[keeping], values).fetchall()
    ]


def erase(database: Database, stream: StreamRef, erased: Erased) -> None:
    """Take away what a commit erases."""
    for seq, body in erased.bodies:
        database.execute(
            "UPDATE records SET body = ?, salt = ? WHERE kind = ? AND id = ? AND seq = ?",
            [body, b"", stream.kind, stream.id, seq],
        )
    for blob in erased.blobs:
        erase_blob(database, blob)
    for kept in erased.kept:
        text = kept.text.decode("utf-8", "surrogatepass") if kept.keeping in _AS_TEXT else kept.text
        database.execute(_UPDATE[kept.keeping], [text, *kept.key])


def _bytes(text: str | bytes) -> bytes:
    return text if isinstance(text, bytes) else text.encode("utf-8", "surrogatepass")
