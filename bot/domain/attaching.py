"""What news of an alert group does: open an incident, join one, make it worse, or bring it back."""

from bot.domain import reasking, running
from bot.domain.decided import Decision, Refusal
from bot.domain.draft import Draft
from bot.domain.effects import ClearTimer, Timer
from bot.domain.events import (
    AlertsAttached,
    IncidentDeclared,
    IncidentReopened,
    NoteAdded,
    SeverityChanged,
    Status,
)
from bot.domain.intents import AttachAlerts, StartRun
from bot.domain.opening import open_incident
from bot.domain.policy import Route
from bot.domain.proposing import propose, propose_one_of
from bot.values import Severity, Untrusted


def attach(draft: Draft, intent: AttachAlerts) -> Decision:
    """Turn all unread alerts of one group into one event and what follows from it."""
    if draft.incident.status is Status.CLOSED:
        return Refusal(reason="the incident is closed; a new one must be opened")
    opening = not draft.incident.exists
    if opening:
        _open(draft, intent)
    draft.happen(
        AlertsAttached(
            group=intent.group,
            firing=intent.firing,
            resolved=intent.resolved,
            first=intent.first,
            muted=intent.muted,
            again=intent.reopening and not opening,
        )
    )
    if opening:
        _first_steps(draft, intent)
    else:
        _again(draft, intent)
    return draft.decided()


def raise_to(draft: Draft, severity: Severity, reason: Untrusted) -> None:
    """Change the severity with everything that the policy ties to it."""
    rules = draft.policy.severities[severity]
    draft.happen(
        SeverityChanged(
            severity=severity,
            previous=draft.incident.severity,
            reason=reason,
            cadence=rules.cadence,
            postmortem=rules.postmortem,
        )
    )
    due = draft.incident.next_update_at
    draft.do(ClearTimer(name="update") if due is None else Timer(name="update", due=due))


def reopen(draft: Draft, reason: Untrusted) -> None:
    """Open a resolved incident again, with its clocks and its room."""
    draft.happen(IncidentReopened(reason=reason))
    draft.do(
        ClearTimer(name="flap"),
        ClearTimer(name="close-room"),
    )
    if draft.incident.next_update_at is not None:
        draft.do(Timer(name="update", due=draft.incident.next_update_at))


def _open(draft: Draft, intent: AttachAlerts) -> None:
    route = _route(draft, intent)
    rules = draft.policy.severities[intent.severity]
    open_incident(
        draft,
        IncidentDeclared(
            number=intent.fresh.number,
            title=intent.title,
            provisional=False,
            severity=intent.severity,
            service=intent.service,
            private=bool(route and route.private),
            drill=bool(route and route.drill),
            group=intent.group,
            route=intent.route,
            escalation=route.pages if route else "",
            platforms=draft.policy.platforms,
            cadence=rules.cadence,
            postmortem=rules.postmortem,
        ),
        commander=None,
    )


def _first_steps(draft: Draft, intent: AttachAlerts) -> None:
    if draft.policy.severities[intent.severity].pages and not intent.muted:
        draft.page(f"{intent.severity}: {intent.title.text}")
    if intent.refused:
        words = f"The runbook {intent.runbook} was not proposed: {intent.refused}"
        draft.happen(NoteAdded(text=Untrusted(words)))
    elif intent.choices:
        propose_one_of(draft, intent.choices)
    elif intent.document and intent.triage:
        running.begin(
            draft,
            StartRun(
                by=intent.by,
                fresh=intent.fresh,
                runbook=intent.runbook,
                document=intent.document,
                bindings=intent.bindings,
            ),
            automatic=True,
            requested_by=intent.requested_by,
        )
    elif intent.document:
        _propose(draft, intent)


def _again(draft: Draft, intent: AttachAlerts) -> None:
    if not intent.firing or intent.muted:
        return
    news: list[str] = []
    if draft.incident.status is Status.RESOLVED:
        resolved_at = draft.incident.resolved_at or draft.now
        if intent.reopening and draft.now - resolved_at < draft.policy.flap_window:
            return
        reopen(draft, Untrusted("its alert fires again"))
        news.append("It was resolved, and its alert fires again.")
    if intent.severity.worse_than(draft.incident.severity):
        raise_to(draft, intent.severity, Untrusted("a worse alert joined"))
        reasking.ask_again_where_stricter(draft)
        news.append(f"A worse alert joined: it is {intent.severity} now.")
    if news:
        draft.page(" ".join(news))


def _propose(draft: Draft, intent: AttachAlerts) -> None:
    fault = propose(
        draft,
        runbook=intent.runbook,
        document=intent.document,
        bindings=intent.bindings,
        leads_in="Runbook for this alert",
    )
    if fault:
        draft.happen(NoteAdded(text=Untrusted(fault)))


def _route(draft: Draft, intent: AttachAlerts) -> Route | None:
    return next((r for r in draft.policy.routes if r.name == intent.route), None)
