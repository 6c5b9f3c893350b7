"""Output is drained, capped, redacted, and decoded safely."""

from bot.values import Login
from tests.contract.executor.conftest import BOTH_LOGINS, SECRET, Stand

MARKER = "\n[... 49,737,856 bytes left out ...]\n"


@BOTH_LOGINS
async def test_fifty_megabytes_with_five_on_stderr_keep_both_ends(
    stand: Stand, login: Login
) -> None:
    run = stand.on(login)

    result = await run("contract-spill", "50000000", "5000000", seconds=90)

    assert (result.exit_status, result.stdout.size, result.stderr.size) == (
        0,
        50_000_000,
        5_000_000,
    )
    head, tail = result.stdout.text.split(MARKER)
    whole = "0123456789abcdef\n"
    assert head == (whole * 4000)[: 64 * 1024]
    assert tail == (whole * (50_000_000 // 17 + 1))[:50_000_000][-192 * 1024 :]
    assert (result.stdout.truncated, result.stderr.truncated) == (True, True)


@BOTH_LOGINS
async def test_one_line_of_fifty_megabytes_is_cut_like_any_other(
    stand: Stand, login: Login
) -> None:
    run = stand.on(login)

    result = await run("contract-long-line", "50000000", seconds=90)

    assert result.stdout.text == "x" * 64 * 1024 + MARKER + "x" * 192 * 1024


@BOTH_LOGINS
async def test_bytes_that_are_no_text_are_shown_and_break_nothing(
    stand: Stand, login: Login
) -> None:
    run = stand.on(login)

    result = await run("contract-bytes")

    assert result.stdout.text == "ok\ufffd\ufffd<U+001B>[31m\n"
    assert (result.stdout.size, result.stdout.truncated) == (10, False)


@BOTH_LOGINS
async def test_a_secret_that_the_bot_holds_is_not_in_the_output(stand: Stand, login: Login) -> None:
    run = stand.on(login)

    result = await run("contract-say", f"password={SECRET}.")

    assert SECRET not in result.stdout.text
    assert "[redacted" in result.stdout.text
