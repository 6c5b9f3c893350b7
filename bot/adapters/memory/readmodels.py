"""Read-model rows in memory: put, remove, select, and the words that `search` finds."""

from collections.abc import Callable, Sequence
from typing import TypeAlias, TypeVar, assert_never, cast

from bot.adapters.journal.words import words_of
from bot.records.rows import IncidentRow, Put, Remove, Row, RowChange, Scalar, TimelineRow

R = TypeVar("R", bound=Row)

_Key: TypeAlias = tuple[Scalar, ...]
_Undo: TypeAlias = Callable[[], object]


class ValueTaken(Exception):
    """Another row holds a value that must be unique; nothing was changed."""


class ReadModels:
    """One table for each row class, by key."""

    def __init__(self) -> None:
        self._tables: dict[type[Row], dict[_Key, Row]] = {}

    def change(self, changes: Sequence[RowChange]) -> None:
        """Carry out all changes in order, or none: `ValueTaken`."""
        undo: list[_Undo] = []
        try:
            for change in changes:
                match change:
                    case Put(row=row):
                        self._put(row, undo)
                    case Remove(kind=kind, equal=equal):
                        self._remove(kind, dict(equal), undo)
                    case _:
                        assert_never(change)
        except BaseException:
            for step in reversed(undo):
                step()
            raise

    def select(self, kind: type[R], equal: dict[str, Scalar]) -> Sequence[R]:
        """Return the rows whose columns equal the given values, by key order."""
        columns = kind.__dataclass_fields__.keys()
        if not equal.keys() <= columns:
            unknown = ", ".join(sorted(equal.keys() - columns))
            raise TypeError(f"{kind.__name__} has no column {unknown}")
        table = self._tables.get(kind)
        if not table:
            return []
        if len(equal) == len(kind.KEY) and all(name in equal for name in kind.KEY):
            only = table.get(tuple(equal[name] for name in kind.KEY))
            return [] if only is None else [cast("R", only)]
        found = [
            (key, cast("R", row))
            for key, row in table.items()
            if not equal or all(getattr(row, name) == value for name, value in equal.items())
        ]
        if len(found) > 1:
            found.sort(key=lambda pair: _sortable(pair[0]))
        return [row for _, row in found]

    def of_key(self, row: R) -> R | None:
        """Return the stored row with the same key; None where there is none."""
        return cast("R | None", self._table(type(row)).get(_key(row)))

    def search(self, text: str, limit: int) -> Sequence[str]:
        """Return ids of incidents whose title or timeline has every word, newest first."""
        wanted = words_of(text)
        words = {row.id: words_of(row.title) for row in self.select(IncidentRow, {})}
        for line in self.select(TimelineRow, {}):
            if line.incident in words:
                words[line.incident] |= words_of(line.text)
        found = [row for row in self.select(IncidentRow, {}) if wanted <= words[row.id]]
        newest = sorted(found, key=lambda row: (row.opened_at, row.id), reverse=True)
        return [row.id for row in newest[:limit]]

    def _put(self, row: Row, undo: list[_Undo]) -> None:
        table, key = self._table(type(row)), _key(row)
        for unique in type(row).UNIQUE:
            for other_key, other in table.items():
                if other_key != key and _values(other, unique) == _values(row, unique):
                    raise ValueTaken(f"{type(row).__name__} {unique}")
        old = table.get(key)
        undo.append((lambda: table.pop(key)) if old is None else (lambda: _set(table, key, old)))
        table[key] = row

    def _remove(self, kind: type[Row], equal: dict[str, Scalar], undo: list[_Undo]) -> None:
        table = self._table(kind)
        for row in self.select(kind, equal):
            key = _key(row)
            undo.append(_putting_back(table, key, row))
            del table[key]

    def _table(self, kind: type[Row]) -> dict[_Key, Row]:
        return self._tables.setdefault(kind, {})


def _key(row: Row) -> _Key:
    return _values(row, type(row).KEY)


def _values(row: Row, names: Sequence[str]) -> _Key:
    return tuple(getattr(row, name) for name in names)


def _sortable(key: _Key) -> tuple[str | int, ...]:
    """Return the key as the tuple that orders it; a read model's keys are words and numbers."""
    return tuple(part for part in key if isinstance(part, (str, int)))


def _putting_back(table: dict[_Key, Row], key: _Key, row: Row) -> _Undo:
    return lambda: _set(table, key, row)


def _set(table: dict[_Key, Row], key: _Key, row: Row) -> None:
    table[key] = row
