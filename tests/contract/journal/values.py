"""The values that the journal's tests speak of: moments, streams, effects, rows, alerts."""

from collections.abc import AsyncIterator, Sequence
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from itertools import count

from bot.domain.alerts import Alert, AlertStatus
from bot.ports import (
    Claim,
    Commit,
    CommitOutcome,
    Journal,
    RoutedAlert,
    Settle,
    Settlement,
)
from bot.records.chain import EMPTY, Head, Unsealed, seal
from bot.records.outbox import EffectKind, OutboxItem
from bot.records.rows import AlertGroupRow, IncidentRow, Put, Row, TimelineRow
from bot.values import StreamRef, Untrusted

NOON = datetime(2026, 11, 21, 12, 0, 0, 123456, tzinfo=UTC)
LEASE = timedelta(seconds=30)
EVERY_KIND = tuple(EffectKind)
STREAM = StreamRef(kind="incident", id="inc1")
KEY = b"a key for the chain"


class CountingIds:
    """`Ids` without chance: i1, i2, ..."""

    def __init__(self) -> None:
        self._numbers = count(1)

    def new(self) -> str:
        return f"i{next(self._numbers)}"

    def secret(self) -> str:
        return f"s{next(self._numbers)}"


def after(seconds: float) -> datetime:
    return NOON + timedelta(seconds=seconds)


def events(*bodies: bytes, stream: StreamRef = STREAM, head: Head = EMPTY) -> tuple[Commit, Head]:
    """Return a commit of one event per body, and the head that it leaves."""
    unsealed = [Unsealed(type="said", version=1, body=body) for body in bodies]
    records, new_head = seal(KEY, stream, head, unsealed)
    return Commit(stream=stream, expected=head, records=records), new_head


def effect(
    key: str,
    kind: EffectKind = EffectKind.ONCE,
    *,
    due: datetime = NOON,
    lane: str = "",
    priority: int = 5,
    body: bytes = b"{}",
) -> OutboxItem:
    return OutboxItem(
        key=key,
        kind=kind,
        type="post",
        body=body,
        stream=STREAM,
        lane=lane,
        due=due,
        priority=priority,
    )


def once(key: str, *, due: datetime = NOON, lane: str = "", priority: int = 5) -> OutboxItem:
    return effect(key, EffectKind.ONCE, due=due, lane=lane, priority=priority)


def latest(key: str, *, due: datetime = NOON, lane: str = "", body: bytes = b"{}") -> OutboxItem:
    return effect(key, EffectKind.LATEST, due=due, lane=lane, body=body)


def timer(key: str, *, due: datetime = NOON, body: bytes = b"{}") -> OutboxItem:
    return effect(key, EffectKind.TIMER, due=due, body=body)


def attach(group: str, *, due: datetime = NOON) -> OutboxItem:
    return effect(f"attach:{group}", EffectKind.ATTACH, due=due)


def incident(ident: str, number: str, *, title: str = "a title") -> IncidentRow:
    return IncidentRow(
        id=ident,
        number=number,
        title=title,
        severity="SEV2",
        status="open",
        private=False,
        drill=True,
        members='["p1"]',
        commander="",
        opened_at=NOON,
    )


def line(incident_id: str, seq: int, text: str) -> TimelineRow:
    return TimelineRow(incident=incident_id, seq=seq, at=NOON, kind="update", actor="p1", text=text)


def group_row(group: str, *, resolved_at: datetime | None = None) -> AlertGroupRow:
    return AlertGroupRow(group_key=group, incident="inc1", resolved_at=resolved_at)


def alert(
    fingerprint: str, status: AlertStatus = AlertStatus.FIRING, *, summary: str = "disk full"
) -> Alert:
    return Alert(
        source="alertmanager",
        fingerprint=fingerprint,
        status=status,
        starts_at=NOON,
        labels={"alertname": "DiskFull", "größe": "1 % </b>"},
        summary=Untrusted(summary),
        description=Untrusted("on web-1\n"),
        link="https://example.org/graph?g0=1",
        annotations={"runbook": "disk-full"},
    )


def routed(
    fingerprint: str,
    status: AlertStatus = AlertStatus.FIRING,
    *,
    group: str = "disk/web",
    rank: int = 3,
) -> RoutedAlert:
    return RoutedAlert(alert=alert(fingerprint, status), group=group, route="disk", rank=rank)


async def chunks(*parts: bytes) -> AsyncIterator[bytes]:
    for part in parts:
        yield part


async def commit(journal: Journal, one: Commit) -> CommitOutcome:
    (outcome,) = await journal.commit([one])
    return outcome


async def put(journal: Journal, *items: OutboxItem) -> None:
    await journal.commit([Commit(effects=items)])


async def put_rows(journal: Journal, *rows: Row) -> None:
    await journal.commit([Commit(rows=tuple(Put(row) for row in rows))])


async def claim(
    journal: Journal, now: datetime = NOON, *, owner: str = "w1", limit: int = 100
) -> Sequence[Claim]:
    return await journal.claim(owner, now, LEASE, EVERY_KIND, limit)


async def claim_one(journal: Journal, now: datetime = NOON, *, owner: str = "w1") -> Claim:
    (only,) = await claim(journal, now, owner=owner)
    return only


async def keys_due(journal: Journal, now: datetime = NOON) -> list[str]:
    """Claim everything that is due; the keys in the order of the claims."""
    return [each.item.key for each in await claim(journal, now)]


async def settle(
    journal: Journal, held: Claim, how: Settle, *, due: datetime | None = None, ref: str = ""
) -> CommitOutcome:
    return await commit(
        journal, Commit(settlement=Settlement(claim=held, how=how, due=due, ref=ref))
    )


async def take(journal: Journal, *alerts: RoutedAlert, now: datetime = NOON) -> None:
    await journal.take_alerts(alerts, [], [], now)


def renamed(row: IncidentRow, title: str) -> IncidentRow:
    return replace(row, title=title)
