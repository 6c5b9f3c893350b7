"""The promises (DESIGN sections 5 and 7), each compared with what those outside the bot know.

`check(history)` is pure. What the world wrote down is compared with what the hosts wrote down;
what the bot itself shows is looked at for what only it can show: that nothing is left over, that
its chain holds, and that its record of what happened is the truth.
"""

import json
from collections import Counter, defaultdict
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from typing import TypeAlias

from bot.domain.events import (
    AlertsAttached,
    Ending,
    IncidentDeclared,
    PageDelivered,
    PersonPaged,
    RunEnded,
    RunStarted,
    StepFinished,
    StepInDoubt,
    StepInterrupted,
    StepSettled,
    StepStarted,
    VoteCast,
)
from tests.crash.history import Execution, History, Press
from tests.support.promises import (
    cards_end_once,
    no_card_is_decided_late,
    rooms_open_once,
    runs_end,
)

SLACK = 0.005
"""Seconds by which two processes' readings of one clock may differ from their true order."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Breach:
    """A promise that was broken, and how."""

    promise: str
    what: str


Invariant: TypeAlias = Callable[[History], Iterator[str]]


def check(history: History) -> tuple[Breach, ...]:
    """Return every breach of every promise; empty = all were kept."""
    return tuple(
        Breach(promise=invariant.__name__.replace("_", " "), what=what)
        for invariant in INVARIANTS
        for what in invariant(history)
    )


def no_acknowledged_alert_is_lost(history: History) -> Iterator[str]:
    """Each alert that got its 2xx belongs to an incident, and people were told of it once."""
    told: Counter[str] = Counter()
    for envelope in history.after.events:
        if isinstance(envelope.event, AlertsAttached):
            told[envelope.stream.id] += envelope.event.firing
    sent: Counter[str] = Counter()
    for alert in history.notes.alerts:
        if not alert.acknowledged:
            continue
        incident = history.after.alerts.get(alert.fingerprint, "")
        if incident not in history.after.titles:
            yield f"{alert.fingerprint} was acknowledged and belongs to no incident"
        else:
            sent[incident] += 1
    for incident, count in sent.items():
        if told[incident] != count:
            yield f"{incident}: {count} alerts were sent, {told[incident]} were told"


def no_acknowledged_click_is_lost(history: History) -> Iterator[str]:
    """Each click that was told to count is a vote of that person, for that option."""
    votes = {
        (e.event.card, e.event.person, e.event.option)
        for e in history.after.events
        if isinstance(e.event, VoteCast)
    }
    for press in history.notes.presses:
        if press.counts and (press.card, press.who, press.option) not in votes:
            yield f"{press.who} was told “{press.told}” on {press.title}, and no vote is there"


def no_acknowledged_command_is_lost_or_repeated(history: History) -> Iterator[str]:
    """Each declared incident is there once, each run that was asked for began once."""
    titles = Counter(
        word for title in history.after.titles.values() for word in set(title.split(" "))
    )
    runs = Counter(
        (e.event.runbook, _ticket_of(e.event.bindings))
        for e in history.after.events
        if isinstance(e.event, RunStarted)
    )
    for typed in history.notes.typed:
        if not typed.acknowledged:
            continue
        if typed.wish == "declare" and titles[typed.ticket] != 1:
            yield f"“{typed.text}” made {titles[typed.ticket]} incidents"
        if typed.wish == "run" and runs[typed.text.split(" ")[2], typed.ticket] != 1:
            count = runs[typed.text.split(" ")[2], typed.ticket]
            yield f"“{typed.text}” made {count} runs"


def nothing_is_executed_twice(history: History) -> Iterator[str]:
    """No host began the same step of the same ticket twice: nobody ever asked for that."""
    began = Counter((e.host, e.argv) for e in history.ledger)
    for (host, argv), count in began.items():
        if count > 1:
            yield f"{host} began `{' '.join(argv)}` {count} times"


def nothing_is_executed_without_a_valid_approval(history: History) -> Iterator[str]:
    """Before each execution people who may had said yes to a card that names it, enough of them."""
    yeses: dict[str, list[Press]] = defaultdict(list)
    for press in history.notes.presses:
        heard = press.answered is None or press.counts
        if press.option == "approve" and heard and press.who != _asker(history, press.ticket):
            yeses[press.ticket].append(press)
    for execution in history.ledger:
        since = history.notes.voided.get(execution.ticket, 0.0)
        undo = execution.step == "undo"
        people = {
            press.who
            for press in yeses[execution.ticket]
            if since < press.sent < execution.at + SLACK and (press.kind == "undo") is undo
        }
        needed = _yeses_needed(execution)
        if len(people) < needed:
            yield f"{_words(execution)}: {len(people)} of {needed} people had said yes"


def nothing_is_executed_after_a_no(history: History) -> Iterator[str]:
    """Nothing happens for a ticket once a person was told that the no is recorded."""
    refused = {
        press.ticket
        for press in history.notes.presses
        if press.kind == "change" and press.told.startswith("Recorded: Reject")
    }
    for execution in history.ledger:
        if execution.ticket in refused:
            yield f"{_words(execution)}, which had been rejected"


def each_execution_was_recorded_before_it_began(history: History) -> Iterator[str]:
    """Before the host got the first byte of a step, the journal held its start."""
    recorded = {
        (e.event.host, e.event.command): e.at.timestamp()
        for e in reversed(history.after.events)
        if isinstance(e.event, StepStarted)
    }
    for execution in history.ledger:
        at = recorded.get((execution.host, execution.argv))
        if at is None:
            yield f"{_words(execution)}: nobody recorded it"
        elif at > execution.at + SLACK + history.shift:
            yield f"{_words(execution)}: recorded {at - execution.at:.3f} s after it began"


def each_record_of_an_execution_is_true(history: History) -> Iterator[str]:
    """No step is called finished by its host that no host began."""
    began = {(execution.host, execution.argv) for execution in history.ledger}
    commands = _commands(history)
    for envelope in history.after.events:
        event = envelope.event
        if isinstance(event, StepFinished) and not event.outcome.fault:
            step = (event.run, event.path, event.host, event.attempt)
            if commands[step] not in began:
                yield f"{event.path} on {event.host} is called finished, and nobody began it"


def no_change_is_interrupted_while_its_worker_lives(history: History) -> Iterator[str]:
    """Where no life was ended or stopped, nobody takes a change out of another's hands."""
    for envelope in history.after.events:
        if isinstance(envelope.event, StepInterrupted) and not history.blows:
            yield f"{envelope.event.path} of run {envelope.event.run}"


def nothing_is_executed_once_it_is_in_doubt(history: History) -> Iterator[str]:
    """Nothing is begun behind the back of a human who was asked what became of it."""
    commands = _commands(history)
    asked = {
        commands[e.event.run, e.event.path, e.event.host, e.event.attempt]: e.at.timestamp()
        for e in reversed(history.after.events)
        if isinstance(e.event, StepInDoubt | StepSettled)
    }
    for execution in history.ledger:
        since = asked.get((execution.host, execution.argv), execution.at)
        if execution.at > since + SLACK:
            yield f"{_words(execution)}, after a human was asked what became of it"


def one_run_at_a_time_changes_a_host(history: History) -> Iterator[str]:
    """Between the first and the last change of a run to a host no other run changes it."""
    hosts: dict[str, list[str]] = defaultdict(list)
    for execution in sorted(history.ledger, key=lambda e: e.at):
        hosts[execution.host].append(execution.ticket)
    for host, tickets in hosts.items():
        turns = [t for n, t in enumerate(tickets) if n == 0 or tickets[n - 1] != t]
        for ticket, count in Counter(turns).items():
            if count > 1:
                yield f"{host}: others came between the steps of {ticket}"


def an_incident_has_one_room_per_platform(history: History) -> Iterator[str]:
    """Each incident has one room, as the platforms themselves know it, and no room has none."""
    yield from rooms_open_once(history.after.events)
    known = Counter((room.platform, room.key) for room in history.rooms)
    for (platform, key), count in known.items():
        if count > 1 or key not in history.after.titles:
            yield f"{count} rooms on {platform} for {key}"
    platforms = {room.platform for room in history.rooms}
    for incident in history.after.titles:
        for platform in platforms:
            if known[platform, incident] == 0:
                yield f"{incident} has no room on {platform}"


def a_card_has_one_decision(history: History) -> Iterator[str]:
    """Nobody was told another decision than everybody else, and the journal holds one."""
    told: dict[str, set[str]] = defaultdict(set)
    for press in history.notes.presses:
        if press.told.startswith("Recorded: "):
            told[press.card].add(press.told)
    for card, words in told.items():
        if len(words) > 1:
            yield f"{card}: people were told {sorted(words)}"
    yield from cards_end_once(history.after.events)


def nobody_decides_an_expired_card(history: History) -> Iterator[str]:
    """No card is decided by a yes that came after it had run out."""
    yield from no_card_is_decided_late(history.after.events)


def no_run_is_stuck(history: History) -> Iterator[str]:
    """Every run has come to an end, and nothing that was due is left undone."""
    yield from runs_end(history.after.events)
    for run, state in history.after.runs.items():
        if state not in set(Ending):
            yield f"run {run} is shown as {state}"
    for key in history.after.unsettled:
        yield f"{key} is due and not done"


def no_reservation_leaks(history: History) -> Iterator[str]:
    """No target is held by a run that is over and changed nothing, or did all its work."""
    endings = {
        str(e.event.run): e.event for e in history.after.events if isinstance(e.event, RunEnded)
    }
    for target, run in history.after.reservations.items():
        ending = endings.get(run)
        if ending is not None and (ending.ending == "done" or ending.commands_ran == 0):
            yield f"{target} is still held by {run}, which ended {ending.ending}"


def every_page_that_is_owed_was_sent(history: History) -> Iterator[str]:
    """Whom the bot calls paged has been reached, and each alert woke somebody."""
    arrived = {(paged.key, paged.person) for paged in history.notes.paged}
    for envelope in history.after.events:
        event = envelope.event
        if isinstance(event, PersonPaged | PageDelivered):
            key = f"card:{envelope.stream.id}:page:{event.page}"
            if (key, event.person) not in arrived:
                yield f"{key}: nothing arrived for {event.person}"
    woken = " ".join(paged.title for paged in history.notes.paged)
    for ticket in {alert.ticket for alert in history.notes.alerts if alert.acknowledged}:
        if f"Alert {ticket} number" not in woken:
            yield f"the alert {ticket} woke nobody"


def no_chain_is_broken(history: History) -> Iterator[str]:
    """Nothing is found by the audit."""
    yield from history.after.broken


def nothing_is_given_up(history: History) -> Iterator[str]:
    """With everything outside in order, no effect is refused for good."""
    yield from history.after.parked


def each_incident_opened_for_a_reason(history: History) -> Iterator[str]:
    """Nobody's incident: each names a ticket that the world knows, and each ticket has one."""
    opened = Counter(
        title
        for e in history.after.events
        if isinstance(e.event, IncidentDeclared)
        for title in (history.after.titles.get(e.stream.id, ""),)
    )
    for title, count in opened.items():
        if count > 1:
            yield f"{count} incidents are called “{title}”"


INVARIANTS: tuple[Invariant, ...] = (
    no_acknowledged_alert_is_lost,
    no_acknowledged_click_is_lost,
    no_acknowledged_command_is_lost_or_repeated,
    nothing_is_executed_twice,
    nothing_is_executed_without_a_valid_approval,
    nothing_is_executed_after_a_no,
    each_execution_was_recorded_before_it_began,
    each_record_of_an_execution_is_true,
    no_change_is_interrupted_while_its_worker_lives,
    nothing_is_executed_once_it_is_in_doubt,
    one_run_at_a_time_changes_a_host,
    an_incident_has_one_room_per_platform,
    a_card_has_one_decision,
    nobody_decides_an_expired_card,
    no_run_is_stuck,
    no_reservation_leaks,
    every_page_that_is_owed_was_sent,
    no_chain_is_broken,
    nothing_is_given_up,
    each_incident_opened_for_a_reason,
)
"""Every promise; the name of each is what a breach is called."""


def _commands(history: History) -> Mapping[tuple[str, str, str, int], tuple[str, tuple[str, ...]]]:
    """Return host and words of each step that was started, by its run, path, host and attempt."""
    return {
        (e.event.run, e.event.path, e.event.host, e.event.attempt): (e.event.host, e.event.command)
        for e in history.after.events
        if isinstance(e.event, StepStarted)
    }


def _asker(history: History, ticket: str) -> str:
    asked = {t.ticket: t.who for t in history.notes.typed if t.wish == "run"}
    return asked.get(ticket, "")


def _ticket_of(bindings: str) -> str:
    """Return the ticket of a run, "" where it is one of a drill."""
    return str(json.loads(bindings)["values"].get("ticket", ""))


def _yeses_needed(execution: Execution) -> int:
    """Return what the policy asks: two for what cannot be undone, which is done to databases."""
    return 2 if execution.host.startswith("db-") else 1


def _words(execution: Execution) -> str:
    return f"`{' '.join(execution.argv)}` on {execution.host}"
