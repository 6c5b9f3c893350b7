"""The promises, checked against what the world wrote down: hosts' ledgers, chats, and the streams.

`check` is pure. It gives one sentence per broken promise; none is the only good answer.
"""

import json
from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import TypeVar

from bot.adapters.journal.outbox import StoredEffect
from bot.domain import events as ev
from bot.domain.alerts import AlertStatus
from bot.domain.events import Envelope, OutcomeKind
from bot.domain.packet import ChangePacket
from bot.domain.policy import Group, Policy
from bot.ports import StoredAlert
from bot.records.rows import ReservationRow
from bot.requests import AlertsReceived, ReplyTone
from bot.values import SYSTEM, CardId, RunId, digest_of
from tests.simulation.book import Answered
from tests.simulation.hosts import Begun, Kept

E = TypeVar("E")

_NOTICED = 28.0
"""Seconds within which a start may still rest on what held before an edit: a paused life's."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Stored:
    """One event with its place in the order of all commits, and when that commit was made."""

    envelope: Envelope
    commit: int
    at: float


@dataclass(frozen=True, slots=True, kw_only=True)
class Lived:
    """Everything that is left of one simulation."""

    policy: Policy
    events: Sequence[Stored]
    """Every event of every stream, in the order in which they were committed."""
    broken_chains: Sequence[str]
    ledger: Sequence[Begun]
    receipts: Mapping[tuple[str, str], Kept]
    """By host and key of the attempt."""
    rooms: Sequence[str]
    """Keys of the rooms that the chat has."""
    told: Mapping[str, Sequence[str]]
    """Keys of the messages of each conversation, in the order of their arrival."""
    paged: Sequence[tuple[str, str]]
    effects: Sequence[StoredEffect]
    reservations: Sequence[ReservationRow]
    alerts: Sequence[tuple[StoredAlert, bool]]
    """Every alert, and whether it is still unread."""
    edits: Sequence[tuple[float, str, str]]
    """What operators changed: when, which runbook, and its content hash from then on."""
    answered: Sequence[Answered]
    acknowledged: Sequence[AlertsReceived]
    recorded: frozenset[str]
    """Ids of the requests that the journal knows."""
    faults: Sequence[str]
    """What the world itself saw go wrong."""


def check(lived: Lived) -> tuple[str, ...]:
    """Return what was promised and not kept."""
    return (
        *lived.faults,
        *(f"the chain of {stream} is broken" for stream in lived.broken_chains),
        *_lost_alerts(lived),
        *_lost_requests(lived),
        *_requests_done_twice(lived),
        *_run_twice(lived),
        *_run_unapproved(lived),
        *_told_untrue(lived),
        *_two_rooms(lived),
        *_decided_twice(lived),
        *_stuck(lived),
        *_leaked(lived),
        *_shared_targets(lived),
        *_frozen(lived),
        *_unpaged(lived),
        *_undelivered(lived),
        *_out_of_order(lived),
    )


def _of(lived: Lived, kind: type[E]) -> Iterator[tuple[Stored, E]]:
    for stored in lived.events:
        if isinstance(stored.envelope.event, kind):
            yield stored, stored.envelope.event


# --- what comes in -----------------------------------------------------------------------------


def _lost_alerts(lived: Lived) -> Iterator[str]:
    """Look for alerts whose sender was told that they are stored, and that nobody heard of."""
    kept = {(s.alert.fingerprint, s.alert.starts_at): (s, unread) for s, unread in lived.alerts}
    attached = {event.group for _, event in _of(lived, ev.AlertsAttached)}
    attached |= {event.group for _, event in _of(lived, ev.AlertsTold)}
    for received in lived.acknowledged:
        for alert in received.alerts:
            stored, unread = kept.get((alert.fingerprint, alert.starts_at), (None, True))
            if stored is None:
                yield f"alert {alert.fingerprint} was acknowledged and is gone"
            elif unread:
                yield f"alert {alert.fingerprint} was acknowledged and never read"
            elif alert.status is AlertStatus.FIRING and stored.group not in attached:
                yield f"alert {alert.fingerprint} was acknowledged and nobody heard of it"


def _lost_requests(lived: Lived) -> Iterator[str]:
    """Look for answers that say what is not so."""
    for answered in lived.answered:
        tone, known = answered.reply.tone, answered.ident in lived.recorded
        if tone is ReplyTone.DONE and not known:
            yield f"{answered.ident} was answered “{answered.reply.text}” and is not recorded"
        denied = tone is ReplyTone.NOT_RECORDED and "NOT recorded" in answered.reply.text
        if denied and known and not answered.sent_again:
            yield f"{answered.ident} was answered “{answered.reply.text}” and is recorded"


def _requests_done_twice(lived: Lived) -> Iterator[str]:
    """Look for a request whose events are in two commits."""
    commits: dict[str, set[int]] = {}
    for stored in lived.events:
        if stored.envelope.request:
            commits.setdefault(stored.envelope.request, set()).add(stored.commit)
    for ident, where in commits.items():
        if len(where) > 1:
            yield f"{ident} was carried out {len(where)} times"


# --- hosts -------------------------------------------------------------------------------------


def _run_twice(lived: Lived) -> Iterator[str]:
    """Look for a command of a run that a host began more than once."""
    places = Counter((begun.host, begun.key.rpartition(".")[0]) for begun in lived.ledger)
    for (host, place), times in places.items():
        if times > 1:
            yield f"{place} ran {times} times on {host}"


def _run_unapproved(lived: Lived) -> Iterator[str]:
    """Look for a command that began without a recorded start, or a start without a valid yes."""
    starts = {_key(event): (stored, event) for stored, event in _of(lived, ev.StepStarted)}
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
            yield f"{_key(started)} was started although {why}"


def _not_approved(lived: Lived, stored: Stored, started: ev.StepStarted) -> str:
    asked = next((e for _, e in _of(lived, ev.CardAsked) if e.card == started.card), None)
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
    runs = {event.run: event.runbook for _, event in _of(lived, ev.RunStarted)}
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
    for _, event in _of(lived, ev.StepFinished):
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


# --- incidents ---------------------------------------------------------------------------------


def _two_rooms(lived: Lived) -> Iterator[str]:
    opened = Counter(
        (s.envelope.stream.id, event.room.platform) for s, event in _of(lived, ev.RoomOpened)
    )
    for (incident, platform), times in opened.items():
        if times > 1:
            yield f"{incident} has {times} rooms on {platform}"
    incidents = {s.envelope.stream.id for s, _ in _of(lived, ev.IncidentDeclared)}
    given_up = {e.where for _, e in _of(lived, ev.DeliveryFailed) if e.what == "OpenRoom"}
    refused = {where.partition("incident:")[2].partition(".")[0] for where in given_up}
    if set(lived.rooms) - incidents or incidents - refused - set(lived.rooms):
        yield f"rooms {sorted(lived.rooms)} for incidents {sorted(incidents)}"


def _decided_twice(lived: Lived) -> Iterator[str]:
    """Look for a card that ended more than once."""
    ends: Counter[CardId] = Counter()
    for stored in lived.events:
        match stored.envelope.event:
            case (
                ev.CardDecided(card=card) | ev.CardExpired(card=card) | ev.CardWithdrawn(card=card)
            ):
                ends[card] += 1
            case _:
                pass
    for card, times in ends.items():
        if times > 1:
            yield f"card {card} ended {times} times"


def _stuck(lived: Lived) -> Iterator[str]:
    runs: dict[RunId, bool] = {}
    for stored in lived.events:
        match stored.envelope.event:
            case ev.RunStarted(run=run) | ev.RunReopened(run=run):
                runs[run] = True
            case ev.RunEnded(run=run):
                runs[run] = False
            case _:
                pass
    for run, lives in runs.items():
        if lives:
            yield f"run {run} never ended"


def _leaked(lived: Lived) -> Iterator[str]:
    for row in lived.reservations:
        yield f"{row.target} is still reserved by {row.run}"


def _shared_targets(lived: Lived) -> Iterator[str]:
    """Look for a target that two runs held at once, and for starts outside of a reservation."""
    holder: dict[str, str] = {}
    for stored in lived.events:
        match stored.envelope.event:
            case ev.TargetsReserved(run=run, targets=targets):
                for target in targets:
                    if holder.get(target, run) != run:
                        yield f"{target} was given to {run} while {holder[target]} held it"
                    holder[target] = run
            case ev.ReservationReleased(run=run, targets=targets):
                for target in targets:
                    if holder.pop(target, run) != run:
                        yield f"{run} freed {target}, which it did not hold"
            case ev.StepStarted(run=run, host=host):
                if holder.get(f"host:{host}") != run:
                    yield f"{run} started a command on {host} without holding it"
            case _:
                pass


def _frozen(lived: Lived) -> Iterator[str]:
    """Look for a change that was started under a freeze: every scope covers every host here."""
    scopes: set[str] = set()
    for stored in lived.events:
        match stored.envelope.event:
            case ev.Frozen(scope=scope):
                scopes.add(scope)
            case ev.Unfrozen(scope=scope):
                scopes.discard(scope)
            case ev.StepStarted() as started if scopes:
                yield f"{_key(started)} was started under the freeze of {sorted(scopes)}"
            case _:
                pass


# --- what goes out -----------------------------------------------------------------------------


def _unpaged(lived: Lived) -> Iterator[str]:
    """Look for pages that neither arrived nor were said not to arrive."""
    said = {
        (e.page, e.person)
        for stored in lived.events
        if isinstance(e := stored.envelope.event, ev.PageDelivered | ev.PageUndeliverable)
    }
    for _, event in _of(lived, ev.PersonPaged):
        if (event.page, event.person) not in said:
            yield f"{event.person} was never told of page {event.page}"
    arrived = {person for person, _ in lived.paged}
    for _, delivered in _of(lived, ev.PageDelivered):
        if delivered.person not in arrived:
            yield f"{delivered.person} is said to have got page {delivered.page}"


def _undelivered(lived: Lived) -> Iterator[str]:
    """Look for effects that are still open, and for refused ones that nobody was told of."""
    told = {event.where for _, event in _of(lived, ev.DeliveryFailed)}
    for effect in lived.effects:
        key = effect.item.key
        if effect.wakes_at is not None:
            yield f"{key} was never settled"
        stream = effect.item.stream
        parked = effect.state.value == "parked" and stream is not None
        if parked and stream is not None and stream.kind == "incident" and key not in told:
            yield f"{key} was given up, and nobody was told"


def _out_of_order(lived: Lived) -> Iterator[str]:
    """Look for rooms that heard of events in another order than they happened in."""
    for place, keys in lived.told.items():
        seqs: dict[str, list[int]] = {}
        for key in keys:
            if key.startswith("post:incident:"):
                stream, _, rest = key.removeprefix("post:").partition(".")
                seqs.setdefault(stream, []).append(int(rest.partition(".")[0]))
        for stream, heard in seqs.items():
            if place.startswith("room:") and heard != sorted(heard):
                yield f"{place} heard of {stream} in the order {heard}"


def _key(started: ev.StepStarted) -> str:
    return f"{started.run}.{started.path}.{started.host}.{started.attempt}"
