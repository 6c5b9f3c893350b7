"""Read models from nothing but the streams: what the tables should hold, and making it so.

Each row follows from events of one stream, but two streams may write rows of one key after each
other (a target reserved by one incident, then by the next), so events are taken in the order of
their times over all streams.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import TypeAlias, TypeVar

from bot.domain.intents import Intent
from bot.errors import Unavailable
from bot.ports import Commit, Journal
from bot.records.rows import TABLES, Put, Remove, Row, RowChange
from bot.usecases.archive import Archive
from bot.usecases.deciding import Noun
from bot.usecases.links import LinkNoun
from bot.usecases.nouns import IncidentNoun, SystemNoun
from bot.usecases.seats import SeatNoun

S = TypeVar("S")
I = TypeVar("I", bound=Intent)  # noqa: E741 - I for intent, beside S for state

Key: TypeAlias = tuple[object, ...]
Tables: TypeAlias = dict[type[Row], dict[Key, Row]]

_AT_ONCE = 200
"""Row changes of one commit, so that a bot that serves meanwhile is never held up for long."""

_TRIES = 5
"""Rebuilds after which a journal that never stands still is left to a quieter hour."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Rebuilt:
    """How the tables compared with the streams before they were made equal."""

    events: int
    rows: int
    wrong: tuple[str, ...]
    """One line per row that was missing, surplus or different: `incidents (id=...): missing`."""


async def compare(journal: Journal, archive: Archive) -> Rebuilt:
    """Say where live rows and streams differ; changes nothing."""
    return _compared(await _live(journal), await _from_streams(journal, archive))


async def rebuild(journal: Journal, archive: Archive) -> Rebuilt:
    """Write every row anew, with its search words, and remove what no stream knows.

    Where events come in meanwhile it starts again, so that no row of theirs is lost. Raises
    Unavailable where that never ends.
    """
    first: Rebuilt | None = None
    for _ in range(_TRIES):
        heads = await journal.heads()
        wanted, live = await _from_streams(journal, archive), await _live(journal)
        first = first or _compared(live, wanted)
        await _write(journal, _changes(live, wanted.tables))
        if await journal.heads() == heads:
            return first
    raise Unavailable("events keep coming in: stop the bot for a moment, then rebuild")


@dataclass(frozen=True, slots=True)
class _Wanted:
    tables: Tables
    events: int


async def _from_streams(journal: Journal, archive: Archive) -> _Wanted:
    changes = [
        *await _of_kind(IncidentNoun(), journal, archive),
        *await _of_kind(SystemNoun(), journal, archive),
        *await _of_kind(SeatNoun(), journal, archive),
        *await _of_kind(LinkNoun(), journal, archive),
    ]
    # Sorting is stable: within one moment a stream's events stay in their order.
    changes.sort(key=lambda change: change[0])
    tables: Tables = {kind: {} for kind in TABLES}
    for _, rows in changes:
        for row in rows:
            _apply(tables, row)
    return _Wanted(tables, len(changes))


async def _of_kind(
    noun: Noun[S, I], journal: Journal, archive: Archive
) -> list[tuple[datetime, tuple[RowChange, ...]]]:
    changes: list[tuple[datetime, tuple[RowChange, ...]]] = []
    for stream in await journal.streams(noun.kind):
        state = noun.blank(stream.id)
        for envelope in await archive.events((await journal.load(stream)).records):
            after = noun.evolve(state, envelope)
            changes.append((envelope.at, noun.rows(state, after, (envelope,))))
            state = after
    return changes


def _apply(tables: Tables, change: RowChange) -> None:
    match change:
        case Put(row=row):
            tables[type(row)][_key(row)] = row
        case Remove(kind=kind, equal=equal):
            kept = {k: r for k, r in tables[kind].items() if not _equals(r, dict(equal))}
            tables[kind] = kept


async def _live(journal: Journal) -> Tables:
    return {kind: {_key(row): row for row in await journal.rows(kind)} for kind in TABLES}


def _compared(live: Tables, wanted: _Wanted) -> Rebuilt:
    return Rebuilt(
        events=wanted.events,
        rows=sum(len(rows) for rows in wanted.tables.values()),
        wrong=tuple(_differences(live, wanted.tables)),
    )


def _differences(live: Tables, wanted: Tables) -> list[str]:
    wrong: list[str] = []
    for kind in TABLES:
        for key in sorted({*live[kind], *wanted[kind]}, key=str):
            row, right = live[kind].get(key), wanted[kind].get(key)
            if row != right:
                fault = "missing" if row is None else "surplus" if right is None else "different"
                names = ", ".join(f"{n}={v}" for n, v in zip(kind.KEY, key, strict=True))
                wrong.append(f"{kind.TABLE} ({names}): {fault}")
    return wrong


def _changes(live: Tables, wanted: Tables) -> list[RowChange]:
    changes: list[RowChange] = []
    for kind in TABLES:
        for key, row in live[kind].items():
            if key not in wanted[kind]:
                equal = tuple((name, getattr(row, name)) for name in kind.KEY)
                changes.append(Remove(kind, equal))
        changes += [Put(row) for row in wanted[kind].values()]
    return changes


async def _write(journal: Journal, changes: Sequence[RowChange]) -> None:
    for start in range(0, len(changes), _AT_ONCE):
        await journal.commit([Commit(rows=tuple(changes[start : start + _AT_ONCE]))])


def _key(row: Row) -> Key:
    return tuple(getattr(row, name) for name in type(row).KEY)


def _equals(row: Row, equal: Mapping[str, object]) -> bool:
    return all(getattr(row, name) == value for name, value in equal.items())
