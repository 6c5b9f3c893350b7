"""A route that only posts: the channel hears of it now and then, and no incident is opened."""

from dataclasses import replace
from datetime import timedelta

from bot.domain.alerts import Alert, AlertStatus
from bot.domain.policy import Route, RouteAction
from bot.records.rows import IncidentRow
from bot.requests import AlertsReceived
from bot.values import Severity, Untrusted
from tests.support.clock import START
from tests.support.team import TEAM
from tests.support.world import World

QUIET = Route(name="chatter", action=RouteAction.POST, severity=Severity.SEV4)
POSTS = replace(TEAM, routes=(QUIET,))


def alert(fingerprint: str, status: AlertStatus = AlertStatus.FIRING) -> AlertsReceived:
    one = Alert(
        source="alertmanager",
        fingerprint=fingerprint,
        status=status,
        starts_at=START,
        labels={"alertname": "Slow", "service": "checkout"},
        summary=Untrusted("checkout is a little slow"),
        description=Untrusted(""),
        link="",
    )
    return AlertsReceived(source="alertmanager", alerts=(one,), malformed=())


async def fired(on: World, *fingerprints: str) -> list[str]:
    for fingerprint in fingerprints:
        await on.alert(alert(fingerprint))
        await on.move(timedelta(seconds=30))
    return on.posted(TEAM.announcement_channel)


async def test_the_channel_is_told_and_no_incident_is_opened() -> None:
    async with World(policy=POSTS) as on:
        (told,) = await fired(on, "f1")
        assert "SEV4 checkout is a little slow" in told
        assert "1 alert firing. The route chatter opens no incident." in told
        assert await on.journal.rows(IncidentRow) == []


async def test_what_follows_soon_is_counted_and_said_with_the_next() -> None:
    async with World(policy=POSTS) as on:
        assert len(await fired(on, "f1", "f2", "f3")) == 1
        await on.move(timedelta(minutes=10))
        _, later = await fired(on, "f4")
        assert "1 alert firing, 2 alerts counted since the last message." in later


async def test_an_alert_that_ends_is_told_too() -> None:
    async with World(policy=POSTS) as on:
        await fired(on, "f1")
        await on.move(timedelta(minutes=10))
        await on.alert(alert("f1", AlertStatus.RESOLVED))
        await on.move(timedelta(seconds=30))
        assert "1 alert ended." in on.posted(TEAM.announcement_channel)[-1]
