"""The practice host can do nothing but what a drill needs."""

import os
import subprocess
import sys
from pathlib import Path

import pytest

from bot.adapters.practice.place import State
from bot.adapters.practice.scenarios import Scenario
from bot.errors import Refused
from tests.e2e.practice.conftest import CHECKOUT, Practice

MORE = "Try '%s --help' for more information.\n"

CHANGES = (
    "journalctl --vacuum-size=0",
    "logrotate --force /etc/logrotate.conf",
    "systemd-tmpfiles --clean",
    "systemctl restart checkout",
)


async def test_the_observe_login_changes_nothing_with_what_the_change_login_uses(
    practice: Practice,
) -> None:
    await practice.host.fill(Scenario.DISK_FULL)
    before = _files(practice.scratch)

    plain = [await practice.observe(line) for line in CHANGES]
    with_sudo = [await practice.observe(f"sudo {line}") for line in CHANGES]

    assert [result.exit_status == 0 for result in [*plain, *with_sudo]] == [False] * 8
    assert _files(practice.scratch) == before


async def test_the_change_login_needs_sudo(practice: Practice) -> None:
    await practice.host.fill(Scenario.DISK_FULL)
    before = await practice.used()

    results = [await practice.change(line) for line in CHANGES]

    assert [result.exit_status == 0 for result in results] == [False] * 4
    assert await practice.used() == before


@pytest.mark.parametrize(
    "line",
    [
        "sudo sh",
        "sudo rm -rf /scratch",
        "sudo journalctl --rotate",
        "sudo logrotate --force /etc/other.conf",
        "sudo -u root sh",
        "sudo systemd-tmpfiles --clean --root=/",
    ],
)
async def test_sudo_allows_the_clean_up_and_nothing_else(practice: Practice, line: str) -> None:
    result = await practice.change(line)

    assert result.exit_status == 1
    assert practice.host.ledger() == ()


@pytest.mark.parametrize("line", ["sh -c id", "env", "../bin/df", "/bin/sh", "firewarden-receipt"])
async def test_there_are_no_programs_but_the_stand_ins(practice: Practice, line: str) -> None:
    assert (await practice.observe(line)).exit_status == 127


@pytest.mark.parametrize("line", ["/bin/sh -c id", "../../bin/sh"])
async def test_the_change_login_cannot_name_a_program_by_its_path(
    practice: Practice, line: str
) -> None:
    with pytest.raises(Refused, match="restricted"):
        await practice.change(line)


@pytest.mark.parametrize(
    ("line", "said"),
    [
        ("df --inodes", f"df: unrecognized option '--inodes'\n{MORE % 'df'}"),
        ("df -Z", f"df: invalid option -- 'Z'\n{MORE % 'df'}"),
        ("df /etc/../..", "df: /etc/../..: No such file or directory\n"),
        ("du --files0-from=x", f"du: unrecognized option '--files0-from=x'\n{MORE % 'du'}"),
        ("journalctl --flush", "journalctl: unrecognized option '--flush'\n"),
        ("systemctl daemon-reexec checkout", "Unknown command verb daemon-reexec.\n"),
        ("cat /etc/passwd", "cat: /etc/passwd: No such file or directory\n"),
    ],
)
async def test_an_argument_that_a_stand_in_does_not_know_fails_as_the_real_one_does(
    practice: Practice, line: str, said: str
) -> None:
    result = await practice.observe(line)

    assert result.exit_status not in (None, 0)
    assert result.stderr.text == said


async def test_the_server_is_not_root_and_has_an_empty_environment(practice: Practice) -> None:
    process = Path(f"/proc/{_pid(practice)}")
    status = process.joinpath("status").read_text()

    ids = {line.split(":")[0]: line.split()[1:] for line in status.splitlines()}
    assert "0" not in [*ids["Uid"], *ids["Gid"]]
    assert ids["NoNewPrivs"] == ["1"]
    assert int(ids["CapEff"][0], 16) == 0
    assert process.joinpath("environ").read_bytes() == b""


async def test_a_drill_touches_nothing_outside_its_scratch_folder(
    practice: Practice, tmp_path: Path
) -> None:
    outside = tmp_path / "outside"
    outside.mkdir()
    (outside / "precious").write_text("as it was")
    before = {path: path.stat().st_mtime_ns for path in _outside(tmp_path, practice)}

    await practice.host.fill(Scenario.DISK_FULL)
    for line in CHANGES:
        await practice.change(f"sudo {line}")

    assert {path: path.stat().st_mtime_ns for path in _outside(tmp_path, practice)} == before
    assert practice.data.stat().st_mode & 0o777 == 0o700
    assert practice.scratch.stat().st_uid != 0


@pytest.mark.skipif(os.geteuid() != 0, reason="only root could let it run as root")
def test_it_refuses_to_serve_as_root(tmp_path: Path) -> None:
    done = subprocess.run(
        [sys.executable, "-m", "bot.adapters.practice", "fill", str(tmp_path), "disk-full"],
        cwd=CHECKOUT,
        env={},
        capture_output=True,
        check=False,
    )

    assert done.returncode == 1
    assert b"does not run as root" in done.stderr
    assert list(tmp_path.iterdir()) == []


def _pid(practice: Practice) -> int:
    state = State.read(practice.scratch)
    assert state is not None
    return state.process.pid


def _outside(base: Path, practice: Practice) -> list[Path]:
    return [path for path in base.rglob("*") if practice.scratch not in [path, *path.parents]]


def _files(scratch: Path) -> dict[str, int]:
    root = scratch / "root"
    return {str(path): path.lstat().st_mtime_ns for path in root.rglob("*")}
