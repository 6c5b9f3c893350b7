"""Read models kept in plain dictionaries, written as the journals write them."""

from collections.abc import Iterable, Sequence
from typing import TypeVar

from bot.domain.events import Envelope
from bot.domain.state import Incident, evolve
from bot.records.projection import incident_rows
from bot.records.rows import Put, Row, RowChange
from bot.values import IncidentId

R = TypeVar("R", bound=Row)


class Tables:
    """Every read-model row by table and key."""

    def __init__(self) -> None:
        self.rows: dict[tuple[str, tuple[object, ...]], Row] = {}

    @classmethod
    def of(cls, history: Sequence[Envelope]) -> "Tables":
        """Rebuild from a stream's events, one at a time."""
        tables = cls()
        state = Incident(id=IncidentId(history[0].stream.id))
        for envelope in history:
            after = evolve(state, envelope)
            tables.write(incident_rows(state, after, [envelope]))
            state = after
        return tables

    def write(self, changes: Iterable[RowChange]) -> None:
        """Write row changes in order."""
        for change in changes:
            if isinstance(change, Put):
                row = change.row
                self.rows[row.TABLE, tuple(getattr(row, name) for name in row.KEY)] = row
                continue
            self.rows = {
                key: row
                for key, row in self.rows.items()
                if not (
                    isinstance(row, change.kind)
                    and all(getattr(row, name) == value for name, value in change.equal)
                )
            }

    def all(self, kind: type[R]) -> list[R]:
        """Return the rows of a kind, by key order."""
        found = [(key, row) for key, row in self.rows.items() if isinstance(row, kind)]
        return [row for _, row in sorted(found, key=lambda item: str(item[0]))]
