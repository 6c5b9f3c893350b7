"""Stopping an attempt ends its whole process group."""

import asyncio
from collections.abc import Awaitable, Callable
from pathlib import Path

from bot.ports import ReceiptState
from tests.contract.executor.conftest import Stand
from tests.support.waiting import eventually


async def test_stop_ends_the_command_and_what_it_started(stand: Stand) -> None:
    attempt = stand.attempt()
    running = asyncio.create_task(stand.change("contract-two-processes", "600", attempt=attempt))

    async def look() -> list[str]:
        return stand.notes()

    await eventually(look, lambda notes: notes == ["began"])
    (place,) = stand.receipts().iterdir()
    group = int((place / "group").read_text().split()[0])

    await stand.executor.stop(stand.host, attempt)

    result = await running
    assert (result.exit_status, result.signal) == (None, "TERM")
    await eventually(_members(group), lambda members: members == [])
    assert stand.notes() == ["began"]


async def test_stopping_what_has_ended_or_never_began_is_no_error(stand: Stand) -> None:
    attempt = stand.attempt()
    await stand.change("contract-exit", "0", attempt=attempt)

    await stand.executor.stop(stand.host, attempt)
    await stand.executor.stop(stand.host, stand.attempt())

    receipt = await stand.executor.inquire(stand.host, attempt, "")
    assert (receipt.state, receipt.exit_status) == (ReceiptState.FINISHED, 0)


def _members(group: int) -> Callable[[], Awaitable[list[str]]]:
    async def look() -> list[str]:
        processes = await asyncio.to_thread(lambda: list(Path("/proc").glob("[0-9]*")))
        fields = [_stat(path).rpartition(") ")[2].split() for path in processes]
        return [each[0] for each in fields if each and each[0] != "Z" and each[2] == str(group)]

    return look


def _stat(process: Path) -> str:
    try:
        return (process / "stat").read_text()
    except OSError:
        return ""
