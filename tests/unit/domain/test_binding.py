"""A yes is bound to a digest: what it covers may not change, what it does not cover may."""

from collections.abc import Callable, Mapping
from dataclasses import replace
from types import MappingProxyType

import pytest

from bot.domain.decided import Decided
from bot.domain.draft import Draft
from bot.domain.effects import RunRead
from bot.domain.events import (
    ApprovalVoided,
    CardDecided,
    CardKind,
    CardWithdrawn,
    DocumentChanged,
    Ending,
    PageStarted,
    RunEnded,
    RunPaused,
    StepStarted,
)
from bot.domain.packet import ChangePacket
from bot.domain.policy import ApprovalRule, PolicyPerson, Quorum
from bot.domain.run import next_of, stale_at_start
from bot.values import Host, HostName, OnDeadline, PersonId, Untrusted
from runbooks.steps import Change, PlannedCommand
from tests.unit.domain.disk import DISK_FULL, Disk, approved, asked
from tests.unit.domain.people import actor, ben, cleo
from tests.unit.domain.policy import BEN, CLEO
from tests.unit.domain.story import Story, alerts, exited, read_result

COMMENTED = DISK_FULL + "# a comment is part of the text\n"

Mutation = Callable[[Story], None]


def host_changed(**changes: str | int) -> Mutation:
    def mutate(story: Story) -> None:
        name = HostName("web-1")
        changed: Host = replace(story.policy.hosts[name], **changes)  # type: ignore[arg-type]
        hosts = {**story.policy.hosts, name: changed}
        story.policy = replace(story.policy, hosts=hosts)

    return mutate


def rule_changed(story: Story) -> None:
    stricter = ApprovalRule(name="stricter", quorums=(Quorum(groups=("approver",), count=2),))
    rules = (*story.policy.approval_rules, stricter)
    story.policy = replace(story.policy, approval_rules=rules)


def runbook_changed(story: Story) -> None:
    story.documents["disk-full"] = COMMENTED


def command_changed(story: Story) -> None:
    story.documents["disk-full"] = DISK_FULL.replace("--force", "--verbose")


COVERED: Mapping[str, Mutation] = MappingProxyType(
    {
        "host key": host_changed(host_key="ssh-ed25519 EVIL"),
        "address": host_changed(address="198.51.100.9"),
        "port": host_changed(port=2222),
        "change login": host_changed(change_user="root"),
        "observe login": host_changed(observe_user="root"),
        "approval rule": rule_changed,
        "runbook text": runbook_changed,
        "command": command_changed,
    }
)


def rota_changed(story: Story) -> None:
    people = {**story.policy.people, PersonId("zoe"): PolicyPerson(id=PersonId("zoe"), name="Zoe")}
    story.policy = replace(story.policy, people=people, default_escalation="security")


def other_host_changed(story: Story) -> None:
    name = HostName("db-1")
    moved = replace(story.policy.hosts[name], address="198.51.100.9")
    story.policy = replace(story.policy, hosts={**story.policy.hosts, name: moved})


def other_runbook_changed(story: Story) -> None:
    story.documents["high-cpu"] = "something else"


def version_changed(story: Story) -> None:
    story.policy = replace(story.policy, version="p2")


def rules_reordered(story: Story) -> None:
    rules = tuple(reversed(story.policy.approval_rules))
    story.policy = replace(story.policy, approval_rules=rules)


NOT_COVERED: Mapping[str, Mutation] = MappingProxyType(
    {
        "the rota": rota_changed,
        "another host": other_host_changed,
        "another runbook": other_runbook_changed,
        "the policy's version": version_changed,
        "the order of rules": rules_reordered,
    }
)


@pytest.mark.parametrize("what", COVERED)
def test_a_yes_to_what_has_changed_since_the_card_went_out_does_nothing(what: str) -> None:
    story = Story().declared()
    old = asked(story)
    COVERED[what](story)
    story.votes(ben)
    story.looks(Disk())
    assert story.events(CardDecided) == []
    assert story.events(StepStarted) == []
    assert story.changes() == []
    assert story.events(CardWithdrawn)[0].card == old.card.card
    fresh = story.card(CardKind.CHANGE).card
    assert (fresh.number, fresh.replaces) == (2, old.card.card)
    assert fresh.digest != old.card.digest
    assert story.open_kinds() == [CardKind.CHANGE]


@pytest.mark.parametrize("what", COVERED)
def test_a_change_between_the_yes_and_the_first_command_runs_nothing(what: str) -> None:
    story = Story().declared()
    approved(story)
    COVERED[what](story)
    story.begins()
    story.looks(Disk())
    assert story.events(StepStarted) == []
    assert len(story.events(ApprovalVoided)) == 1
    assert story.run.targets == ()
    assert story.open_kinds() == [CardKind.CHANGE]


@pytest.mark.parametrize("what", COVERED)
def test_a_fresh_yes_lets_it_run_after_all(what: str) -> None:
    story = Story().declared()
    approved(story)
    COVERED[what](story)
    story.begins()
    story.looks(Disk())
    story.votes(ben)
    story.votes(cleo)
    story.looks(Disk())
    story.begins()
    started = story.events(StepStarted)
    assert [s.path for s in started] == ["clean-up.steps.1"]
    assert started[0].card == story.card(CardKind.CHANGE).card.card


@pytest.mark.parametrize("what", COVERED)
def test_a_change_between_two_commands_pauses_keeps_the_host_and_pages(what: str) -> None:
    story = Story().declared()
    approved(story)
    story.begins()
    story.ends(exited(0))
    COVERED[what](story)
    story.begins()
    assert len(story.events(StepStarted)) == 1
    assert story.events(RunPaused)
    assert story.run.state == "paused"
    reason = story.events(PageStarted)[0].reason.text
    assert reason.startswith("A run stopped between two steps: changed since the yes: ")
    assert reason.endswith(f"look at the host, then /runbook abort {story.run.started.run}")
    assert story.run.targets == ("host:web-1", "service:checkout")
    assert story.woken() == ["ana by console, level 1"]


@pytest.mark.parametrize("what", NOT_COVERED)
def test_what_the_digest_does_not_cover_leaves_the_card_good(what: str) -> None:
    story = Story().declared()
    asked(story)
    NOT_COVERED[what](story)
    story.votes(ben)
    story.looks(Disk())
    NOT_COVERED[what](story)
    story.begins()
    assert [s.path for s in story.events(StepStarted)] == ["clean-up.steps.1"]
    assert story.card(CardKind.CHANGE).card.number == 1


def test_a_fact_that_only_feeds_a_condition_may_move_within_it() -> None:
    story = Story().declared()
    asked(story, Disk(used=92))
    story.votes(ben)
    story.looks(Disk(used=99))
    story.begins()
    assert len(story.events(StepStarted)) == 1


def test_a_parameter_that_a_command_uses_is_part_of_the_digest() -> None:
    digests = set()
    for keep in ("16", "32"):
        story = Story().declared()
        story.starts(DISK_FULL, keep=keep)
        story.looks(Disk())
        digests.add(story.card(CardKind.CHANGE).card.digest)
    assert len(digests) == 2


def test_the_same_question_has_the_same_digest() -> None:
    first, second = (asked(Story().declared()).card.digest for _ in range(2))
    assert first == second


def test_the_fresh_card_names_what_changed() -> None:
    story = Story().declared()
    asked(story)
    COVERED["host key"](story)
    story.votes(ben)
    packet = story.card(CardKind.CHANGE).card.packet
    assert isinstance(packet, ChangePacket)
    assert packet.changed == ("hosts",)
    assert story.answer == (
        "Card 1 no longer fits (changed since it was asked: hosts). Nothing was done. See card 2."
    )


def test_a_changed_runbook_looks_at_the_host_again_before_it_asks() -> None:
    story = Story().declared()
    asked(story)
    command_changed(story)
    story.votes(ben)
    assert len(story.events(DocumentChanged)) == 1
    assert story.open_kinds() == []
    assert [read.path for read in story.reads()] == [
        "triage.disk",
        "triage.directories",
        "triage.journal",
    ]
    story.looks(Disk())
    packet = story.card(CardKind.CHANGE).card.packet
    assert isinstance(packet, ChangePacket)
    assert packet.commands[1].line == Untrusted("sudo logrotate --verbose /etc/logrotate.conf")


def test_an_answer_from_before_the_runbook_changed_is_no_answer_to_the_new_one() -> None:
    story = Story().declared()
    asked(story)
    old = next(e for e in story.outbox.values() if isinstance(e, RunRead))
    command_changed(story)
    story.votes(ben)
    late = read_result(old, Disk()(old.argv))
    assert story.refused(late) == "everything has been looked at anew since"


def test_a_runbook_that_is_gone_from_the_catalogue_stops_the_run() -> None:
    story = Story().declared()
    asked(story)
    story.documents.clear()
    story.votes(ben)
    assert story.events(RunEnded)[0].ending is Ending.STOPPED
    assert story.open_kinds() == []
    assert story.events(StepStarted) == []


def test_a_host_that_has_left_the_inventory_stops_the_run() -> None:
    story = Story().declared()
    approved(story)
    hosts = {n: h for n, h in story.policy.hosts.items() if n != "web-1"}
    story.policy = replace(story.policy, hosts=hosts)
    story.begins()
    assert story.events(StepStarted) == []
    assert story.events(RunEnded)[0].ending is Ending.STOPPED


def test_an_approver_who_is_no_longer_in_good_standing_does_not_count_any_more() -> None:
    for gone in (
        actor(BEN, "responder"),
        actor(BEN, standing=type(ben.standing).DEACTIVATED),
        actor(BEN, standing=type(ben.standing).GUEST),
        actor(BEN, standing=type(ben.standing).BOT),
        actor(BEN, standing=type(ben.standing).UNKNOWN),
        actor(BEN, linked=False),
        actor(BEN, practice_only=True),
        actor(CLEO),
    ):
        story = Story().declared()
        approved(story)
        decision = story.begins(gone)
        assert isinstance(decision, Decided)
        assert story.events(StepStarted) == []
        voided = story.events(ApprovalVoided)[0]
        assert voided.why == Untrusted("the approval no longer counts (ben)") or gone.person == BEN
        assert story.open_kinds() == [CardKind.CHANGE]


def test_the_voided_card_is_marked_and_a_second_void_still_leads_to_a_card() -> None:
    story = Story().declared()
    approved(story)
    first = story.card(CardKind.CHANGE).card.card
    for address in ("198.51.100.1", "198.51.100.2", "198.51.100.3"):
        host_changed(address=address)(story)
        story.begins()
        assert story.open_kinds() == [CardKind.CHANGE]
        story.votes(ben)
        story.looks(Disk())
    assert story.incident.cards[first].voided == "changed since the yes: hosts"
    story.begins()
    assert [s.path for s in story.events(StepStarted)] == ["clean-up.steps.1"]
    assert [c.card.number for c in story.incident.cards.values()] == [1, 2, 3, 4]


def test_a_command_that_the_card_does_not_show_is_not_covered_by_its_yes() -> None:
    story = Story().declared()
    approved(story)
    step = next_of(story.run, story.policy, drill=False)
    assert isinstance(step, Change)
    setting = Draft(story.policy, story.incident, alerts(), story.now).setting()
    card = story.card(CardKind.CHANGE)

    def stale(command: PlannedCommand) -> tuple[str, ...]:
        return stale_at_start(story.run, card, command, setting, DISK_FULL)

    assert stale(step.command) == ()
    for other in (
        replace(step.command, argv=("sudo", "rm", "-rf", "/")),
        replace(step.command, host="web-2"),
        replace(step.command, timeout=2 * step.command.timeout),
        replace(step.command, on_deadline=OnDeadline.KILL),
    ):
        assert stale(other) == ("the command",)


def test_a_picture_that_changed_after_the_yes_is_asked_anew() -> None:
    story = Story().declared()
    story.starts(CHOOSES)
    story.looks(lambda argv: exited(0, "1\n"))
    story.votes(ben)
    story.looks(lambda argv: exited(0, "2\n"))
    assert story.card(CardKind.CHANGE).card.number == 2
    story.votes(cleo)
    story.looks(lambda argv: exited(0, "2\n"))
    story.begins()
    assert story.events(StepStarted)[0].command == ("sudo", "restart", "2")


def test_a_void_after_a_second_yes_asks_about_the_second_picture() -> None:
    story = Story().declared()
    story.starts(CHOOSES)
    story.looks(lambda argv: exited(0, "1\n"))
    story.votes(ben)
    story.looks(lambda argv: exited(0, "2\n"))
    story.votes(cleo)
    story.looks(lambda argv: exited(0, "2\n"))
    host_changed(address="198.51.100.1")(story)
    story.begins()
    story.looks(lambda argv: exited(0, "2\n"))
    assert story.open_kinds() == [CardKind.CHANGE]
    packet = story.card(CardKind.CHANGE).card.packet
    assert isinstance(packet, ChangePacket)
    assert packet.commands[0].line == Untrusted("sudo restart 2")
    story.votes(cleo)
    assert [read.path for read in story.reads()] == ["again2.busiest"]
    story.looks(lambda argv: exited(0, "2\n"))
    story.begins()
    assert story.events(StepStarted)[0].command == ("sudo", "restart", "2")


CHOOSES = """\
runbook: restart-worker
title: Restart the busiest worker
owner: shop
description: Restarts the worker that is busiest.
parameters:
  host: {type: host}
triage:
  busiest:
    run: cat /run/busiest
    facts:
      worker: {regex: '([0-9]+)', type: integer}
decide:
  - when: worker > 0
    because: "Worker {{ worker }} is busy."
    then: restart
  - otherwise: escalate
actions:
  restart:
    title: Restart worker {{ worker }}
    tier: reversible
    undo: {not-needed: it keeps no state}
    risk: {blast-radius: one worker, users: none, data: none}
    only-if:
      - worker > 0
    steps:
      - run: sudo restart {{ worker }}
        timeout: 60s
    verify:
      - name: it answers
        run: cat /run/answers
    if-it-fails: escalate
"""
