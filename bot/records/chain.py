"""The hash chain: each record's MAC covers the one before it, so that any later change shows.

mac = HMAC-SHA256(key, stream | seq | previous mac | type | version | seal | "salted"), fields
length-prefixed; seal = SHA-256(salt, body), so that a body and its salt can be erased and nobody
can try out what it was (ADR 0010). A record without a salt is sealed over its body itself.
"""

import hashlib
import hmac
import struct
from collections.abc import Mapping, Sequence
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
    """One stored event: `body` is canonical JSON.

    Only an erasure that the stream tells of rewrites it; then it has no salt any more.
    """

    stream: StreamRef
    seq: int
    type: str
    version: int
    body: bytes
    mac: bytes
    salt: bytes = b""


@dataclass(frozen=True, slots=True, kw_only=True)
class Unsealed:
    """An encoded event that has no place in a chain yet."""

    type: str
    version: int
    body: bytes
    salt: bytes = b""


@dataclass(frozen=True, slots=True, kw_only=True)
class Erasure:
    """What a later event of the stream says of an erased record.

    `seal` is what its MAC was made over, `digest` the SHA-256 of the body that is left.
    """

    seal: bytes
    digest: bytes


def seal_of(salt: bytes, body: bytes) -> bytes:
    """Return what stands for a salted body in its MAC."""
    return hashlib.sha256(salt + body).digest()


def seal(
    key: bytes, stream: StreamRef, head: Head, events: Sequence[Unsealed]
) -> tuple[tuple[Record, ...], Head]:
    """Continue the chain from `head`; returns the records and the new head."""
    records: list[Record] = []
    for event in events:
        seq = head.seq + 1
        mac = _mac(key, stream, seq, head.mac, event, _sealed(event.salt, event.body))
        records.append(
            Record(
                stream=stream,
                seq=seq,
                type=event.type,
                version=event.version,
                body=event.body,
                mac=mac,
                salt=event.salt,
            )
        )
        head = Head(seq=seq, mac=mac)
    return tuple(records), head


def first_broken(
    key: bytes, records: Sequence[Record], erased: Mapping[int, Erasure] | None = None
) -> Record | None:
    """Return the first record that does not continue the chain from its start; None = intact.

    `erased` are those records, by sequence, whose texts were erased: what is left of each must be
    what the stream says was left.
    """
    head = EMPTY
    for record in records:
        parts = _parts(record, (erased or {}).get(record.seq))
        expected = (
            b""
            if parts is None
            else _mac(key, record.stream, head.seq + 1, head.mac, record, parts)
        )
        if record.seq != head.seq + 1 or not hmac.compare_digest(expected, record.mac):
            return record
        head = Head(seq=record.seq, mac=record.mac)
    return None


_SALTED = b"salted"
"""Ends the fields of a salted record, so that no seal can pose as an unsalted body."""


def _sealed(salt: bytes, body: bytes) -> tuple[bytes, ...]:
    return (seal_of(salt, body), _SALTED) if salt else (body,)


def _parts(record: Record, erasure: Erasure | None) -> tuple[bytes, ...] | None:
    """Return what the record's MAC must be made over; None where it is not what was left."""
    if erasure is None:
        return _sealed(record.salt, record.body)
    left = hashlib.sha256(record.body).digest()
    return (erasure.seal, _SALTED) if hmac.compare_digest(left, erasure.digest) else None


def _mac(
    key: bytes,
    place: StreamRef,
    seq: int,
    previous: bytes,
    event: Unsealed | Record,
    sealed: tuple[bytes, ...],
) -> bytes:
    parts = (
        str(place).encode(),
        str(seq).encode(),
        previous,
        event.type.encode(),
        str(event.version).encode(),
        *sealed,
    )
    return hmac.digest(key, b"".join([_LENGTH.pack(len(p)) + p for p in parts]), "sha256")


_LENGTH = struct.Struct(">Q")
