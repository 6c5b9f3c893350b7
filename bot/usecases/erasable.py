"""What an erasure can look through: one incident, or everything that belongs to none."""

from collections.abc import Collection, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import ClassVar, Final, Protocol, TypeVar

from bot.domain import erasing
from bot.domain.decided import Decision
from bot.domain.events import Envelope
from bot.domain.intents import EraseTexts
from bot.domain.policy import Policy
from bot.domain.state import Incident
from bot.domain.system import System
from bot.domain.timeline import kind_of
from bot.records.projection import INCIDENT_EVENTS
from bot.records.rows import Put, Row, RowChange, TimelineRow
from bot.records.stored import is_work_of
from bot.usecases.nouns import SYSTEM_STREAM, IncidentNoun, SystemNoun
from bot.values import StreamRef

S = TypeVar("S")

OUTSIDE = "system"
"""What a person calls that which belongs to no incident."""


class Erasable(Protocol[S]):
    """A stream whose texts can be erased, and what must stay as it is meanwhile."""

    @property
    def stream(self) -> StreamRef:
        """Where its events are."""
        ...

    @property
    def name(self) -> str:
        """What people call it."""
        ...

    @property
    def private(self) -> bool:
        """Whether what stands around a text may be shown to its members only."""
        ...

    def blank(self) -> S:
        """Return its state before the first event."""
        ...

    def evolve(self, state: S, envelope: Envelope) -> S:
        """Fold one event."""
        ...

    def decide(self, policy: Policy, state: S, intent: EraseTexts, now: datetime) -> Decision:
        """Say whether it may lose these texts now."""
        ...

    def standing(self, state: S) -> object:
        """Return what must be the same before and after: where everything stands, no words."""
        ...

    def in_the_way(self, policy: Policy, before: S, after: S, effects: Collection[str]) -> str:
        """Say what is under way and needs the texts, "" where nothing does.

        `effects` are the keys of the effects that lose some.
        """
        ...

    def rows(
        self, state: S, left: Sequence[Envelope], envelopes: Sequence[Envelope]
    ) -> tuple[RowChange, ...]:
        """Return the rows that are told with other words now; `left` of `envelopes` lost some."""
        ...

    def told(self, state: S, after: S, told: Sequence[Envelope]) -> tuple[RowChange, ...]:
        """Return the rows of the event that tells of it."""
        ...


@dataclass(frozen=True, slots=True, kw_only=True)
class ErasableIncident:
    """One incident."""

    stream: StreamRef
    name: str
    private: bool
    _noun: ClassVar[IncidentNoun] = IncidentNoun()

    def blank(self) -> Incident:
        """See `Erasable`."""
        return self._noun.blank(self.stream.id)

    def evolve(self, state: Incident, envelope: Envelope) -> Incident:
        """See `Erasable`."""
        return self._noun.evolve(state, envelope)

    def decide(
        self, policy: Policy, state: Incident, intent: EraseTexts, now: datetime
    ) -> Decision:
        """See `Erasable`."""
        return self._noun.decide(policy, state, intent, now)

    def live(self, state: Incident) -> tuple[str, ...]:
        """Name the runs that have not ended."""
        return tuple(f"{run.started.runbook} ({run.started.run})" for run in state.live_runs)

    def standing(self, state: Incident) -> object:
        """See `Erasable`."""
        return (
            state.number,
            state.status,
            state.severity,
            state.private,
            state.members,
            state.rooms,
            state.roles,
            {card: asked.state for card, asked in state.cards.items()},
            {run.started.run: (run.state, run.ended is None) for run in state.runs.values()},
            {page: (told.paged, told.acknowledged_by) for page, told in state.pages.items()},
        )

    def in_the_way(
        self, policy: Policy, before: Incident, after: Incident, effects: Collection[str]
    ) -> str:
        """See `Erasable`."""
        commanded = frozenset(
            ident for ident in before.runs if any(is_work_of(key, ident) for key in effects)
        )
        return erasing.in_the_way(policy, before, after, commanded)

    def rows(
        self, state: Incident, left: Sequence[Envelope], envelopes: Sequence[Envelope]
    ) -> tuple[RowChange, ...]:
        """Return the lines of the timeline; the other rows come with the telling."""
        del envelopes
        of_incident = [e for e in left if isinstance(e.event, INCIDENT_EVENTS)]
        return tuple(
            change
            for change in self._noun.rows(state, state, of_incident)
            if isinstance(change, Put) and isinstance(change.row, TimelineRow)
        )

    def told(
        self, state: Incident, after: Incident, told: Sequence[Envelope]
    ) -> tuple[RowChange, ...]:
        """See `Erasable`."""
        return self._noun.rows(state, after, told)


_SYSTEM: Final = StreamRef(kind=SystemNoun.kind, id=SYSTEM_STREAM)


@dataclass(frozen=True, slots=True, kw_only=True)
class ErasableSystem:
    """Freezes, news of alerts without an incident, restored backups, and alerts of no incident."""

    stream: StreamRef = _SYSTEM
    name: str = OUTSIDE
    private: bool = False
    _noun: ClassVar[SystemNoun] = SystemNoun()

    def blank(self) -> System:
        """See `Erasable`."""
        return self._noun.blank(self.stream.id)

    def evolve(self, state: System, envelope: Envelope) -> System:
        """See `Erasable`."""
        return self._noun.evolve(state, envelope)

    def decide(self, policy: Policy, state: System, intent: EraseTexts, now: datetime) -> Decision:
        """See `Erasable`."""
        return self._noun.decide(policy, state, intent, now)

    def standing(self, state: System) -> object:
        """See `Erasable`."""
        return frozenset(state.freezes), state.drills, state.epoch, state.tellings, state.seq

    def in_the_way(
        self, policy: Policy, before: System, after: System, effects: Collection[str]
    ) -> str:
        """See `Erasable`; nothing here is carried out on hosts."""
        del policy, before, after, effects
        return ""

    def rows(
        self, state: System, left: Sequence[Envelope], envelopes: Sequence[Envelope]
    ) -> tuple[RowChange, ...]:
        """Return the rows that stand: a freeze that was lifted long ago has none."""
        del state, left
        standing: dict[tuple[object, ...], Put] = {}
        for change in self._noun.rows(System(), System(), envelopes):
            if isinstance(change, Put):
                standing[_key(change.row)] = change
            else:
                standing.pop((change.kind.TABLE, *(value for _, value in change.equal)), None)
        return tuple(standing.values())

    def told(self, state: System, after: System, told: Sequence[Envelope]) -> tuple[RowChange, ...]:
        """See `Erasable`."""
        return self._noun.rows(state, after, told)


def kind_in_words(envelope: Envelope) -> str:
    """Return what sort of event it is, as the timeline calls it where it has a word."""
    event = envelope.event
    return kind_of(event) if isinstance(event, INCIDENT_EVENTS) else type(event).__name__


def _key(row: Row) -> tuple[object, ...]:
    return (row.TABLE, *(getattr(row, name) for name in row.KEY))
