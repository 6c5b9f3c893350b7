"""The disk is full, or fails, while alerts arrive: no 2xx for what is lost; it goes on after."""

import resource
import sqlite3
from contextlib import closing
from dataclasses import dataclass, field
from pathlib import Path

import aiohttp
import pytest

from tests.support.ports import free_port
from tests.support.process import team_process
from tests.support.small_disk import small_disk
from tests.support.waiting import until

POLICY = """\
people:
  ann: {name: Ann, accounts: {console: ann}}
  bob: {name: Bob, accounts: {console: bob}}
groups:
  responder: [ann]
  approver: [ann, bob]
paging:
  escalations:
    on-call: {group: responder}
    security: {group: responder}
    dba: {group: approver}
tokens: {answer: [ann]}
"""
TOKEN = "a-token-of-the-monitor-0123456789"
A_BODY = 50
"""Alerts in one body: about 120 kB with their descriptions."""


@dataclass(slots=True, kw_only=True)
class Monitor:
    """Sends bodies of alerts, each other ones, and remembers which it was told were taken."""

    address: str
    session: aiohttp.ClientSession
    sent: int = 0
    taken: set[str] = field(default_factory=set)
    refused: list[tuple[int, str]] = field(default_factory=list)
    """Status and Retry-After of each body that was not taken."""

    async def send(self) -> bool:
        """Send a body; returns whether it was taken."""
        alerts = [alert(n) for n in range(self.sent, self.sent + A_BODY)]
        self.sent += A_BODY
        url = f"http://{self.address}/alerts/alertmanager"
        headers = {"Authorization": f"Bearer {TOKEN}"}
        body = {"version": "4", "truncatedAlerts": 0, "alerts": alerts}
        async with self.session.post(url, json=body, headers=headers) as got:
            if got.status == 202:
                self.taken |= {str(a["fingerprint"]) for a in alerts}
                return True
            self.refused.append((got.status, got.headers.get("Retry-After", "")))
            return False

    async def send_until(self, *, taken: bool) -> None:
        """Send until a body is taken, or refused."""
        for _ in range(400):
            if await self.send() is taken:
                return
        raise AssertionError(f"no body of 400 was {'taken' if taken else 'refused'}")


def alert(n: int) -> dict[str, object]:
    return {
        "status": "firing",
        "labels": {"alertname": "Down", "service": "shop", "instance": f"web-{n}"},
        "annotations": {"description": f"web-{n} is down. " * 120},
        "startsAt": "2026-11-21T10:42:00Z",
        "fingerprint": f"f-{n}",
    }


def stored(journal: Path) -> set[str]:
    with closing(sqlite3.connect(f"file:{journal}?mode=ro", uri=True)) as database:
        return {str(f) for (f,) in database.execute("SELECT fingerprint FROM alerts")}


@pytest.fixture
def settings(tmp_path: Path) -> dict[str, str]:
    (tmp_path / "policy.yaml").write_text(POLICY)
    return {
        "FIREWARDEN_POLICY": str(tmp_path / "policy.yaml"),
        "FIREWARDEN_ALERT_TOKEN": TOKEN,
    }


async def test_alerts_on_a_full_disk_are_sent_again_and_none_that_was_taken_is_lost(
    tmp_path: Path, settings: dict[str, str]
) -> None:
    async with small_disk(tmp_path, "ann", "16m", settings) as disk:
        monitor = Monitor(address=disk.process.address, session=disk.process.session)
        assert await monitor.send(), monitor.refused
        disk.fill()
        await monitor.send_until(taken=False)
        for _ in range(10):
            await monitor.send()
        status, answer = await disk.seat.post(
            "/api/commands", {"text": "/incident declare sev3 the disk is full"}
        )

        assert (status, "NOT recorded" in str(answer)) == (503, True)
        assert {code for code, _ in monitor.refused} == {503}
        assert all(int(after) >= 1 for _, after in monitor.refused)

        disk.make_room()
        await monitor.send_until(taken=True)
        await disk.seat.say("/incident declare sev3 there is room again")
        titles = {str(found["title"]) for found in await disk.seat.incidents()}
        assert "there is room again" in titles
        assert "the disk is full" not in titles

        async def all_there() -> bool:
            try:
                return monitor.taken <= stored(disk.copied("journal.sqlite3"))
            except sqlite3.DatabaseError:  # copied in the middle of a write
                return False

        await until(all_there)
        assert disk.process.life is not None
        assert disk.process.life.returncode is None


async def test_a_disk_that_takes_no_more_bytes_of_a_file_loses_no_alert_that_was_taken(
    tmp_path: Path, settings: dict[str, str]
) -> None:
    policy = tmp_path / "policy.yaml"
    async with team_process(tmp_path, free_port(), policy, settings) as process:
        assert process.life is not None
        monitor = Monitor(address=process.address, session=process.session)
        assert await monitor.send(), monitor.refused
        _, most = resource.prlimit(process.life.pid, resource.RLIMIT_FSIZE)
        log = tmp_path / "data" / "journal.sqlite3-wal"
        resource.prlimit(process.life.pid, resource.RLIMIT_FSIZE, (log.stat().st_size, most))

        await monitor.send_until(taken=False)
        for _ in range(5):
            await monitor.send()
        assert {code for code, _ in monitor.refused} == {503}
        assert all(int(after) >= 1 for _, after in monitor.refused)

        resource.prlimit(process.life.pid, resource.RLIMIT_FSIZE, (most, most))
        await monitor.send_until(taken=True)

        async def all_there() -> bool:
            return monitor.taken <= stored(tmp_path / "data" / "journal.sqlite3")

        await until(all_there)
