"""How a command ended is a value: exit status, signal, output."""

from pathlib import Path

import pytest

from bot.values import Login
from tests.contract.executor.conftest import BOTH_LOGINS, Stand

BOOT_ID = Path("/proc/sys/kernel/random/boot_id").read_text().strip()


@BOTH_LOGINS
async def test_a_non_zero_exit_is_a_value(stand: Stand, login: Login) -> None:
    run = stand.on(login)

    result = await run("contract-exit", "3")

    assert (result.exit_status, result.signal, result.deadline) == (3, "", False)


@BOTH_LOGINS
@pytest.mark.parametrize("signal", ["KILL", "TERM", "INT"])
async def test_a_death_by_signal_is_told_from_an_exit(
    stand: Stand, login: Login, signal: str
) -> None:
    run = stand.on(login)

    result = await run("contract-die", signal)

    assert (result.exit_status, result.signal, result.deadline) == (None, signal, False)


@BOTH_LOGINS
async def test_a_program_that_is_not_there_is_a_value(stand: Stand, login: Login) -> None:
    run = stand.on(login)

    result = await run("contract-no-such-program")

    assert result.exit_status == 127
    assert "not found" in result.stderr.text or "No such file" in result.stderr.text


async def test_the_boot_id_is_the_hosts_own(stand: Stand) -> None:
    assert await stand.executor.boot_id(stand.host) == BOOT_ID
