"""Playbooks: which cause is looked at first, and what a question to a human does."""

import pytest

from runbooks.loader import load
from tests.unit.runbooks.small import faults, walk

PLAYBOOK = """\
runbook: look
title: Look for the cause
owner: platform
parameters:
  host: {type: host}
hypotheses:
  - name: rare
    title: A rare cause
    likelihood: 10
    check:
      run: look --rare
      facts: {rare: {regex: '\\d+', type: integer}}
    found-when: rare > 0
    because: "{{ rare }} on {{ host }}"
    fix: {runbook: small, with: {host: "{{ host }}", limit: "{{ rare }}"}}
  - name: common
    title: A common cause
    likelihood: 60
    ask:
      question: Is it the common cause on {{ host }}?
      options: ["yes", "no"]
      found: ["yes"]
    because: a human said so
    escalate: dba
otherwise: {escalate: on-call}
"""


def test_the_likeliest_cause_is_looked_at_first_and_the_first_found_ends_it() -> None:
    transcript = walk(
        load(PLAYBOOK, "x.yaml"), 'arguments: {host: web-1}\nchoices: {common: "yes"}\n'
    )
    assert transcript.steps == ("question hypotheses.common", "escalate dba")
    assert transcript.because == "a human said so"


def test_in_order_keeps_the_order_of_the_document() -> None:
    runbook = load(PLAYBOOK + "in-order: true\n", "x.yaml")
    transcript = walk(runbook, 'arguments: {host: web-1}\noutputs: {hypotheses.rare: "7"}\n')
    assert transcript.steps == ("read hypotheses.rare", "refer small")
    assert transcript.because == "7 on web-1"


def test_a_question_may_be_left_open_unless_its_rung_must_not_be_skipped() -> None:
    case = 'arguments: {host: web-1}\nchoices: {common: skip}\noutputs: {hypotheses.rare: "0"}\n'
    transcript = walk(load(PLAYBOOK, "x.yaml"), case)
    assert transcript.steps[-1] == "escalate on-call"
    strict = PLAYBOOK.replace("    escalate: dba\n", "    escalate: dba\n    no-skipping: true\n")
    with pytest.raises(Exception, match=r"`choices` has no answer for hypotheses\.common"):
        walk(load(strict, "x.yaml"), case)


@pytest.mark.parametrize(
    ("old", "new", "fault"),
    [
        (
            "    found-when: rare > 0\n",
            "",
            (
                "x.yaml:7:5: hypotheses: a hypothesis needs found-when, or ask"
                " (write `found-when: free < 10`)"
            ),
        ),
        (
            'found: ["yes"]',
            "found: [perhaps]",
            (
                "x.yaml:20:7: ask: `found` names 'perhaps', which is not among the options"
                " (repeat an option word for word)"
            ),
        ),
        (
            "otherwise: {escalate: on-call}",
            "decide: [{otherwise: escalate}]",
            (
                "x.yaml:25:1: a playbook with hypotheses has no `decide`"
                " (make a runbook of its own of it, and name that as a `fix`)"
            ),
        ),
        (
            "name: common",
            "name: rare",
            "x.yaml:16:11: the hypothesis 'rare' is given twice (rename one of them)",
        ),
    ],
)
def test_a_playbook_that_contradicts_itself_is_not_loaded(old: str, new: str, fault: str) -> None:
    assert fault in faults(PLAYBOOK.replace(old, new))
