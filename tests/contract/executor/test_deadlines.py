"""The deadline is kept, and what was done at it is said."""

from bot.ports import ReceiptState
from bot.values import OnDeadline
from tests.contract.executor.conftest import Stand
from tests.support.waiting import eventually


async def test_a_read_only_command_is_ended_at_its_deadline(stand: Stand) -> None:
    result = await stand.observe("contract-slow", "600", "it", seconds=0.5)

    assert (result.exit_status, result.signal, result.deadline) == (None, "", True)
    assert 0.5 <= result.seconds < 5


async def test_a_change_is_left_running_at_its_deadline_and_ends_by_itself(stand: Stand) -> None:
    attempt = stand.attempt()

    result = await stand.change("contract-slow", "2", "it", seconds=0.5, attempt=attempt)

    assert (result.exit_status, result.signal, result.deadline) == (None, "", True)
    boot = await stand.executor.boot_id(stand.host)
    receipt = await eventually(
        lambda: stand.executor.inquire(stand.host, attempt, boot),
        lambda receipt: receipt.state is ReceiptState.FINISHED,
    )
    assert receipt.exit_status == 0
    assert stand.notes() == ["began it", "ended it"]


async def test_a_change_is_killed_at_its_deadline_where_that_was_asked_for(stand: Stand) -> None:
    attempt = stand.attempt()

    result = await stand.change(
        "contract-slow", "600", "it", seconds=0.5, attempt=attempt, on_deadline=OnDeadline.KILL
    )

    assert (result.exit_status, result.signal, result.deadline) == (None, "", True)
    receipt = await stand.executor.inquire(stand.host, attempt, "")
    assert (receipt.state, receipt.exit_status) == (ReceiptState.FINISHED, None)
    assert receipt.detail == "ended by SIGTERM"
    assert stand.notes() == ["began it"]
