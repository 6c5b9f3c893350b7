"""Promises about hosts: nothing runs twice, nothing without its yes, what is told of it is true."""

import json
from collections import Counter
from collections.abc import Iterator

from bot.domain import events as ev
from bot.domain.events import OutcomeKind
from bot.domain.packet import ChangePacket
from bot.domain.policy import Group, Policy
from bot.values import SYSTEM, digest_of
from tests.simulation.lived import Lived, Stored, events_of, key_of

_NOTICED = 28.0
"""Seconds within which a start may still rest on what held before an edit: a paused life's."""


def check_hosts(lived: Lived) -> Iterator[str]:
    """Yield what was promised of hosts and not kept."""
    yield from _run_twice(lived)
    yield from _run_unapproved(lived)
    yield from _told_untrue(lived)


def _run_twice(lived: Lived) -> Iterator[str]:
    """Look for a command of a run that a host began more than once."""
    places = Counter((begun.host, begun.key.rpartition(".")[0]) for begun in lived.ledger)
    for (host, place), times in places.items():
        if times > 1:
            yield f"{place} ran {times} times on {host}"


def _run_unapproved(lived: Lived) -> Iterator[str]:
    """Look for a command that began without a recorded start, or a start without a valid yes."""
    starts = {key_of(event): (stored, event) for stored, event in events_of(lived, ev.StepStarted)}
    for begun in lived.ledger:
        stored, started = starts.get(begun.key, (None, None))
        if stored is None or started is None or stored.at > begun.at:
            yield f"{begun.key} began on {begun.host} before its start was recorded"
        elif (started.host, started.command) != (begun.host, begun.argv):
            yield f"{begun.key} is another command on {begun.host} than the journal says"
        elif begun.digest != digest_of([started.digest, *started.command]):
            yield f"{begun.key} began on {begun.host} under another digest"
    for stored, started in starts.values():
        why = _not_approved(lived, stored, started)
        if why:
            yield f"{key_of(started)} was started although {why}"


def _not_approved(lived: Lived, stored: Stored, started: ev.StepStarted) -> str:
    asked = next((e for _, e in events_of(lived, ev.CardAsked) if e.card == started.card), None)
    if asked is None or not isinstance(asked.packet, ChangePacket):
        return "no card asked for it"
    if asked.digest != started.digest:
        return "its digest is not the card's"
    lines = {(c.host, c.line.text) for c in asked.packet.commands}
    if (started.host, " ".join(started.command)) not in lines:
        return "the card does not show it"
    before = [s for s in lived.events if s.commit < stored.commit]
    decisions = [s for s in before if _decides(s.envelope.event, asked.card)]
    if not decisions:
        return "nobody had said yes"
    voided = [
        s
        for s in before
        if isinstance(s.envelope.event, ev.ApprovalVoided) and s.envelope.event.card == asked.card
    ]
    if voided:
        return "its yes had lost its force"
    if decisions[0].envelope.at >= asked.expires_at:
        return "its card had expired"
    if any(_aborts(s.envelope.event, started) for s in before):
        return "its run had been aborted"
    return _stale(lived, stored, asked) or _not_enough(
        lived.policy, decisions[0].envelope.event, asked
    )


def _stale(lived: Lived, stored: Stored, asked: ev.CardAsked) -> str:
    """Say whether the runbook has long been another one than the card was asked with."""
    runs = {event.run: event.runbook for _, event in events_of(lived, ev.RunStarted)}
    runbook = runs.get(asked.run) if asked.run else None
    edits = [(at, mark) for at, what, mark in lived.edits if what == runbook and at < stored.at]
    if not edits or stored.at - edits[-1][0] < _NOTICED:
        return ""
    was = json.loads(asked.inputs)["runbook"]
    return "" if edits[-1][1] == was else f"{runbook} had been changed since it was asked for"


def _decides(event: object, card: str) -> bool:
    return (
        isinstance(event, ev.CardDecided)
        and event.card == card
        and event.outcome is OutcomeKind.ACT
    )


def _aborts(event: object, started: ev.StepStarted) -> bool:
    return isinstance(event, ev.AbortRequested) and event.run == started.run


def _not_enough(policy: Policy, decided: object, asked: ev.CardAsked) -> str:
    """Say why those who said yes are not enough of those who may; "" = they are."""
    if not isinstance(decided, ev.CardDecided) or decided.by == (SYSTEM,):
        return ""
    chosen = next((o for o in asked.options if o.id == decided.option), None)
    if chosen is not None and chosen.break_glass:
        able = policy.groups[Group.BREAK_GLASS]
        return "" if decided.by[0] in able else f"{decided.by[0]} may not break the glass"
    able = policy.groups[Group.APPROVER]
    voters = [person for person in decided.by if person in able and person != asked.requester]
    wanted = sum(quorum.count for quorum in asked.rule.quorums)
    return "" if len(set(voters)) >= wanted else f"only {voters} of {wanted} may say yes"


def _told_untrue(lived: Lived) -> Iterator[str]:
    """Look for outcomes in the journal that the host knows better."""
    for _, event in events_of(lived, ev.StepFinished):
        key = f"{event.run}.{event.path}.{event.host}.{event.attempt}"
        kept = lived.receipts.get((event.host, key))
        status = event.outcome.exit_status
        if status is None and kept is not None:
            yield f"{key} is said not to have begun, and {event.host} began it"
        if status is not None and (kept is None or kept.status != status):
            yield f"{key} is said to have ended with {status}, which {event.host} denies"
    ended = {
        f"{e.run}.{e.path}.{e.host}.{e.attempt}"
        for stored in lived.events
        if isinstance(e := stored.envelope.event, ev.StepFinished | ev.StepSettled)
    }
    for begun in lived.ledger:
        if begun.key not in ended:
            yield f"nobody knows what became of {begun.key}"
