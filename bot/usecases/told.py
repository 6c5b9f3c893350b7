"""The timeline as people read it: its rows, and in them the names that people go by now."""

from collections.abc import Sequence
from dataclasses import replace
from typing import cast

from bot.domain.events import IncidentEvent
from bot.domain.policy import Called
from bot.domain.timeline import NAMING, line
from bot.ports import Journal
from bot.records.rows import TimelineRow
from bot.usecases.archive import Opening
from bot.values import StreamRef


async def told(journal: Journal, incident: str, called: Called) -> Sequence[TimelineRow]:
    """Return an incident's timeline, oldest first. Rows keep ids; `called` gives the names."""
    rows = await journal.rows(TimelineRow, incident=incident)
    history = await journal.load(StreamRef(kind="incident", id=incident))
    naming = [record for record in history.records if record.type in NAMING]
    texts = {
        envelope.seq: line(cast("IncidentEvent", envelope.event), called)
        for envelope in await Opening(journal).events(naming)
    }
    return [replace(row, text=texts[row.seq]) if row.seq in texts else row for row in rows]
