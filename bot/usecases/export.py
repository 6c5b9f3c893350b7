"""One incident as JSON lines: every event as it is stored, with its place in the chain."""

from collections.abc import Sequence

from bot.ports import Journal
from bot.records.stored import event_json
from bot.usecases.archive import Archive
from bot.values import IncidentId, Json, StreamRef, canonical_json


async def export(journal: Journal, archive: Archive, incident: IncidentId) -> Sequence[str]:
    """Return a line per event, oldest first; long texts are written out, erased ones as such."""
    history = await journal.load(StreamRef(kind="incident", id=incident))
    envelopes = await archive.events(history.records)
    lines: list[str] = []
    for record, envelope in zip(history.records, envelopes, strict=True):
        said: Json = {
            "stream": str(record.stream),
            "seq": record.seq,
            "type": record.type,
            "version": record.version,
            "body": event_json(envelope),
            "mac": record.mac.hex(),
        }
        lines.append(canonical_json(said).decode())
    return lines
