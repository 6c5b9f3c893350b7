"""The monitor: it sends an alert until it is acknowledged, and sends much of it twice."""

import asyncio
import random
from dataclasses import dataclass

import aiohttp

from tests.crash.history import AlertSent, Notes
from tests.crash.presence import Presence
from tests.crash.scene import ALERT_TOKEN
from tests.crash.team import PATIENCE

_AGAIN = 0.03
_TAKEN = 202


@dataclass(slots=True, kw_only=True)
class Sender:
    """Sends alerts to whatever life is there now."""

    session: aiohttp.ClientSession
    notes: Notes
    luck: random.Random
    there: Presence
    waiting: int = 0

    async def send(self, ticket: str, host: str, number: int = 1, copies: int = 0) -> None:
        """Send one alert until it is acknowledged, now and then both before and after again.

        `copies` are sent side by side; 0 = as luck has it.
        """
        alert = AlertSent(ticket=ticket, fingerprint=f"{ticket}-{number}")
        self.notes.alerts.append(alert)
        body = {
            "dedup_key": alert.fingerprint,
            "title": f"Alert {ticket} number {number}",
            "severity": "error",
            "labels": {"alertname": ticket, "service": "web", "host": host, "ticket": ticket},
        }
        copies = copies or self.luck.choice((1, 1, 2, 3))
        await asyncio.gather(*(self._insist(body, alert) for _ in range(copies)))

    async def _insist(self, body: object, alert: AlertSent) -> None:
        self.waiting += 1
        try:
            # In turns: there is no event of ours for a bot that is there again.
            while not await self._sent(body):  # noqa: ASYNC110 - as above
                await asyncio.sleep(_AGAIN)
        finally:
            self.waiting -= 1
        alert.acknowledged = True
        self.there.alert.set()

    async def _sent(self, body: object) -> bool:
        address = self.there.address
        if not address:
            return False
        headers = {"Authorization": f"Bearer {ALERT_TOKEN}"}
        try:
            async with self.session.post(
                f"http://{address}/alerts/generic", json=body, headers=headers, timeout=PATIENCE
            ) as got:
                return got.status == _TAKEN
        except (aiohttp.ClientError, TimeoutError):
            return False
