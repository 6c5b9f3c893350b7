"""The journal in one SQLite file."""

import asyncio
import sqlite3
from collections.abc import AsyncIterator, Callable, Sequence
from datetime import datetime, timedelta
from functools import partial
from pathlib import Path
from typing import Self, TypeVar

from sqlite_utils import Database

from bot.adapters.journal.blobs import Cutter
from bot.adapters.journal.limits import ALERTS_KEPT, ANSWERS_KEPT, EFFECTS_KEPT
from bot.adapters.journal.shape import check_shape
from bot.adapters.sqlite import alerts as alert_rows
from bot.adapters.sqlite import blobs, effects
from bot.adapters.sqlite.columns import microseconds
from bot.adapters.sqlite.commits import answer_of, carry_out, head_of
from bot.adapters.sqlite.connection import connect, create_file, translated
from bot.adapters.sqlite.erasing import kept_texts
from bot.adapters.sqlite.readers import Readers
from bot.adapters.sqlite.readmodels import search, select_rows
from bot.adapters.sqlite.schema import prepare
from bot.adapters.sqlite.writer import Writer
from bot.errors import Fault, OperatorMistake, Refused
from bot.ports import (
    AlertNews,
    AnchoredHead,
    Backlog,
    Blob,
    Claim,
    Commit,
    CommitOutcome,
    History,
    Ids,
    KeptText,
    Quarantined,
    RoutedAlert,
    StoredAlert,
)
from bot.records.chain import Head, Record
from bot.records.outbox import EffectKind, OutboxItem
from bot.records.rows import Row, Scalar
from bot.values import BlobId, StreamRef

R = TypeVar("R", bound=Row)

_BUSY = timedelta(seconds=1)
"""How long to wait for another process's commit: below the 1.5 s in which a request is answered."""
_BOUND = 4096
"""Writes that may wait: about a second of them at the measured 3,000 to 12,000 a second."""
_DURABLE_WITHIN = 1.5
"""Seconds until a sender of alerts is asked to come again instead (DESIGN section 7, rule 1)."""
_GROUP = 128
"""Writes in one commit (facts/libraries: grouping by 128 is where the gain ends)."""
_READERS = 2
"""Connections for reads of delivery, and as many for those that somebody waits for."""
_PRUNED_AT_ONCE = 500
"""Rows that are forgotten in one write: a few milliseconds, and others go between."""


class SqliteJournal:
    """`Journal` on one file; several processes may have it open, each with its own instance."""

    def __init__(self, writer: Writer, readers: Readers, ids: Ids, wakes: "_Wakes") -> None:
        self._writer = writer
        self._readers = readers
        self._ids = ids
        self._wakes = wakes

    @classmethod
    def open(
        cls,
        path: Path,
        *,
        ids: Ids,
        busy: timedelta = _BUSY,
        bound: int = _BOUND,
        group: int = _GROUP,
    ) -> Self:
        """Open the file, made or migrated as needed; blocks for some milliseconds.

        Raises OperatorMistake where it was written by a newer version or is no journal, and
        Unavailable where it is locked. The last three are explained at their defaults.
        """
        try:
            create_file(path)
            database = connect(path, busy=busy)
            prepare(database, path)
            reading = [connect(path, busy=busy, read_only=True) for _ in range(2 * _READERS)]
        except OSError as error:
            raise _mistake(path, str(error)) from error
        except sqlite3.Error as error:
            meaning = translated(error)
            raise (
                _mistake(path, str(error)) if isinstance(meaning, Refused) else meaning
            ) from error
        wakes = _Wakes()
        writer = Writer(
            database, bound=bound, group=group, wake=wakes.call, chore=alert_rows.file_marked
        )
        readers = Readers(reading[:_READERS], for_people=reading[_READERS:])
        return cls(writer, readers, ids, wakes)

    async def load(self, stream: StreamRef, after: int = 0) -> History:
        """See `Journal.load`."""
        return await self._readers.read(partial(_load, stream=stream, after=after))

    async def streams(self, kind: str) -> Sequence[StreamRef]:
        """See `Journal.streams`."""
        return await self._readers.read(partial(_streams, kind=kind))

    async def heads(self) -> Sequence[AnchoredHead]:
        """See `Journal.heads`."""
        return await self._readers.read(_heads)

    async def commit(self, commits: Sequence[Commit]) -> Sequence[CommitOutcome]:
        """See `Journal.commit`."""
        for commit in commits:
            check_shape(commit)
        wakes = any(commit.effects or commit.settlement for commit in commits)
        return await self._writer.write_alike(_carry_out_all, commits, wakes=wakes)

    async def known(self, request_id: str) -> str | None:
        """See `Journal.known`."""
        return await self._readers.read(partial(answer_of, request_id=request_id))

    async def claim(
        self, owner: str, now: datetime, lease: timedelta, kinds: Sequence[EffectKind], limit: int
    ) -> Sequence[Claim]:
        """See `Journal.claim`."""
        return await self._writer.write(
            lambda database: effects.claim_due(database, owner, now, lease, kinds, limit)
        )

    async def extend(self, claims: Sequence[Claim], until: datetime) -> Sequence[Claim]:
        """See `Journal.extend`."""
        return await self._writer.write(partial(effects.extend, claims=claims, until=until))

    async def move_due(self, by: timedelta, now: datetime) -> None:
        """See `Journal.move_due`."""
        await self._writer.write(partial(effects.move_due, by=by, now=now))

    async def seen(self, now: datetime) -> None:
        """See `Journal.seen`."""
        await self._writer.write(partial(effects.seen, now=now))

    async def last_seen(self) -> datetime | None:
        """See `Journal.last_seen`."""
        return await self._readers.read(effects.last_seen)

    async def next_due(self) -> datetime | None:
        """See `Journal.next_due`."""
        return await self._readers.read(effects.next_due)

    async def backlog(self) -> Sequence[Backlog]:
        """See `Journal.backlog`."""
        return await self._readers.read(effects.backlog)

    def on_effects(self, wake: Callable[[], None]) -> None:
        """See `Journal.on_effects`."""
        self._wakes.add(wake)

    async def take_alerts(
        self,
        alerts: Sequence[RoutedAlert],
        quarantined: Sequence[Quarantined],
        attach: Sequence[OutboxItem],
        now: datetime,
    ) -> None:
        """See `Journal.take_alerts`."""
        body = alert_rows.body_of(alerts, quarantined, attach, now)
        if await self._writer.write_alike(
            alert_rows.take_bodies, body, bulk=True, within=_DURABLE_WITHIN
        ):
            self._wakes.call()

    async def alert_news(self, group: str) -> AlertNews:
        """See `Journal.alert_news`."""
        return await self._readers.read(partial(alert_rows.alert_news, group=group))

    async def alerts_of(self, incident: str, limit: int) -> Sequence[StoredAlert]:
        """See `Journal.alerts_of`."""
        return await self._readers.read(
            partial(alert_rows.alerts_of, incident=incident, limit=limit)
        )

    async def quarantined(self, limit: int) -> Sequence[Quarantined]:
        """See `Journal.quarantined`."""
        return await self._readers.read(partial(alert_rows.quarantined, limit=limit))

    async def rows(self, kind: type[R], **equal: Scalar) -> Sequence[R]:
        """See `Journal.rows`."""
        return await self._readers.read(lambda database: select_rows(database, kind, equal))

    async def search(self, text: str, limit: int) -> Sequence[str]:
        """See `Journal.search`."""
        return await self._readers.read(partial(search, text=text, limit=limit))

    async def put_blob(self, chunks: AsyncIterator[bytes]) -> Blob:
        """See `Journal.put_blob`; each piece is written as it comes, the last with what ends it.

        So a blob of one piece, as most are, waits for the disk once.
        """
        ident, salt = BlobId(self._ids.new()), self._ids.secret().encode()
        cutter, part, held = Cutter(salt), 0, b""
        async for piece in cutter.pieces(chunks):
            if held:
                await self._writer.write(
                    partial(blobs.add_chunk, ident=ident, part=part, body=held)
                )
                part += 1
            held = piece
        blob = Blob(id=ident, hash=cutter.hash, size=cutter.size)
        await self._writer.write(
            partial(blobs.finish_blob, blob=blob, salt=salt, part=part, rest=held)
        )
        return blob

    async def blob(self, ident: BlobId) -> bytes:
        """See `Journal.blob`."""
        return await self._readers.read(partial(blobs.read_blob, ident=ident))

    async def blob_hash(self, ident: BlobId) -> str:
        """See `Journal.blob_hash`."""
        return await self._readers.read(partial(blobs.hash_blob, ident=ident))

    async def erase_blob(self, ident: BlobId) -> None:
        """See `Journal.erase_blob`."""
        await self._writer.write(partial(blobs.erase_blob, ident=ident))

    async def kept_texts(self, stream: StreamRef) -> Sequence[KeptText]:
        """See `Journal.kept_texts`."""
        return await self._readers.read(partial(kept_texts, stream=stream))

    async def prune(self, now: datetime) -> None:
        """See `Journal.prune`; a little at a time, behind everything else."""
        for chore in (
            partial(_prune_requests, oldest=now - ANSWERS_KEPT),
            partial(effects.prune_effects, oldest=now - EFFECTS_KEPT, limit=_PRUNED_AT_ONCE),
            partial(alert_rows.prune_quarantine, limit=_PRUNED_AT_ONCE),
        ):
            while await self._writer.write(chore, bulk=True):
                pass
        await self._prune_alerts(now - ALERTS_KEPT)
        await self._writer.write(partial(blobs.prune_partial, now=now), bulk=True)

    async def _prune_alerts(self, oldest: datetime) -> None:
        find = partial(alert_rows.forgettable, oldest=oldest, limit=_PRUNED_AT_ONCE)
        while found := await self._readers.read(find):
            await self._writer.write(
                partial(alert_rows.forget, alerts=found, oldest=oldest), bulk=True
            )
            if len(found) < _PRUNED_AT_ONCE:
                return

    async def close(self) -> None:
        """See `Journal.close`."""
        await self._writer.close()
        await asyncio.to_thread(self._readers.close)


class _Wakes:
    """Who wants to know that there may be new effects."""

    def __init__(self) -> None:
        self._callbacks: list[Callable[[], None]] = []

    def add(self, wake: Callable[[], None]) -> None:
        self._callbacks.append(wake)

    def call(self) -> None:
        for wake in self._callbacks:
            wake()


def _carry_out_all(
    database: Database, calls: Sequence[Sequence[Commit]]
) -> Sequence[Sequence[CommitOutcome]]:
    return [[carry_out(database, commit) for commit in commits] for commits in calls]


def _load(database: Database, stream: StreamRef, after: int) -> History:
    found = database.execute(
        # Whoever changed a body by hand may have changed its type: it must still reach the chain.
        "SELECT seq, type, version, CAST(body AS BLOB), CAST(mac AS BLOB), CAST(salt AS BLOB)"
        " FROM records WHERE kind = ? AND id = ? AND seq > ? ORDER BY seq",
        [stream.kind, stream.id, after],
    ).fetchall()
    records = tuple(
        Record(stream=stream, seq=seq, type=type_, version=version, body=body, mac=mac, salt=salt)
        for seq, type_, version, body, mac, salt in found
    )
    return History(head=head_of(database, stream), records=records)


def _streams(database: Database, kind: str) -> Sequence[StreamRef]:
    found = database.execute(
        "SELECT id FROM streams WHERE kind = ? ORDER BY position", [kind]
    ).fetchall()
    return [StreamRef(kind=kind, id=ident) for (ident,) in found]


def _heads(database: Database) -> Sequence[AnchoredHead]:
    found = database.execute("SELECT kind, id, seq, mac FROM streams ORDER BY position").fetchall()
    return [
        AnchoredHead(stream=StreamRef(kind=kind, id=ident), head=Head(seq=seq, mac=mac))
        for kind, ident, seq, mac in found
    ]


def _prune_requests(database: Database, oldest: datetime) -> bool:
    forgotten = database.execute(
        "DELETE FROM requests WHERE id IN (SELECT id FROM requests WHERE at <= ? LIMIT ?)",
        [microseconds(oldest), _PRUNED_AT_ONCE],
    ).rowcount
    return forgotten >= _PRUNED_AT_ONCE


def _mistake(path: Path, message: str) -> OperatorMistake:
    return OperatorMistake(
        [
            Fault(
                file=str(path),
                message=f"cannot be opened as a journal: {message}",
                hint="put the journal or a backup of it there, readable by Firewarden's user alone",
            )
        ]
    )
