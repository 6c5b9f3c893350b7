"""The emergency stop works without a chat, a console or a sound policy, and never on thin air."""

from pathlib import Path

import pytest

from tests.unit.cli.conftest import CommandLine


@pytest.fixture
def journal(firewarden: CommandLine) -> None:
    """Let there be a journal, as after a first start."""
    assert firewarden("seat", "add", "ann").status == 0


@pytest.mark.usefixtures("journal")
def test_everything_is_frozen_where_no_service_is_named(firewarden: CommandLine) -> None:
    said = firewarden("freeze", "the", "disks", "are", "on", "fire")
    assert said.status == 0
    assert said.out == "FROZEN: no change starts anywhere until an approver unfreezes it.\n"
    again = firewarden("freeze", "all", "once", "more")
    assert (again.status, again.err) == (2, "everything is frozen already.\n")


@pytest.mark.usefixtures("journal")
def test_a_freeze_is_lifted_again(firewarden: CommandLine) -> None:
    firewarden("freeze", "all", "stop")
    assert firewarden("unfreeze").out.startswith("No longer frozen: everything.")
    assert firewarden("unfreeze").status == 2


@pytest.mark.usefixtures("journal")
def test_one_service_of_the_policy_can_be_frozen(firewarden: CommandLine, folder: Path) -> None:
    (folder / "policy.yaml").write_text("services: {checkout: {owner: shop}}\n")
    (folder / ".env").write_text("FIREWARDEN_POLICY=policy.yaml\n")
    assert firewarden("freeze", "checkout", "release").out.startswith(
        "FROZEN: no change starts on checkout"
    )
    assert firewarden("unfreeze", "checkout").out.startswith("No longer frozen: checkout.")


@pytest.mark.usefixtures("journal")
def test_a_freeze_needs_a_reason(firewarden: CommandLine) -> None:
    assert firewarden("freeze").status == 2
    said = firewarden("freeze", "all")
    assert (said.status, said.err.splitlines()) == (
        2,
        ["A freeze needs a reason.", "Usage: firewarden freeze [all | SERVICE] REASON..."],
    )


@pytest.mark.usefixtures("journal")
def test_a_broken_policy_does_not_keep_it_from_stopping_everything(
    firewarden: CommandLine, folder: Path
) -> None:
    (folder / "policy.yaml").write_text("peple: {}\n")
    (folder / ".env").write_text("FIREWARDEN_POLICY=policy.yaml\n")
    said = firewarden("freeze", "all", "stop")
    assert said.status == 0
    assert said.err.splitlines() == [
        "policy.yaml:1:1: unknown key 'peple' (did you mean 'people'?)",
        "The policy has faults, so only `freeze all` can be asked for.",
    ]


def test_a_folder_without_a_journal_is_refused_because_it_would_stop_nothing(
    firewarden: CommandLine, folder: Path
) -> None:
    said = firewarden("freeze", "all", "stop")
    assert said.status == 2
    assert said.err == (
        "var/journal.sqlite3: there is no journal here "
        "(run this in the folder where Firewarden runs, or set FIREWARDEN_DATA)\n"
    )
    assert not (folder / "var").exists()


@pytest.mark.usefixtures("journal")
def test_a_secret_in_the_reason_is_not_kept(firewarden: CommandLine, folder: Path) -> None:
    (folder / ".env").write_text("FIREWARDEN_ALERT_TOKEN=not-for-the-journal\n")
    assert firewarden("freeze", "all", "not-for-the-journal", "leaked").status == 0
    kept = b"".join(p.read_bytes() for p in (folder / "var").glob("journal.sqlite3*"))
    assert b"not-for-the-journal" not in kept


@pytest.mark.usefixtures("journal")
def test_a_drill_needs_a_bot_that_runs(firewarden: CommandLine) -> None:
    said = firewarden("drill", "disk-full")
    assert said.status == 1
    assert said.err == "No practice host runs here: start `firewarden serve` first.\n"
