"""Effects in SQL: put, claim, settle, extend, and when the next one is due."""

from collections.abc import Iterator, Sequence
from dataclasses import replace
from datetime import datetime, timedelta
from typing import TypeAlias, TypeVar

from sqlite_utils import Database

from bot.adapters.journal.limits import LONGEST_LEASE
from bot.adapters.journal.outbox import (
    EffectState,
    StoredEffect,
    claimed,
    cleared,
    is_same_jump,
    put,
    settled,
)
from bot.adapters.sqlite.columns import SqlValue, microseconds, moment
from bot.ports import Backlog, Claim, Settlement
from bot.records.outbox import EffectKind, OutboxItem
from bot.values import StreamRef

_COLUMNS = (
    "key, kind, type, version, body, stream, lane, due, priority, position, state, owner, fence,"
    " lease_until, attempts, interrupted, wanted, taken, ref"
)
_SELECT = f"SELECT {_COLUMNS} FROM effects"  # noqa: S608 - a constant of ours
_WRITE = f"""INSERT INTO effects ({_COLUMNS}, wakes_at)
    VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)
    ON CONFLICT (key) DO UPDATE SET
        type = excluded.type, version = excluded.version, body = excluded.body,
        stream = excluded.stream, lane = excluded.lane, due = excluded.due,
        priority = excluded.priority, position = excluded.position, state = excluded.state,
        owner = excluded.owner, fence = excluded.fence, lease_until = excluded.lease_until,
        attempts = excluded.attempts, interrupted = excluded.interrupted,
        wanted = excluded.wanted, taken = excluded.taken, ref = excluded.ref,
        wakes_at = excluded.wakes_at"""  # noqa: S608 - as above
_JUMP = ("clock set at", "clock set by")
"""Counters of the last setting of the clock: when it was noticed and how far, in microseconds."""
_SEEN = "clock seen"
"""Counter of what the clock of a process that delivers said last, in microseconds."""
_COUNT = """INSERT INTO counters (name, value) VALUES (?, ?)
    ON CONFLICT (name) DO UPDATE SET value = excluded.value"""
_MICROSECOND = timedelta(microseconds=1)
T = TypeVar("T")

_KEYS_AT_ONCE = 500
"""Keys in one SELECT; databases limit the parameters of a statement (SQLite before 3.32: 999)."""
_HEAD_OF_LANE = """(lane = '' OR NOT EXISTS (
    SELECT 1 FROM effects AS older
    WHERE older.lane = effects.lane AND older.lane <> '' AND older.wakes_at IS NOT NULL
        AND older.position < effects.position))"""


_EffectRow: TypeAlias = tuple[
    str, str, str, int, bytes, str | None, str, int, int, int,
    str, str, int, int | None, int, int, int, int, str,
]  # fmt: skip
"""One row of `_COLUMNS`."""


def next_positions(database: Database, count: int) -> int:
    """Reserve `count` positions in this transaction; returns the first one."""
    (last,) = database.execute(
        "UPDATE counters SET value = value + ? WHERE name = 'position' RETURNING value", [count]
    ).fetchone()
    return int(last) - count + 1


def put_effects(database: Database, items: Sequence[OutboxItem], first: int) -> None:
    """Put each item by its key; `first` is the first of as many reserved positions."""
    stored = _stored_effects(database, [item.key for item in items])
    changed: dict[str, StoredEffect] = {}
    for position, item in enumerate(items, first):
        old = changed.get(item.key) or stored.get(item.key)
        new = put(old, item, position)
        if new is not old:
            changed[item.key] = new
    _write(database, *changed.values())


def put_attaches(database: Database, items: Sequence[OutboxItem], first: int) -> bool:
    """Put attach effects, as `put_effects` would: one that is open and due already stays as it is.

    Returns whether any was put. Delivery is only woken then: in a storm it has nothing to claim.

    What a group's effect says is in its key, so that only its due time can differ; asking for the
    state alone makes a storm of alerts cost a fifth.
    """
    due: dict[str, int] = {}
    for some in _in_portions(items):
        marks = ", ".join("?" * len(some))
        found = database.execute(
            f"SELECT key, due FROM effects WHERE key IN ({marks}) AND state = 'open'",  # noqa: S608 - question marks
            [item.key for item in some],
        )
        due.update(found.fetchall())
    changed = [
        item for item in items if item.key not in due or microseconds(item.due) < due[item.key]
    ]
    if changed:
        put_effects(database, changed, first)
    return bool(changed)


def clear_timers(database: Database, keys: Sequence[str]) -> None:
    """Clear each timer that is set."""
    for key in keys:
        old = stored_effect(database, key)
        if old is not None:
            _write(database, cleared(old))


def settle(database: Database, settlement: Settlement) -> None:
    """Settle a claim whose fence is known to be current."""
    old = stored_effect(database, settlement.claim.item.key)
    if old is not None:
        _write(database, settled(old, settlement, next_positions(database, 1)))


def holds_fence(database: Database, claim: Claim) -> bool:
    """Whether a claim is still the current one of its effect."""
    effect = stored_effect(database, claim.item.key)
    return effect is not None and effect.held_by(claim)


def claim_due(
    database: Database,
    owner: str,
    now: datetime,
    lease: timedelta,
    kinds: Sequence[EffectKind],
    limit: int,
) -> Sequence[Claim]:
    """Claim what is due, priority by priority; of each lane only its oldest unsettled effect."""
    _end_leases_of_a_faster_clock(database, now)
    marks = ", ".join("?" * len(kinds))
    query = (
        f"{_SELECT} WHERE priority = ? AND wakes_at <= ? AND kind IN ({marks}) AND {_HEAD_OF_LANE}"
        " ORDER BY wakes_at, position LIMIT ?"
    )
    claims: list[Claim] = []
    for priority in _priorities(database):
        values = [priority, microseconds(now), *(kind.value for kind in kinds), limit - len(claims)]
        for row in database.execute(query, values).fetchall():
            new = claimed(_stored(row), owner, now + lease)
            _write(database, new)
            claims.append(new.claim)
        if len(claims) >= limit:
            break
    return claims


def _end_leases_of_a_faster_clock(database: Database, now: datetime) -> None:
    database.execute(
        "UPDATE effects SET lease_until = ?, wakes_at = ? WHERE state = 'claimed' AND wakes_at > ?",
        [microseconds(now), microseconds(now), microseconds(now + LONGEST_LEASE)],
    )


def extend(database: Database, claims: Sequence[Claim], until: datetime) -> Sequence[Claim]:
    """Move the end of each lease that is still ours."""
    ours: list[Claim] = []
    for claim in claims:
        old = stored_effect(database, claim.item.key)
        if old is not None and old.held_by(claim):
            _write(database, replace(old, lease_until=until))
            ours.append(replace(claim, lease_until=until))
    return ours


def move_due(database: Database, by: timedelta, now: datetime) -> None:
    """Move the moment of what waits, unless another process has."""
    moved = dict(
        database.execute("SELECT name, value FROM counters WHERE name IN (?, ?)", _JUMP).fetchall()
    )
    if moved and is_same_jump((moment(moved[_JUMP[0]]), _span(moved[_JUMP[1]])), (now, by)):
        return
    shift = by // _MICROSECOND
    set_by = zip(_JUMP, (microseconds(now), shift), strict=True)
    database.conn.executemany(_COUNT, [*set_by, (_SEEN, microseconds(now))])
    database.execute(
        "UPDATE effects SET due = due + ?, wakes_at = wakes_at + ?"
        " WHERE state = 'open' AND wakes_at > ?",
        [shift, shift, microseconds(now) - max(shift, 0)],
    )


def seen(database: Database, now: datetime) -> None:
    """Keep the moment."""
    database.execute(_COUNT, [_SEEN, microseconds(now)])


def last_seen(database: Database) -> datetime | None:
    """Return the moment that was kept last."""
    query = "SELECT value FROM counters WHERE name = ?"
    row = database.execute(query, [_SEEN]).fetchone()
    return None if row is None else moment(row[0])


def next_due(database: Database) -> datetime | None:
    """Return when the next effect can be claimed; those behind another in a lane do not count."""
    query = (
        f"SELECT wakes_at FROM effects WHERE priority = ? AND wakes_at IS NOT NULL"  # noqa: S608 - a constant
        f" AND {_HEAD_OF_LANE} ORDER BY wakes_at, position LIMIT 1"
    )
    found = (database.execute(query, [priority]).fetchone() for priority in _priorities(database))
    earliest = min((row[0] for row in found if row is not None), default=None)
    return None if earliest is None else moment(earliest)


def backlog(database: Database) -> Sequence[Backlog]:
    """Count what is unsettled and what is parked, kind by kind."""
    unsettled = {
        kind: (count, oldest)
        for kind, count, oldest in database.execute(
            "SELECT kind, count(*), min(due) FROM effects WHERE wakes_at IS NOT NULL GROUP BY kind"
        )
    }
    parked = dict(
        database.execute(
            "SELECT kind, count(*) FROM effects WHERE state = 'parked' GROUP BY kind"
        ).fetchall()
    )
    return [
        Backlog(
            kind=kind,
            open=unsettled.get(kind, (0, None))[0],
            oldest_due=_moment_or_none(unsettled.get(kind, (0, None))[1]),
            parked=parked.get(kind, 0),
        )
        for kind in EffectKind
    ]


def prune_effects(database: Database, oldest: datetime, limit: int) -> bool:
    """Forget what was settled and was due before `oldest`, but where cards are shown.

    Returns whether there may be more than the `limit` that were forgotten now.
    """
    forgotten = database.execute(
        "DELETE FROM effects WHERE key IN (SELECT key FROM effects"
        " WHERE state IN ('done', 'parked') AND kind <> 'latest' AND due <= ? LIMIT ?)",
        [microseconds(oldest), limit],
    ).rowcount
    return forgotten >= limit


def stored_effect(database: Database, key: str) -> StoredEffect | None:
    """Return the effect under a key; None where it was never put."""
    row = database.execute(f"{_SELECT} WHERE key = ?", [key]).fetchone()
    return None if row is None else _stored(row)


def _priorities(database: Database) -> Iterator[int]:
    """Yield the priorities that anything waits under, most urgent first, one index seek each."""
    query = "SELECT min(priority) FROM effects WHERE wakes_at IS NOT NULL AND priority > ?"
    last = -(1 << 63)
    while True:
        (last,) = database.execute(query, [last]).fetchone()
        if last is None:
            return
        yield last


def _stored_effects(database: Database, keys: Sequence[str]) -> dict[str, StoredEffect]:
    """Return those of the effects that exist, by key."""
    found: dict[str, StoredEffect] = {}
    for some in _in_portions(keys):
        marks = ", ".join("?" * len(some))
        for row in database.execute(f"{_SELECT} WHERE key IN ({marks})", some).fetchall():
            effect = _stored(row)
            found[effect.item.key] = effect
    return found


def _in_portions(things: Sequence[T]) -> Iterator[Sequence[T]]:
    for first in range(0, len(things), _KEYS_AT_ONCE):
        yield things[first : first + _KEYS_AT_ONCE]


def _write(database: Database, *effects: StoredEffect) -> None:
    database.conn.executemany(_WRITE, [_values(effect) for effect in effects])


def _values(effect: StoredEffect) -> tuple[SqlValue, ...]:
    item, due, wakes_at = effect.item, microseconds(effect.item.due), effect.wakes_at
    return (
        item.key,
        item.kind.value,
        item.type,
        item.version,
        item.body,
        None if item.stream is None else str(item.stream),
        item.lane,
        due,
        item.priority,
        effect.position,
        effect.state.value,
        effect.owner,
        effect.fence,
        _microseconds_or_none(effect.lease_until),
        effect.attempts,
        int(effect.interrupted),
        effect.wanted,
        effect.taken,
        effect.ref,
        due if wakes_at is item.due else _microseconds_or_none(wakes_at),
    )


def _stored(row: _EffectRow) -> StoredEffect:
    (
        key, kind, type_, version, body, stream, lane, due, priority, position,
        state, owner, fence, lease_until, attempts, interrupted, wanted, taken, ref,
    ) = row  # fmt: skip
    return StoredEffect(
        item=OutboxItem(
            key=key,
            kind=EffectKind(kind),
            type=type_,
            version=version,
            body=body,
            stream=None if stream is None else StreamRef.parse(stream),
            lane=lane,
            due=moment(due),
            priority=priority,
        ),
        position=position,
        state=EffectState(state),
        owner=owner,
        fence=fence,
        lease_until=_moment_or_none(lease_until),
        attempts=attempts,
        interrupted=bool(interrupted),
        wanted=wanted,
        taken=taken,
        ref=ref,
    )


def _span(value: int) -> timedelta:
    return value * _MICROSECOND


def _moment_or_none(value: int | None) -> datetime | None:
    return None if value is None else moment(value)


def _microseconds_or_none(at: datetime | None) -> int | None:
    return None if at is None else microseconds(at)
