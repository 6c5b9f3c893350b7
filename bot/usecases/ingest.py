"""Alerts in: each one is routed and stored with its group's attach effect, in one durable unit."""

import asyncio
from collections import OrderedDict
from dataclasses import replace
from datetime import datetime, timedelta

from bot.domain.alerts import Alert
from bot.domain.effects import Attach
from bot.errors import Unavailable
from bot.ports import Clock, Journal, Quarantined, RoutedAlert
from bot.records.outbox import OutboxItem
from bot.records.rows import AlertGroupRow
from bot.records.stored import write_effect
from bot.requests import AlertsReceived
from bot.usecases.current import Current
from bot.usecases.routing import Routing
from bot.usecases.storms import WITHIN, Storms, is_storm
from bot.usecases.tally import Taken
from bot.values import StreamRef

GATHERED = timedelta(seconds=1)
"""A group's news is told at most this often; its first news is told at once."""

STORM_GATHERED = timedelta(seconds=3)
"""How long the news of a storm gathers, its first news too: one event for all of it."""

LOOKED_WITHIN = timedelta(seconds=1.5)
"""How long a body may wait for a look at the journal (DESIGN section 7, rule 1)."""

_ALERTS = StreamRef(kind="system", id="alerts")
_CACHED = 4096


class Ingest:
    """Stores bodies of alerts. Nothing is decided here: delivery attaches groups afterwards.

    `looked_within` is how long a body waits for a look at which groups have an incident; `taken`
    counts what was stored and what was not.
    """

    def __init__(
        self,
        *,
        journal: Journal,
        clock: Clock,
        current: Current,
        looked_within: timedelta = LOOKED_WITHIN,
    ) -> None:
        self._journal = journal
        self._looked_within = looked_within.total_seconds()
        self._clock = clock
        self._current = current
        self._effects: OrderedDict[str, OutboxItem] = OrderedDict()
        self._routing = Routing(current.policy)
        self._storms = Storms()
        self._looked: datetime | None = None
        self.taken = Taken()

    async def take_alerts(self, received: AlertsReceived) -> None:
        """Store one body durably; raises Unavailable where it was not stored."""
        now = self._clock.now()
        if self._routing.policy is not self._current.policy:
            self._routing = Routing(self._current.policy)
        try:
            if self._looked is None or now - self._looked >= WITHIN:
                await self._look(now)
            routed = [self._routed(alert, now) for alert in received.alerts]
            attach = [self._attach(group, now) for group in {r.group for r in routed}]
            await self._journal.take_alerts(routed, _quarantined(received), attach, now)
        except BaseException:
            self.taken.refused_bodies += 1
            raise
        self.taken.bodies += 1
        self.taken.alerts += len(received.alerts)

    async def _look(self, now: datetime) -> None:
        """Ask which groups have an incident; whoever asks next meanwhile works with the old."""
        before, self._looked = self._looked, now
        try:
            async with asyncio.timeout(self._looked_within):
                rows = await self._journal.rows(AlertGroupRow)
        except Unavailable:
            self._looked = before
            raise
        except TimeoutError:
            self._looked = before
            raise Unavailable("the journal is slow", retry_after=timedelta(seconds=2)) from None
        self._storms.know((row.group_key for row in rows), now)

    def _routed(self, alert: Alert, now: datetime) -> RoutedAlert:
        place = self._routing.place_of(alert)
        group = place.group
        if place.opens:
            most = self._routing.policy.storm_after
            group = self._storms.group_of(place.route, group, most=most, now=now)
        return RoutedAlert(alert=alert, group=group, route=place.route, rank=place.rank)

    def _attach(self, group: str, now: datetime) -> OutboxItem:
        """Return the group's effect, due so that what comes in quick succession is told as one."""
        last = self._effects.get(group)
        soon = now + STORM_GATHERED
        if last is not None and last.due > soon:
            last = None  # the clock was set back: what seemed soon is far away now
        if last is not None and now < last.due:
            return last
        if is_storm(group):
            due = soon
        else:
            due = now if last is None or now == last.due else max(now, last.due + GATHERED)
        item = (
            write_effect(_ALERTS, Attach(group=group), due)
            if last is None
            else replace(last, due=due)
        )
        self._effects[group] = item
        if len(self._effects) > _CACHED:
            self._effects.popitem(last=False)
        return item


def _quarantined(received: AlertsReceived) -> list[Quarantined]:
    return [
        Quarantined(source=received.source, raw=malformed.raw, fault=malformed.fault)
        for malformed in received.malformed
    ]
