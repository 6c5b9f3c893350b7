"""One incident as JSON lines: every event as it is stored, with its place in the chain."""

from collections.abc import Mapping, Sequence
from types import MappingProxyType
from typing import cast

from bot.domain.events import Envelope, IncidentEvent
from bot.domain.timeline import line
from bot.ports import Journal
from bot.records.stored import event_json
from bot.usecases.archive import Archive
from bot.values import IncidentId, Json, PersonId, StreamRef, canonical_json


async def export(
    journal: Journal,
    archive: Archive,
    incident: IncidentId,
    names: Mapping[PersonId, str] = MappingProxyType({}),
) -> Sequence[str]:
    """Return a line per event, oldest first; long texts are written out, erased ones as such.

    The body has ids of people, as it is stored; `people` says what those are called that `names`
    knows.
    """
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
            "people": _people(envelope, names),
            "mac": record.mac.hex(),
        }
        lines.append(canonical_json(said).decode())
    return lines


def _people(envelope: Envelope, names: Mapping[PersonId, str]) -> dict[str, Json]:
    """Return the names of who did it, and of those whom its line on the timeline speaks of."""
    spoken_of = [envelope.actor]

    def called(person: PersonId) -> str:
        spoken_of.append(person)
        return ""

    line(cast("IncidentEvent", envelope.event), called)
    return {person: names[person] for person in spoken_of if person in names}
