"""Guided runs stop before each change; a change that did not work offers its undo."""

from dataclasses import replace

from bot.domain.decided import Refusal
from bot.domain.events import (
    CardKind,
    Ending,
    RunEnded,
    StepInDoubt,
    StepSettled,
    StepStarted,
)
from bot.values import HostName, Untrusted
from tests.unit.domain.disk import DISK_FULL, Disk
from tests.unit.domain.people import ana, ben, cleo, eve
from tests.unit.domain.policy import MINUTE
from tests.unit.domain.story import Story, exited

FINE = exited(0, "state: 1\n")
WRONG = exited(0, "state: 0\n")


def guided() -> Story:
    story = Story().declared()
    story.starts(DISK_FULL, mode="guided")
    story.looks(Disk())
    story.votes(ben)
    story.looks(Disk())
    return story


def flagged(host: str = "web-1") -> Story:
    """Change the flag with approval; the check finds that it did not help."""
    story = Story().declared()
    story.starts(FLAG, host=host)
    story.looks(lambda argv: WRONG)
    story.votes(ben)
    story.looks(lambda argv: WRONG)
    story.begins()
    story.ends(exited(0))
    story.looks(lambda argv: WRONG)
    return story


def test_a_guided_run_asks_before_every_change() -> None:
    story = guided()
    assert story.open_kinds() == [CardKind.STEP]
    assert story.changes() == []
    story.presses(story.card(CardKind.STEP), ana, "on")
    assert [change.path for change in story.changes()] == ["clean-up.steps.1"]
    story.begins()
    story.ends(exited(0))
    assert story.open_kinds() == [CardKind.STEP]
    assert len(story.events(StepStarted)) == 1


def test_a_skipped_step_is_left_out() -> None:
    story = guided()
    story.presses(story.card(CardKind.STEP), ana, "skip")
    story.presses(story.card(CardKind.STEP), ana, "on")
    assert [change.path for change in story.changes()] == ["clean-up.steps.2"]


def test_a_step_that_nobody_answers_for_ends_the_run() -> None:
    story = guided()
    story.passes(240 * MINUTE)
    ended = story.events(RunEnded)[0]
    assert (ended.ending, ended.commands_ran) == (Ending.EXPIRED, 0)
    assert story.events(StepStarted) == []


def test_a_reader_cannot_go_on_for_others() -> None:
    story = guided()
    assert isinstance(story.presses(story.card(CardKind.STEP), eve, "on"), Refusal)


def test_a_dry_run_looks_and_asks_for_nothing() -> None:
    story = Story().declared()
    story.starts(DISK_FULL, mode="dry-run")
    story.looks(Disk())
    ended = story.events(RunEnded)[0]
    assert (ended.ending, ended.commands_ran) == (Ending.DONE, 0)
    assert ended.because.text.startswith("Dry run: ")
    assert story.incident.cards == {}
    assert story.events(StepStarted) == []


def test_a_change_that_did_not_help_offers_its_undo_on_a_card_of_its_own() -> None:
    story = flagged()
    assert story.open_kinds() == [CardKind.UNDO]
    card = story.card(CardKind.UNDO).card
    assert card.number == 2
    assert card.title == Untrusted("Undo: Set the flag on web-1")
    assert story.changes() == []


def test_an_approved_undo_runs_under_its_own_yes() -> None:
    story = flagged()
    story.votes(cleo)
    story.begins()
    undo = story.events(StepStarted)[1]
    assert undo.command == ("sudo", "flag", "off")
    assert undo.card == story.card(CardKind.UNDO).card.card
    assert undo.approved_by == ("cleo",)
    story.ends(exited(0))
    ended = story.events(RunEnded)[0]
    assert (ended.ending, ended.commands_ran) == (Ending.ESCALATED, 2)
    assert ended.because.text.endswith("The change was undone.")
    assert story.woken() == ["ana by console, level 1"]


def test_a_declined_undo_leaves_it_to_a_human_with_the_host_reserved() -> None:
    story = flagged()
    story.votes(cleo, "reject")
    ended = story.events(RunEnded)[0]
    assert (ended.ending, ended.commands_ran) == (Ending.ESCALATED, 1)
    assert ended.because.text.endswith("The undo was declined.")
    assert story.run.targets == ("host:web-1", "service:checkout")


def test_an_undo_is_bound_to_its_digest_too() -> None:
    story = flagged()
    name = HostName("web-1")
    moved = replace(story.policy.hosts[name], address="198.51.100.9")
    story.policy = replace(story.policy, hosts={**story.policy.hosts, name: moved})
    story.votes(cleo)
    assert len(story.events(StepStarted)) == 1
    assert story.open_kinds() == [CardKind.UNDO]
    assert story.card(CardKind.UNDO).card.number == 3


def test_a_doubt_on_the_second_host_is_settled_there_and_not_on_the_first() -> None:
    story = Story().declared()
    story.starts(GROUP)
    story.looks(lambda argv: WRONG)
    story.votes(ben)
    story.looks(lambda argv: WRONG)
    story.begins()
    story.ends(exited(0))
    story.looks(lambda argv: FINE)
    assert [change.host for change in story.changes()] == ["web-2"]
    story.begins()
    story.ends(exited(None))
    assert [d.host for d in story.events(StepInDoubt)] == ["web-2"]
    story.presses(story.card(CardKind.IN_DOUBT), cleo, "worked")
    assert [(s.host, s.finished) for s in story.events(StepSettled)] == [("web-2", True)]
    assert story.run.doing is None
    assert {(s.started.host, s.started.attempt) for s in story.run.steps} == {
        ("web-1", 1),
        ("web-2", 1),
    }


def test_a_playbook_asks_a_human_and_goes_on_with_the_answer() -> None:
    story = Story().declared()
    story.starts(PLAYBOOK)
    card = story.card(CardKind.QUESTION)
    assert [option.label for option in card.card.options][:2] == [
        "nobody knows it",
        "it is known",
    ]
    story.presses(card, ana, "1")
    ended = story.events(RunEnded)[0]
    assert (ended.ending, ended.whom) == (Ending.ESCALATED, "security")
    assert story.woken() == ["dan by console, level 1"]


FLAG = """\
runbook: set-flag
title: Set the flag
owner: shop
description: Sets the flag, and takes it back where it did not help.
parameters:
  host: {type: host}
triage:
  state:
    run: cat /run/state
    facts:
      state: {regex: 'state: ([0-9]+)', type: integer}
decide:
  - when: state == 0
    because: The flag is off.
    then: turn-on
  - otherwise: resolve
    because: The flag is on.
actions:
  turn-on:
    title: Set the flag on {{ host }}
    tier: reversible
    undo:
      - run: sudo flag off
        timeout: 60s
    risk: {blast-radius: one flag, users: none, data: none}
    only-if:
      - state == 0
    steps:
      - run: sudo flag on
        timeout: 60s
    verify:
      - name: the flag is on
        again: state
        expect: state == 1
    if-it-fails: escalate
"""

GROUP = """\
runbook: set-flags
title: Set the flags
owner: shop
description: Sets the flag on every web host.
triage:
  state:
    run: cat /run/state
    on: {group: web}
    facts:
      states: {regex: 'state: ([0-9]+)', type: integer}
decide:
  - when: states | min == 0
    because: A flag is off.
    then: turn-on
  - otherwise: resolve
    because: All flags are on.
actions:
  turn-on:
    title: Set the flag everywhere
    tier: reversible
    undo: {not-needed: it is only a flag}
    on: {service: checkout}
    risk: {blast-radius: web hosts, users: none, data: none}
    only-if:
      - states | min == 0
    steps:
      - run: sudo flag on
        timeout: 60s
    verify:
      - name: the flag is on
        run: cat /run/state
    if-it-fails: escalate
"""

PLAYBOOK = """\
runbook: odd-login
title: An odd login
owner: security
description: Finds out whether a login was meant.
hypotheses:
  - name: intruder
    title: Somebody is in who should not be
    likelihood: 60
    ask:
      question: Is the login unknown to everybody?
      options: ["nobody knows it", "it is known"]
      found: ["nobody knows it"]
    because: Nobody knows the login.
    escalate: security
otherwise: {escalate: security}
"""
