"""SIGKILL in the middle of a repair: the next life goes on, and no command runs twice."""

from collections.abc import Awaitable, Callable
from pathlib import Path

import pytest

from tests.support.bot import Seated
from tests.support.ports import free_port
from tests.support.process import Process, process
from tests.support.waiting import until

PROGRAMS = ["journalctl", "logrotate", "systemd-tmpfiles"]
"""What the clean-up runs, in this order and once each."""


async def card_is_out(p: Process, seat: Seated) -> bool:
    return any(c["kind"] == "change" for c in await seat.get("/api/cards"))


async def first_command_has_begun(p: Process, seat: Seated) -> bool:
    return len(p.ledger()) == 1


async def second_command_has_begun(p: Process, seat: Seated) -> bool:
    return len(p.ledger()) == 2


@pytest.mark.parametrize(
    "moment",
    [
        card_is_out,
        first_command_has_begun,
        second_command_has_begun,
    ],
)
async def test_a_bot_that_is_killed_goes_on_where_it_was_and_runs_nothing_twice(
    tmp_path: Path, moment: Callable[[Process, Seated], Awaitable[bool]]
) -> None:
    async with process(tmp_path, free_port()) as p:
        await p.start()
        commander, approver = await p.seat("commander"), await p.seat("approver")
        await commander.say("/incident drill disk-full")
        if moment is not card_is_out:
            await approver.press(await approver.card("change"), "approve")
        await until(lambda: moment(p, approver))

        await p.kill()
        await p.start()

        if moment is card_is_out:
            await approver.press(await approver.card("change"), "approve")
        incident = str((await commander.incidents())[0]["id"])

        async def monitoring() -> bool:
            return bool((await commander.incident(incident))["status"] == "monitoring")

        await until(monitoring, seconds=60)
        assert [line.split()[1] for line in p.ledger()] == PROGRAMS
        assert len(await commander.incidents()) == 1
