"""The scratch disk is really full, and really freed: by its files, not by what programs print."""

from bot.adapters.practice.scenarios import QUOTA_KIB, Scenario
from tests.e2e.practice.conftest import Practice

CLEAN_UP = (
    "sudo journalctl --vacuum-size=16M",
    "sudo logrotate --force /etc/logrotate.conf",
    "sudo systemd-tmpfiles --clean",
)


async def test_a_fresh_disk_is_healthy(practice: Practice) -> None:
    assert await practice.used() < 85


async def test_a_full_disk_is_freed_by_the_clean_up_of_the_runbook(practice: Practice) -> None:
    await practice.host.fill(Scenario.DISK_FULL)
    before = await practice.used()

    results = [await practice.change(line) for line in CLEAN_UP]

    assert [result.exit_status for result in results] == [0, 0, 0]
    assert (before, await practice.used()) == (93, 46)
    assert _bytes(practice) < QUOTA_KIB * 1024 // 2
    assert [line.split(" ", 1)[1] for line in practice.host.ledger()] == [
        "journalctl --vacuum-size=16M",
        "logrotate --force /etc/logrotate.conf",
        "systemd-tmpfiles --clean",
    ]


async def test_a_stuck_disk_stays_over_its_limit_after_the_same_clean_up(
    practice: Practice,
) -> None:
    await practice.host.fill(Scenario.DISK_STUCK)
    before = await practice.used()

    results = [await practice.change(line) for line in CLEAN_UP]

    assert [result.exit_status for result in results] == [0, 0, 0]
    assert (before, await practice.used()) == (95, 91)


async def test_a_reset_makes_the_disk_healthy_again(practice: Practice) -> None:
    await practice.host.fill(Scenario.DISK_STUCK)

    await practice.host.reset()

    assert await practice.used() < 85


async def test_what_matters_is_never_removed(practice: Practice) -> None:
    await practice.host.fill(Scenario.DISK_FULL)
    orders = practice.scratch / "root" / "scratch" / "data" / "orders.db"
    before = orders.read_bytes()

    for line in CLEAN_UP:
        await practice.change(line)

    assert orders.read_bytes() == before


def _bytes(practice: Practice) -> int:
    disk = practice.scratch / "root" / "scratch"
    return sum(path.stat().st_size for path in disk.rglob("*") if path.is_file())
