"""Alert storms over real HTTP: nothing is lost, and people see a handful of rooms and cards."""

import asyncio
import sqlite3
from collections import Counter
from collections.abc import Iterable
from contextlib import closing
from pathlib import Path
from typing import Any

from tests.support.bot import Bot, bot
from tests.support.waiting import until

ALERTS = 2_000
A_BODY = 20
AT_ONCE = 16


def alert(n: int, groups: int) -> dict[str, Any]:
    return {
        "status": "firing",
        "labels": {
            "alertname": "Down",
            "service": f"shop-{n % groups}",
            "instance": f"web-{n}",
            "severity": "critical" if n == ALERTS // 2 else "warning",
        },
        "annotations": {"summary": f"web-{n} is down"},
        "startsAt": "2026-11-21T10:42:00Z",
        "fingerprint": f"f-{n}",
    }


def bodies(groups: int) -> Iterable[dict[str, Any]]:
    for first in range(0, ALERTS, A_BODY):
        alerts = [alert(n, groups) for n in range(first, first + A_BODY)]
        yield {"version": "4", "truncatedAlerts": 0, "alerts": alerts}


async def sent(served: Bot, groups: int) -> list[int]:
    """Send everything, some bodies at a time; returns the statuses."""
    gate = asyncio.Semaphore(AT_ONCE)

    async def one(body: dict[str, Any]) -> int:
        async with gate:
            return await served.alert(body)

    return await asyncio.gather(*(one(body) for body in bodies(groups)))


def asked(file: Path, query: str) -> list[Any]:
    """Ask one of the bot's databases; returns the first column."""
    with closing(sqlite3.connect(file)) as connection:
        return [row[0] for row in connection.execute(query)]


async def attached(folder: Path) -> list[int]:
    """Wait until every alert has an incident; returns the numbers of alerts, largest first."""
    journal = folder / "data" / "journal.sqlite3"

    async def unread() -> bool:
        return asked(journal, "SELECT count(*) FROM alerts WHERE unread = 1") == [0]

    await until(unread)
    incidents = Counter(asked(journal, "SELECT incident FROM alerts"))
    assert "" not in incidents
    return sorted(incidents.values(), reverse=True)


async def quiet(folder: Path) -> None:
    """Wait until everything is delivered that is due."""
    journal = folder / "data" / "journal.sqlite3"
    query = (
        "SELECT count(*) FROM effects WHERE wakes_at IS NOT NULL"
        " AND kind <> 'timer' AND type NOT IN ('SendPage')"
    )

    async def nothing() -> bool:
        return asked(journal, query) == [0]

    await until(nothing)


def console(folder: Path, query: str) -> list[Any]:
    return asked(folder / "data" / "console.sqlite3", query)


def told(folder: Path) -> Counter[str]:
    """Count the messages of each kind of conversation."""
    found = console(folder, "SELECT conversation FROM messages")
    return Counter(conversation.partition(":")[0] for conversation in found)


async def test_two_thousand_alerts_of_one_group_are_one_incident_and_a_counting_card(
    tmp_path: Path,
) -> None:
    async with bot(tmp_path) as b:
        assert set(await sent(b, groups=1)) == {202}

        assert await attached(tmp_path) == [ALERTS]
        await quiet(tmp_path)
        (incident,) = await b.commander.incidents()
        assert incident["severity"] == "SEV2"
        assert len(console(tmp_path, "SELECT id FROM rooms")) == 1
        # It was declared, and it became worse: both are announced, and both page.
        assert told(tmp_path)["channel"] <= 2
        assert told(tmp_path)["direct"] <= 2
        # The card, the declaration, the proposals, and one line for each second of the storm.
        assert told(tmp_path)["room"] <= 20


async def test_two_hundred_groups_are_eleven_incidents_and_no_flood_of_announcements(
    tmp_path: Path,
) -> None:
    async with bot(tmp_path) as b:
        assert set(await sent(b, groups=200)) == {202}

        assert await attached(tmp_path) == [1_900, *[10] * 10]
        await quiet(tmp_path)
        assert len(console(tmp_path, "SELECT id FROM rooms")) == 11
        storm = max(await b.commander.incidents(), key=lambda incident: str(incident["number"]))
        assert str(storm["title"]).startswith("Alert storm on the route everything-else")
        assert storm["severity"] == "SEV2"
        assert told(tmp_path)["channel"] <= 12
        assert told(tmp_path)["room"] <= 120
