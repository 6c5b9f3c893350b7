"""SIGTERM while a repair runs: it is finished or handed over, and no command runs twice."""

import signal
import sqlite3
from collections import Counter
from collections.abc import Sequence
from contextlib import closing
from pathlib import Path

import pytest

from tests.support.ports import free_port
from tests.support.process import Process, process
from tests.support.waiting import until

PROGRAMS = ["journalctl", "logrotate", "systemd-tmpfiles"]
"""What the clean-up runs, in this order and once each."""


async def repairing(p: Process) -> None:
    """Begin a life, and return while the first command of an approved repair runs."""
    await p.start()
    commander, approver = await p.seat("commander"), await p.seat("approver")
    await commander.say("/incident drill disk-full")
    await approver.press(await approver.card("change"), "approve")

    async def begun() -> bool:
        return len(p.ledger()) == 1

    await until(begun)


async def told_to_stop(p: Process, sign: signal.Signals) -> None:
    """Send a signal; returns once it was heard."""
    p.send(sign)

    async def heard() -> bool:
        return "Stopping: nothing new begins" in log(p)

    await until(heard)


def log(p: Process) -> str:
    return (p.folder / f"log-{p.port}").read_text()


def asked(folder: Path, query: str) -> Sequence[str]:
    with closing(sqlite3.connect(folder / "data" / "journal.sqlite3")) as journal:
        return [row[0] for row in journal.execute(query)]


def steps(folder: Path) -> Counter[str]:
    return Counter(asked(folder, "SELECT type FROM records WHERE type LIKE 'Step%'"))


async def repaired(p: Process) -> None:
    """Begin another life; returns once the repair is done, each command once."""
    await p.start()
    commander = await p.seat("commander")
    incident = str((await commander.incidents())[0]["id"])

    async def monitoring() -> bool:
        return bool((await commander.incident(incident))["status"] == "monitoring")

    await until(monitoring, seconds=60)
    assert [line.split()[1] for line in p.ledger()] == PROGRAMS


async def test_a_stop_finishes_what_runs_and_the_next_life_goes_on(tmp_path: Path) -> None:
    async with process(tmp_path, free_port()) as p:
        await repairing(p)
        await told_to_stop(p, signal.SIGTERM)
        assert await p.ended() == 0

        done = steps(tmp_path)
        assert done["StepStarted"] == done["StepFinished"] >= 1
        assert asked(tmp_path, "SELECT key FROM effects WHERE state = 'claimed'") == []
        assert "Traceback" not in log(p)
        await repaired(p)


async def test_a_stop_without_patience_hands_the_command_over(tmp_path: Path) -> None:
    async with process(tmp_path, free_port()) as p:
        p.settings = {"FIREWARDEN_DRAIN": "0"}
        await repairing(p)
        await told_to_stop(p, signal.SIGTERM)
        assert await p.ended() == 0

        done = steps(tmp_path)
        assert (done["StepStarted"], done["StepFinished"]) == (1, 0)
        assert "handed over to the next process: ssh:" in log(p)
        assert "Traceback" not in log(p)
        await repaired(p)
        assert steps(tmp_path)["StepUnknown"] == 0


@pytest.mark.parametrize(
    ("sign", "status"), [(signal.SIGTERM, 143), (signal.SIGINT, 130)], ids=["SIGTERM", "SIGINT"]
)
async def test_a_second_signal_stops_at_once_and_nothing_is_lost(
    tmp_path: Path, sign: signal.Signals, status: int
) -> None:
    async with process(tmp_path, free_port()) as p:
        await repairing(p)
        await told_to_stop(p, sign)
        p.send(sign)
        assert await p.ended() == status

        assert log(p).splitlines()[-1] == "Stopped at once."
        assert "Traceback" not in log(p)
        assert asked(tmp_path, "PRAGMA integrity_check") == ["ok"]
        await repaired(p)


async def test_while_it_drains_it_is_not_ready_and_still_takes_alerts(tmp_path: Path) -> None:
    async with process(tmp_path, free_port()) as p:
        await repairing(p)
        p.send(signal.SIGTERM)

        async def draining() -> str:
            async with p.session.get(f"http://{p.address}/readyz") as got:
                return await got.text() if got.status == 503 else ""

        assert await until(draining) == (
            "draining: running commands are finished, nothing new begins\n"
        )
        token = (tmp_path / "data" / "alert.token").read_text()
        async with p.session.post(
            f"http://{p.address}/alerts/generic",
            headers={"Authorization": f"Bearer {token}"},
            json={"status": "firing", "dedup_key": "one", "title": "Checkout is slow"},
        ) as got:
            assert got.status == 202
        assert await p.ended() == 0
        await repaired(p)


async def test_a_stop_in_the_middle_of_the_start_is_a_gentle_one_too(tmp_path: Path) -> None:
    async with process(tmp_path, free_port()) as p:
        await p.begin()

        async def listens() -> bool:
            return "Listening on" in log(p)

        await until(listens)
        p.send(signal.SIGTERM)
        assert await p.ended() == 0
        assert "Traceback" not in log(p)
