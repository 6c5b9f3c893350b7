"""How output becomes facts, and when a fact is unknown."""

import pytest
from pydantic import TypeAdapter

from runbooks.expressions import Finding
from runbooks.facts import read_fact
from runbooks.model import FactSource
from runbooks.steps import CommandOutcome, Unknown

DF = """\
Filesystem     1024-blocks     Used Available Capacity Mounted on
/dev/sda1         41152736 39152736   2000000      96% /
/dev/sdb1          1000000   420000    580000      42% /data
"""
PODS = '{"items": [{"name": "a", "up": true, "n": 3}, {"name": "b", "up": false, "n": "4"}]}'


def _fact(source: dict[str, object], outcome: CommandOutcome) -> Finding:
    parsed: FactSource = TypeAdapter(FactSource).validate_python(source)
    return read_fact(parsed, outcome, (0,), {"disk": "/dev/sdb1"}, "the command")


def _of(source: dict[str, object], stdout: str) -> Finding:
    return _fact(source, CommandOutcome(exit_status=0, stdout=stdout))


@pytest.mark.parametrize(
    ("source", "stdout", "value"),
    [
        ({"regex": r"load (\S+)"}, "load high\n", "high"),
        ({"regex": r"load (\S+)", "type": "number"}, "load 1.5\n", 1.5),
        ({"regex": r"\d+", "type": "integer"}, "a 12 b 13", 12),
        ({"regex": r"(\S+) used", "type": "percent"}, "93% used", 93),
        ({"regex": r"up (\S+)M", "type": "size"}, "up 3.5G x\nup 2KM", 2048.0),
        ({"regex": r"for (\S+)", "type": "duration"}, "for 1h30m", 5400.0),
        ({"count": "(?i)error"}, "Error\nok\nERROR error\n", 3),
        ({"count": "error"}, "all is well\n", 0),
        ({"count": "error", "empty-is": 0}, "", 0),
        ({"sum": r"(\d+) MB"}, "3 MB\n4 MB\n", 7),
        ({"sum": r"\S+", "type": "size"}, "1K 2K", 3072.0),
        ({"list": r"(?m)^(\S+) down$"}, "a down\nb up\nc down\n", ("a", "c")),
        ({"list": r"x(\d)", "type": "integer"}, "x1 x2", (1, 2)),
        ({"list": "nothing"}, "a\n", ()),
        ({"json": "items[1].name"}, PODS, "b"),
        ({"json": "items[*].name"}, PODS, ("a", "b")),
        ({"json": "items[*].n", "type": "integer"}, PODS, (3, 4)),
        ({"json": "items[0].up"}, PODS, True),
        ({"json": "$"}, "[1, 2]", (1, 2)),
        ({"column": "Capacity", "type": "percent"}, DF, (96, 42)),
        ({"column": "Capacity", "row": "last", "type": "percent"}, DF, 42),
        ({"column": 6, "row": "first"}, DF, "/"),
        (
            {"column": "Used", "where": {"Filesystem": "{{ disk }}"}, "row": "first"},
            DF,
            "420000",
        ),
        ({"column": "Mounted", "skip-lines": 1, "row": "first"}, "junk\n" + DF, "/"),
    ],
)
def test_output_becomes_a_fact(source: dict[str, object], stdout: str, value: object) -> None:
    assert _of(source, stdout) == value


@pytest.mark.parametrize(
    ("source", "stdout", "reason"),
    [
        ({"regex": r"load (\S+)"}, "idle\n", r"the pattern load (\S+) found nothing"),
        ({"regex": r"load (\S+)"}, "", "the command printed nothing"),
        ({"count": "error"}, " \n", "the command printed nothing"),
        ({"regex": r"\S+", "type": "integer"}, "1.5", "'1.5' is not a whole number"),
        ({"regex": r"\S+", "type": "number"}, "\uff11\uff12", "'\uff11\uff12' is not a number"),
        ({"regex": r"\S+", "type": "number"}, "nan", "'nan' is not a number"),
        ({"sum": r"(\d+) MB"}, "none", r"the pattern (\d+) MB found nothing"),
        ({"json": "a"}, "{", "the output is not JSON: Expecting property name enclosed in double"),
        ({"json": "a"}, '{"a": NaN}', "the output is not JSON: NaN is not JSON"),
        ({"json": "a.b"}, '{"a": {}}', "a.b: there is no b"),
        ({"json": "a[*].b"}, '{"a": 1}', "a[*].b: there is no list"),
        ({"json": "a", "type": "integer"}, '{"a": true}', "the value is not integer"),
        ({"regex": "x+"}, "x" * 4001, "the match is 4001 characters long, at most 4000 are kept"),
        ({"list": "x"}, "x" * 501, "there are 501 matches, at most 500 are kept"),
        ({"column": "Nope"}, DF, "the table has no column Nope"),
        ({"column": 9}, DF, "a row of the table is too short"),
        (
            {"column": 1, "where": {"Filesystem": "x"}, "row": "first"},
            DF,
            "no row of the table fits",
        ),
    ],
)
def test_what_the_output_does_not_hold_is_unknown(
    source: dict[str, object], stdout: str, reason: str
) -> None:
    fact = _of(source, stdout)
    assert isinstance(fact, Unknown)
    assert fact.reason.startswith(reason)
    assert fact.command == "the command"


@pytest.mark.parametrize(
    ("outcome", "reason"),
    [
        (
            CommandOutcome(exit_status=2, stdout="12", stderr="warning\nno such disk\n"),
            "the command exited with status 2: no such disk",
        ),
        (
            CommandOutcome(exit_status=None, stdout="12", timed_out=True),
            "the command ran into its deadline",
        ),
        (
            CommandOutcome(exit_status=None, stdout="12", signal="KILL"),
            "the command was ended by signal KILL",
        ),
        (CommandOutcome(exit_status=None, stdout="12"), "the connection was lost"),
        (
            CommandOutcome(exit_status=0, stdout="12", truncated=True),
            "the output was cut: it was too long",
        ),
    ],
)
def test_a_command_that_did_not_end_well_tells_nothing(
    outcome: CommandOutcome, reason: str
) -> None:
    assert _fact({"regex": r"\d+"}, outcome) == Unknown(reason=reason, command="the command")


def test_an_exit_status_is_a_fact_whatever_it_is() -> None:
    assert _fact({"exit-status": True}, CommandOutcome(exit_status=3)) == 3


def test_an_exit_status_of_a_command_that_was_killed_is_unknown() -> None:
    fact = _fact({"exit-status": True}, CommandOutcome(exit_status=None, signal="TERM"))
    assert fact == Unknown(reason="the command was ended by signal TERM", command="the command")


def test_a_pattern_that_backtracking_engines_choke_on_takes_linear_time() -> None:
    assert _of({"count": "(a+)+$"}, "a" * 200_000 + "!") == 0
