"""What people say of an incident: title, severity, status, impact, roles, notes, updates."""

from bot.domain import attaching, reasking
from bot.domain.decided import Decision, Refusal
from bot.domain.draft import Draft
from bot.domain.effects import ClearTimer, Timer
from bot.domain.events import (
    ActionAdded,
    ActionCompleted,
    ImpactRecorded,
    LinkAdded,
    NoteAdded,
    Role,
    RoleAssigned,
    StartRecorded,
    Status,
    StatusChanged,
    TitleChanged,
    UpdatePosted,
)
from bot.domain.intents import (
    AddAction,
    AddLink,
    AddNote,
    AssignRole,
    CompleteAction,
    PostUpdate,
    RecordImpact,
    RecordStart,
    SetSeverity,
    SetStatus,
    SetTitle,
)

_FORWARD = (Status.INVESTIGATING, Status.IDENTIFIED, Status.MONITORING)
"""Statuses that a person may set; resolve and close have verbs of their own."""


def set_title(draft: Draft, intent: SetTitle) -> Decision:
    """Change the title, and the rooms with it."""
    if not intent.title.text.strip():
        return Refusal(reason="A title needs words: /incident title <text>")
    draft.happen(TitleChanged(title=intent.title))
    draft.answer = "Title changed."
    return draft.decided()


def set_severity(draft: Draft, intent: SetSeverity) -> Decision:
    """Change the severity."""
    if intent.severity is draft.incident.severity:
        return Refusal(reason=f"It is {intent.severity} already.")
    change_severity(draft, intent)
    draft.answer = f"Severity is {intent.severity} now."
    return draft.decided()


def change_severity(draft: Draft, intent: SetSeverity) -> None:
    """Change the severity and apply the policy again: cadence, rooms, approvals, pages."""
    attaching.raise_to(draft, intent.severity, intent.reason)
    reasking.ask_again_where_stricter(draft)


def set_status(draft: Draft, intent: SetStatus) -> Decision:
    """Move forward among the statuses that people set by hand."""
    now = draft.incident.status
    if now not in _FORWARD:
        return Refusal(reason=f"The incident is {now}; /incident reopen first.")
    if intent.status not in _FORWARD:
        return Refusal(reason=f"Use /incident {intent.status.value.removesuffix('d')} for that.")
    if intent.status is now:
        return Refusal(reason=f"It is {now} already.")
    if _FORWARD.index(intent.status) < _FORWARD.index(now):
        return Refusal(reason=f"It is {now} already; an incident moves forward only.")
    draft.happen(StatusChanged(status=intent.status, previous=now))
    draft.answer = f"Status is {intent.status} now."
    return draft.decided()


def record_impact(draft: Draft, intent: RecordImpact) -> Decision:
    """Say who feels it."""
    if not intent.text.text.strip():
        return Refusal(reason="An impact needs words: /incident impact <text>")
    draft.happen(
        ImpactRecorded(
            text=intent.text,
            users=intent.users,
            regions=intent.regions,
            data_loss=intent.data_loss,
        )
    )
    draft.answer = "Impact recorded."
    return draft.decided()


def record_start(draft: Draft, intent: RecordStart) -> Decision:
    """Say when it began."""
    if intent.started_at > draft.now:
        return Refusal(reason="It cannot have started in the future.")
    draft.happen(StartRecorded(started_at=intent.started_at))
    draft.answer = f"Start recorded: {intent.started_at:%Y-%m-%d %H:%M} UTC."
    return draft.decided()


def add_link(draft: Draft, intent: AddLink) -> Decision:
    """Keep a link."""
    if not intent.url.text.startswith(("https://", "http://")):
        return Refusal(reason="A link starts with https:// — /incident link <kind> <url>")
    draft.happen(LinkAdded(kind=intent.kind, url=intent.url))
    draft.answer = "Link kept."
    return draft.decided()


def add_action(draft: Draft, intent: AddAction) -> Decision:
    """Note what somebody will do."""
    if not intent.text.text.strip():
        return Refusal(reason="An action needs words: /incident action <text> [@owner]")
    n = len(draft.incident.actions) + 1
    draft.happen(ActionAdded(n=n, text=intent.text, owner=intent.owner))
    draft.answer = f"Action {n} added; /incident done {n} when it is."
    return draft.decided()


def complete_action(draft: Draft, intent: CompleteAction) -> Decision:
    """Tick an action off."""
    action = next((a for a in draft.incident.actions if a.n == intent.n), None)
    if action is None:
        numbers = ", ".join(str(a.n) for a in draft.incident.actions if not a.done) or "none"
        return Refusal(reason=f"There is no action {intent.n}; open ones: {numbers}.")
    if action.done:
        return Refusal(reason=f"Action {intent.n} is done already.")
    draft.happen(ActionCompleted(n=intent.n))
    draft.answer = f"Action {intent.n} is done."
    return draft.decided()


def assign_role(draft: Draft, intent: AssignRole) -> Decision:
    """Give a role to a person, who is invited."""
    previous = draft.incident.roles.get(intent.role)
    if previous == intent.person:
        return Refusal(reason=f"{intent.person} is {intent.role} already.")
    if intent.person not in draft.policy.people and intent.person != intent.by.person:
        return Refusal(reason=f"Nobody called {intent.person} is known; see the policy's people.")
    draft.happen(
        RoleAssigned(
            role=intent.role, person=intent.person, previous=previous, handover=intent.handover
        )
    )
    if intent.role is Role.COMMANDER:
        draft.do(ClearTimer(name="no-commander"))
    draft.invite(intent.person)
    draft.answer = f"{draft.policy.name_of(intent.person)} is {intent.role} now."
    return draft.decided()


def add_note(draft: Draft, intent: AddNote) -> Decision:
    """Put words on the timeline."""
    if not intent.text.text.strip():
        return Refusal(reason="A note needs words: /incident note <text>")
    draft.happen(
        NoteAdded(
            text=intent.text,
            where=intent.by.platform if intent.said else "",
            about=intent.about,
            about_at=intent.about_at,
        )
    )
    draft.answer = "On the timeline."
    return draft.decided()


def post_update(draft: Draft, intent: PostUpdate) -> Decision:
    """Tell everybody where things stand, and when they hear next."""
    if not intent.text.text.strip():
        return Refusal(reason="An update needs words: /incident update <text> [next=30m]")
    cadence = draft.incident.cadence if draft.incident.open else None
    next_at = intent.next_at or (draft.after(cadence) if cadence else None)
    draft.happen(UpdatePosted(text=intent.text, next_at=next_at))
    if next_at is not None:
        draft.do(Timer(name="update", due=next_at))
    draft.answer = "Update posted." + (f" Next one by {next_at:%H:%M} UTC." if next_at else "")
    return draft.decided()
