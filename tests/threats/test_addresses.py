"""Sixty spellings of inner addresses: nothing is fetched that the inventory does not name."""

from collections.abc import AsyncIterator
from dataclasses import replace
from datetime import timedelta

import pytest

from bot.adapters.probe import HttpProbe
from bot.adapters.ssh.executor import ParamikoExecutor
from bot.domain.alerts import Alert, AlertStatus
from bot.errors import Refused, Unavailable
from bot.ports import Attempt
from bot.redaction import Redactor
from bot.requests import AlertsReceived
from bot.values import Host, RemoteCommand, Untrusted
from tests.support.clock import START
from tests.support.fleet import MemoryHosts
from tests.support.receiver import Receiver, receiver
from tests.support.runs import POLICY, Service, host, world
from tests.threats.corpus import ADDRESSES

SOON = timedelta(seconds=2)


@pytest.fixture
async def inside() -> AsyncIterator[Receiver]:
    async with receiver() as kept:
        yield kept


def test_there_are_sixty_spellings() -> None:
    assert len(set(ADDRESSES)) >= 60


async def test_no_spelling_of_an_address_is_probed_that_the_inventory_does_not_name(
    inside: Receiver,
) -> None:
    probe = HttpProbe(lambda: frozenset({"https://shop.example/health"}))
    port = inside.url.rpartition(":")[2].partition("/")[0]
    for address in ADDRESSES:
        here = address.replace("/latest", f":{port}/latest")
        for url in (address, here, f"https://shop.example/health@{address}", f"{address}#health"):
            with pytest.raises(Refused, match="not in the inventory"):
                await probe.get(url, SOON)
    assert inside.received == []


@pytest.mark.parametrize("status", [301, 302, 303, 307, 308])
async def test_a_probed_service_cannot_send_us_on_to_an_inner_one(
    inside: Receiver, status: int
) -> None:
    async with receiver() as outside:
        outside.status, outside.headers = status, {"Location": inside.url}
        answer = await HttpProbe(lambda: frozenset({outside.url})).get(outside.url, SOON)
        assert answer.status == status
    assert inside.received == []


async def test_a_name_that_is_a_number_or_looks_like_one_is_never_dialled() -> None:
    executor = ParamikoExecutor(redactor=Redactor(()))
    command = RemoteCommand(argv=("true",), timeout=SOON)
    for spelled in (
        "\uff11\uff12\uff17.0.0.1",
        "\u2460\u2461\u2466.0.0.1",
        "127\u30020\u30020\u30021",
        "-oProxyCommand=id",
        "root@127.0.0.1",
        "127.0.0.1 -p22",
        "127.0.0.1\n",
        "",
    ):
        wanted = _at(spelled)
        with pytest.raises((Refused, Unavailable)):
            await executor.run(wanted, command, Attempt(key="k", digest="d"))
    await executor.close()


async def test_addresses_in_an_alert_are_shown_and_never_asked(inside: Receiver) -> None:
    hosts = MemoryHosts(Service())
    async with world(hosts, policy=POLICY) as on:
        for number, address in enumerate((*ADDRESSES, inside.url)):
            await on.alert(_alert(number, address))
        await on.settled()
        assert (hosts.reads, hosts.changes, hosts.tried) == ([], [], [])
    assert inside.received == []


def _at(address: str) -> Host:
    return replace(host("web-1"), address=address)


def _alert(number: int, address: str) -> AlertsReceived:
    fired = Alert(
        source="alertmanager",
        fingerprint=f"f{number}",
        status=AlertStatus.FIRING,
        starts_at=START,
        labels={"alertname": "x", "instance": address, "service": "checkout", "runbook": address},
        annotations={"runbook_url": address, "dashboard": address},
        summary=Untrusted(f"see {address}"),
        description=Untrusted(address),
        link=address,
    )
    return AlertsReceived(source="alertmanager", alerts=(fired,), malformed=())
