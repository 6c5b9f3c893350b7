"""What is left of one simulation: everything that a promise can be held against."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import TypeVar

from bot.adapters.journal.outbox import StoredEffect
from bot.domain import events as ev
from bot.domain.events import Envelope
from bot.domain.policy import Policy
from bot.ports import StoredAlert
from bot.records.rows import ReservationRow
from bot.requests import AlertsReceived
from cards.model import Card
from tests.simulation.book import Answered
from tests.simulation.hosts import Begun, Kept

E = TypeVar("E")


@dataclass(frozen=True, slots=True, kw_only=True)
class Stored:
    """One event with its place in the order of all commits, and when that commit was made."""

    envelope: Envelope
    commit: int
    at: float


@dataclass(frozen=True, slots=True, kw_only=True)
class Lived:
    """Everything that is left of one simulation."""

    policy: Policy
    events: Sequence[Stored]
    """Every event of every stream, in the order in which they were committed."""
    broken_chains: Sequence[str]
    ledger: Sequence[Begun]
    receipts: Mapping[tuple[str, str], Kept]
    """By host and key of the attempt."""
    rooms: Sequence[str]
    """Keys of the rooms that the chat has."""
    cards: Mapping[str, Card]
    """The card of each incident as its room has it, by the incident's id."""
    told: Mapping[str, Sequence[str]]
    """Keys of the messages of each conversation, in the order of their arrival."""
    paged: Sequence[tuple[str, str]]
    effects: Sequence[StoredEffect]
    reservations: Sequence[ReservationRow]
    alerts: Sequence[tuple[StoredAlert, bool]]
    """Every alert, and whether it is still unread."""
    edits: Sequence[tuple[float, str, str]]
    """What operators changed: when, which runbook, and its content hash from then on."""
    answered: Sequence[Answered]
    acknowledged: Sequence[AlertsReceived]
    recorded: frozenset[str]
    """Ids of the requests that the journal knows."""
    faults: Sequence[str]
    """What the world itself saw go wrong."""


def events_of(lived: Lived, kind: type[E]) -> Iterator[tuple[Stored, E]]:
    """Yield every event of a kind, in the order of commits."""
    for stored in lived.events:
        if isinstance(stored.envelope.event, kind):
            yield stored, stored.envelope.event


def key_of(started: ev.StepStarted) -> str:
    """Return the key of the attempt that a start is for, as hosts know it."""
    return f"{started.run}.{started.path}.{started.host}.{started.attempt}"
