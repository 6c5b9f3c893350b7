"""What a stream says of its erased events: read from the events that told of it."""

import json
from collections.abc import Mapping, Sequence
from typing import cast

from bot.domain.events import TextsErased
from bot.records.chain import Erasure, Record
from bot.values import Json


def tells_erasure(record: Record) -> bool:
    """Whether a record tells that texts of earlier ones were erased."""
    return record.type == TextsErased.__name__


def erasures(records: Sequence[Record]) -> Mapping[int, Erasure]:
    """Return what is said of each erased record of a whole stream, by its sequence.

    The latest word counts, and only what comes later speaks of an event: so the chain proves each
    word by a MAC, or by a later one that it proves.
    """
    found: dict[int, Erasure] = {}
    for record in records:
        if tells_erasure(record):
            said = _said(record)
            found |= {seq: erasure for seq, erasure in said.items() if seq < record.seq}
    return found


def _said(record: Record) -> Mapping[int, Erasure]:
    try:
        return _read(record)
    except (ValueError, LookupError, TypeError):
        return {}  # somebody changed it: the chain names it as broken


def _read(record: Record) -> Mapping[int, Erasure]:
    body = cast("Mapping[str, Json]", json.loads(record.body))
    event = cast("Mapping[str, Json]", body["event"])
    erased = cast("Sequence[Mapping[str, Json]]", event["erased"])
    return {
        cast("int", one["seq"]): Erasure(
            seal=bytes.fromhex(cast("str", one["seal"])),
            digest=bytes.fromhex(cast("str", one["digest"])),
        )
        for one in erased
    }
