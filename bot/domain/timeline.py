"""One plain line per event: the timeline that people read, search and export."""

from collections.abc import Iterable
from functools import cache
from typing import Final

from bot.domain import events as ev
from bot.domain.packet import ChangePacket
from bot.domain.policy import Called
from bot.values import PersonId, Untrusted

NAMING: Final = frozenset(
    {
        "ActionAdded",
        "CardDecided",
        "FollowUpNoted",
        "GlassBroken",
        "PageAcknowledged",
        "PageDelivered",
        "PageUndeliverable",
        "PersonJoined",
        "PersonPaged",
        "RoleAssigned",
        "RunStarted",
        "StepSettled",
        "StepStarted",
    }
)
"""Types of the events whose line names people."""


def line(  # noqa: C901, PLR0911, PLR0912 - one line per event
    event: ev.IncidentEvent, called: Called = str
) -> str:
    """Say what happened, without who and when (the timeline adds those)."""
    match event:
        case ev.IncidentDeclared():
            drill = "DRILL: " if event.drill else ""
            return f"{drill}declared {event.number} at {event.severity}: {event.title.text}"
        case ev.TitleChanged(title=title):
            return f"title: {title.text}"
        case ev.SeverityChanged():
            return f"severity {event.previous} → {event.severity}{_because(event.reason)}"
        case ev.StatusChanged():
            return f"status {event.previous} → {event.status}"
        case ev.ServicesNamed(services=services):
            return f"services: {', '.join(services)}"
        case ev.ImpactRecorded():
            extra = {
                "users": event.users.text,
                "regions": event.regions.text,
                "data loss": event.data_loss.text,
            }
            more = "".join(f"; {k}: {v}" for k, v in extra.items() if v)
            return f"impact: {event.text.text}{more}"
        case ev.StartRecorded(started_at=at):
            return f"it began at {at:%Y-%m-%d %H:%M} UTC"
        case ev.LinkAdded():
            return f"link ({event.kind.text}): {event.url.text}"
        case ev.ActionAdded():
            owner = f" — {called(event.owner)}" if event.owner else ""
            return f"action {event.n}: {event.text.text}{owner}"
        case ev.ActionCompleted(n=n):
            return f"action {n} is done"
        case ev.RoleAssigned():
            handover = " by hand-over" if event.handover else ""
            before = f", was {called(event.previous)}" if event.previous else ""
            return f"role of {event.role}: {called(event.person)}{handover}{before}"
        case ev.PersonJoined(person=person):
            return f"{called(person)} joined"
        case ev.NoteAdded(text=text, about_at=about_at):
            under = f"on the update of {about_at:%H:%M} UTC: " if about_at else ""
            return f"{under}{text.text}"
        case ev.UpdatePosted():
            due = f" (next by {event.next_at:%H:%M} UTC)" if event.next_at else ""
            return f"update: {event.text.text}{due}"
        case ev.UpdateReminded():
            return f"the update due at {event.due:%H:%M} UTC is late (reminder {event.level})"
        case ev.IncidentResolved():
            still = f"; {event.still_firing} alert(s) still fire" if event.still_firing else ""
            over = (
                f"; open points overridden: {', '.join(event.open_points)}"
                if event.open_points
                else ""
            )
            return f"resolved: {event.summary.text}{still}{over}{_because(event.override)}"
        case ev.IncidentReopened(reason=reason):
            return f"reopened{_because(reason)}"
        case ev.IncidentClosed():
            which = event.postmortem.text or event.override.text
            return f"closed{': ' + which if which else ''}"
        case ev.RoomOpened(room=room):
            return f"room opened on {room.platform}"
        case ev.DeliveryFailed():
            return f"could not deliver {event.what} to {event.where}: {event.why.text}"
        case ev.AlertsAttached():
            return _alerts(event)
        case _:
            return _paging_line(event, called)


def kind_of(event: ev.IncidentEvent) -> str:
    """Return the event's kind in words: `step started`."""
    return _in_words(type(event).__name__)


@cache
def _in_words(name: str) -> str:
    return "".join(f" {c.lower()}" if c.isupper() else c for c in name).strip()


def _paging_line(  # noqa: C901, PLR0911, PLR0912 - one line per event
    event: ev.IncidentEvent, called: Called
) -> str:
    match event:
        case ev.PageStarted():
            return f"paging {event.escalation}: {event.reason.text}"
        case ev.PersonPaged():
            then = f", next person at {event.next_at:%H:%M:%S} UTC" if event.next_at else ""
            return f"paged {called(event.person)} (level {event.level}{then})"
        case ev.PageDelivered():
            return f"page reached {called(event.person)} by {event.pager}"
        case ev.PageUndeliverable():
            whom = called(event.person)
            return f"page could not reach {whom} by {event.pager}: {event.why.text}"
        case ev.PageAcknowledged(person=person):
            return f"page acknowledged by {called(person)}"
        case ev.PageExhausted():
            return "nobody acknowledged the page: everyone is told"
        case ev.CardAsked():
            until = f"{event.expires_at:%H:%M} UTC"
            return f"card {event.number} asks: {event.title.text} (until {until})"
        case ev.VoteCast():
            return f"voted {event.option} on {event.where}{_because(event.reason)}"
        case ev.CardDecided():
            by = _people(event.by, called)
            return f"decided: {event.option} by {by}{_because(event.reason)}"
        case ev.CardExpired():
            return "a card expired undecided: nothing was done"
        case ev.CardWithdrawn(why=why):
            return f"a card was withdrawn: {why.text}"
        case ev.CardReminded():
            return "a card will expire soon"
        case ev.CardAskedAgain():
            return "an expired card was asked again"
        case ev.GlassBroken():
            return f"BREAK-GLASS: {called(event.person)} approved alone{_because(event.reason)}"
        case ev.ReviewReminded():
            return f"the break-glass approval is not reviewed yet (action {event.action})"
        case ev.NoticeSent():
            return f"notice to {event.audience}: {event.text.text}"
        case ev.TextsErased(why=why, erased=erased):
            return f"texts of {len(erased)} events were erased{_because(why)}"
        case _:
            return _run_line(event, called)


def _run_line(  # noqa: C901, PLR0911, PLR0912 - one line per event
    event: ev.IncidentEvent, called: Called
) -> str:
    match event:
        case ev.RunStarted():
            who = called(event.requested_by) if event.requested_by else "the alert's route"
            return f"run of {event.runbook} started by {who} (version {event.content_hash[:12]})"
        case ev.PreflightStarted(hosts=hosts):
            return f"pre-flight: {', '.join(need.host for need in hosts)}"
        case ev.PreflightFinished(host=host, checks=checks):
            return f"pre-flight of {host}: {'; '.join(_check(c) for c in checks)}"
        case ev.ReadStarted():
            return f"{event.phase}: {_counted(len(event.paths), 'read-only command')}"
        case ev.ReadFinished():
            return f"{event.path} on {event.host}: {_outcome(event.outcome)}"
        case ev.DecisionReached():
            return f"decision: {event.because.text}"
        case ev.AutonomyUsed(because=because):
            return f"WITHOUT A YES, as the policy allows: {because.text}"
        case ev.RunReopened():
            return "the run goes on: its question was asked again"
        case ev.TargetsReserved(targets=targets):
            return f"reserved {', '.join(targets)}"
        case ev.ReservationAwaited():
            return f"waits for {', '.join(event.targets)}, held by {event.holder}"
        case ev.ReservationReleased():
            return f"released {', '.join(event.targets)}{_because(event.why)}"
        case ev.StepStarted():
            return (
                f"step {event.number} of {event.of} started on {event.host}, "
                f"approved by {_people(event.approved_by, called)}: {' '.join(event.command)}"
            )
        case ev.StepFinished():
            told = " (as the host's receipt tells)" if event.learned else ""
            return f"{event.path} on {event.host}: {_outcome(event.outcome)}{told}"
        case ev.StepInterrupted():
            return f"Firewarden stopped during {event.path} on {event.host}; asking the host"
        case ev.StepInDoubt():
            return f"IN DOUBT: {event.path} on {event.host}: {event.why.text}"
        case ev.StepSettled():
            said = "took effect" if event.finished else "did not take effect"
            return f"{called(event.by)} says that {event.path} on {event.host} {said}"
        case ev.WaitStarted():
            return f"waits until {event.until:%H:%M:%S} UTC: {event.why}"
        case ev.WaitEnded(name=name):
            return f"wait over: {name}"
        case ev.ApprovalVoided(why=why):
            return f"the approval no longer counts: {why.text}"
        case ev.DocumentChanged(content_hash=content):
            return f"the runbook changed; version {content[:12]} from here on"
        case ev.RunPaused(why=why):
            return f"run paused: {why.text}"
        case ev.AbortRequested(reason=reason):
            return f"abort requested{_because(reason)}"
        case ev.RunEnded():
            ran = f"{event.commands_ran} command{'s' * (event.commands_ran != 1)} ran"
            return f"run ended: {event.ending}, {ran}. {event.because.text}"
        case ev.DryRunReported(packet=packet, because=because):
            would = (
                f"would ask: {packet.title.text}"
                if isinstance(packet, ChangePacket)
                else "asks nothing"
            )
            return f"the dry run {would}. {because.text}"
        case ev.FollowUpNoted():
            owner = f" — {called(PersonId(event.owner))}" if event.owner else ""
            return f"follow-up: {event.text.text}{owner}"
        case _:
            return kind_of(event)


def _alerts(event: ev.AlertsAttached) -> str:
    parts = [
        f"{n} alert{'s' * (n != 1)} {word}"
        for n, word in ((event.firing, "firing"), (event.resolved, "resolved"))
        if n
    ]
    first = event.first[0].summary.text if event.first else ""
    muted = " (in a maintenance window)" if event.muted else ""
    return f"{', '.join(parts)}{muted}{': ' + first if first else ''}"


def _people(people: Iterable[PersonId], called: Called) -> str:
    return ", ".join(called(person) for person in people)


def _check(check: ev.PreflightCheck) -> str:
    word = "PASS" if check.passed else f"FAIL ({check.detail.text})"
    return f"{word} {check.name}"


def _counted(n: int, noun: str) -> str:
    return f"{n} {noun}{'' if n == 1 else 's'}"


def _outcome(outcome: ev.Outcome) -> str:
    took = f" after {outcome.seconds:.1f} s"
    if outcome.fault:
        return f"could not run: {outcome.fault}"
    if outcome.deadline:
        return f"still running at its deadline{took}"
    if outcome.signal:
        return f"ended by signal {outcome.signal}{took}"
    if outcome.exit_status is None:
        return "outcome unknown"
    return f"exit {outcome.exit_status}{took}"


def _because(reason: Untrusted) -> str:
    return f" — {reason.text}" if reason.text else ""
