"""The kinds of streams, each as its pure functions, for the desk."""

from collections.abc import Sequence
from datetime import datetime

from bot.domain import incident, system
from bot.domain.decided import Decision
from bot.domain.events import Envelope
from bot.domain.intents import IncidentIntent, SystemIntent
from bot.domain.policy import Policy
from bot.domain.state import Incident, evolve
from bot.domain.system import System
from bot.records.projection import exclusive_rows, incident_rows, system_rows
from bot.records.rows import Row, RowChange
from bot.values import IncidentId

SYSTEM_STREAM = "system"
"""The id of the one stream of kind `system`."""


class IncidentNoun:
    """One stream per incident."""

    kind = "incident"

    def blank(self, ident: str) -> Incident:
        """See `Noun`."""
        return Incident(id=IncidentId(ident))

    def evolve(self, state: Incident, envelope: Envelope) -> Incident:
        """See `Noun`."""
        return evolve(state, envelope)

    def decide(
        self, policy: Policy, state: Incident, intent: IncidentIntent, now: datetime
    ) -> Decision:
        """See `Noun`."""
        return incident.decide(policy, state, intent, now)

    def rows(
        self, before: Incident, after: Incident, envelopes: Sequence[Envelope]
    ) -> tuple[RowChange, ...]:
        """See `Noun`."""
        return incident_rows(before, after, envelopes)

    def exclusive(self, after: Incident, envelopes: Sequence[Envelope]) -> tuple[Row, ...]:
        """See `Noun`."""
        return exclusive_rows(after, envelopes)


class SystemNoun:
    """The one stream about the installation."""

    kind = "system"

    def blank(self, ident: str) -> System:
        """See `Noun`."""
        del ident
        return System()

    def evolve(self, state: System, envelope: Envelope) -> System:
        """See `Noun`."""
        return system.evolve(state, envelope)

    def decide(
        self, policy: Policy, state: System, intent: SystemIntent, now: datetime
    ) -> Decision:
        """See `Noun`."""
        return system.decide(policy, state, intent, now)

    def rows(
        self, before: System, after: System, envelopes: Sequence[Envelope]
    ) -> tuple[RowChange, ...]:
        """See `Noun`."""
        del before, after
        return system_rows(envelopes)

    def exclusive(self, after: System, envelopes: Sequence[Envelope]) -> tuple[Row, ...]:
        """See `Noun`."""
        del after, envelopes
        return ()
