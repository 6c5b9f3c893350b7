"""`firewarden` alone is a page that one can act on, and every command on it exists."""

from pathlib import Path

import pytest

from bot.cli.overview import ENTRIES, GROUPS
from tests.unit.cli.conftest import CommandLine


@pytest.mark.parametrize("words", [(), ("--help",), ("-h",), ("help",)])
def test_without_a_command_it_says_what_it_is_and_what_it_can(
    firewarden: CommandLine, words: tuple[str, ...]
) -> None:
    said = firewarden(*words)
    assert (said.status, said.err) == (0, "")
    assert (
        said.lines[0]
        == "Firewarden hears the alarm, opens the room, calls the people, keeps the log,"
    )
    listed = [line.split()[0] for line in said.lines if line.startswith("  ")]
    assert listed == ["firewarden", *ENTRIES]
    assert "Begin with `firewarden serve`: it needs no configuration." in said.lines


def test_no_line_is_wider_than_a_terminal(firewarden: CommandLine) -> None:
    assert max(len(line) for line in firewarden().lines) <= 80


@pytest.mark.parametrize("name", sorted(ENTRIES))
def test_every_command_explains_itself(firewarden: CommandLine, name: str) -> None:
    said = firewarden(name, "--help")
    assert (said.status, said.err) == (0, "")
    assert said.lines[0].startswith(f"usage: firewarden {name}")


def test_a_mistyped_command_is_answered_with_the_one_that_was_meant(
    firewarden: CommandLine,
) -> None:
    said = firewarden("sreve")
    assert said.status == 2
    assert said.err.splitlines() == [
        "There is no command “sreve”. Did you mean `firewarden serve`?",
        "`firewarden` alone lists them.",
    ]


def test_every_command_is_listed_once() -> None:
    names = [entry.name for _, entries in GROUPS for entry in entries]
    assert len(names) == len(set(names)) == len(ENTRIES)


def test_it_says_its_version(firewarden: CommandLine) -> None:
    assert firewarden("--version").out == "firewarden 0.1.0\n"


def test_the_scenarios_of_a_drill_stand_on_a_line_each(firewarden: CommandLine) -> None:
    lines = firewarden("drill", "--help").lines
    assert "  disk-full     a scratch disk fills up, and the clean-up helps" in lines
    assert "  cpu-stranger  a process that is not ours runs hot: change nothing" in lines


@pytest.mark.parametrize(
    "words",
    [
        ("incident", "list"),
        ("seat", "list"),
        ("audit", "verify"),
        ("backup", "copy.sqlite3"),
        ("freeze", "all", "now"),
        ("journal", "rebuild"),
        ("alert", "quarantine"),
    ],
)
def test_in_the_wrong_folder_every_command_says_so_and_makes_nothing(
    firewarden: CommandLine, folder: Path, words: tuple[str, ...]
) -> None:
    said = firewarden(*words)
    assert (said.status, said.out, list(folder.iterdir())) == (2, "", [])
    assert said.err == (
        "var/journal.sqlite3: there is no journal here (run this in the folder where Firewarden"
        " runs, or set FIREWARDEN_DATA)\n"
    )
