"""The data folder as it stood at any instant of a repair: opened again it is whole, and runs on.

As after a disk snapshot, or a machine that was moved: what happened since is on the hosts alone.
"""

import asyncio
import random
import shutil
import signal
from pathlib import Path

import pytest

from bot.adapters.clock import SystemIds
from bot.adapters.files import FileAnchor
from bot.adapters.sqlite import SqliteJournal
from bot.usecases.archive import Archive
from bot.usecases.audit import audit
from bot.usecases.rebuild import compare
from tests.support.bot import Answer, Seated
from tests.support.ports import free_port
from tests.support.process import Process, process
from tests.support.waiting import until

PROGRAMS = ["journalctl", "logrotate", "systemd-tmpfiles"]
"""What the clean-up of the drill runs, in this order and once each."""

WRITTEN = 250_000
"""Bytes, about, that the journal's log grows by between the question and the end of the run."""


COPIES = 4


@pytest.mark.parametrize("seed", range(2))
async def test_a_folder_copied_at_a_random_instant_is_whole_and_runs_nothing_again(
    tmp_path: Path, seed: int
) -> None:
    luck = random.Random(seed)
    async with process(tmp_path, free_port()) as p:
        await p.start()
        commander, approver = await p.seat("commander"), await p.seat("approver")
        await commander.say("/incident drill disk-full")
        card = await approver.card("change")
        before = written(tmp_path)
        approving = asyncio.create_task(approver.press(card, "approve"))
        for number, by in enumerate(sorted(luck.randrange(WRITTEN) for _ in range(COPIES))):
            await grown(tmp_path, before + by)
            copied_in_an_instant(p, tmp_path, f"copy-{number}")
        await approving
        await until(lambda: ended(commander), seconds=60)
        assert programs(p) == PROGRAMS

        await p.kill()
        for number in range(COPIES):
            await verified(tmp_path / f"copy-{number}")
        put_in_place(tmp_path, f"copy-{luck.randrange(COPIES)}")
        await p.start()
        commander, approver = await p.seat("commander"), await p.seat("approver")
        if (again := await waiting(approver)) is not None:
            await approver.press(again, "approve")
        await until(lambda: ended(commander), seconds=60)

        assert programs(p) == PROGRAMS
        assert len(await commander.incidents()) == 1


def written(folder: Path) -> int:
    return (folder / "data" / "journal.sqlite3-wal").stat().st_size


async def grown(folder: Path, to: int) -> None:
    """Wait until the journal's log has that many bytes."""

    async def enough() -> bool:
        return written(folder) >= to

    await until(enough)


def copied_in_an_instant(p: Process, folder: Path, name: str) -> None:
    """Copy the data folder while its bot stands still, wherever it is."""
    p.send(signal.SIGSTOP)
    shutil.copytree(folder / "data", folder / name, ignore=shutil.ignore_patterns("practice"))
    p.send(signal.SIGCONT)


def put_in_place(folder: Path, name: str) -> None:
    """Let a copy be the data folder; the keys of the practice host are where they were."""
    shutil.move(folder / "data" / "practice", folder / name / "practice")
    shutil.rmtree(folder / "data")
    (folder / name).rename(folder / "data")


async def verified(data: Path) -> None:
    """See that the chain holds, against the anchor too, and that the tables say the same."""
    key = bytes.fromhex((data / "journal.key").read_text("utf-8"))
    journal = SqliteJournal.open(data / "journal.sqlite3", ids=SystemIds())
    archive = Archive(journal=journal, key=key)
    found = await audit(journal, archive, FileAnchor(data / "anchor.jsonl"))
    tables = await compare(journal, archive)
    await journal.close()
    assert (found.findings, tables.wrong) == ((), ())
    assert found.events > 10


def programs(p: Process) -> list[str]:
    return [line.split()[1] for line in p.ledger()]


async def waiting(seat: Seated) -> Answer | None:
    """Return the change that waits for a yes, None where none does."""
    cards = await seat.get("/api/cards")
    return next((card for card in cards if card["kind"] == "change"), None)


async def ended(seat: Seated) -> str:
    """Return how the newest run ended, "" where it has not."""
    (incident,) = await seat.incidents()
    lines = await seat.timeline(str(incident["id"]))
    return next((line for line in lines if line.startswith("run ended")), "")
