"""Pre-flight tries everything that a run will need, and runs nothing."""

from dataclasses import replace
from pathlib import Path

from tests.contract.executor.conftest import Stand


async def test_a_ready_host_passes_every_check(stand: Stand) -> None:
    checks = await stand.executor.preflight(stand.host)

    assert [(check.name, check.passed) for check in checks] == [
        ("reachable, host key, observe login", True),
        ("change login, receipt folder", True),
    ]
    assert list(stand.receipts().glob("*")) == []


async def test_a_host_without_receipts_fails_by_name(stand: Stand) -> None:
    stand.receipts().rename(stand.folder / "elsewhere")

    checks = await stand.executor.preflight(stand.host)

    assert [(check.passed, check.detail) for check in checks[1:]] == [(False, "no receipts")]


async def test_a_wrong_key_for_the_change_login_is_found_before_any_run(
    stand: Stand, tmp_path: Path
) -> None:
    missing = replace(stand.host, change_key_file=str(tmp_path / "missing"))

    checks = await stand.executor.preflight(missing)

    assert [check.passed for check in checks] == [True, False]
    assert "cannot be read" in checks[1].detail


async def test_a_command_that_sudo_would_not_run_is_found_before_any_run(stand: Stand) -> None:
    checks = await stand.executor.preflight(stand.host, [("contract-no-such-program", "x")])

    assert [check.name for check in checks][2:] == ["sudo contract-no-such-program x"]
    assert [check.passed for check in checks] == [True, True, False]


async def test_where_nothing_is_changed_only_the_observe_login_is_tried(
    stand: Stand, tmp_path: Path
) -> None:
    missing = replace(stand.host, change_key_file=str(tmp_path / "missing"))

    checks = await stand.executor.preflight(missing, changes=False)

    assert [(check.name, check.passed) for check in checks] == [
        ("reachable, host key, observe login", True)
    ]
