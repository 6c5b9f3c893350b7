"""What the bot knows of its own health, from the journal and the delivery loop."""

from collections.abc import Callable, Mapping, Sequence
from datetime import datetime, timedelta

from bot.adapters.health.samples import (
    card_samples,
    delivery_samples,
    gauge,
    ingest_samples,
    link_samples,
    outbox_samples,
    run_samples,
)
from bot.adapters.http.health import Sample
from bot.errors import FirewardenError
from bot.ports import Clock, Journal
from bot.records.rows import CardRow, FreezeRow, RunRow
from bot.usecases.tally import Taken, Tally

STUCK_AFTER = timedelta(minutes=2)
"""An effect that has been due for this long without being carried out: delivery is stuck."""


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
        self._tally = Tally()
        self._links: Callable[[], Mapping[str, int]] = dict
        self._taken = Taken()

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

    def taking(self, taken: Taken) -> None:
        """Tell of these bodies of alerts, too."""
        self._taken = taken

    def delivering(self, tally: Tally) -> None:
        """Tell of these deliveries, too."""
        self._tally = tally

    def linked(self, links: Callable[[], Mapping[str, int]]) -> None:
        """Tell of these SSH links, too: how many are open, and how many commands run over them."""
        self._links = links

    async def metrics(self) -> Sequence[Sample]:
        """See `Health.metrics`. No label names an incident or a person."""
        now = self._clock.now()
        return [
            *ingest_samples(self._taken),
            *outbox_samples(await self._journal.backlog(), now),
            *delivery_samples(self._tally),
            *card_samples(await self._journal.rows(CardRow, state="open"), now),
            *run_samples(await self._journal.rows(RunRow)),
            *link_samples(self._links()),
            gauge(
                "firewarden_freezes", "Standing freezes.", len(await self._journal.rows(FreezeRow))
            ),
        ]

    def _late(self, oldest: datetime | None) -> bool:
        """Whether delivery had long enough for it since it fell due, or since the start."""
        if oldest is None:
            return False
        return self._clock.now() - max(oldest, self._began) > STUCK_AFTER
