"""The promises, checked against what the world wrote down: hosts' ledgers, chats, and the streams.

`check` is pure. It gives one sentence per broken promise; none is the only good answer.
"""

from collections.abc import Iterator

from bot.domain import events as ev
from bot.domain.alerts import AlertStatus
from bot.requests import ReplyTone
from tests.simulation.check_cards import stale_cards
from tests.simulation.check_hosts import check_hosts
from tests.simulation.lived import Lived, events_of, key_of
from tests.support.promises import (
    cards_end_once,
    no_card_is_decided_late,
    rooms_open_once,
    runs_end,
)


def check(lived: Lived) -> tuple[str, ...]:
    """Return what was promised and not kept."""
    envelopes = [stored.envelope for stored in lived.events]
    return (
        *lived.faults,
        *(f"the chain of {stream} is broken" for stream in lived.broken_chains),
        *_lost_alerts(lived),
        *_lost_requests(lived),
        *_requests_done_twice(lived),
        *check_hosts(lived),
        *rooms_open_once(envelopes),
        *_odd_rooms(lived),
        *cards_end_once(envelopes),
        *no_card_is_decided_late(envelopes),
        *runs_end(envelopes),
        *_leaked(lived),
        *_shared_targets(lived),
        *_frozen(lived),
        *_unpaged(lived),
        *_undelivered(lived),
        *_out_of_order(lived),
        *stale_cards(lived),
    )


# --- what comes in -----------------------------------------------------------------------------


def _lost_alerts(lived: Lived) -> Iterator[str]:
    """Look for alerts whose sender was told that they are stored, and that nobody heard of."""
    kept = {(s.alert.fingerprint, s.alert.starts_at): (s, unread) for s, unread in lived.alerts}
    attached = {event.group for _, event in events_of(lived, ev.AlertsAttached)}
    attached |= {event.group for _, event in events_of(lived, ev.AlertsTold)}
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


# --- incidents ---------------------------------------------------------------------------------


def _odd_rooms(lived: Lived) -> Iterator[str]:
    """Look for incidents without a room, and rooms without an incident."""
    incidents = {s.envelope.stream.id for s, _ in events_of(lived, ev.IncidentDeclared)}
    given_up = {e.where for _, e in events_of(lived, ev.DeliveryFailed) if e.what == "OpenRoom"}
    refused = {where.partition("incident:")[2].partition(".")[0] for where in given_up}
    if set(lived.rooms) - incidents or incidents - refused - set(lived.rooms):
        yield f"rooms {sorted(lived.rooms)} for incidents {sorted(incidents)}"


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
                yield f"{key_of(started)} was started under the freeze of {sorted(scopes)}"
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
    for _, event in events_of(lived, ev.PersonPaged):
        if (event.page, event.person) not in said:
            yield f"{event.person} was never told of page {event.page}"
    arrived = {person for person, _ in lived.paged}
    for _, delivered in events_of(lived, ev.PageDelivered):
        if delivered.person not in arrived:
            yield f"{delivered.person} is said to have got page {delivered.page}"


def _undelivered(lived: Lived) -> Iterator[str]:
    """Look for effects that are still open, and for refused ones that nobody was told of."""
    told = {event.where for _, event in events_of(lived, ev.DeliveryFailed)}
    for effect in lived.effects:
        key = effect.item.key
        if effect.wakes_at is not None:
            yield f"{key} was never settled"
        stream = effect.item.stream
        parked = effect.state.value == "parked" and stream is not None
        if parked and stream is not None and stream.kind == "incident" and key not in told:
            yield f"{key} was given up, and nobody was told"


def _out_of_order(lived: Lived) -> Iterator[str]:
    """Look for rooms that heard of events in another order than they happened in.

    What the chat refused for good has lost its place: people were told that it is missing, and
    a worker that had it too, and wakes late, may still bring it.
    """
    given_up = {e.item.key for e in lived.effects if e.state.value == "parked"}
    for place, keys in lived.told.items():
        seqs: dict[str, list[int]] = {}
        for key in keys:
            if key.startswith("post:incident:") and key not in given_up:
                stream, _, rest = key.removeprefix("post:").partition(".")
                seqs.setdefault(stream, []).append(int(rest.partition(".")[0]))
        for stream, heard in seqs.items():
            if place.startswith("room:") and heard != sorted(heard):
                yield f"{place} heard of {stream} in the order {heard}"
