"""Alert rows in SQL: a body taken, a group's news, and which incident they belong to."""

import json
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from itertools import chain
from typing import Final, TypeAlias

from pydantic import TypeAdapter
from pydantic_core import PydanticSerializationError
from sqlite_utils import Database

from bot.adapters.journal.alerttext import AlertText, saying, text_of
from bot.adapters.journal.limits import FIRST_NEWS, QUARANTINE_KEPT
from bot.adapters.sqlite.columns import SqlValue, microseconds, moment
from bot.adapters.sqlite.effects import next_positions, put_attaches
from bot.domain.alerts import Alert, AlertStatus
from bot.ports import AlertNews, AlertsTaken, Quarantined, RoutedAlert, StoredAlert
from bot.records.outbox import OutboxItem
from bot.values import Untrusted

_IS_NEWS = """(alerts.status <> excluded.status OR (excluded.status = 'firing' AND EXISTS (
    SELECT 1 FROM alert_groups
    WHERE alert_groups.group_key IN (excluded.group_key, alerts.group_key)
        AND resolved_at IS NOT NULL)))"""
_ROW = "(?, ?, ?, ?, ?, ?, ?, ?, 1, ?, ?, 1, '')"
_TAKE = f"""INSERT INTO alerts (source, fingerprint, starts_at, status, group_key, route, body,
        rank, count, last_seen, position, unread, incident)
    VALUES {_ROW}
    ON CONFLICT (source, fingerprint, starts_at) DO UPDATE SET
        count = alerts.count + 1, last_seen = excluded.last_seen, status = excluded.status,
        unread = CASE WHEN {_IS_NEWS} THEN 1 ELSE alerts.unread END,
        position = CASE WHEN {_IS_NEWS} THEN excluded.position ELSE alerts.position END,
        group_key = CASE WHEN {_IS_NEWS} THEN excluded.group_key ELSE alerts.group_key END,
        rank = CASE WHEN {_IS_NEWS} THEN excluded.rank ELSE alerts.rank END,
        route = CASE WHEN {_IS_NEWS} THEN excluded.route ELSE alerts.route END,
        body = CASE WHEN {_IS_NEWS} THEN excluded.body ELSE alerts.body END"""  # noqa: S608 - constants of ours
_TAKEN_AT_ONCE = 32
"""Alerts in one statement: the two threads meet less often than with a statement for each."""
_TAKE_MANY = _TAKE.replace(_ROW, ", ".join([_ROW] * _TAKEN_AT_ONCE))
_SELECT = """SELECT source, fingerprint, starts_at, status, body, group_key, route, count,
    last_seen, position, incident FROM alerts"""

_SELECT_MARKED = """SELECT source, fingerprint, starts_at, status, body, alerts.group_key, route,
    count, last_seen, position, alert_marks.incident FROM alert_marks JOIN alerts
    ON alerts.group_key = alert_marks.group_key AND unread = 1 AND position <= mark
    WHERE alert_marks.incident = ?"""
_UNREAD = """group_key = ? AND unread = 1 AND position > coalesce(
    (SELECT max(mark) FROM alert_marks WHERE alert_marks.group_key = ?), 0)"""
_FILED_AT_ONCE = 250
"""Alerts that are given to an incident in one statement: one or two milliseconds."""
_FORGETTABLE = """unread = 0 AND last_seen <= ? AND NOT EXISTS
    (SELECT 1 FROM alert_groups WHERE alert_groups.incident = alerts.incident)"""

_TEXT: Final = TypeAdapter(AlertText).serializer

AlertKey: TypeAlias = tuple[str, str, int]
"""Source, fingerprint and start of an alert."""
_AlertRow: TypeAlias = tuple[str, str, int, str, str, str, str, int, int, int, str]


@dataclass(frozen=True, slots=True, kw_only=True)
class Body:
    """One body of alerts, as far as it can be prepared outside the transaction.

    `alerts` and `quarantined` hold the values of a row each, without its position.
    """

    alerts: Sequence[tuple[SqlValue, ...]]
    quarantined: Sequence[tuple[SqlValue, ...]]
    attach: Sequence[OutboxItem]


def body_of(
    alerts: Sequence[RoutedAlert],
    quarantined: Sequence[Quarantined],
    attach: Sequence[OutboxItem],
    now: datetime,
) -> Body:
    """Prepare what `Journal.take_alerts` was given."""
    seen = microseconds(now)
    return Body(
        alerts=[_values(alert, seen) for alert in alerts],
        quarantined=[(item.source, item.raw, item.fault, seen) for item in quarantined],
        attach=attach,
    )


def take_bodies(database: Database, bodies: Sequence[Body]) -> Sequence[bool]:
    """Store bodies in the order in which they came: alerts, what was malformed, attach effects.

    Returns for each whether there may be effects to claim that were not there before.
    """
    alerts = [values for body in bodies for values in body.alerts]
    malformed = [values for body in bodies for values in body.quarantined]
    attach = {item.key: item for body in reversed(bodies) for item in body.attach}
    first = next_positions(database, len(alerts) + len(malformed) + len(attach))
    _take(database, [(*values, position) for position, values in enumerate(alerts, first)])
    first += len(alerts)
    if malformed:
        database.conn.executemany(
            "INSERT INTO quarantine (source, raw, fault, at, position) VALUES (?, ?, ?, ?, ?)",
            [(*values, position) for position, values in enumerate(malformed, first)],
        )
    changed = put_attaches(database, list(attach.values()), first + len(malformed))
    return [changed] * len(bodies)


def mark_taken(database: Database, taken: AlertsTaken) -> None:
    """Give the unread alerts of a group up to the mark to an incident.

    Of thousands only the mark is kept, and `file_marked` does the rest: nobody waits for it.
    """
    found = database.execute(
        f"SELECT 1 FROM alerts WHERE {_UNREAD} AND position <= ? LIMIT 1 OFFSET ?",  # noqa: S608 - a constant of ours
        [taken.group, taken.group, taken.mark, _FILED_AT_ONCE],
    ).fetchone()
    if found is not None:
        database.execute(
            "INSERT INTO alert_marks (group_key, mark, incident) VALUES (?, ?, ?)",
            [taken.group, taken.mark, taken.incident],
        )
        return
    database.execute(
        f"UPDATE alerts SET unread = 0, incident = ? WHERE {_UNREAD} AND position <= ?",  # noqa: S608 - as above
        [taken.incident, taken.group, taken.group, taken.mark],
    )


def file_marked(database: Database) -> bool:
    """File some of the alerts that a mark gave to an incident, in a transaction of its own.

    Returns whether there may be more. The oldest mark comes first, its newest alerts before others.
    """
    marked = database.execute(
        "SELECT group_key, mark, incident FROM alert_marks ORDER BY mark LIMIT 1"
    ).fetchone()
    if marked is None:
        return False
    group, mark, incident = marked
    database.execute("BEGIN IMMEDIATE")
    filed = database.execute(
        "UPDATE alerts SET unread = 0, incident = ? WHERE (source, fingerprint, starts_at) IN"
        " (SELECT source, fingerprint, starts_at FROM alerts"
        " WHERE group_key = ? AND unread = 1 AND position <= ? ORDER BY position DESC LIMIT ?)",
        [incident, group, mark, _FILED_AT_ONCE],
    ).rowcount
    if filed < _FILED_AT_ONCE:
        database.execute("DELETE FROM alert_marks WHERE group_key = ? AND mark = ?", [group, mark])
    database.execute("COMMIT")
    return True


def alert_news(database: Database, group: str) -> AlertNews:
    """Return what is unread in a group."""
    counts: dict[str, tuple[int, int]] = {
        status: (number, worst)
        for status, number, worst in database.execute(
            f"SELECT status, count(*), min(rank) FROM alerts WHERE {_UNREAD} GROUP BY status",  # noqa: S608 - a constant of ours
            [group, group],
        ).fetchall()
    }
    firing, worst = counts.get(AlertStatus.FIRING, (0, 0))
    resolved, _ = counts.get(AlertStatus.RESOLVED, (0, 0))
    first = database.execute(
        f"{_SELECT} WHERE {_UNREAD} ORDER BY position LIMIT ?",
        [group, group, FIRST_NEWS],
    ).fetchall()
    (mark,) = database.execute(
        f"SELECT max(position) FROM alerts WHERE {_UNREAD}",  # noqa: S608 - as above
        [group, group],
    ).fetchone()
    (reopening,) = database.execute(
        f"SELECT EXISTS (SELECT 1 FROM alerts WHERE {_UNREAD}"  # noqa: S608 - as above
        " AND status = 'firing' AND incident <> '' AND EXISTS (SELECT 1 FROM alert_groups"
        " WHERE alert_groups.incident = alerts.incident AND resolved_at IS NOT NULL))",
        [group, group],
    ).fetchone()
    return AlertNews(
        firing=firing,
        resolved=resolved,
        first=tuple(_stored(row) for row in first),
        mark=mark or 0,
        reopening=bool(reopening),
        worst=worst,
    )


def alerts_of(database: Database, incident: str, limit: int) -> Sequence[StoredAlert]:
    """Return an incident's alerts, the one with the latest news first."""
    return [
        _stored(row)
        for row in database.execute(
            f"{_SELECT} WHERE incident = ? AND incident <> '' UNION ALL {_SELECT_MARKED}"
            " ORDER BY position DESC LIMIT ?",
            [incident, incident, limit],
        ).fetchall()
    ]


def quarantined(database: Database, limit: int) -> Sequence[Quarantined]:
    """Return what was malformed, newest first."""
    return [
        Quarantined(source=source, raw=raw, fault=fault)
        for source, raw, fault in database.execute(
            "SELECT source, raw, fault FROM quarantine ORDER BY position DESC LIMIT ?", [limit]
        ).fetchall()
    ]


def forgettable(database: Database, oldest: datetime, limit: int) -> Sequence[AlertKey]:
    """Return alerts that were read, last seen before `oldest`, and belong to no open group.

    It looks at every alert, so it is a reader's work.
    """
    return database.execute(
        f"SELECT source, fingerprint, starts_at FROM alerts WHERE {_FORGETTABLE} LIMIT ?",  # noqa: S608 - a constant of ours
        [microseconds(oldest), limit],
    ).fetchall()


def forget(database: Database, alerts: Sequence[AlertKey], oldest: datetime) -> None:
    """Forget those of these alerts that are still `forgettable`."""
    database.conn.executemany(
        f"DELETE FROM alerts WHERE source = ? AND fingerprint = ? AND starts_at = ? AND {_FORGETTABLE}",  # noqa: S608, E501 - as above
        [(*key, microseconds(oldest)) for key in alerts],
    )


def prune_quarantine(database: Database, limit: int) -> bool:
    """Forget malformed alerts but the newest thousand; returns whether there may be more."""
    forgotten = database.execute(
        "DELETE FROM quarantine WHERE position IN (SELECT position FROM quarantine"
        " ORDER BY position DESC LIMIT ? OFFSET ?)",
        [limit, QUARANTINE_KEPT],
    ).rowcount
    return forgotten >= limit


def _take(database: Database, rows: Sequence[tuple[SqlValue, ...]]) -> None:
    whole = len(rows) - len(rows) % _TAKEN_AT_ONCE
    for start in range(0, whole, _TAKEN_AT_ONCE):
        some = rows[start : start + _TAKEN_AT_ONCE]
        database.conn.execute(_TAKE_MANY, tuple(chain.from_iterable(some)))
    database.conn.executemany(_TAKE, rows[whole:])


def _values(routed: RoutedAlert, seen: int) -> tuple[SqlValue, ...]:
    alert = routed.alert
    return (
        alert.source,
        alert.fingerprint,
        microseconds(alert.starts_at),
        str(alert.status),
        routed.group,
        routed.route,
        _written(text_of(alert)),
        routed.rank,
        seen,
    )


def _written(content: AlertText) -> str:
    """Encode with pydantic's encoder, which takes a fifth of the time of the standard one."""
    try:
        return _TEXT.to_json(content).decode()
    except PydanticSerializationError:
        # A text that is no valid Unicode can be stored too: escaped, as ASCII.
        return json.dumps(content)


def _stored(row: _AlertRow) -> StoredAlert:
    (
        source, fingerprint, starts_at, status, body, group, route, count,
        last_seen, position, incident,
    ) = row  # fmt: skip
    return StoredAlert(
        alert=saying(
            Alert(
                source=source,
                fingerprint=fingerprint,
                status=AlertStatus(status),
                starts_at=moment(starts_at),
                labels={},
                summary=Untrusted(""),
            ),
            body,
        ),
        group=group,
        route=route,
        count=count,
        last_seen=moment(last_seen),
        position=position,
        incident=incident,
    )
