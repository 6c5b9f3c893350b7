"""Events <-> sealed records; long texts go aside as blobs on the way in, and come back."""

import asyncio
import hmac
from collections.abc import AsyncIterator, Mapping, Sequence

from bot.domain.events import Envelope
from bot.errors import Refused
from bot.ports import Journal
from bot.records.chain import Head, Record, Unsealed, first_broken, seal
from bot.records.erasure import erasures
from bot.records.longtext import (
    BLOB,
    ERASED,
    blob_hashes,
    blob_ids,
    long_texts,
    may_hold_long_texts,
    may_name_blobs,
    restored,
    stored,
)
from bot.records.stored import event_json, event_of, record_json, unsealed
from bot.values import BlobId, Json, StreamRef


class Opening:
    """Opens records: that takes no key."""

    def __init__(self, journal: Journal) -> None:
        self._journal = journal

    async def events(self, records: Sequence[Record]) -> Sequence[Envelope]:
        """Decode records; an erased text reads as `[erased]`."""
        return [event_of(record, await self._opened(record)) for record in records]

    async def event(self, stream: StreamRef, seq: int) -> Envelope:
        """Return one event of a stream; raises Refused where there is none."""
        history = await self._journal.load(stream, after=seq - 1)
        if not history.records:
            msg = f"{stream} has no event {seq}"
            raise Refused(msg)
        return (await self.events(history.records[:1]))[0]

    async def whole(self, body: Json) -> Json:
        """Bring the long texts of an encoded event back; an erased one reads as `[erased]`."""
        idents = blob_ids(body)
        if not idents:
            return body
        return restored(body, {ident: await self._text(ident) for ident in idents})

    async def _opened(self, record: Record) -> Json:
        body = record_json(record)
        return await self.whole(body) if may_name_blobs(record.body) else body

    async def _text(self, ident: str) -> str:
        try:
            return (await self._journal.blob(BlobId(ident))).decode("utf-8", "surrogatepass")
        except Refused:
            return ERASED


class Archive(Opening):
    """Seals events with the journal's key, and opens records again."""

    def __init__(self, *, journal: Journal, key: bytes) -> None:
        super().__init__(journal)
        self._key = key

    async def seal(
        self, stream: StreamRef, head: Head, envelopes: Sequence[Envelope], secret: str
    ) -> tuple[tuple[Record, ...], Head]:
        """Continue the chain from `head`. Blobs are durable before the records name them.

        `secret` is random and kept by nobody: each record's salt is made from it.
        """
        bodies = [await self._unsealed(e, _salt(e.seq, secret)) for e in envelopes]
        return seal(self._key, stream, head, bodies)

    async def _unsealed(self, envelope: Envelope, salt: bytes) -> Unsealed:
        """Encode an event; its long texts are durable before this returns."""
        body = event_json(envelope)
        event = unsealed(envelope, body, salt)
        if not may_hold_long_texts(event.body):
            return event
        return unsealed(envelope, await self.spilled(body), salt)

    def first_broken(self, records: Sequence[Record]) -> Record | None:
        """Return the first record of a whole stream that does not continue its chain.

        An erased record must be what the stream says that was left of it.
        """
        return first_broken(self._key, records, erasures(records))

    def text_hashes(self, record: Record) -> Mapping[BlobId, str]:
        """Return the hash that an event holds of each long text that was put aside, by blob."""
        hashes = blob_hashes(record_json(record))
        return {BlobId(ident): mark for ident, mark in hashes.items()}

    async def spilled(self, body: Json) -> Json:
        """Put the long texts of an encoded event aside; they are durable before this returns."""
        texts = long_texts(body)
        if not texts:
            return body
        encoded = (text.encode("utf-8", "surrogatepass") for text in texts)
        # Together, so that they wait for the disk once.
        blobs = await asyncio.gather(*(self._journal.put_blob(_chunk(c)) for c in encoded))
        refs: list[Json] = [{BLOB: b.id, "hash": b.hash, "size": b.size} for b in blobs]
        return stored(body, refs)


def _salt(seq: int, secret: str) -> bytes:
    return hmac.digest(secret.encode(), str(seq).encode(), "sha256")[:_SALT]


_SALT = 16
"""Bytes of a record's salt: 128 bits, as of any id of ours."""


async def _chunk(content: bytes) -> AsyncIterator[bytes]:
    yield content
