"""What a document must say to be loaded, and how each fault is told."""

import hashlib

import pytest

from bot.errors import OperatorMistake
from runbooks.loader import load, load_all
from tests.unit.runbooks.small import SMALL, changed, faults, small


def test_a_runbook_knows_the_hash_of_its_text() -> None:
    assert small().content_hash == hashlib.sha256(SMALL.encode()).hexdigest()


def test_the_same_text_is_compiled_once() -> None:
    assert load(SMALL, "a.yaml") is load(SMALL, "a.yaml")


def test_a_runbook_fits_the_alerts_whose_labels_it_names() -> None:
    runbook = small(("owner: platform\n", "owner: platform\nmatches: {a: x, b: y}\n"))
    assert runbook.fits({"a": "x", "b": "y", "c": "z"})
    assert not runbook.fits({"a": "x"})
    assert not small().fits({})


def test_every_fault_is_told_at_once_with_its_place_and_a_hint() -> None:
    text = changed(
        ("title: Something small", "tittle: Something small"),
        ("when: things > limit", "when: things >"),
        ("tier: reversible", "tier: beyond"),
        ("        timeout: 10s\n", ""),
        ("regex: '(\\d+)'", "regex: '(\\d+'"),
    )
    assert faults(text, "small.yaml") == [
        "small.yaml:1:1: the key 'title' is missing (add `title: ...`)",
        "small.yaml:2:1: unknown key 'tittle' (did you mean 'title'?)",
        (
            "small.yaml:11:23: regex: the pattern does not compile: missing ): (\\d+"
            " (RE2 syntax: no look-around or back-references, a literal"
            " ( or [ needs a backslash)"
        ),
        (
            "small.yaml:13:11: when: this does not parse: unexpected 'end of print statement'"
            " (write it as Jinja2 does: free < 10 and service in"
            " ('web', 'db'))"
        ),
        (
            "small.yaml:20:11: tier: an action is reversible or irreversible"
            " (escalate what is beyond that: `escalate: whom`)"
        ),
        "small.yaml:25:9: the key 'timeout' is missing (add `timeout: ...`)",
    ]


@pytest.mark.parametrize(
    ("old", "new", "fault"),
    [
        (
            "when: things > limit",
            "when: thing > limit",
            "x.yaml:13:11: 'thing' is not defined here (did you mean 'things'?)",
        ),
        (
            "run: count --things",
            "run: count {{ things }}",
            "x.yaml:9:10: 'things' is not defined here (it is known only after triage)",
        ),
        (
            "title: Shrink {{ host }}",
            "title: Shrink {{ host.address }}",
            "x.yaml:19:12: host has no 'address' (it has groups, name, service)",
        ),
        (
            "then: shrink",
            "then: shrnk",
            "x.yaml:15:11: there is no action 'shrnk' (did you mean 'shrink'?)",
        ),
        (
            "then: shrink",
            "escalate: dba",
            ("x.yaml:18:3: no rule leads to the action 'shrink' (write `then: shrink` in a rule)"),
        ),
        (
            "  - otherwise: resolve\n",
            "",
            "x.yaml:13:5: the last rule is not `otherwise` (end with `- otherwise: escalate`)",
        ),
        (
            "again: count",
            "again: cuont",
            "x.yaml:29:16: there is no triage command 'cuont' (did you mean 'count'?)",
        ),
        (
            "    undo: {not-needed: it grows again}\n",
            "",
            (
                "x.yaml:19:5: a reversible action needs `undo`"
                " (write steps, or {not-needed: why nothing must be undone})"
            ),
        ),
        (
            "    undo: {not-needed: it grows again}\n    risk",
            "    risk",
            (
                "x.yaml:19:5: a reversible action needs `undo`"
                " (write steps, or {not-needed: why nothing must be undone})"
            ),
        ),
        (
            "      - run: sudo shrink --to {{ limit }}\n        timeout: 10s\n",
            "      - wait: 5s\n",
            "x.yaml:25:7: no step changes anything (write the command that does as `run:`)",
        ),
        (
            "expect: things <= limit",
            "expect: things <= limit\n        sustained: 4h\n        every: 1s",
            "x.yaml:28:9: the check would look more than 200 times (raise `every`)",
        ),
        (
            "  limit: {type: integer, max: 100, default: 5}",
            "  limit: {type: integer, max: 100, default: 500}",
            ("x.yaml:6:45: the default 500 is not between 0 and 100 (move it, or min and max)"),
        ),
        (
            "things: {regex",
            "limit: {regex",
            "x.yaml:11:7: the name 'limit' is already a parameter (rename one of them)",
        ),
        (
            "  host: {type: host, from: alert.labels.instance}\n",
            "",
            (
                "x.yaml:8:10: nothing says on which host this runs"
                " (add `on:` or a parameter of type host)"
            ),
        ),
        (
            "parameters:",
            "in-order: true\nparameters:",
            ("x.yaml:4:1: `in-order` belongs to playbooks (take it out, or write `hypotheses:`)"),
        ),
    ],
)
def test_a_document_that_contradicts_itself_is_not_loaded(old: str, new: str, fault: str) -> None:
    assert fault in faults(changed((old, new)))


def test_an_irreversible_action_needs_a_checkpoint() -> None:
    text = changed(("tier: reversible", "tier: irreversible"))
    assert faults(text) == [
        (
            "x.yaml:19:5: an irreversible action needs a `checkpoint`"
            " (add `checkpoint:` with a command that saves what would be lost)"
        ),
        (
            "x.yaml:21:11: `not-needed` on an irreversible action contradicts itself"
            " (take `undo` out, or make the action reversible)"
        ),
    ]


def test_a_change_needs_a_verification_and_a_precondition() -> None:
    text = changed(
        ("    only-if: [things > limit]\n", ""),
        (
            SMALL[SMALL.index("verify:") : SMALL.index("    if-it-fails")],
            "verify: []\n",
        ),
    )
    assert faults(text) == [
        "x.yaml:19:5: the key 'only-if' is missing (add `only-if: ...`)",
        "x.yaml:26:13: verify: needs at least 1 (add entries: 1 or more)",
    ]


def test_a_step_that_changes_something_cannot_use_what_an_earlier_step_found() -> None:
    text = changed(
        (
            "      - run: sudo shrink --to {{ limit }}\n",
            (
                "      - check: look\n        facts: {left: {regex: x}}\n"
                "      - run: sudo shrink --to {{ left }}\n"
            ),
        )
    )
    assert faults(text) == [
        (
            "x.yaml:27:14: 'left' is not defined here"
            " (add a parameter, a variable or a fact; known here: host, limit, things)"
        )
    ]


def test_retries_are_for_read_only_steps() -> None:
    text = changed(("        timeout: 10s\n", "        timeout: 10s\n        retries: 2\n"))
    assert faults(text) == ["x.yaml:27:9: unknown key 'retries' (it belongs elsewhere)"]


def test_a_catalogue_tells_the_faults_of_all_files() -> None:
    with pytest.raises(OperatorMistake) as caught:
        load_all({"a.yaml": SMALL, "b.yaml": SMALL, "c.yaml": "runbook: [\n"})
    first, second = (str(fault) for fault in caught.value.faults)
    assert first == (
        "b.yaml:1:10: the name 'small' is taken by a.yaml (give one of them another name)"
    )
    assert second.startswith("c.yaml:2:1: this is not YAML")


def test_a_catalogue_is_found_by_name() -> None:
    assert load_all({"a.yaml": SMALL})["small"].title == "Something small"
