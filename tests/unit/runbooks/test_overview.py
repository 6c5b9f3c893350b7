"""The plan of a runbook, the progress of a run, the sudo commands that a catalogue needs."""

from runbooks.loader import load
from runbooks.overview import plan
from runbooks.parameters import bind
from runbooks.progress import StepState, overview
from runbooks.steps import Ask, CommandOutcome, Go, Progress
from runbooks.sudo import sudo_forms, sudoers_arguments
from tests.unit.runbooks.small import INVENTORY, after_triage, changed, small

LOOP = (
    "      - run: sudo shrink --to {{ limit }}\n        timeout: 10s\n",
    """\
      - for-each: names
        as: name
        steps: [{run: "sudo shrink {{ name }} --to {{ limit }}", timeout: 10s}]
      - wait: 5s
      - wait-for: count --ready
        at-most: 1m
""",
)
NAMES = ("facts:\n      things", "facts:\n      names: {list: '[a-z]+'}\n      things")
UNDO = (
    "    undo: {not-needed: it grows again}\n",
    "    undo: [{run: sudo grow, timeout: 10s}]\n    on: {group: web}\n",
)


def test_a_plan_shows_every_command_of_every_path_and_leaves_open_what_triage_tells() -> None:
    runbook = load(changed(LOOP, NAMES, UNDO), "x.yaml")
    bindings = bind(runbook, {"host": "db-1"}, {}, INVENTORY)
    planned = plan(runbook, bindings, INVENTORY)
    assert [(command.key, " ".join(command.argv)) for command in planned] == [
        ("triage.count@db-1", "count --things"),
        ("shrink.steps.1[*].1@web-1", "sudo shrink {{ name }} --to 5"),
        ("shrink.steps.1[*].1@web-2", "sudo shrink {{ name }} --to 5"),
        ("shrink.steps.1[*].1@web-3", "sudo shrink {{ name }} --to 5"),
        ("shrink.steps.3@web-1", "count --ready"),
        ("shrink.steps.3@web-2", "count --ready"),
        ("shrink.steps.3@web-3", "count --ready"),
        ("shrink.verify.1@web-1", "count --things"),
        ("shrink.verify.1@web-2", "count --things"),
        ("shrink.verify.1@web-3", "count --things"),
        ("shrink.undo.1@web-1", "sudo grow"),
        ("shrink.undo.1@web-2", "sudo grow"),
        ("shrink.undo.1@web-3", "sudo grow"),
    ]


STEPS = (
    "      - run: sudo shrink --to {{ limit }}\n        timeout: 10s\n",
    (
        "      - run: sudo one\n        timeout: 10s\n"
        "      - wait-for: ready\n        at-most: 10s\n"
        "      - run: sudo two\n        timeout: 10s\n"
    ),
)


def _states(progress: Progress, running: frozenset[str] = frozenset()) -> list[StepState]:
    asked = after_triage(small(STEPS), {"triage.count": CommandOutcome(exit_status=0, stdout="9")})
    assert isinstance(asked, Ask)
    return [line.state for line in overview(asked.proposal, progress, running).lines]


def test_steps_wait_run_and_complete() -> None:
    good, not_yet = CommandOutcome(exit_status=0), CommandOutcome(exit_status=3)
    one, poll, two = "shrink.steps.1@web-1", "shrink.steps.2#%s@web-1", "shrink.steps.3@web-1"
    assert _states(Progress()) == [StepState.WAITING] * 3
    assert _states(Progress(), frozenset({one})) == [
        StepState.RUNNING,
        StepState.WAITING,
        StepState.WAITING,
    ]
    assert _states(Progress(outcomes={one: good, poll % 1: not_yet})) == [
        StepState.COMPLETED,
        StepState.RUNNING,
        StepState.WAITING,
    ]
    outcomes = {one: good, poll % 9: not_yet, poll % 10: good, two: good}
    assert _states(Progress(outcomes=outcomes)) == [StepState.COMPLETED] * 3


def test_a_step_without_an_exit_status_is_in_doubt_and_not_failed() -> None:
    one, two = "shrink.steps.1@web-1", "shrink.steps.3@web-1"
    assert _states(
        Progress(
            outcomes={one: CommandOutcome(exit_status=1), two: CommandOutcome(exit_status=None)}
        )
    ) == [StepState.FAILED, StepState.WAITING, StepState.IN_DOUBT]


def test_a_step_that_a_person_skipped_is_skipped() -> None:
    states = _states(Progress(go={"shrink.steps.1@web-1": Go.SKIP}))
    assert states[0] is StepState.SKIPPED


def test_the_headline_counts_what_is_over() -> None:
    asked = after_triage(small(), {"triage.count": CommandOutcome(exit_status=0, stdout="9")})
    assert isinstance(asked, Ask)
    done = Progress(outcomes={"shrink.steps.1@web-1": CommandOutcome(exit_status=0)})
    assert overview(asked.proposal, Progress()).headline == "0 of 1: Shrink web-1"
    assert overview(asked.proposal, done).headline == "1 of 1: Shrink web-1"


def test_sudo_commands_are_written_with_the_form_of_their_values() -> None:
    runbook = load(changed(LOOP, NAMES), "x.yaml")
    assert sudo_forms([runbook]) == {"shrink <value> --to <0-100>"}


def test_sudoers_leave_no_more_open_than_the_type_of_a_parameter() -> None:
    assert sudoers_arguments([small()], INVENTORY) == (("shrink", "^\\-\\-to [0-9]{1,3}$"),)
