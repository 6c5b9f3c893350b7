"""Runbooks from the command line: linted, shown, planned and tested before anybody needs them."""

import json
from pathlib import Path

import pytest

from tests.unit.cli.conftest import CommandLine

BROKEN = "runbook: mine\ntitel: Mine\n"


def test_the_catalogue_that_ships_has_no_fault(firewarden: CommandLine) -> None:
    said = firewarden("runbook", "lint")
    assert (said.status, said.out, said.err) == (0, "", "7 runbooks, 0 faults\n")


def test_every_fault_of_a_file_is_told_with_line_and_column(
    firewarden: CommandLine, folder: Path
) -> None:
    (folder / "mine.yaml").write_text(BROKEN)
    said = firewarden("runbook", "lint", "mine.yaml")
    assert said.status == 2
    assert "mine.yaml:2:1: unknown key 'titel' (did you mean 'title'?)" in said.lines
    assert said.err == f"1 runbook, {len(said.lines)} faults\n"


def test_a_runbook_goes_by_the_name_of_its_file(firewarden: CommandLine, folder: Path) -> None:
    shown = firewarden("runbook", "show", "disk-full").out
    text = shown.partition("\n\n")[2]
    (folder / "disc-full.yaml").write_text(text)
    said = firewarden("runbook", "lint", "disc-full.yaml")
    assert said.out == (
        "disc-full.yaml:1:10: 'disk-full' stands in a file named 'disc-full' "
        "(the file and the runbook go by one name)\n"
    )


def test_the_plan_shows_every_command_and_runs_nothing(firewarden: CommandLine) -> None:
    said = firewarden("runbook", "plan", "disk-full", "host=practice-1")
    assert said.status == 0
    assert [line.split()[0] for line in said.lines] == [
        "reads",
        "reads",
        "reads",
        "CHANGES",
        "CHANGES",
        "CHANGES",
        "reads",
    ]
    assert "sudo journalctl --vacuum-size=16M" in said.lines[3]


def test_a_plan_without_its_parameters_is_answered_with_the_usage(firewarden: CommandLine) -> None:
    said = firewarden("runbook", "plan", "disk-full")
    assert said.status == 2
    assert said.err.splitlines()[1].startswith("Usage: run disk-full host=<host>")
    assert firewarden("runbook", "plan", "disk-full", "practice-1").err == (
        "Write PARAMETER=VALUE, not practice-1.\n"
    )


@pytest.mark.parametrize("name", ["disk-full", "high-cpu", "service-unavailable"])
def test_recorded_cases_are_played(firewarden: CommandLine, name: str) -> None:
    said = firewarden("runbook", "test", name)
    assert (said.status, said.out) == (0, "")
    assert said.err.endswith(" cases, 0 faults\n")


def test_a_case_that_comes_out_differently_fails(firewarden: CommandLine, folder: Path) -> None:
    (folder / "cases.yaml").write_text(
        "runbook: disk-full\n"
        "inventory: {hosts: {h1: {service: s}}, services: {s: {owner: o}}}\n"
        "arguments: {host: h1}\n"
        "cases:\n"
        "  - name: nothing is known\n"
        "    outputs: {triage: {exit-status: 1}}\n"
        "    expect: {ends: done}\n"
    )
    said = firewarden("runbook", "test", "disk-full", "--cases", "cases.yaml")
    assert said.status == 1
    assert said.lines[0].startswith("cases.yaml:5:5: nothing is known: ")


def test_a_runbook_without_cases_is_told_where_they_would_stand(
    firewarden: CommandLine, folder: Path
) -> None:
    text = firewarden("runbook", "show", "disk-full").out.partition("\n\n")[2]
    (folder / "disk-full.yaml").write_text(text)
    said = firewarden("runbook", "test", "./disk-full.yaml")
    assert (said.status, said.err) == (
        2,
        (
            "disk-full.tests.yaml: there are no recorded cases"
            " (write them there, or name their file with --cases)\n"
        ),
    )


def test_an_unknown_runbook_is_answered_with_those_that_are_known(firewarden: CommandLine) -> None:
    said = firewarden("runbook", "show", "disc-full")
    assert said.status == 2
    assert said.err.startswith("There is no runbook disc-full (known: agent-misbehaves,")


@pytest.mark.parametrize(
    ("of", "title"),
    [
        ("policy", "Firewarden policy"),
        ("runbook", "Firewarden runbook"),
        ("cases", "Firewarden runbook cases"),
    ],
)
def test_schemas_are_printed_as_json(firewarden: CommandLine, of: str, title: str) -> None:
    said = firewarden("schema", of)
    schema = json.loads(said.out)
    assert schema["title"] == title
    assert schema["$schema"] == "https://json-schema.org/draft/2020-12/schema"
