"""Display numbers of incidents: `INC-<year>-<month><day>-<count>`, unique by the journal's row."""

from datetime import datetime
from typing import Final

from bot.ports import Journal
from bot.records.rows import IncidentRow

NUMBERED: Final = "INC-"
"""How every number begins, and no id."""


class DayNumbers:
    """Counts up within a day; what is taken is read once a day and after a lost race.

    A number that is drawn and not used leaves a gap, which is harmless.
    """

    def __init__(self, journal: Journal) -> None:
        self._journal = journal
        self._prefix = ""
        self._last = 0

    async def draw(self, now: datetime) -> str:
        """See `desk.Numbers`."""
        prefix = f"{NUMBERED}{now:%Y-%m%d}-"
        if prefix != self._prefix:
            taken = [row.number for row in await self._journal.rows(IncidentRow)]
            counts = [int(n.removeprefix(prefix)) for n in taken if n.startswith(prefix)]
            if prefix != self._prefix:  # nobody else looked meanwhile
                self._prefix, self._last = prefix, max(counts, default=0)
        self._last += 1
        return f"{prefix}{self._last:03}"

    def forget(self) -> None:
        """See `desk.Numbers`."""
        self._prefix = ""
