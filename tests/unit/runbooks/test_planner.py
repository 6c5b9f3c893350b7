"""The walk of a run: what follows what, and where it leaves the straight line."""

from dataclasses import replace
from datetime import timedelta

import pytest

from runbooks.loader import load
from runbooks.parameters import bind
from runbooks.planner import next_step, proposal_now
from runbooks.steps import (
    Aborted,
    Answer,
    Ask,
    CommandOutcome,
    Escalate,
    Known,
    Mode,
    Observe,
    Progress,
    Read,
    Rehearsed,
    Resolve,
    Stopped,
    Wait,
)
from tests.unit.runbooks.small import INVENTORY, after_triage, changed, small, walk

MANY = {"triage.count": CommandOutcome(exit_status=0, stdout="9\n")}


def test_triage_comes_first_and_runs_at_once() -> None:
    runbook = small(
        ("decide:", "  more:\n    run: count --more\n    on: {group: web}\ndecide:"),
    )
    bindings = bind(runbook, {"host": "db-1"}, {}, INVENTORY)
    step = next_step(runbook, bindings, Progress(), INVENTORY)
    assert isinstance(step, Observe)
    assert [command.key for command in step.commands] == [
        "triage.count@db-1",
        "triage.more@web-1",
        "triage.more@web-2",
        "triage.more@web-3",
    ]
    assert not any(command.changes for command in step.commands)


def test_only_the_triage_that_is_missing_is_asked_for_again() -> None:
    runbook = small(("decide:", "  more:\n    run: count --more\ndecide:"))
    bindings = bind(runbook, {"host": "db-1"}, {}, INVENTORY)
    progress = Progress(outcomes={"triage.more@db-1": CommandOutcome(exit_status=0)})
    step = next_step(runbook, bindings, progress, INVENTORY)
    assert isinstance(step, Observe)
    assert [command.path for command in step.commands] == ["triage.count"]


def test_a_proposal_shows_everything_that_a_yes_covers() -> None:
    step = after_triage(small(), MANY)
    assert isinstance(step, Ask)
    proposal = step.proposal
    assert proposal.title == "Shrink web-1"
    assert proposal.rule == "things > limit"
    assert proposal.because == "9 things"
    assert [e.fact for e in proposal.evidence] == [Known(value=9)]
    assert [(c.path, c.argv, c.changes) for c in proposal.commands] == [
        ("shrink.steps.1", ("sudo", "shrink", "--to", "5"), True)
    ]
    assert proposal.verification == ("smaller: count --things -> things <= limit",)
    assert proposal.rollback == "No undo is needed: it grows again"
    assert proposal.targets.hosts == ("web-1",)
    assert proposal.targets.services == ("shop",)
    assert proposal.facts_used == {"limit": 5}


def test_the_digest_does_not_depend_on_when_something_was_measured() -> None:
    early = after_triage(small(), MANY)
    late = after_triage(small(), {"triage.count": replace(MANY["triage.count"], at=99.0)})
    assert isinstance(early, Ask)
    assert isinstance(late, Ask)
    assert early.proposal.digest == late.proposal.digest


def test_the_digest_changes_with_the_document() -> None:
    one = after_triage(small(), MANY)
    other = after_triage(small(("title: Shrink", "title: Squeeze")), MANY)
    assert isinstance(one, Ask)
    assert isinstance(other, Ask)
    assert one.proposal.digest != other.proposal.digest


def test_what_was_asked_can_be_rendered_again_later() -> None:
    runbook = small()
    bindings = bind(runbook, {"host": "web-1"}, {}, INVENTORY)
    progress = Progress(
        outcomes={"triage.count@web-1": MANY["triage.count"]}, answers=(Answer.YES,)
    )
    asked = after_triage(runbook, MANY)
    assert isinstance(asked, Ask)
    assert proposal_now(runbook, bindings, progress, INVENTORY) == asked.proposal


def test_a_yes_is_followed_by_a_second_look_a_reservation_and_the_change() -> None:
    transcript = walk(
        small(),
        """
        arguments: {host: web-1}
        answers: ["yes"]
        outputs: {triage.count: "9", shrink.verify.1: "5"}
        """,
    )
    assert transcript.steps == (
        "observe triage",
        "ask shrink",
        "observe again",
        "reserve",
        "change shrink.steps.1",
        "read shrink.verify.1#1",
        "done",
    )
    assert transcript.because == "Shrink web-1: 1 command ran, 1 check passed."


def test_a_no_ends_the_run_and_nothing_has_run() -> None:
    transcript = walk(
        small(), 'arguments: {host: web-1}\nanswers: ["no"]\noutputs: {triage.count: "9"}\n'
    )
    assert transcript.steps == ("observe triage", "ask shrink", "rejected")
    assert transcript.changes == ()


def test_an_unknown_fact_stops_the_walk_and_is_named_with_its_command() -> None:
    failed = CommandOutcome(exit_status=1, stderr="no such thing")
    assert after_triage(small(), {"triage.count": failed}) == Stopped(
        because=(
            "Rule 1 (`things > limit`) needs things, which is unknown: the command exited with"
            " status 1: no such thing (command: count --things)"
        ),
        evidence=after_triage(small(), {"triage.count": failed}).evidence,  # type: ignore[union-attr]  # compared field by field otherwise
    )


def test_a_rule_may_ask_whether_a_fact_is_known() -> None:
    runbook = small(
        (
            "  - when: things > limit",
            (
                "  - when: things is unknown\n    because: nobody can count\n    escalate: dba\n"
                "  - when: things > limit"
            ),
        )
    )
    step = after_triage(runbook, {"triage.count": CommandOutcome(exit_status=1)})
    assert isinstance(step, Escalate)
    assert (step.whom, step.because, step.rule) == ("dba", "nobody can count", "things is unknown")


def test_no_rule_that_holds_means_otherwise() -> None:
    step = after_triage(small(), {"triage.count": CommandOutcome(exit_status=0, stdout="1")})
    assert isinstance(step, Resolve)
    assert step.rule == "otherwise"


def test_a_precondition_that_does_not_hold_stops_before_the_question() -> None:
    runbook = small(("only-if: [things > limit]", "only-if: [things > limit, things < 9]"))
    step = after_triage(runbook, MANY)
    assert isinstance(step, Stopped)
    assert step.because == (
        "9 things The precondition `things < 9` of shrink does not hold: nothing was run."
    )


@pytest.mark.parametrize(
    ("again", "end"),
    [('"1"', "resolve"), ("{exit-status: 1}", "stopped"), ('"many"', "stopped")],
)
def test_what_has_changed_by_the_second_look_is_not_acted_on(again: str, end: str) -> None:
    transcript = walk(
        small(),
        f"""
        arguments: {{host: web-1}}
        answers: ["yes"]
        outputs: {{triage.count: "9", again.count: {again}}}
        """,
    )
    assert transcript.steps == ("observe triage", "ask shrink", "observe again", end)


def test_other_commands_after_the_second_look_are_a_new_question() -> None:
    runbook = small(
        ("sudo shrink --to {{ limit }}", "sudo shrink --by {{ things - limit }}"),
    )
    transcript = walk(
        runbook,
        """
        arguments: {host: web-1}
        answers: ["yes", "yes"]
        outputs: {triage.count: "9", again.count: "8", again2.count: "8", shrink.verify.1: "5"}
        """,
    )
    assert transcript.steps[:6] == (
        "observe triage",
        "ask shrink",
        "observe again",
        "ask shrink",
        "observe again2",
        "reserve",
    )
    assert transcript.changes == ("sudo shrink --by 3",)


def test_a_fact_that_only_python_calls_equal_is_rendered_again() -> None:
    runbook = small(
        ("things: {regex: '(\\d+)', type: integer}", "things: {json: value}"),
        ("when: things > limit", "when: things is known"),
        ("only-if: [things > limit]", "only-if: [things is known]"),
        ('because: "{{ things }} things"', "because: there are things"),
        ("sudo shrink --to {{ limit }}", "sudo shrink --by {{ things }}"),
    )
    transcript = walk(
        runbook,
        """
        arguments: {host: web-1}
        answers: ["yes"]
        outputs: {triage.count: '{"value": 1}', again.count: '{"value": true}'}
        """,
    )
    assert transcript.because == "things is yes or no, not one word"
    assert transcript.changes == ()


def test_a_picture_that_never_holds_still_ends_with_a_human() -> None:
    runbook = small(("sudo shrink --to {{ limit }}", "sudo shrink --by {{ things - limit }}"))
    transcript = walk(
        runbook,
        """
        arguments: {host: web-1}
        answers: ["yes", "yes", "yes", "yes"]
        outputs: {triage.count: "9", again.count: ["8", "7", "6", "9"]}
        """,
    )
    assert transcript.because == ("The picture changed after each of 4 approvals; nothing was run.")
    assert transcript.changes == ()


def test_a_reservation_that_had_to_wait_is_followed_by_another_look() -> None:
    case = """
        arguments: {host: web-1}
        answers: ["yes"]
        reserved-late: true
        outputs: {triage.count: "9", late.count: "%s", shrink.verify.1: "5"}
        """
    assert walk(small(), case % 9).steps[3:6] == (
        "reserve",
        "observe late",
        "change shrink.steps.1",
    )
    assert walk(small(), case % 5).steps[3:] == ("reserve", "observe late", "resolve")


@pytest.mark.parametrize(
    ("outcome", "end"),
    [
        ("{exit-status: 1}", "escalate"),
        ("{exit-status: 137}", "escalate"),
        ("{exit-status: null}", "in-doubt shrink.steps.1"),
        ("{exit-status: null, timed-out: true}", "in-doubt shrink.steps.1"),
        ("{exit-status: null, signal: TERM}", "in-doubt shrink.steps.1"),
    ],
)
def test_a_change_that_did_not_exit_is_in_doubt_and_not_failed(outcome: str, end: str) -> None:
    transcript = walk(
        small(),
        f"""
        arguments: {{host: web-1}}
        answers: ["yes"]
        outputs: {{triage.count: "9", shrink.steps.1: {outcome}}}
        """,
    )
    assert transcript.steps[-1] == end


@pytest.mark.parametrize(
    "look", ['"6"', "{exit-status: 1}", '""', "{stdout: '5', truncated: true}"]
)
def test_a_check_that_fails_or_cannot_be_told_is_never_done(look: str) -> None:
    transcript = walk(
        small(),
        f"""
        arguments: {{host: web-1}}
        answers: ["yes"]
        outputs: {{triage.count: "9", shrink.verify.1: {look}}}
        """,
    )
    assert transcript.steps[-1] == "escalate"
    assert transcript.because.startswith("The check 'smaller' on web-1 did not pass: ")


UNDO = (
    "    undo: {not-needed: it grows again}\n",
    "    undo: [{run: sudo grow --by 1, timeout: 10s}]\n",
)


@pytest.mark.parametrize(
    ("undo", "grow", "because", "changes"),
    [
        ('"yes"', '""', "The change was undone.", ("sudo shrink --to 5", "sudo grow --by 1")),
        ('"no"', '""', "The undo was declined.", ("sudo shrink --to 5",)),
        (
            '"yes"',
            "{exit-status: 3}",
            "The undo failed too. shrink.undo.1 on web-1 failed: the command exited with status 3.",
            ("sudo shrink --to 5", "sudo grow --by 1"),
        ),
    ],
)
def test_a_failed_check_offers_the_undo_and_a_human_takes_over(
    undo: str, grow: str, because: str, changes: tuple[str, ...]
) -> None:
    transcript = walk(
        small(UNDO),
        f"""
        arguments: {{host: web-1}}
        answers: ["yes"]
        undo: {undo}
        outputs: {{triage.count: "9", shrink.verify.1: "9", shrink.undo.1: {grow}}}
        """,
    )
    assert "offer undo" in transcript.steps
    assert transcript.steps[-1] == "escalate"
    assert transcript.because.endswith(because)
    assert transcript.changes == changes


def test_a_failed_first_step_still_offers_the_undo() -> None:
    transcript = walk(
        small(UNDO),
        """
        arguments: {host: web-1}
        answers: ["yes"]
        undo: "yes"
        outputs: {triage.count: "9", shrink.steps.1: {exit-status: 1}}
        """,
    )
    assert transcript.changes == ("sudo shrink --to 5", "sudo grow --by 1")


def test_nothing_runs_where_the_checkpoint_fails() -> None:
    runbook = small(
        ("tier: reversible", "tier: irreversible"),
        (UNDO[0], "    checkpoint: [{run: sudo snapshot, timeout: 1m}]\n"),
    )
    transcript = walk(
        runbook,
        """
        arguments: {host: web-1}
        answers: ["yes"]
        outputs: {triage.count: "9", shrink.checkpoint.1: {exit-status: 1}}
        """,
    )
    assert transcript.changes == ("sudo snapshot",)
    assert transcript.because.startswith("The checkpoint failed, so no step was run.")


def test_a_sustained_check_is_looked_at_until_its_time_is_over() -> None:
    runbook = small(
        (
            "expect: things <= limit",
            "expect: things <= limit\n        sustained: 2m\n        every: 1m",
        )
    )
    case = """
        arguments: {host: web-1}
        answers: ["yes"]
        outputs: {triage.count: "9", shrink.verify.1: ["5", "4", "%s"]}
        """
    assert walk(runbook, case % 3).steps[5:] == (
        "read shrink.verify.1#1",
        "wait shrink.verify.1.held.1",
        "read shrink.verify.1.held.1",
        "wait shrink.verify.1.held.2",
        "read shrink.verify.1.held.2",
        "done",
    )
    assert walk(runbook, case % 6).because == (
        "The check 'smaller' on web-1 did not pass: expected things <= limit, found things = 6,"
        " after it had passed 2 times"
    )


def test_a_check_may_take_a_while_to_pass() -> None:
    runbook = small(
        (
            "expect: things <= limit",
            "expect: things <= limit\n        within: 1m\n        every: 30s",
        )
    )
    case = """
        arguments: {host: web-1}
        answers: ["yes"]
        outputs: {triage.count: "9", shrink.verify.1: ["9", "8", "%s"]}
        """
    assert walk(runbook, case % 5).steps[-1] == "done"
    assert walk(runbook, case % 6).steps[-1] == "escalate"


def test_the_pace_divides_every_wait() -> None:
    runbook = small(("    steps:\n", "    steps:\n      - wait: 5m\n"))
    bindings = bind(runbook, {"host": "web-1"}, {}, INVENTORY)
    progress = Progress(
        outcomes={
            "triage.count@web-1": MANY["triage.count"],
            "again.count@web-1": MANY["triage.count"],
        },
        answers=(Answer.YES,),
        reserved=True,
    )
    step = next_step(runbook, bindings, progress, INVENTORY, pace=60)
    assert isinstance(step, Wait)
    assert (step.duration, step.nominal) == (timedelta(seconds=5), timedelta(minutes=5))


def test_everything_is_looked_at_again_after_the_delay() -> None:
    runbook = small(("    if-it-fails", "    then-recheck: 10m\n    if-it-fails"))
    case = """
        arguments: {host: web-1}
        answers: ["yes"]
        outputs: {triage.count: "9", shrink.verify.1: "5", shrink.recheck.1: "%s"}
        """
    assert walk(runbook, case % 5).steps[5:] == (
        "read shrink.verify.1#1",
        "wait shrink.then-recheck",
        "read shrink.recheck.1",
        "done",
    )
    assert walk(runbook, case % 7).because == (
        "The check 'smaller' on web-1 passed at first and fails again:"
        " expected things <= limit, found things = 7"
    )


LOOP = (
    "      - run: sudo shrink --to {{ limit }}\n        timeout: 10s\n",
    """\
      - for-each: names
        as: name
        at-most: 3
        steps:
          - run: sudo shrink {{ name }}
            timeout: 10s
          - check: count --left
            facts: {left: {regex: '\\d+', type: integer}}
    stop-when: [left == 0]
""",
)
NAMES = ("facts:\n      things", "facts:\n      names: {list: '[a-z]+'}\n      things")


def test_a_loop_runs_its_steps_for_every_item_until_a_stop_condition_holds() -> None:
    case = """
        arguments: {host: web-1}
        answers: ["yes"]
        outputs: {triage.count: "9 a b c", shrink.verify.1: "5", shrink.steps.1.2: %s}
        """
    transcript = walk(small(LOOP, NAMES), case % '["2", "1", "1"]')
    assert transcript.changes == ("sudo shrink a", "sudo shrink b", "sudo shrink c")
    assert transcript.steps[4:6] == ("change shrink.steps.1[1].1", "read shrink.steps.1[1].2#1")
    assert transcript.steps[-1] == "done"
    stopped = walk(small(LOOP, NAMES), case % '["2", "0"]')
    assert stopped.changes == ("sudo shrink a", "sudo shrink b")
    assert stopped.because == "The stop condition `left == 0` holds before shrink.steps.1[3].1."


def test_a_loop_over_more_items_than_allowed_stops_before_the_question() -> None:
    transcript = walk(
        small(LOOP, NAMES), 'arguments: {host: web-1}\noutputs: {triage.count: "9 a b c d"}\n'
    )
    assert transcript.because == "for-each: names has 4 items, at most 3 are allowed"


def test_a_hostile_item_of_a_loop_never_becomes_a_command() -> None:
    runbook = small(
        LOOP, ("facts:\n      things", "facts:\n      names: {list: '\\S+'}\n      things")
    )
    transcript = walk(runbook, 'arguments: {host: web-1}\noutputs: {triage.count: "9 --all"}\n')
    assert transcript.because == "name starts with a hyphen: it could be an option"
    assert transcript.changes == ()


def test_waiting_for_something_polls_until_it_comes_true() -> None:
    runbook = small(
        ("    verify:", "      - wait-for: count --ready\n        at-most: 10s\n    verify:")
    )
    case = """
        arguments: {host: web-1}
        answers: ["yes"]
        outputs:
          triage.count: "9"
          shrink.verify.1: "5"
          shrink.steps.2: [{exit-status: 3}, {exit-status: null, timed-out: true}, %s]
        """
    assert walk(runbook, case % '"ok"').steps[5:11] == (
        "read shrink.steps.2#1",
        "wait shrink.steps.2#2",
        "read shrink.steps.2#2",
        "wait shrink.steps.2#3",
        "read shrink.steps.2#3",
        "read shrink.verify.1#1",
    )
    assert walk(runbook, case % "{exit-status: 3}").because == (
        "It did not come true within 10s. shrink.steps.2#3 on web-1 failed:"
        " the command exited with status 3."
    )


GROUP = (
    "    only-if",
    "    on: {group: web}\n    batches: {canary: 1, size: 2}\n    only-if",
)


def test_hosts_of_a_group_go_canary_first_and_are_verified_batch_by_batch() -> None:
    transcript = walk(
        small(
            GROUP,
            (
                "again: count",
                "run: count --of {{ host }}\n        facts: {now: {regex: '\\d+', type: integer}}",
            ),
            ("expect: things <= limit", "expect: now <= limit"),
        ),
        """
        arguments: {host: db-1}
        answers: ["yes"]
        outputs: {triage.count: "9", shrink.verify.1: "5"}
        """,
    )
    assert transcript.steps[4:] == (
        "change shrink.steps.1",
        "read shrink.verify.1#1",
        "change shrink.steps.1",
        "change shrink.steps.1",
        "read shrink.verify.1#1",
        "read shrink.verify.1#1",
        "done",
    )


@pytest.mark.parametrize(("failures", "count"), [(0, 1), (1, 3)])
def test_a_group_stops_when_more_hosts_fail_than_allowed_and_is_then_not_done(
    failures: int, count: int
) -> None:
    runbook = small(
        (
            "    only-if",
            (
                "    on: {group: web}\n    batches:\n      size: 3\n"
                f"      max-failures: {failures}\n    only-if"
            ),
        ),
    )
    transcript = walk(
        runbook,
        """
        arguments: {host: web-1}
        answers: ["yes"]
        outputs:
          triage.count: "9"
          shrink.steps.1@web-1: {exit-status: 1}
          shrink.verify.1: "5"
        """,
    )
    assert len(transcript.changes) == count
    assert transcript.steps[-1] == "escalate"
    assert "shrink.steps.1 on web-1 failed" in transcript.because


def test_facts_of_a_group_are_lists_and_unknown_where_one_host_is() -> None:
    runbook = small(
        ("run: count --things", "run: count --things\n    on: {group: web}"),
        ("when: things > limit", "when: (things | sum) > limit"),
        ("only-if: [things > limit]", "only-if: [(things | max) > 0]"),
        ("expect: things <= limit", "expect: (things | sum) <= limit"),
    )
    case = """
        arguments: {host: web-1}
        answers: ["no"]
        outputs: {triage.count: "3", triage.count@web-2: %s}
        """
    assert walk(runbook, case % '"4"').steps[-1] == "rejected"
    assert walk(runbook, case % "{exit-status: 1}").steps[-1] == "stopped"


LIKELY = (
    "  - otherwise: resolve",
    """\
  - when: things > 3
    because: also possible
    escalate: dba
    likelihood: %s
  - otherwise: resolve""",
)


@pytest.mark.parametrize(
    ("first", "second", "end"),
    [
        ("70%", "40%", "rejected"),
        ("70%", "50%", "escalate"),
        ("50%", "60%", "escalate"),
        ("30%", "90%", "escalate dba"),
    ],
)
def test_rules_of_like_likelihood_are_not_chosen_between(first: str, second: str, end: str) -> None:
    runbook = load(
        changed(
            ("    then: shrink", f"    then: shrink\n    likelihood: {first}"),
            (LIKELY[0], LIKELY[1] % second),
        ),
        "x.yaml",
    )
    transcript = walk(
        runbook, 'arguments: {host: web-1}\nanswers: ["no"]\noutputs: {triage.count: "9"}\n'
    )
    assert transcript.steps[-1] == end


def test_an_ambiguous_diagnosis_names_both_rules() -> None:
    runbook = small(
        ("    then: shrink", "    then: shrink\n    likelihood: 70%"),
        (LIKELY[0], LIKELY[1] % "60%"),
    )
    step = after_triage(runbook, MANY)
    assert isinstance(step, Escalate)
    assert step.because == (
        "The diagnosis is ambiguous, these hold: `things > limit` (70 %: then shrink) and"
        " `things > 3` (60 %: escalate dba). Nothing was run."
    )


@pytest.mark.parametrize(
    "at", ["observe triage", "ask shrink", "reserve", "read shrink.verify.1#1"]
)
def test_an_abort_takes_no_further_step(at: str) -> None:
    transcript = walk(
        small(),
        f"""
        arguments: {{host: web-1}}
        answers: ["yes"]
        abort-at: {at}
        outputs: {{triage.count: "9", shrink.verify.1: "5"}}
        """,
    )
    assert transcript.steps[-1] == "aborted"
    assert transcript.end == Aborted(changed=at.startswith("read"))


def test_guided_mode_asks_before_every_change_and_may_skip_it() -> None:
    case = """
        arguments: {host: web-1}
        answers: ["yes"]
        mode: guided
        skips: %s
        outputs: {triage.count: "9", shrink.verify.1: "5"}
        """
    assert walk(small(), case % "[]").steps[4:6] == (
        "confirm shrink.steps.1",
        "change shrink.steps.1",
    )
    assert walk(small(), case % "[shrink.steps.1]").changes == ()


DRY = ("    steps:", "    dry-run: [{run: shrink --pretend}]\n    steps:")


def test_a_dry_run_is_shown_in_the_packet() -> None:
    step = after_triage(small(DRY), MANY)
    assert isinstance(step, Read)
    assert step.command.argv == ("shrink", "--pretend")
    transcript = walk(
        small(DRY),
        """
        arguments: {host: web-1}
        answers: ["yes"]
        outputs: {triage.count: "9", shrink.dry-run.1: would, shrink.verify.1: "5"}
        """,
    )
    assert transcript.steps[:3] == ("observe triage", "read shrink.dry-run.1", "ask shrink")


def test_a_dry_run_that_fails_stops_before_the_question() -> None:
    transcript = walk(
        small(DRY),
        """
        arguments: {host: web-1}
        outputs: {triage.count: "9", shrink.dry-run.1: {exit-status: 2}}
        """,
    )
    assert transcript.steps[-1] == "stopped"


def test_dry_run_mode_ends_with_what_would_have_been_asked() -> None:
    step = after_triage(small(), MANY, mode=Mode.DRY_RUN)
    assert isinstance(step, Rehearsed)
    assert step.proposal is not None
    assert step.proposal.title == "Shrink web-1"


def test_a_host_that_left_the_inventory_stops_the_walk() -> None:
    runbook = small()
    bindings = bind(runbook, {"host": "web-1"}, {}, INVENTORY)
    inventory = replace(INVENTORY, hosts={})
    assert next_step(runbook, bindings, Progress(), inventory) == Stopped(
        because="'web-1' (host) is not in the inventory any more"
    )
