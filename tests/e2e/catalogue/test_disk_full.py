"""`disk-full` on a scratch disk that is really full."""

import pytest

from bot.adapters.practice.scenarios import Scenario
from bot.errors import UserMistake
from runbooks.steps import Answer, Done, Escalate, InDoubt, Rejected, Resolve, Stopped
from tests.e2e.catalogue.conftest import Catalogue, Place
from tests.e2e.catalogue.walk import NO, YES, Answers

ALERT = {"alertname": "HostDiskFull", "instance": "web-1", "mountpoint": "/scratch"}
CLEAN_UP = [
    "journalctl --vacuum-size=16M",
    "logrotate --force /etc/logrotate.conf",
    "systemd-tmpfiles --clean",
]


async def test_a_full_disk_is_freed_and_what_matters_stays(catalogue: Catalogue) -> None:
    await catalogue.suffer(Scenario.DISK_FULL)
    orders = catalogue.web.root / "scratch" / "data" / "orders.db"
    kept, before = orders.read_bytes(), _kib(catalogue.web)

    walked = await catalogue.walk("disk-full", ALERT, YES)

    assert isinstance(walked.end, Done), walked.end
    assert catalogue.web.began() == CLEAN_UP
    assert (before * 100 // 65536, _kib(catalogue.web) * 100 // 65536) == (92, 45)
    assert orders.read_bytes() == kept


async def test_a_disk_that_stays_full_is_escalated_with_nothing_else_deleted(
    catalogue: Catalogue,
) -> None:
    await catalogue.suffer(Scenario.DISK_STUCK)

    walked = await catalogue.walk("disk-full", ALERT, YES)

    assert isinstance(walked.end, Escalate)
    assert walked.end.changed
    assert "expected used <= limit, found used = 91" in walked.end.because
    assert catalogue.web.began() == CLEAN_UP


async def test_a_disk_that_fills_up_again_during_the_minute_is_not_done(
    catalogue: Catalogue,
) -> None:
    await catalogue.suffer(Scenario.DISK_FULL)
    refill = "x" * 30_000_000
    answers = Answers(
        approve=(Answer.YES,),
        before={
            "wait clean-up.verify.1.held.2": lambda: catalogue.web.write("scratch/more", refill)
        },
    )

    walked = await catalogue.walk("disk-full", ALERT, answers)

    assert isinstance(walked.end, Escalate)
    assert "after it had passed" in walked.end.because


async def test_a_healthy_disk_needs_nothing(catalogue: Catalogue) -> None:
    walked = await catalogue.walk("disk-full", ALERT)

    assert isinstance(walked.end, Resolve)
    assert catalogue.untouched()


async def test_rejected(catalogue: Catalogue) -> None:
    await catalogue.suffer(Scenario.DISK_FULL)
    before = catalogue.web.files()

    walked = await catalogue.walk("disk-full", ALERT, NO)

    assert isinstance(walked.end, Rejected)
    assert catalogue.web.files() == before


async def test_a_disk_that_somebody_freed_meanwhile_is_left_alone(catalogue: Catalogue) -> None:
    await catalogue.suffer(Scenario.DISK_FULL)
    answers = Answers(
        approve=(Answer.YES,), before={"ask clean-up": lambda: catalogue.web.remove("scratch/data")}
    )

    walked = await catalogue.walk("disk-full", ALERT, answers)

    assert isinstance(walked.end, Resolve)
    assert catalogue.untouched()


async def test_a_right_that_was_taken_back_stops_the_clean_up_where_it_is(
    catalogue: Catalogue,
) -> None:
    await catalogue.suffer(Scenario.DISK_FULL)
    catalogue.web.write("etc/sudoers.taken-back", "logrotate\n")

    walked = await catalogue.walk("disk-full", ALERT, YES)

    assert isinstance(walked.end, Escalate)
    assert "sudo: a password is required" in walked.end.because
    assert catalogue.web.began() == CLEAN_UP[:1]


async def test_a_vacuum_past_its_deadline_is_in_doubt_and_goes_on(catalogue: Catalogue) -> None:
    await catalogue.suffer(Scenario.DISK_FULL)

    walked = await catalogue.hasty().walk("disk-full", ALERT, YES)

    assert isinstance(walked.end, InDoubt)
    assert catalogue.web.began() == CLEAN_UP[:1]


async def test_a_mount_that_is_not_there_stops_the_run(catalogue: Catalogue) -> None:
    walked = await catalogue.walk("disk-full", {**ALERT, "mountpoint": "/nowhere"})

    assert isinstance(walked.end, Stopped)
    assert "df: /nowhere: No such file or directory" in walked.end.because


@pytest.mark.parametrize(
    ("label", "value"),
    [
        ("mountpoint", "/scratch; rm -rf /"),
        ("mountpoint", "-P"),
        ("mountpoint", "/scratch\n/etc"),
        ("mountpoint", "/$(id)"),
        ("mountpoint", "/\uff10"),
        ("instance", "10.0.0.7:9100"),
        ("instance", "web-1;id"),
        ("instance", "\uff57eb-1"),
    ],
)
async def test_a_hostile_label_never_reaches_a_host(
    catalogue: Catalogue, label: str, value: str
) -> None:
    before = catalogue.web.files()

    with pytest.raises(UserMistake):
        await catalogue.walk("disk-full", {**ALERT, label: value})

    assert catalogue.web.files() == before


def _kib(place: Place) -> int:
    disk = place.root / "scratch"
    return sum(path.stat().st_size for path in disk.rglob("*") if path.is_file()) // 1024
