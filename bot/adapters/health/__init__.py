"""What the bot knows of its own health, from the journal and the delivery loop."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta

from bot.adapters.http.health import Sample, SampleKind
from bot.errors import FirewardenError
from bot.ports import Clock, Journal
from bot.records.rows import CardRow, FreezeRow, RunRow

STUCK_AFTER = timedelta(minutes=2)
"""An effect that has been due for this long without being carried out: delivery is stuck."""


@dataclass(slots=True)
class Counters:
    """Counts since the start; bumped where things happen."""

    alerts: int = 0
    bodies: int = 0
    refused_bodies: int = 0
    values: dict[str, int] = field(default_factory=dict)


class JournalHealth:
    """`Health` over the journal; `starting` names what is not up yet."""

    def __init__(
        self, *, journal: Journal, clock: Clock, starting: Callable[[], Sequence[str]]
    ) -> None:
        self._journal = journal
        self._clock = clock
        self._starting = starting
        self._began = clock.now()
        self._also: list[Callable[[], Sequence[str]]] = []
        self.counters = Counters()

    def also(self, faults: Callable[[], Sequence[str]]) -> None:
        """Ask this, too, whether the bot is ready: each fault that it names says why not."""
        self._also.append(faults)

    async def alive(self) -> None:
        """Return once the journal's writer has answered, be it that it cannot write now."""
        # Extending no lease goes all the way through the writer and changes nothing.
        await self._journal.extend([], self._clock.now())

    async def ready(self) -> Sequence[str]:
        """See `Health.ready`."""
        faults = list(self._starting())
        for look in self._also:
            faults += look()
        try:
            faults += [
                f"delivery of {waiting.kind.value} effects is stuck"
                for waiting in await self._journal.backlog()
                if self._late(waiting.oldest_due)
            ]
        except FirewardenError as error:
            faults.append(f"the journal cannot be read: {error}")
        return faults

    async def metrics(self) -> Sequence[Sample]:
        """See `Health.metrics`. No label names an incident or a person."""
        return [*self._ingest(), *await self._outbox(), *await self._work()]

    def _late(self, oldest: datetime | None) -> bool:
        """Whether delivery had long enough for it since it fell due, or since the start."""
        if oldest is None:
            return False
        return self._clock.now() - max(oldest, self._began) > STUCK_AFTER

    def _ingest(self) -> list[Sample]:
        counted = (
            ("firewarden_alerts_total", "Alerts taken durably.", self.counters.alerts),
            ("firewarden_alert_bodies_total", "Alert bodies taken durably.", self.counters.bodies),
            (
                "firewarden_alert_bodies_refused_total",
                "Alert bodies answered 503: not stored.",
                self.counters.refused_bodies,
            ),
        )
        return [
            Sample(name=name, help=words, kind=SampleKind.COUNTER, value=value)
            for name, words, value in counted
        ]

    async def _outbox(self) -> list[Sample]:
        now = self._clock.now()
        samples: list[Sample] = []
        for waiting in await self._journal.backlog():
            age = (now - waiting.oldest_due).total_seconds() if waiting.oldest_due else 0.0
            for name, words, value in (
                ("firewarden_outbox_open", "Effects not yet carried out.", waiting.open),
                ("firewarden_outbox_parked", "Effects refused for good.", waiting.parked),
                ("firewarden_outbox_age_seconds", "How long overdue.", max(age, 0.0)),
            ):
                samples.append(
                    Sample(
                        name=name,
                        help=words,
                        kind=SampleKind.GAUGE,
                        value=value,
                        labels={"kind": waiting.kind.value},
                    )
                )
        return samples

    async def _work(self) -> list[Sample]:
        open_cards = await self._journal.rows(CardRow, state="open")
        runs: dict[str, int] = {}
        for row in await self._journal.rows(RunRow):
            runs[row.state] = runs.get(row.state, 0) + 1
        frozen = len(await self._journal.rows(FreezeRow))
        return [
            _gauge("firewarden_cards_open", "Questions that wait for an answer.", len(open_cards)),
            _gauge("firewarden_freezes", "Standing freezes.", frozen),
            *(
                Sample(
                    name="firewarden_runs",
                    help="Runbook runs by where they stand.",
                    kind=SampleKind.GAUGE,
                    value=count,
                    labels={"state": state},
                )
                for state, count in sorted(runs.items())
            ),
        ]


def _gauge(name: str, words: str, value: float) -> Sample:
    return Sample(name=name, help=words, kind=SampleKind.GAUGE, value=value)
