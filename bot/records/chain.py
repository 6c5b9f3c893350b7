"""The hash chain: each record's MAC covers the one before it, so that any later change shows.

mac = HMAC-SHA256(key, stream | seq | previous mac | type | version | body), fields length-prefixed.
"""

import hmac
from collections.abc import Sequence
from dataclasses import dataclass

from bot.values import StreamRef


@dataclass(frozen=True, slots=True, kw_only=True)
class Head:
    """Where a stream ends: the last sequence number and its MAC; (0, b"") before the first."""

    seq: int = 0
    mac: bytes = b""


EMPTY = Head()


@dataclass(frozen=True, slots=True, kw_only=True)
class Record:
    """One stored event: `body` is canonical JSON and is never rewritten."""

    stream: StreamRef
    seq: int
    type: str
    version: int
    body: bytes
    mac: bytes


@dataclass(frozen=True, slots=True, kw_only=True)
class Unsealed:
    """An encoded event that has no place in a chain yet."""

    type: str
    version: int
    body: bytes


def seal(
    key: bytes, stream: StreamRef, head: Head, events: Sequence[Unsealed]
) -> tuple[tuple[Record, ...], Head]:
    """Continue the chain from `head`; returns the records and the new head."""
    records: list[Record] = []
    for event in events:
        seq = head.seq + 1
        mac = _mac(key, stream, seq, head.mac, event)
        records.append(
            Record(
                stream=stream,
                seq=seq,
                type=event.type,
                version=event.version,
                body=event.body,
                mac=mac,
            )
        )
        head = Head(seq=seq, mac=mac)
    return tuple(records), head


def first_broken(key: bytes, records: Sequence[Record]) -> Record | None:
    """Return the first record that does not continue the chain from its start; None = intact."""
    head = EMPTY
    for record in records:
        unsealed = Unsealed(type=record.type, version=record.version, body=record.body)
        expected = _mac(key, record.stream, head.seq + 1, head.mac, unsealed)
        if record.seq != head.seq + 1 or not hmac.compare_digest(expected, record.mac):
            return record
        head = Head(seq=record.seq, mac=record.mac)
    return None


def _mac(key: bytes, stream: StreamRef, seq: int, previous: bytes, event: Unsealed) -> bytes:
    parts = (
        str(stream).encode(),
        str(seq).encode(),
        previous,
        event.type.encode(),
        str(event.version).encode(),
        event.body,
    )
    return hmac.digest(key, b"".join(len(p).to_bytes(8, "big") + p for p in parts), "sha256")
