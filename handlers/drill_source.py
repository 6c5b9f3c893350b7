"""Alerts of our own drill ground: Alertmanager's shape under a name and a token of their own."""

from collections.abc import Mapping
from dataclasses import replace

from bot.requests import AlertsReceived
from handlers.alerts import alertmanager


class DrillSource:
    """`AlertSource` of drills; only its alerts can match the drill route."""

    name = "drill"

    def verify(self, headers: Mapping[str, str], secrets: tuple[str, ...]) -> bool:
        """See `AlertSource.verify`."""
        return alertmanager.verify(headers, secrets)

    def parse(self, raw: bytes) -> AlertsReceived:
        """See `AlertSource.parse`."""
        received = alertmanager.parse(raw)
        alerts = tuple(replace(alert, source=self.name) for alert in received.alerts)
        return replace(received, source=self.name, alerts=alerts)
