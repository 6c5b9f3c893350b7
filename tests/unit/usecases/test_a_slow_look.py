"""A look at the journal that takes too long gives the body back to its sender."""

import asyncio
from collections.abc import Sequence
from datetime import timedelta
from typing import TypeVar

import pytest

from bot.adapters.memory import MemoryJournal
from bot.config import default_policy
from bot.errors import Unavailable
from bot.records.rows import Row, Scalar
from bot.requests import AlertsReceived
from bot.usecases.current import Current
from bot.usecases.ingest import Ingest
from bot.usecases.tally import Taken
from tests.contract.journal.values import CountingIds, alert
from tests.support.clock import MovedClock

R = TypeVar("R", bound=Row)
BODY = AlertsReceived(source="prometheus", alerts=(alert("f1"),))


class StuckJournal(MemoryJournal):
    """A journal whose disk answers reads when it is `let`."""

    def __init__(self) -> None:
        super().__init__(ids=CountingIds())
        self.let = asyncio.Event()

    async def rows(self, kind: type[R], **equal: Scalar) -> Sequence[R]:
        await self.let.wait()
        return await super().rows(kind, **equal)


async def waiting(journal: MemoryJournal) -> int:
    """Return how many groups wait to be attached."""
    return sum(kind.open for kind in await journal.backlog())


async def test_a_body_is_given_back_where_the_look_takes_too_long_and_taken_afterwards() -> None:
    journal = StuckJournal()
    ingest = Ingest(
        journal=journal,
        clock=MovedClock(),
        current=Current(policy=default_policy()),
        looked_within=timedelta(seconds=0.01),
    )
    with pytest.raises(Unavailable, match="the journal is slow") as caught:
        await ingest.take_alerts(BODY)
    assert caught.value.retry_after == timedelta(seconds=2)
    assert await waiting(journal) == 0
    assert ingest.taken == Taken(bodies=0, alerts=0, refused_bodies=1)

    journal.let.set()
    await ingest.take_alerts(BODY)
    assert await waiting(journal) == 1
    assert ingest.taken == Taken(bodies=1, alerts=1, refused_bodies=1)
