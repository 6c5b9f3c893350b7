"""A storm of alert groups on one route becomes one incident; what came before keeps its own."""

from datetime import timedelta

import pytest

from bot.domain.alerts import Alert, AlertStatus
from bot.records.rows import AlertGroupRow, IncidentRow
from bot.requests import AlertsReceived
from bot.usecases.ingest import STORM_GATHERED
from bot.usecases.storms import WITHIN, Storms, is_storm
from bot.values import Untrusted
from tests.support.clock import START
from tests.support.world import World

MOST = 3


def sieved(storms: Storms, names: str, seconds: float = 0) -> list[str]:
    now = START + timedelta(seconds=seconds)
    return [storms.group_of("web", f"web/{name}", most=MOST, now=now) for name in names]


def test_groups_beyond_the_limit_share_their_routes_storm() -> None:
    assert sieved(Storms(), "abcde") == ["web/a", "web/b", "web/c", "storm/web", "storm/web"]


def test_a_group_that_went_its_own_way_keeps_to_it() -> None:
    storms = Storms()
    sieved(storms, "abcd")
    assert sieved(storms, "abca", 50) == ["web/a", "web/b", "web/c", "web/a"]


def test_a_group_that_has_an_incident_is_not_folded_in() -> None:
    storms = Storms()
    storms.know(["web/x"], START)
    assert sieved(storms, "abcdx")[-2:] == ["storm/web", "web/x"]


def test_a_storm_lasts_until_it_calms_down() -> None:
    storms = Storms()
    sieved(storms, "abcdef")
    assert sieved(storms, "g", 59) == ["storm/web"]
    assert sieved(storms, "h", 59 + WITHIN.total_seconds()) == ["web/h"]


def test_one_routes_storm_leaves_other_routes_alone() -> None:
    storms = Storms()
    sieved(storms, "abcd")
    assert storms.group_of("db", "db/a", most=MOST, now=START) == "db/a"


@pytest.mark.parametrize(
    ("group", "storm"),
    [("storm/web", True), ("web/alertname=x", False), ("storm/alertname=x", False)],
)
def test_the_groups_of_a_route_called_storm_are_no_storms(group: str, storm: bool) -> None:  # noqa: FBT001 - a table
    assert is_storm(group) is storm


def body(*names: str, status: AlertStatus = AlertStatus.FIRING) -> AlertsReceived:
    return AlertsReceived(
        source="alertmanager",
        alerts=tuple(
            Alert(
                source="alertmanager",
                fingerprint=name,
                status=status,
                starts_at=START,
                labels={"alertname": "Down", "service": name, "severity": "critical"},
                summary=Untrusted(f"{name} is down"),
            )
            for name in names
        ),
    )


def names(first: int, last: int) -> list[str]:
    return [f"service-{n}" for n in range(first, last + 1)]


async def test_two_hundred_groups_open_a_handful_of_incidents() -> None:
    async with World() as world:
        await world.alert(body(*names(1, 200)))
        await world.move(STORM_GATHERED)
        assert len(await world.journal.rows(IncidentRow)) == 11
        storm = await world.incident()
        assert storm.title.text.startswith("Alert storm on the route")
        assert (storm.alerts, storm.firing, storm.services) == (190, 190, ())


async def test_what_comes_while_a_storm_gathers_is_told_as_one() -> None:
    async with World() as world:
        await world.alert(body(*names(1, 20)))
        await world.move(STORM_GATHERED)
        for n in range(21, 51):
            await world.alert(body(f"service-{n}"))
            await world.settled()
        before = (await world.incident()).seq
        await world.move(STORM_GATHERED)
        storm = await world.incident()
        assert (storm.alerts, storm.seq) == (40, before + 1)


async def test_an_alert_of_a_storm_that_ends_is_said_in_the_storms_room() -> None:
    async with World() as world:
        await world.alert(body(*names(1, 12)))
        await world.move(STORM_GATHERED)
        await world.move(WITHIN)
        await world.alert(body("service-12", status=AlertStatus.RESOLVED))
        await world.settled()
        assert len(await world.journal.rows(IncidentRow)) == 11
        storm = await world.incident()
        assert (storm.alerts, storm.firing) == (2, 1)


async def test_after_a_restart_groups_with_an_incident_keep_to_it() -> None:
    async with World() as world:
        await world.alert(body(*names(1, 8)))
        await world.settled()
        await world.move(WITHIN)  # the rows are looked at anew: what was counted is forgotten
        await world.alert(body(*names(9, 30), *names(1, 8), status=AlertStatus.FIRING))
        await world.settled()
        rows = await world.journal.rows(AlertGroupRow)
        assert not [row for row in rows if is_storm(row.group_key)]
        assert len(rows) == 18


async def test_alerts_that_join_an_incident_leave_no_gap_in_the_numbers() -> None:
    async with World() as world:
        for status in (AlertStatus.FIRING, AlertStatus.RESOLVED, AlertStatus.FIRING):
            await world.alert(body("service-1", status=status))
            await world.settled()
        assert len(await world.journal.rows(IncidentRow)) == 1
        await world.say("commander", "/incident declare sev3 something else")
        rows = await world.journal.rows(IncidentRow)
        assert sorted(row.number[-4:] for row in rows) == ["-001", "-002"]
