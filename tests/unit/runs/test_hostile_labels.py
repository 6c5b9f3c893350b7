"""Labels of an alert are other people's words: what does not fit its type reaches no shell."""

from dataclasses import replace

import pytest

from bot.domain.alerts import Alert, AlertStatus
from bot.domain.policy import Route, RunbookStart
from bot.requests import AlertsReceived
from bot.values import Untrusted
from tests.support.clock import START
from tests.support.fleet import MemoryHosts
from tests.support.runs import POLICY, Service, world

ROUTE = Route(name="down", runbook="restart", start=RunbookStart.TRIAGE)
LOOKS = replace(POLICY, routes=(ROUTE,))


def alert(instance: str, fingerprint: str = "f1") -> AlertsReceived:
    labels = {"alertname": fingerprint, "service": "checkout", "instance": instance}
    fired = Alert(
        source="alertmanager",
        fingerprint=fingerprint,
        status=AlertStatus.FIRING,
        starts_at=START,
        labels=labels,
        summary=Untrusted("checkout is down"),
        description=Untrusted(""),
        link="",
    )
    return AlertsReceived(source="alertmanager", alerts=(fired,), malformed=())


@pytest.mark.parametrize(
    ("instance", "reason"),
    [
        ("web-1; rm -rf /", "'web-1; rm -rf /' is no host of the inventory"),
        ("$(reboot)", "'$(reboot)' is no host of the inventory"),
        ("-oProxyCommand=reboot", "starts with a hyphen: it could be taken for an option"),
        ("web-1\nreboot", "holds a line break or a control character"),
        ("\uff11\uff10.0.0.1", "holds characters that are not ASCII"),
        ("10.66.6.6:9100", "'10.66.6.6' is no host of the inventory"),
    ],
)
async def test_a_hostile_label_is_refused_with_the_reason_on_the_timeline(
    instance: str, reason: str
) -> None:
    hosts = MemoryHosts(Service())
    async with world(hosts, policy=LOOKS) as on:
        await on.alert(alert(instance))
        await on.settled()
        incident = await on.incident()
        assert incident.runs == {}
        assert (hosts.reads, hosts.changes, hosts.tried) == ([], [], [])
        told = "\n".join(on.posted(await on.room()))
        assert "The runbook restart was not proposed: host: the alert's label instance: " in told
        assert reason in told


async def test_a_label_that_fits_starts_the_look_that_the_route_allows() -> None:
    hosts = MemoryHosts(Service())
    async with world(hosts, policy=LOOKS) as on:
        await on.alert(alert("web-1:9100"))
        await on.settled()
        (run,) = (await on.incident()).runs.values()
        assert (run.started.automatic, run.state) == (True, "waiting for approval")
        assert hosts.changes == []


async def test_only_so_many_looks_run_by_themselves_at_once() -> None:
    hosts = MemoryHosts(Service())
    alone = replace(LOOKS, triage_at_once=0)
    async with world(hosts, policy=alone) as on:
        await on.alert(alert("web-1"))
        await on.settled()
        incident = await on.incident()
        assert incident.runs == {}
        assert [asked.card.kind for asked in incident.open_cards] == ["run"]
