"""Events -> read-model rows, in the same transaction; a rebuild makes the same from streams."""

import json
from collections.abc import Sequence
from dataclasses import replace
from typing import get_args

from bot.domain import events as ev
from bot.domain import person
from bot.domain.state import Incident
from bot.domain.timeline import kind_of, line
from bot.records.rows import (
    AlertGroupRow,
    CardRow,
    EpochRow,
    FreezeRow,
    IncidentRow,
    Put,
    Remove,
    ReservationRow,
    RoomRow,
    Row,
    RowChange,
    RunRow,
    SeatRow,
    TimelineRow,
    TokenRow,
    WaitingRow,
)

INCIDENT_EVENTS = get_args(ev.IncidentEvent)


def incident_rows(
    before: Incident, after: Incident, envelopes: Sequence[ev.Envelope]
) -> tuple[RowChange, ...]:
    """Return the row changes of a batch of one incident's events, in order."""
    changes: list[RowChange] = []
    for envelope in envelopes:
        event = envelope.event
        if isinstance(event, INCIDENT_EVENTS):
            changes.append(Put(_timeline(envelope, event)))
            changes.extend(_of_event(after, envelope, event))
    changes.append(Put(_incident(after)))
    changes.extend(_cards(before, after))
    changes.extend(_runs(before, after))
    return tuple(changes)


def exclusive_rows(after: Incident, envelopes: Sequence[ev.Envelope]) -> tuple[Row, ...]:
    """Return the rows that nobody else may hold: open alert groups and reserved targets."""
    rows: list[Row] = []
    for envelope in envelopes:
        match envelope.event:
            case ev.TargetsReserved(run=run, targets=targets):
                rows += [ReservationRow(target=t, run=run, incident=after.id) for t in targets]
            case _:
                pass
    return tuple(rows)


def system_rows(envelopes: Sequence[ev.Envelope]) -> tuple[RowChange, ...]:
    """Return the row changes of the `system` stream."""
    changes: list[RowChange] = []
    for envelope in envelopes:
        match envelope.event:
            case ev.Frozen(scope=scope, reason=reason):
                row = FreezeRow(scope=scope, reason=reason.text, by=envelope.actor, at=envelope.at)
                changes.append(Put(row))
            case ev.Unfrozen(scope=scope):
                changes.append(Remove(FreezeRow, (("scope", scope),)))
            case ev.EpochRaised(epoch=epoch, reason=reason):
                raised = EpochRow(
                    epoch=epoch, reason=reason.text, by=envelope.actor, at=envelope.at
                )
                changes.append(Put(raised))
            case _:
                pass
    return tuple(changes)


def person_rows(envelopes: Sequence[ev.Envelope]) -> tuple[RowChange, ...]:
    """Return the row changes of a `person` stream (one per seat), folded from its start."""
    seat: SeatRow | None = None
    changes: list[RowChange] = []
    for envelope in envelopes:
        match envelope.event:
            case person.SeatAdded(seat=name, person=who, groups=groups):
                seat = SeatRow(
                    name=name,
                    person=who,
                    groups=json.dumps(groups),
                    link_hash="",
                    link_expires_at=None,
                    revoked=False,
                )
            case person.LinkMade(link_hash=link_hash, expires_at=expires_at) if seat:
                seat = replace(seat, link_hash=link_hash, link_expires_at=expires_at)
            case person.LinkUsed() if seat:
                seat = replace(seat, link_hash="", link_expires_at=None)
            case person.TokenMade(seat=name, token_hash=token_hash, kind=kind):
                changes.append(Put(TokenRow(hash=token_hash, seat=name, kind=kind, revoked=False)))
            case person.SeatRevoked(seat=name) if seat:
                seat = replace(seat, link_hash="", link_expires_at=None, revoked=True)
                changes.append(Remove(TokenRow, (("seat", name),)))
            case _:
                pass
    return (*changes, *((Put(seat),) if seat else ()))


def _timeline(envelope: ev.Envelope, event: ev.IncidentEvent) -> TimelineRow:
    return TimelineRow(
        incident=envelope.stream.id,
        seq=envelope.seq,
        at=envelope.at,
        kind=kind_of(event),
        actor=envelope.actor,
        text=line(event),
    )


def _of_event(  # noqa: PLR0911 - one arm per event
    after: Incident, envelope: ev.Envelope, event: ev.IncidentEvent
) -> tuple[RowChange, ...]:
    match event:
        case ev.AlertsAttached(group=group):
            return (Put(_group(after, group)),)
        case ev.IncidentResolved():
            return _groups(after)
        case ev.IncidentReopened():
            return _groups(after)
        case ev.IncidentClosed():
            return (Remove(AlertGroupRow, (("incident", after.id),)),)
        case ev.RoomOpened(room=room):
            row = RoomRow(incident=after.id, platform=room.platform, conversation=room.id)
            return (Put(row),)
        case ev.TargetsReserved(run=run, targets=targets):
            taken = (Put(ReservationRow(target=t, run=run, incident=after.id)) for t in targets)
            return (Remove(WaitingRow, (("run", run),)), *taken)
        case ev.ReservationAwaited(run=run, targets=targets):
            since = after.runs[run].waiting_since or envelope.at
            rows = (WaitingRow(run=run, target=t, incident=after.id, since=since) for t in targets)
            return tuple(Put(row) for row in rows)
        case ev.ReservationReleased(run=run):
            return (Remove(ReservationRow, (("run", run),)),)
        case ev.RunEnded(run=run):
            return (Remove(WaitingRow, (("run", run),)),)
        case _:
            return ()


def _groups(after: Incident) -> tuple[RowChange, ...]:
    return tuple(Put(_group(after, group)) for group in after.groups)


def _group(after: Incident, group: str) -> AlertGroupRow:
    """Name the group's incident; an echo leaves it resolved, so a later repeat is news again."""
    return AlertGroupRow(group_key=group, incident=after.id, resolved_at=after.resolved_at)


def _incident(after: Incident) -> IncidentRow:
    return IncidentRow(
        id=after.id,
        number=after.number,
        title=after.title.text,
        severity=after.severity,
        status=after.status,
        private=after.private,
        drill=after.drill,
        members=json.dumps(sorted(after.members)),
        commander=after.commander or "",
        opened_at=after.declared_at,
        resolved_at=after.resolved_at,
        closed_at=after.closed_at,
        next_update_at=after.next_update_at,
    )


def _cards(before: Incident, after: Incident) -> tuple[RowChange, ...]:
    changed = (a for i, a in after.cards.items() if before.cards.get(i) is not a)
    return tuple(
        Put(
            CardRow(
                id=a.card.card,
                incident=after.id,
                number=a.card.number,
                kind=a.card.kind,
                state=a.state,
                expires_at=a.card.expires_at,
                asked_at=a.asked_at,
            )
        )
        for a in changed
    )


def _runs(before: Incident, after: Incident) -> tuple[RowChange, ...]:
    changed = (r for i, r in after.runs.items() if before.runs.get(i) is not r)
    return tuple(
        Put(RunRow(id=r.started.run, incident=after.id, runbook=r.started.runbook, state=r.state))
        for r in changed
    )
