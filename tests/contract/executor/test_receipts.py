"""A host's receipt answers what became of an attempt; each state of DESIGN section 7, rule 5."""

import asyncio
import os
import signal
from pathlib import Path

import pytest

from bot.adapters.ssh.executor import ParamikoExecutor
from bot.errors import OutcomeUnknown, Refused
from bot.ports import Attempt, Receipt, ReceiptState
from bot.redaction import Redactor
from tests.contract.executor.conftest import Stand, change
from tests.support.waiting import eventually

ANOTHER_BOOT = "00000000-0000-4000-8000-000000000000"


async def test_a_finished_command_is_reported_with_its_status_and_output(stand: Stand) -> None:
    attempt = stand.attempt()
    await stand.change("contract-say", "hello", attempt=attempt)

    receipt = await _inquire(stand, attempt)

    assert (receipt.state, receipt.exit_status) == (ReceiptState.FINISHED, 0)
    assert receipt.stdout is not None
    assert receipt.stdout.text == "hello\n"


async def test_a_running_command_is_reported_as_running(stand: Stand) -> None:
    attempt = stand.attempt()
    running = asyncio.create_task(stand.change("contract-slow", "2", "it", attempt=attempt))
    await _until_notes(stand, ["began it"])

    assert (await _inquire(stand, attempt)).state is ReceiptState.RUNNING

    assert (await running).exit_status == 0


async def test_an_attempt_that_never_came_is_absent(stand: Stand) -> None:
    boot = await stand.executor.boot_id(stand.host)

    same = await stand.executor.inquire(stand.host, stand.attempt(), boot)
    other = await stand.executor.inquire(stand.host, stand.attempt(), ANOTHER_BOOT)

    assert (same.state, other.state) == (
        ReceiptState.ABSENT_SAME_BOOT,
        ReceiptState.ABSENT_OTHER_BOOT,
    )


async def test_another_command_under_the_same_key_is_a_mismatch_and_does_not_run(
    stand: Stand,
) -> None:
    attempt = stand.attempt(digest="one")
    await stand.change("contract-note", "one", attempt=attempt)
    other = Attempt(key=attempt.key, digest="two")

    with pytest.raises(Refused, match="another command"):
        await stand.change("contract-note", "two", attempt=other)

    assert (await _inquire(stand, other)).state is ReceiptState.MISMATCH
    assert stand.notes() == ["one"]


async def test_a_host_without_a_receipt_folder_runs_nothing(stand: Stand) -> None:
    stand.receipts().rename(stand.folder / "elsewhere")
    attempt = stand.attempt()

    with pytest.raises(Refused, match="no receipts"):
        await stand.change("contract-note", "it", attempt=attempt)

    assert (await _inquire(stand, attempt)).state is ReceiptState.NO_RECEIPTS
    assert stand.notes() == []


async def test_a_restarted_host_runs_nothing_that_was_decided_before(stand: Stand) -> None:
    with pytest.raises(Refused, match="restarted"):
        await stand.executor.run(
            stand.host, change("contract-note", "it"), stand.attempt(), ANOTHER_BOOT
        )

    assert stand.notes() == []


async def test_a_command_whose_end_nobody_saw_is_lost_and_not_run_again(stand: Stand) -> None:
    attempt = stand.attempt()
    running = asyncio.create_task(stand.change("contract-slow", "600", "it", attempt=attempt))
    await _until_notes(stand, ["began it"])
    _kill_without_a_trace(stand.receipts())

    with pytest.raises(OutcomeUnknown):
        await running
    assert (await _inquire(stand, attempt)).state is ReceiptState.LOST
    with pytest.raises(OutcomeUnknown):
        await stand.change("contract-slow", "600", "it", attempt=attempt)
    assert stand.notes() == ["began it"]


async def test_two_runs_of_one_attempt_at_once_run_once_and_agree(stand: Stand) -> None:
    attempt = stand.attempt()

    results = await asyncio.gather(
        *(stand.change("contract-slow", "0.5", "it", attempt=attempt) for _ in range(5))
    )

    assert [(result.exit_status, result.stdout.text) for result in results] == [
        (0, "done it\n")
    ] * 5
    assert stand.notes() == ["began it", "ended it"]


async def test_a_second_run_after_the_end_returns_the_first_result(stand: Stand) -> None:
    attempt = stand.attempt()
    await stand.change("contract-note", "it", attempt=attempt)

    again = await stand.change("contract-note", "it", attempt=attempt)

    assert again.exit_status == 0
    assert stand.notes() == ["it"]


async def test_another_executor_finds_what_a_dead_one_began(stand: Stand) -> None:
    attempt = stand.attempt()
    first = asyncio.create_task(stand.change("contract-slow", "1", "it", attempt=attempt))
    await _until_notes(stand, ["began it"])
    first.cancel()
    boot = await stand.executor.boot_id(stand.host)
    second = ParamikoExecutor(redactor=Redactor())

    receipt = await eventually(
        lambda: second.inquire(stand.host, attempt, boot),
        lambda receipt: receipt.state is not ReceiptState.RUNNING,
    )

    await second.close()
    assert (receipt.state, receipt.exit_status) == (ReceiptState.FINISHED, 0)
    assert stand.notes() == ["began it", "ended it"]


async def _inquire(stand: Stand, attempt: Attempt) -> Receipt:
    boot = await stand.executor.boot_id(stand.host)
    return await stand.executor.inquire(stand.host, attempt, boot)


async def _until_notes(stand: Stand, notes: list[str]) -> None:
    async def look() -> list[str]:
        return stand.notes()

    await eventually(look, lambda seen: seen == notes)


def _kill_without_a_trace(receipts: Path) -> None:
    """End the keeper and then the command, as a host that runs out of memory does."""
    (place,) = receipts.iterdir()
    keeper, group = (int((place / name).read_text().split()[0]) for name in ("keeper", "group"))
    os.kill(keeper, signal.SIGKILL)
    os.killpg(group, signal.SIGKILL)
