"""The real Alertmanager, pointed at the bot: amtool raises an alert and ends it."""

import asyncio
import shutil
import socket
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from tests.support.bot import Bot, bot
from tests.support.waiting import until

ALERTMANAGER, AMTOOL = "prometheus-alertmanager", "amtool"

CONFIG = """
route: {{receiver: firewarden, group_by: [alertname, service],
         group_wait: 1s, group_interval: 1s, repeat_interval: 1h}}
receivers:
  - name: firewarden
    webhook_configs:
      - url: http://{ingest}/alerts/alertmanager
        send_resolved: true
        http_config: {{authorization: {{type: Bearer, credentials: {token}}}}}
"""

pytestmark = pytest.mark.skipif(
    shutil.which(ALERTMANAGER) is None, reason="Debian's prometheus-alertmanager is not installed"
)


@asynccontextmanager
async def alertmanager(b: Bot, folder: Path) -> AsyncIterator[str]:
    """Run Alertmanager on loopback; yields its URL."""
    port = free_port()
    config = folder / "alertmanager.yml"
    config.write_text(CONFIG.format(ingest=b.running.ingest, token=b.running.alert_token))
    process = await asyncio.create_subprocess_exec(
        ALERTMANAGER,
        f"--config.file={config}",
        f"--web.listen-address=127.0.0.1:{port}",
        "--cluster.listen-address=",
        f"--storage.path={folder / 'alertmanager'}",
        stdout=asyncio.subprocess.DEVNULL,
        stderr=asyncio.subprocess.DEVNULL,
    )
    try:
        await until(lambda: answers(port))
        yield f"http://127.0.0.1:{port}"
    finally:
        process.terminate()
        await process.wait()


async def amtool(url: str, *words: str) -> None:
    """Run amtool; it must succeed."""
    process = await asyncio.create_subprocess_exec(AMTOOL, f"--alertmanager.url={url}", *words)
    assert await process.wait() == 0


async def answers(port: int) -> bool:
    """Whether something listens on the port."""
    try:
        _, writer = await asyncio.open_connection("127.0.0.1", port)
    except OSError:
        return False
    writer.close()
    await writer.wait_closed()
    return True


def free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


async def test_an_alert_that_amtool_raises_opens_an_incident_and_its_end_is_said_in_the_room(
    tmp_path: Path,
) -> None:
    async with bot(tmp_path) as b, alertmanager(b, tmp_path) as url:
        labels = ("alertname=DiskFull", "service=api", "severity=critical", "instance=web-1")
        end = (datetime.now(UTC) + timedelta(hours=1)).isoformat()
        summary = "--annotation=summary=disk full on web-1"
        await amtool(url, "alert", "add", *labels, summary, f"--end={end}")

        async def opened() -> str:
            found = await b.commander.incidents()
            return str(found[0]["id"]) if found else ""

        incident = await until(opened)
        assert (await b.commander.incident(incident))["title"] == "disk full on web-1"

        await amtool(
            url, "alert", "add", *labels, summary, f"--end={datetime.now(UTC).isoformat()}"
        )

        async def said() -> list[str]:
            lines = await b.commander.timeline(incident)
            return [line for line in lines if "resolved" in line]

        assert await until(said, seconds=30) == ["1 alert resolved: disk full on web-1"]
        assert (await b.commander.incident(incident))["status"] == "investigating"
