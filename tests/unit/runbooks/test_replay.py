"""Recorded cases: what they notice, what they miss, and how a run becomes one."""

import pytest

from bot.errors import UserMistake
from runbooks.parameters import bind
from runbooks.planner import next_step
from runbooks.replay import check_cases, play, read_fixtures, record, untested
from runbooks.schema import fixtures_schema, runbook_schema
from runbooks.steps import CommandOutcome, Mode, Observe, Progress
from tests.unit.runbooks.small import INVENTORY, small

CASES = """\
runbook: small
inventory:
  hosts: {web-1: {service: shop}}
arguments: {host: web-1}
outputs: {triage.count: "9", shrink.verify.1: "5"}
cases:
  - name: it shrinks
    answers: ["yes"]
    expect:
      ends: done
      because: 1 command ran
      changes: [sudo shrink --to 5]
      path: [observe triage, ask shrink, observe again, reserve,
             change shrink.steps.1, "read shrink.verify.1#1", done]
"""


def test_a_case_that_comes_out_as_expected_has_no_faults() -> None:
    assert check_cases(small(), read_fixtures(CASES, "t.yaml")) == ()


@pytest.mark.parametrize(
    ("old", "new", "fault"),
    [
        (
            "ends: done",
            "ends: escalate",
            (
                "t.yaml:10:7: it shrinks: ended with done, not escalate:"
                " Shrink web-1: 1 command ran, 1 check passed."
                " (mend the runbook; or where it is right, expect ends: done)"
            ),
        ),
        (
            "because: 1 command",
            "because: 2 command",
            (
                "t.yaml:10:7: it shrinks: the reason is"
                " 'Shrink web-1: 1 command ran, 1 check passed.', without '2 command ran'"
                " (mend the runbook; or where it is right, expect because: with words of it)"
            ),
        ),
        (
            "changes: [sudo shrink --to 5]",
            "changes: []",
            (
                "t.yaml:10:7: it shrinks: other changes were made: sudo shrink --to 5"
                " (mend the runbook; or where it is right, expect changes: with these commands)"
            ),
        ),
        (
            "reserve,\n",
            "\n",
            (
                "t.yaml:10:7: it shrinks: took another path: observe triage, ask shrink,"
                " observe again, reserve, change shrink.steps.1, read shrink.verify.1#1, done"
                " (mend the runbook; or where it is right, expect path: with these steps)"
            ),
        ),
        (
            'triage.count: "9", ',
            "",
            (
                "t.yaml:7:5: it shrinks: nothing is recorded for triage.count"
                " (record it under `outputs:` or `probes:` of the case)"
            ),
        ),
        (
            'answers: ["yes"]',
            "answers: []",
            (
                "t.yaml:7:5: it shrinks: `answers` has no answer for question 1"
                " (record it under `outputs:` or `probes:` of the case)"
            ),
        ),
        (
            "runbook: small",
            "runbook: tall",
            (
                "t.yaml:1:10: these are cases of another runbook than 'small'"
                " (write `runbook: small`, or name its file)"
            ),
        ),
    ],
)
def test_a_difference_is_told_with_the_place_of_the_case(old: str, new: str, fault: str) -> None:
    fixtures = read_fixtures(CASES.replace(old, new), "t.yaml")
    assert [str(found) for found in check_cases(small(), fixtures)] == [fault]


def test_branches_that_no_case_takes_are_named() -> None:
    assert untested(small(), read_fixtures(CASES, "t.yaml")) == (
        "otherwise",
        "shrink: rejected",
        "shrink: a step fails",
        "shrink: in doubt",
        "shrink: a check fails",
        "an unknown fact",
    )


def test_a_dry_run_becomes_a_case_that_replays() -> None:
    runbook = small()
    bindings = bind(runbook, {"host": "web-1"}, {}, INVENTORY)
    progress = Progress(mode=Mode.DRY_RUN)
    first = next_step(runbook, bindings, progress, INVENTORY)
    assert isinstance(first, Observe)
    outcome = CommandOutcome(exit_status=0, stdout="9 things\n")
    progress = Progress(mode=Mode.DRY_RUN, outcomes={first.commands[0].key: outcome})
    fixtures = read_fixtures(record(runbook, bindings, progress, INVENTORY), "recorded.yaml")
    assert check_cases(runbook, fixtures) == ()
    assert play(runbook, fixtures, fixtures.recording.cases[0]).steps == (
        "observe triage",
        "rehearsed",
    )


def test_a_case_without_the_output_that_it_needs_is_a_mistake_of_its_author() -> None:
    fixtures = read_fixtures(CASES.replace(", shrink.verify.1", ", shrink.verify.2"), "t.yaml")
    with pytest.raises(UserMistake) as caught:
        play(small(), fixtures, fixtures.recording.cases[0])
    assert caught.value.message == "nothing is recorded for shrink.verify.1#1"


def test_the_schema_knows_every_key_and_the_short_forms() -> None:
    schema = runbook_schema()
    assert isinstance(schema, dict)
    assert schema["required"] == ["runbook", "title", "owner"]
    assert schema["additionalProperties"] is False
    definitions = schema["$defs"]
    assert isinstance(definitions, dict)
    assert set(definitions["Action"]["required"]) == {
        "title",
        "tier",
        "risk",
        "only-if",
        "steps",
        "verify",
        "if-it-fails",
    }
    assert {"const": "escalate", "type": "string"} in definitions["Action"]["properties"][
        "if-it-fails"
    ]["anyOf"]


def test_the_schema_of_recorded_cases_names_every_end() -> None:
    schema = fixtures_schema()
    assert isinstance(schema, dict)
    assert schema["title"] == "Firewarden runbook cases"
