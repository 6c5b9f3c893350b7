"""The journal in memory: the same rules and outcomes as on disk, deterministic, no threads."""

import asyncio
import hashlib
from collections.abc import AsyncIterator, Callable, Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from itertools import count
from typing import TypeVar, assert_never

from bot.adapters.journal.alerttext import owner_of_alerts
from bot.adapters.journal.blobs import Cutter
from bot.adapters.journal.limits import ALERTS_KEPT, ANSWERS_KEPT, EFFECTS_KEPT, EVERYTHING
from bot.adapters.journal.queue import before
from bot.adapters.journal.shape import check_shape
from bot.adapters.memory.alerts import Alerts
from bot.adapters.memory.effects import Effects
from bot.adapters.memory.readmodels import ReadModels, ValueTaken
from bot.errors import Refused, Unavailable
from bot.ports import (
    Absent,
    AlertNews,
    AnchoredHead,
    Backlog,
    Blob,
    Claim,
    Commit,
    CommitOutcome,
    Committed,
    Erased,
    FenceLost,
    HeadMoved,
    History,
    Ids,
    Keeping,
    KeptText,
    NobodyBefore,
    Quarantined,
    RequestKnown,
    Requirement,
    RequirementFailed,
    RoutedAlert,
    SeenRequest,
    StoredAlert,
    Unfrozen,
)
from bot.records.chain import EMPTY, Head, Record
from bot.records.outbox import EffectKind, OutboxItem
from bot.records.rows import AlertGroupRow, FreezeRow, Row, Scalar, WaitingRow
from bot.values import BlobId, StreamRef

R = TypeVar("R", bound=Row)


@dataclass(slots=True)
class _Stream:
    head: Head
    records: list[Record]


@dataclass(frozen=True, slots=True)
class _Blob:
    salt: bytes
    body: bytes


class MemoryJournal:
    """`Journal` in dictionaries; everything is gone with the object."""

    def __init__(self, *, ids: Ids) -> None:
        positions = count(1)
        self._ids = ids
        self._streams: dict[StreamRef, _Stream] = {}
        self._requests: dict[str, SeenRequest] = {}
        self._rows = ReadModels()
        self._effects = Effects(lambda: next(positions))
        self._alerts = Alerts(
            lambda: next(positions), self._group_is_resolved, self._incident_is_resolved
        )
        self._blobs: dict[BlobId, _Blob | None] = {}
        self._wakes: list[Callable[[], None]] = []
        self._closed = False

    async def load(self, stream: StreamRef, after: int = 0) -> History:
        """See `Journal.load`."""
        self._check_open()
        kept = self._streams.get(stream) or _Stream(EMPTY, [])
        return History(head=kept.head, records=tuple(kept.records[after:]))

    async def streams(self, kind: str) -> Sequence[StreamRef]:
        """See `Journal.streams`."""
        self._check_open()
        return [stream for stream in self._streams if stream.kind == kind]

    async def heads(self) -> Sequence[AnchoredHead]:
        """See `Journal.heads`."""
        self._check_open()
        return [AnchoredHead(stream=s, head=kept.head) for s, kept in self._streams.items()]

    async def commit(self, commits: Sequence[Commit]) -> Sequence[CommitOutcome]:
        """See `Journal.commit`."""
        self._check_open()
        for commit in commits:
            check_shape(commit)
        outcomes = [self._carry_out(commit) for commit in commits]
        if any(commit.effects or commit.settlement for commit in commits):
            self._wake()
        return outcomes

    async def known(self, request_id: str) -> str | None:
        """See `Journal.known`."""
        self._check_open()
        seen = self._requests.get(request_id)
        return None if seen is None else seen.answer

    async def claim(
        self, owner: str, now: datetime, lease: timedelta, kinds: Sequence[EffectKind], limit: int
    ) -> Sequence[Claim]:
        """See `Journal.claim`."""
        self._check_open()
        return self._effects.claim(owner, now, lease, kinds, limit)

    async def extend(self, claims: Sequence[Claim], until: datetime) -> Sequence[Claim]:
        """See `Journal.extend`."""
        self._check_open()
        return self._effects.extend(claims, until)

    async def move_due(self, by: timedelta, now: datetime) -> None:
        """See `Journal.move_due`."""
        self._check_open()
        self._effects.move_due(by, now)

    async def seen(self, now: datetime) -> None:
        """See `Journal.seen`."""
        self._check_open()
        self._effects.last_seen = now

    async def last_seen(self) -> datetime | None:
        """See `Journal.last_seen`."""
        self._check_open()
        return self._effects.last_seen

    def on_effects(self, wake: Callable[[], None]) -> None:
        """See `Journal.on_effects`."""
        self._wakes.append(wake)

    async def next_due(self) -> datetime | None:
        """See `Journal.next_due`."""
        self._check_open()
        return self._effects.next_due()

    async def backlog(self) -> Sequence[Backlog]:
        """See `Journal.backlog`."""
        self._check_open()
        return self._effects.backlog()

    async def take_alerts(
        self,
        alerts: Sequence[RoutedAlert],
        quarantined: Sequence[Quarantined],
        attach: Sequence[OutboxItem],
        now: datetime,
    ) -> None:
        """See `Journal.take_alerts`."""
        self._check_open()
        self._effects.check(attach, ())
        self._alerts.take(alerts, quarantined, now)
        self._effects.put(attach)
        if attach:
            self._wake()

    async def alert_news(self, group: str) -> AlertNews:
        """See `Journal.alert_news`."""
        self._check_open()
        return self._alerts.news(group)

    async def alerts_of(self, incident: str, limit: int) -> Sequence[StoredAlert]:
        """See `Journal.alerts_of`."""
        self._check_open()
        return self._alerts.of(incident, limit)

    async def quarantined(self, limit: int) -> Sequence[Quarantined]:
        """See `Journal.quarantined`."""
        self._check_open()
        return self._alerts.quarantined(limit)

    async def rows(self, kind: type[R], **equal: Scalar) -> Sequence[R]:
        """See `Journal.rows`."""
        self._check_open()
        return self._rows.select(kind, equal)

    async def search(self, text: str, limit: int) -> Sequence[str]:
        """See `Journal.search`."""
        self._check_open()
        return self._rows.search(text, limit)

    async def put_blob(self, chunks: AsyncIterator[bytes]) -> Blob:
        """See `Journal.put_blob`."""
        self._check_open()
        ident = BlobId(self._ids.new())
        salt = self._ids.secret().encode()
        cutter = Cutter(salt)
        body = b"".join([piece async for piece in cutter.pieces(chunks)])
        self._blobs[ident] = _Blob(salt, body)
        return Blob(id=ident, hash=cutter.hash, size=cutter.size)

    async def blob(self, ident: BlobId) -> bytes:
        """See `Journal.blob`."""
        kept = self._kept(ident)
        if kept is None:
            raise Refused(f"blob {ident} was erased")
        return kept.body

    async def blob_hash(self, ident: BlobId) -> str:
        """See `Journal.blob_hash`."""
        kept = self._kept(ident)
        return "" if kept is None else hashlib.sha256(kept.salt + kept.body).hexdigest()

    async def erase_blob(self, ident: BlobId) -> None:
        """See `Journal.erase_blob`."""
        self._kept(ident)
        self._blobs[ident] = None

    async def kept_texts(self, stream: StreamRef) -> Sequence[KeptText]:
        """See `Journal.kept_texts`."""
        self._check_open()
        answers = [
            KeptText(keeping=Keeping.ANSWER, key=(key,), text=seen.answer.encode())
            for key, seen in sorted(self._requests.items())
        ]
        return [
            *answers,
            *self._effects.texts(stream),
            *self._alerts.texts(owner_of_alerts(stream)),
        ]

    async def prune(self, now: datetime) -> None:
        """See `Journal.prune`."""
        self._check_open()
        oldest = now - ANSWERS_KEPT
        self._requests = {key: seen for key, seen in self._requests.items() if seen.at > oldest}
        self._effects.prune(now - EFFECTS_KEPT)
        groups = frozenset(row.incident for row in self._rows.select(AlertGroupRow, {}))
        self._alerts.prune(now - ALERTS_KEPT, groups)

    async def close(self) -> None:
        """See `Journal.close`."""
        self._closed = True

    def _carry_out(self, commit: Commit) -> CommitOutcome:
        if (obstacle := self._obstacle(commit)) is not None:
            return obstacle
        self._effects.check(commit.effects, commit.cleared)
        try:
            self._rows.change(commit.rows)
        except ValueTaken:
            return HeadMoved()
        self._write(commit)
        return Committed()

    def _obstacle(self, commit: Commit) -> CommitOutcome | None:
        if commit.request is not None and commit.request.id in self._requests:
            return RequestKnown(self._requests[commit.request.id].answer)
        if commit.settlement is not None and not self._effects.holds_fence(commit.settlement.claim):
            return FenceLost()
        if commit.stream is not None and self._head(commit.stream) != commit.expected:
            return HeadMoved()
        for requirement in commit.requires:
            if not self._holds(requirement):
                return RequirementFailed(requirement)
        return None

    def _holds(self, requirement: Requirement) -> bool:
        match requirement:
            case Unfrozen(services=services):
                scopes = {row.scope for row in self._rows.select(FreezeRow, {})}
                return not scopes & {EVERYTHING, *services}
            case Absent(row=row):
                return self._rows.of_key(row) in (None, row)
            case NobodyBefore(target=target, run=run):
                return before(self._rows.select(WaitingRow, {"target": target}), run) is None
            case _:
                assert_never(requirement)

    def _write(self, commit: Commit) -> None:
        """Do everything that cannot fail any more; settle and clear before putting."""
        if commit.request is not None:
            self._requests[commit.request.id] = commit.request
        if commit.settlement is not None:
            self._effects.settle(commit.settlement)
        if commit.stream is not None and commit.records:
            kept = self._streams.setdefault(commit.stream, _Stream(EMPTY, []))
            kept.records.extend(commit.records)
            kept.head = Head(seq=commit.records[-1].seq, mac=commit.records[-1].mac)
        if commit.stream is not None and commit.erased is not None:
            self._erase(commit.stream, commit.erased)
        self._effects.clear(commit.cleared)
        self._effects.put(commit.effects)
        for taken in commit.taken:
            self._alerts.give(taken)

    def _erase(self, stream: StreamRef, erased: Erased) -> None:
        records = self._streams[stream].records
        for seq, body in erased.bodies:
            records[seq - 1] = replace(records[seq - 1], body=body, salt=b"")
        for blob in erased.blobs:
            self._kept(blob)
            self._blobs[blob] = None
        for kept in erased.kept:
            self._say(kept)

    def _say(self, kept: KeptText) -> None:
        match kept.keeping:
            case Keeping.ANSWER:
                seen = self._requests[kept.key[0]]
                self._requests[seen.id] = replace(seen, answer=kept.text.decode())
            case Keeping.EFFECT:
                self._effects.say(kept.key, kept.text)
            case Keeping.ALERT:
                self._alerts.say(kept.key, kept.text)
            case Keeping.QUARANTINE:
                self._alerts.keep_raw(kept.key, kept.text)
            case _:
                assert_never(kept.keeping)

    def _head(self, stream: StreamRef) -> Head:
        kept = self._streams.get(stream)
        return EMPTY if kept is None else kept.head

    def _group_is_resolved(self, group: str) -> bool:
        found = self._rows.select(AlertGroupRow, {"group_key": group})
        return any(row.resolved_at is not None for row in found)

    def _incident_is_resolved(self, incident: str) -> bool:
        found = self._rows.select(AlertGroupRow, {"incident": incident}) if incident else ()
        return any(row.resolved_at is not None for row in found)

    def _wake(self) -> None:
        loop = asyncio.get_running_loop()
        for wake in self._wakes:
            loop.call_soon(wake)

    def _kept(self, ident: BlobId) -> _Blob | None:
        self._check_open()
        if ident not in self._blobs:
            raise Refused(f"there is no blob {ident}")
        return self._blobs[ident]

    def _check_open(self) -> None:
        if self._closed:
            raise Unavailable("the journal is closed")
