"""POST /alerts/<source>: proves the sender on its headers, then takes one body durably."""

import math
from collections.abc import Mapping
from datetime import datetime, timedelta
from http import HTTPStatus
from typing import Final, Protocol

from bot.adapters.http.raw import BodyFault, RawHead, RawRequest, RawResponse, text
from bot.adapters.http.routes import Caller, Route
from bot.domain.alerts import Alert, AlertStatus
from bot.errors import OutcomeUnknown, Unavailable, UserMistake
from bot.ports import Clock
from bot.requests import AlertsReceived
from bot.values import Untrusted

ALERT_BODY: Final = 8 * 1024 * 1024
"""Bytes of one body (spec: product F8)."""

OWN_SOURCE: Final = "firewarden"
"""The source of alerts about the bot itself."""

TAKEN: Final = RawResponse(status=HTTPStatus.ACCEPTED)


class AlertSource(Protocol):
    """What this adapter needs of a sender: proof on the headers, then alerts from the body."""

    def verify(self, headers: Mapping[str, str], secrets: tuple[str, ...]) -> bool:
        """Whether the headers prove the sender, in constant time."""
        ...

    def parse(self, raw: bytes) -> AlertsReceived:
        """Read one body; `UserMistake` where it is not JSON or not this sender's shape."""
        ...


class TakesAlerts(Protocol):
    """Stores alerts durably (`bot.usecases.ingest`)."""

    async def take_alerts(self, received: AlertsReceived) -> None:
        """Store one body durably; `Unavailable` = it was not stored: answer 503, Retry-After.

        It does not wait for long: within 1.5 seconds it is stored or given up, unless its commit
        has begun (DESIGN section 7, rule 1).
        """
        ...


class AlertIntake:
    """The alert endpoint of every configured source.

    `secrets` maps a source to the bearer tokens that count now; a source without one takes
    nothing. A body that cannot be read is the sender's fault and our problem: it is answered 4xx
    and becomes an alert of the source `firewarden`, ended by the next good body.
    """

    def __init__(
        self,
        *,
        alerts: TakesAlerts,
        clock: Clock,
        sources: Mapping[str, AlertSource],
        secrets: Mapping[str, tuple[str, ...]],
    ) -> None:
        self._alerts = alerts
        self._clock = clock
        self._sources = sources
        self._secrets = secrets
        self._troubled: dict[str, Alert] = {}

    def route(self) -> Route:
        """Build the route."""
        return Route(
            method="POST",
            pattern="/alerts/{source}",
            endpoint=self._take,
            caller=Caller.MACHINE,
            admit=self._admit,
            body_limit=ALERT_BODY,
            rejected=self._rejected,
        )

    def _admit(self, head: RawHead) -> RawResponse | None:
        name = head.captured["source"]
        source = self._sources.get(name)
        secrets = self._secrets.get(name, ())
        # An unknown source and a wrong token look alike: names are not worth guessing.
        if source is None or not secrets or not source.verify(head.headers, secrets):
            return text(
                HTTPStatus.UNAUTHORIZED,
                "This alert source needs its bearer token.",
                ("WWW-Authenticate", "Bearer"),
            )
        return None

    async def _take(self, request: RawRequest) -> RawResponse:
        name = request.captured["source"]
        try:
            received = self._sources[name].parse(request.body)
        except UserMistake as mistake:
            return await self._rejected(
                request.head, BodyFault(HTTPStatus.BAD_REQUEST, mistake.message)
            )
        response = await self._commit(received)
        if response is TAKEN and name in self._troubled:
            await self._recovered(name)
        return response

    async def _rejected(self, head: RawHead, fault: BodyFault) -> RawResponse:
        name = head.captured["source"]
        alert = self._trouble(name, fault)
        response = await self._commit(AlertsReceived(source=OWN_SOURCE, alerts=(alert,)))
        if response is not TAKEN:
            return response
        self._troubled[name] = alert
        return text(fault.status, fault.message)

    def _trouble(self, name: str, fault: BodyFault) -> Alert:
        standing = self._troubled.get(name)
        return Alert(
            source=OWN_SOURCE,
            fingerprint=f"intake-{name}",
            status=AlertStatus.FIRING,
            starts_at=standing.starts_at if standing else _hour(self._clock.now()),
            labels={
                "alertname": "AlertIntakeRejected",
                "service": OWN_SOURCE,
                "sender": name,
                "severity": "warning",
            },
            summary=Untrusted(f"Alerts from {name} cannot be read, so they open no incident"),
            description=Untrusted(f"answered {fault.status.value}: {fault.message}"),
        )

    async def _recovered(self, name: str) -> None:
        ended = self._troubled[name]
        alert = Alert(
            source=OWN_SOURCE,
            fingerprint=ended.fingerprint,
            status=AlertStatus.RESOLVED,
            starts_at=ended.starts_at,
            labels=ended.labels,
            summary=ended.summary,
            description=Untrusted("a later body of this sender was read"),
        )
        if await self._commit(AlertsReceived(source=OWN_SOURCE, alerts=(alert,))) is TAKEN:
            self._troubled.pop(name, None)

    async def _commit(self, received: AlertsReceived) -> RawResponse:
        try:
            await self._alerts.take_alerts(received)
        except Unavailable as unavailable:
            return _come_again(str(unavailable), unavailable.retry_after)
        except OutcomeUnknown as unknown:
            # Taken twice an alert is the same alert.
            return _come_again(str(unknown), timedelta(seconds=2))
        return TAKEN


def _come_again(why: str, after: timedelta) -> RawResponse:
    seconds = max(1, math.ceil(after.total_seconds()))
    return text(
        HTTPStatus.SERVICE_UNAVAILABLE,
        f"Not stored: {why}. Send it again.",
        ("Retry-After", str(seconds)),
    )


def _hour(moment: datetime) -> datetime:
    # Part of the alert's identity: after a restart the same trouble is the same alert.
    return moment.replace(minute=0, second=0, microsecond=0)
