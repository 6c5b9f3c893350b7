"""Alerts pour in while people click in the same incident: nothing is lost, nobody waits.

The whole storm, 10,000 alerts in ten seconds, is measured by `python -m tests.bench scale`.
"""

from pathlib import Path

import pytest

from tests.scale.storm import Storm, left, percentile, ride_out, settled
from tests.support.ports import free_port
from tests.support.process import process

A_CLICK = 1.0
"""Seconds; the bench holds 0.25, and the machine of a test run may have other work."""

MEGABYTES = 200


@pytest.mark.parametrize(
    ("groups", "incidents"), [(1, 1), (300, 11)], ids=["one group", "300 groups"]
)
async def test_a_storm_loses_nothing_and_people_are_answered_meanwhile(
    tmp_path: Path, groups: int, incidents: int
) -> None:
    storm = Storm(alerts=3_000, groups=groups, seconds=3)
    async with process(tmp_path, free_port()) as p:
        await p.start()
        seen = await ride_out(p, storm, await p.seat("commander"))
        await settled(p)
        found = left(p)

        assert seen.statuses[202] == storm.alerts
        assert (found.alerts, found.unread) == (storm.distinct, 0)
        assert found.received >= storm.alerts  # one that was answered 503 may have been stored
        assert found.notes == len(seen.clicks) > 10
        assert percentile(seen.clicks, 0.99) < A_CLICK
        assert found.peak < MEGABYTES
        assert (found.incidents, found.rooms) == (incidents, incidents)
        assert found.messages["channel"] <= incidents + 1
        assert found.messages["direct"] <= incidents + 1
        # Beside the notes: the cards, declarations and proposals, and a line for each second.
        assert found.messages["room"] - found.notes <= 20 * incidents
