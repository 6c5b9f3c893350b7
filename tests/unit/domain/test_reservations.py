"""One change per target: a run takes all its targets or waits, and looks again afterwards."""

from bot.domain.actor import FIREWARDEN
from bot.domain.decided import Refusal
from bot.domain.effects import WakeWaiting
from bot.domain.events import (
    CardKind,
    Ending,
    ReservationAwaited,
    ReservationReleased,
    RunEnded,
    StepStarted,
    TargetsReserved,
)
from bot.domain.intents import AbortRun, BreakReservation, TryReserve
from bot.values import Untrusted
from tests.unit.domain.disk import DISK_FULL, STEPS, Disk, approved, cleaned
from tests.unit.domain.people import ana, ben, cleo
from tests.unit.domain.policy import MINUTE
from tests.unit.domain.story import Story, exited

HOLDER = "INC-2026-1121-009 (run r9)"


def waiting() -> Story:
    story = Story().declared()
    story.held = {"host:web-1": HOLDER}
    approved(story)
    return story


def test_a_run_waits_for_a_host_that_another_run_holds_and_says_whose_it_is() -> None:
    story = waiting()
    assert story.events(ReservationAwaited) == [
        ReservationAwaited(
            run=story.run.started.run,
            targets=("host:web-1", "service:checkout"),
            holder=HOLDER,
        )
    ]
    assert story.run.state == "waiting for targets"
    assert story.changes() == []
    assert story.events(TargetsReserved) == []


def test_it_asks_again_every_half_minute_and_says_so_only_once() -> None:
    story = waiting()
    story.passes(3 * MINUTE)
    assert len(story.events(ReservationAwaited)) == 1
    assert f"reserve:{story.run.started.run}" in story.timers


def test_a_new_holder_is_said() -> None:
    story = waiting()
    story.held = {"service:checkout": "INC-2026-1121-010 (run r10)"}
    story.passes(MINUTE)
    assert [a.holder for a in story.events(ReservationAwaited)] == [
        HOLDER,
        "INC-2026-1121-010 (run r10)",
    ]


def test_once_it_has_waited_it_looks_again_before_it_changes_anything() -> None:
    story = waiting()
    story.held = {}
    story.does(TryReserve(by=FIREWARDEN, run=story.run.started.run))
    assert len(story.events(TargetsReserved)) == 1
    assert story.changes() == []
    assert [read.path for read in story.reads()] == [
        "late.disk",
        "late.directories",
        "late.journal",
    ]
    story.looks(Disk())
    story.begins()
    assert story.events(StepStarted)[0].command == STEPS[0]


def test_a_host_that_is_sound_by_then_is_left_alone() -> None:
    story = waiting()
    story.held = {}
    story.does(TryReserve(by=FIREWARDEN, run=story.run.started.run))
    story.looks(Disk(used=48))
    assert story.events(StepStarted) == []
    assert story.events(RunEnded)[0].ending is Ending.RESOLVED
    assert story.run.targets == ()


def test_a_run_that_waits_can_be_aborted() -> None:
    story = waiting()
    story.does(AbortRun(by=ana, run=story.run.started.run))
    ended = story.events(RunEnded)[0]
    assert (ended.ending, ended.commands_ran) == (Ending.ABORTED, 0)
    assert f"reserve:{story.run.started.run}" not in story.timers


def test_a_run_that_ends_well_frees_its_targets_once_and_wakes_who_waits() -> None:
    story = Story().declared()
    disk = cleaned(story)
    for _ in range(4):
        story.looks(disk)
        story.passes(MINUTE / 3)
    assert story.events(RunEnded)[0].ending is Ending.DONE
    freed = story.events(ReservationReleased)
    assert [release.targets for release in freed] == [("host:web-1", "service:checkout")]
    woken = [e for e in story.outbox.values() if isinstance(e, WakeWaiting)]
    assert [wake.targets for wake in woken] == [("host:web-1", "service:checkout")]


def test_targets_of_a_run_that_ended_badly_are_freed_by_an_approver_with_a_reason() -> None:
    story = Story().declared()
    run = approved(story)
    story.begins()
    story.ends(exited(1))
    breaks = BreakReservation(by=ben, run=run, reason=Untrusted("checked by hand"))
    assert story.refused(BreakReservation(by=ana, run=run, reason=Untrusted("x"))).startswith(
        "break-reservation is for"
    )
    assert story.refused(BreakReservation(by=ben, run=run, reason=Untrusted(" "))) == (
        "Freeing targets that may be half changed takes a reason."
    )
    story.does(breaks)
    assert story.run.targets == ()
    assert story.answer == "Free again: host web-1, service checkout."
    assert story.refused(breaks) == "This run reserves nothing."


def test_a_run_that_still_goes_keeps_its_targets() -> None:
    story = Story().declared()
    run = approved(story)
    breaks = BreakReservation(by=ben, run=run, reason=Untrusted("I need it"))
    assert story.refused(breaks) == "The run is still going: /runbook abort it first."


def test_a_runbook_without_triage_waits_for_its_targets_too() -> None:
    story = Story().declared()
    story.held = {"host:web-1": HOLDER}
    story.starts(AT_ONCE)
    decision = story.votes(cleo)
    assert not isinstance(decision, Refusal)
    assert story.run.state == "waiting for targets"
    story.held = {}
    story.passes(MINUTE)
    assert [change.path for change in story.changes()] == ["restart.steps.1"]


def test_two_runs_of_one_incident_take_turns() -> None:
    story = Story().declared()
    first = approved(story)
    story.held = {"host:web-1": "run " + first}
    story.starts(DISK_FULL, keep="32")
    story.looks(Disk())
    story.presses(story.card(CardKind.CHANGE), cleo, "approve")
    story.looks(Disk())
    assert story.run.state == "waiting for targets"


AT_ONCE = """\
runbook: restart-now
title: Restart it
owner: shop
description: Restarts the service without a look.
parameters:
  host: {type: host}
decide:
  - when: host != ''
    because: It was asked for.
    then: restart
  - otherwise: escalate
actions:
  restart:
    title: Restart it
    tier: reversible
    undo: {not-needed: it keeps no state}
    risk: {blast-radius: one service, users: none, data: none}
    only-if:
      - host != ''
    steps:
      - run: sudo restart checkout
        timeout: 60s
    verify:
      - name: it answers
        run: cat /run/answers
    if-it-fails: escalate
"""
