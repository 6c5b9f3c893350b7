"""An incident's life: declared, worked on, resolved, closed; the one door for every intent.

investigating -> identified -> monitoring -> resolved -> closed
      \\______________\\_____________/  ^          |
                (forward jumps)        \\__reopen_/
"""

from datetime import datetime
from typing import assert_never

from bot.domain import answers, approval, attaching, escalation, running
from bot.domain.decided import Decided, Decision, Refusal
from bot.domain.draft import Draft
from bot.domain.effects import ClearTimer, Effect, Invite, SetRoom, Timer
from bot.domain.events import (
    ActionAdded,
    ActionCompleted,
    CardAsked,
    CardKind,
    CardReminded,
    DeliveryFailed,
    ImpactRecorded,
    IncidentClosed,
    IncidentDeclared,
    LinkAdded,
    NoteAdded,
    Option,
    OutcomeKind,
    PageDelivered,
    PageUndeliverable,
    PersonJoined,
    QuorumRule,
    ResolvedRule,
    Role,
    RoleAssigned,
    RoomOpened,
    StartRecorded,
    Status,
    StatusChanged,
    TitleChanged,
    UpdatePosted,
    UpdateReminded,
)
from bot.domain.intents import (
    AbortRun,
    Acknowledge,
    AddAction,
    AddLink,
    AddNote,
    Answer,
    AssignRole,
    AttachAlerts,
    BreakReservation,
    ClaimExpired,
    Close,
    CompleteAction,
    Declare,
    DeliveryRefused,
    IncidentIntent,
    Page,
    PageResult,
    PostUpdate,
    PrepareNotice,
    ReadResult,
    RecordImpact,
    RecordStart,
    Reopen,
    Resolve,
    RoomIsOpen,
    SetSeverity,
    SetStatus,
    SetTitle,
    StartRun,
    StartStep,
    StepNotPossible,
    StepResult,
    StepUnknown,
    TimerDue,
    TryReserve,
)
from bot.domain.opening import announce_room, open_incident
from bot.domain.packet import ChecklistPacket, DetailsPacket, NoticePacket
from bot.domain.permissions import Verb, allowed, may_see
from bot.domain.policy import Group, Policy
from bot.domain.state import Incident, next_number
from bot.values import CardId, PersonId, Untrusted

_FORWARD = (Status.INVESTIGATING, Status.IDENTIFIED, Status.MONITORING)
"""Statuses that a person may set; resolve and close have verbs of their own."""

CHECKLIST: tuple[tuple[str, str], ...] = (
    ("cause", "The root cause is known"),
    ("fix", "The fix is verified"),
    ("systems", "All systems have recovered"),
    ("metrics", "Metrics are back to normal"),
    ("alerts", "No alert is firing"),
    ("customers", "Customers have been told"),
    ("owner", "The postmortem has an owner"),
)
"""The resolve checklist (spec: product F3): (name, the sentence that must be true)."""

_REMIND_EVERY_SECONDS = 300
_LAST_REMINDER = 3


def decide(policy: Policy, incident: Incident, intent: IncidentIntent, now: datetime) -> Decision:
    """Say what an intent leads to. The first lines authorise; the rest is the incident's own law."""
    why_not = allowed(intent.by, intent.VERB)
    if why_not:
        return Refusal(reason=why_not)
    if incident.exists and not visible(incident, intent):
        return Refusal(reason="There is no such incident.", hidden=True)
    if not incident.exists and not isinstance(intent, Declare | AttachAlerts):
        return Refusal(reason="There is no such incident.", hidden=True)
    return _dispatch(Draft(policy, incident, intent, now), intent)


def visible(incident: Incident, intent: IncidentIntent) -> bool:
    """Whether the actor may know of the incident at all."""
    if intent.VERB is Verb.SYSTEM or intent.by.platform == "":
        return True
    members = frozenset(str(m) for m in incident.members)
    return may_see(intent.by.person, intent.by.groups, private=incident.private, members=members)


def _dispatch(draft: Draft, intent: IncidentIntent) -> Decision:  # noqa: C901, PLR0911, PLR0912 - the table of intents
    match intent:
        case Declare():
            return _declare(draft, intent)
        case SetTitle():
            return _set_title(draft, intent)
        case SetSeverity():
            return _set_severity(draft, intent)
        case SetStatus():
            return _set_status(draft, intent)
        case RecordImpact():
            return _record_impact(draft, intent)
        case RecordStart():
            return _record_start(draft, intent)
        case AddLink():
            return _add_link(draft, intent)
        case AddAction():
            return _add_action(draft, intent)
        case CompleteAction():
            return _complete_action(draft, intent)
        case AssignRole():
            return _assign_role(draft, intent)
        case AddNote():
            return _add_note(draft, intent)
        case PostUpdate():
            return _post_update(draft, intent)
        case Resolve():
            return _resolve(draft, intent)
        case Reopen():
            return _reopen(draft, intent)
        case Close():
            return _close(draft, intent)
        case PrepareNotice():
            return _prepare_notice(draft, intent)
        case Page():
            return _page(draft, intent)
        case Acknowledge():
            return _acknowledge(draft, intent)
        case AttachAlerts():
            return attaching.attach(draft, intent)
        case RoomIsOpen():
            return _room_is_open(draft, intent)
        case DeliveryRefused():
            return _delivery_refused(draft, intent)
        case PageResult():
            return _page_result(draft, intent)
        case TimerDue():
            return _timer(draft, intent)
        case Answer():
            return answers.answer(draft, intent)
        case StartRun():
            return running.start(draft, intent)
        case AbortRun():
            return running.abort(draft, intent)
        case BreakReservation():
            return running.break_reservation(draft, intent)
        case ReadResult():
            return running.read_result(draft, intent)
        case StartStep():
            return running.start_step(draft, intent)
        case StepResult():
            return running.step_result(draft, intent)
        case ClaimExpired():
            return running.claim_expired(draft, intent)
        case StepUnknown():
            return running.step_unknown(draft, intent)
        case StepNotPossible():
            return running.step_not_possible(draft, intent)
        case TryReserve():
            return running.try_reserve(draft, intent)
        case _:
            assert_never(intent)


# --- opening and describing ------------------------------------------------------------------


def _declare(draft: Draft, intent: Declare) -> Decision:
    provisional = not intent.title.text.strip()
    severity = intent.severity or draft.policy.default_severity
    rules = draft.policy.severities[severity]
    title = Untrusted(f"{severity} declared by {intent.by.name}") if provisional else intent.title
    open_incident(
        draft,
        IncidentDeclared(
            number=intent.fresh.number,
            title=title,
            provisional=provisional,
            severity=severity,
            service=intent.services[0] if intent.services else "",
            private=intent.private,
            platforms=draft.policy.platforms,
            cadence=rules.cadence,
            postmortem=rules.postmortem,
        ),
        commander=intent.by.person,
    )
    missing = tuple(
        name
        for name, lacks in (
            ("title", provisional),
            ("severity", intent.severity is None),
            ("impact", True),
            ("services", not intent.services),
        )
        if lacks
    )
    if provisional or intent.severity is None:
        _ask_details(draft, missing)
    draft.answer = f"{intent.fresh.number} is open at {severity}. You are its commander."
    return draft.decided()


def _ask_details(draft: Draft, missing: tuple[str, ...]) -> None:
    draft.move(
        approval.ask(
            CardAsked(
                card=CardId(draft.intent.fresh.ident("card", next_number(draft.incident))),
                number=next_number(draft.incident),
                kind=CardKind.DETAILS,
                title=Untrusted("What is happening?"),
                options=(
                    Option(
                        id="save",
                        label="Save",
                        outcome=OutcomeKind.ACT,
                        consequence="updates the incident card",
                        recommended=True,
                    ),
                    Option(
                        id="later",
                        label="Not now",
                        outcome=OutcomeKind.DECLINE,
                        consequence="use /incident title, impact and severity",
                    ),
                ),
                rule=ResolvedRule(names=(), quorums=(), excluded=()),
                expires_at=draft.after(draft.policy.approval_expires_in),
                remind_at=None,
                packet=DetailsPacket(missing=missing),
            )
        )
    )


def _set_title(draft: Draft, intent: SetTitle) -> Decision:
    if not intent.title.text.strip():
        return Refusal(reason="A title needs words: /incident title <text>")
    draft.happen(TitleChanged(title=intent.title))
    draft.do(*_rooms_follow(draft.incident))
    draft.answer = "Title changed."
    return draft.decided()


def _set_severity(draft: Draft, intent: SetSeverity) -> Decision:
    if intent.severity is draft.incident.severity:
        return Refusal(reason=f"It is {intent.severity} already.")
    change_severity(draft, intent)
    draft.answer = f"Severity is {intent.severity} now."
    return draft.decided()


def change_severity(draft: Draft, intent: SetSeverity) -> None:
    """Change the severity and apply the policy again: cadence, rooms, approvals, pages."""
    attaching.raise_to(draft, intent.severity, intent.reason)
    running.ask_again_where_stricter(draft)


def _set_status(draft: Draft, intent: SetStatus) -> Decision:
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


def _record_impact(draft: Draft, intent: RecordImpact) -> Decision:
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


def _record_start(draft: Draft, intent: RecordStart) -> Decision:
    if intent.started_at > draft.now:
        return Refusal(reason="It cannot have started in the future.")
    draft.happen(StartRecorded(started_at=intent.started_at))
    draft.answer = f"Start recorded: {intent.started_at:%Y-%m-%d %H:%M} UTC."
    return draft.decided()


def _add_link(draft: Draft, intent: AddLink) -> Decision:
    if not intent.url.text.startswith(("https://", "http://")):
        return Refusal(reason="A link starts with https:// — /incident link <kind> <url>")
    draft.happen(LinkAdded(kind=intent.kind, url=intent.url))
    draft.answer = "Link kept."
    return draft.decided()


def _add_action(draft: Draft, intent: AddAction) -> Decision:
    n = len(draft.incident.actions) + 1
    draft.happen(ActionAdded(n=n, text=intent.text, owner=intent.owner))
    draft.answer = f"Action {n} added; /incident done {n} when it is."
    return draft.decided()


def _complete_action(draft: Draft, intent: CompleteAction) -> Decision:
    action = next((a for a in draft.incident.actions if a.n == intent.n), None)
    if action is None:
        numbers = ", ".join(str(a.n) for a in draft.incident.actions if not a.done) or "none"
        return Refusal(reason=f"There is no action {intent.n}; open ones: {numbers}.")
    if action.done:
        return Refusal(reason=f"Action {intent.n} is done already.")
    draft.happen(ActionCompleted(n=intent.n))
    draft.answer = f"Action {intent.n} is done."
    return draft.decided()


def _assign_role(draft: Draft, intent: AssignRole) -> Decision:
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
    draft.do(*(Invite(platform=p, person=intent.person) for p in draft.incident.platforms))
    draft.answer = f"{intent.person} is {intent.role} now."
    return draft.decided()


def _add_note(draft: Draft, intent: AddNote) -> Decision:
    if not intent.text.text.strip():
        return Refusal(reason="A note needs words: /incident note <text>")
    draft.happen(NoteAdded(text=intent.text, where=intent.by.platform))
    draft.answer = "On the timeline."
    return draft.decided()


def _post_update(draft: Draft, intent: PostUpdate) -> Decision:
    if not intent.text.text.strip():
        return Refusal(reason="An update needs words: /incident update <text> [next=30m]")
    cadence = draft.incident.cadence
    next_at = intent.next_at or (draft.after(cadence) if cadence else None)
    draft.happen(UpdatePosted(text=intent.text, next_at=next_at))
    if next_at is not None:
        draft.do(Timer(name="update", due=next_at))
    draft.answer = "Update posted." + (f" Next one by {next_at:%H:%M} UTC." if next_at else "")
    return draft.decided()


# --- resolving and closing -------------------------------------------------------------------


def _resolve(draft: Draft, intent: Resolve) -> Decision:
    if not draft.incident.open:
        return Refusal(reason=f"It is {draft.incident.status} already.")
    if draft.incident.live_runs:
        return Refusal(reason="A run is still going: wait for it, or /runbook abort it first.")
    for asked in draft.incident.open_cards:
        if asked.card.kind is CardKind.CHECKLIST:
            draft.move(approval.withdraw(asked, "a fresh checklist follows"))
    number = next_number(draft.incident)
    draft.move(
        approval.ask(
            CardAsked(
                card=CardId(intent.fresh.ident("card", number)),
                number=number,
                kind=CardKind.CHECKLIST,
                title=Untrusted("Before it is called resolved"),
                options=(
                    Option(
                        id="resolve",
                        label="Resolve",
                        outcome=OutcomeKind.ACT,
                        consequence="tells the room and the announcement channel; open points need a reason",
                        recommended=True,
                    ),
                    Option(
                        id="keep-open",
                        label="Keep open",
                        outcome=OutcomeKind.DECLINE,
                        consequence="the incident stays open",
                    ),
                ),
                rule=ResolvedRule(names=(), quorums=(), excluded=()),
                expires_at=draft.after(draft.policy.approval_expires_in),
                remind_at=None,
                packet=ChecklistPacket(
                    summary=intent.summary,
                    points=CHECKLIST,
                    firing=draft.incident.firing,
                    owner=draft.incident.commander,
                ),
                requester=intent.by.person,
            )
        )
    )
    firing = draft.incident.firing
    still = f" {firing} alert{'s' * (firing != 1)} still firing." if firing else ""
    draft.answer = f"The checklist is card {number} in the room.{still}"
    return draft.decided()


def _reopen(draft: Draft, intent: Reopen) -> Decision:
    if draft.incident.open:
        return Refusal(reason="It is open.")
    if draft.incident.status is Status.CLOSED:
        return Refusal(reason="It is closed; declare a new incident and link this one.")
    attaching.reopen(draft, intent.reason)
    draft.answer = f"{draft.incident.number} is open again."
    return draft.decided()


def _close(draft: Draft, intent: Close) -> Decision:
    if draft.incident.status is not Status.RESOLVED:
        return Refusal(reason=f"It is {draft.incident.status}; /incident resolve comes first.")
    named = intent.postmortem.text.strip() or intent.override.text.strip()
    if draft.incident.postmortem and not draft.incident.drill and not named:
        return Refusal(
            reason=f"{draft.incident.severity} needs a postmortem: "
            "/incident close postmortem=<url>, or /incident close override=<reason>"
        )
    draft.happen(IncidentClosed(postmortem=intent.postmortem, override=intent.override))
    draft.do(
        ClearTimer(name="flap"),
        Timer(name="close-room", due=draft.after(draft.policy.close_room_after)),
        *_rooms_follow(draft.incident),
    )
    draft.answer = f"{draft.incident.number} is closed."
    return draft.decided()


# --- notices ---------------------------------------------------------------------------------


def _prepare_notice(draft: Draft, intent: PrepareNotice) -> Decision:
    audience = draft.policy.audiences.get(intent.audience)
    if audience is None:
        names = ", ".join(sorted(draft.policy.audiences)) or "none is configured"
        return Refusal(reason=f"There is no audience “{intent.audience}” (known: {names}).")
    if draft.incident.private and audience.external:
        return Refusal(reason="A private incident tells nobody outside.")
    number = next_number(draft.incident)
    external = ResolvedRule(
        names=("external notice",),
        quorums=(QuorumRule(groups=(Group.COMMUNICATIONS,), count=1),),
        excluded=(intent.by.person,),
    )
    internal = ResolvedRule(
        names=("internal notice",),
        quorums=(QuorumRule(groups=tuple(sorted(intent.by.groups)), count=1),),
        excluded=(),
    )
    draft.move(
        approval.ask(
            CardAsked(
                card=CardId(intent.fresh.ident("card", number)),
                number=number,
                kind=CardKind.NOTICE,
                title=Untrusted(f"Notice to {audience.name}"),
                options=(
                    Option(
                        id="send",
                        label="Approve and send" if audience.external else "Send",
                        outcome=OutcomeKind.ACT,
                        consequence=f"posts it in #{audience.channel}",
                        recommended=not intent.flagged,
                    ),
                    Option(
                        id="discard",
                        label="Discard",
                        outcome=OutcomeKind.DECLINE,
                        consequence="nobody is told",
                    ),
                ),
                rule=external if audience.external else internal,
                expires_at=draft.after(draft.policy.approval_expires_in),
                remind_at=None,
                packet=NoticePacket(
                    audience=audience.name,
                    channel=audience.channel,
                    external=audience.external,
                    text=intent.text,
                    author=intent.by.person,
                    flagged=intent.flagged,
                ),
                requester=intent.by.person,
            )
        )
    )
    who = "somebody else of communications must approve it" if audience.external else "confirm it"
    draft.answer = f"The notice is card {number} in the room: {who}."
    return draft.decided()


# --- paging ----------------------------------------------------------------------------------


def _page(draft: Draft, intent: Page) -> Decision:
    if draft.incident.drill:
        return Refusal(reason="A drill pages nobody.")
    if intent.escalation and intent.escalation not in draft.policy.escalations:
        names = ", ".join(sorted(draft.policy.escalations))
        return Refusal(reason=f"There is no group “{intent.escalation}” to page (known: {names}).")
    steps = escalation.start(
        draft.policy,
        page=intent.fresh.ident("page", len(draft.incident.pages) + 1),
        reason=intent.reason.text or f"{intent.by.name} asks for you",
        escalation=intent.escalation,
        now=draft.now,
        people=intent.people,
    )
    draft.steps(steps)
    first = next(iter(intent.people), None)
    draft.answer = f"Paging {first or intent.escalation or draft.policy.default_escalation}."
    return draft.decided()


def _acknowledge(draft: Draft, intent: Acknowledge) -> Decision:
    wanted = [p for i, p in draft.incident.pages.items() if not intent.page or i == intent.page]
    if intent.page and not wanted:
        return Refusal(reason="There is no such page.", hidden=True)
    unheard = [p for p in wanted if p.open]
    if not unheard:
        by = wanted[-1].acknowledged_by if wanted else None
        who = f": {by} has it" if by else ""
        return Refusal(reason=f"Nothing waits for an acknowledgement{who}.")
    for page in unheard:
        draft.steps(escalation.acknowledge(draft.policy, page, intent.by.person))
    draft.happen(PersonJoined(person=intent.by.person))
    draft.do(*(Invite(platform=p, person=intent.by.person) for p in draft.incident.platforms))
    draft.answer = "You have it. Nobody further is woken."
    return draft.decided()


def _page_result(draft: Draft, intent: PageResult) -> Decision:
    page = draft.incident.pages.get(intent.page)
    if page is None:
        return Refusal(reason="There is no such page.", hidden=True)
    if not intent.why.text:
        draft.happen(PageDelivered(page=intent.page, person=intent.person, pager=intent.pager))
        return draft.decided()
    draft.happen(
        PageUndeliverable(
            page=intent.page, person=intent.person, pager=intent.pager, why=intent.why
        )
    )
    page = draft.incident.pages[intent.page]
    current = page.paged[-1].person if page.paged else None
    if current == intent.person and escalation.unreachable(draft.policy, page, intent.person):
        draft.steps(escalation.advance(draft.policy, page, draft.now))
    return draft.decided()


# --- rooms, delivery, clocks -----------------------------------------------------------------


def _room_is_open(draft: Draft, intent: RoomIsOpen) -> Decision:
    if intent.room.platform in draft.incident.rooms:
        return Decided()
    draft.happen(RoomOpened(room=intent.room))
    draft.do(*announce_room(draft.incident, intent.room.platform))
    return draft.decided()


def _delivery_refused(draft: Draft, intent: DeliveryRefused) -> Decision:
    told = intent.seq not in draft.incident.failures
    draft.happen(
        DeliveryFailed(what=intent.what, where=intent.where, why=intent.why, told=told)
    )
    return draft.decided()


def _timer(draft: Draft, intent: TimerDue) -> Decision:  # noqa: C901, PLR0911 - the table of timers
    name, _, rest = intent.name.partition(":")
    match name:
        case "no-commander":
            if draft.incident.open and draft.incident.commander is None:
                draft.page("This incident has had no commander for too long: claim it.")
            return draft.decided()
        case "update":
            return _update_due(draft)
        case "flap":
            if draft.incident.status is Status.RESOLVED and draft.incident.firing:
                attaching.reopen(draft, Untrusted("alerts still fire after the flap window"))
                draft.page("It was resolved, and its alerts still fire.")
            return draft.decided()
        case "close-room":
            return Decided(effects=_rooms_follow(draft.incident))
        case "page":
            page = draft.incident.pages.get(rest)
            if page is not None:
                draft.steps(escalation.advance(draft.policy, page, draft.now))
            return draft.decided()
        case "remind":
            asked = draft.incident.cards.get(CardId(rest))
            if asked is not None and asked.state is approval.CardState.OPEN:
                draft.happen(CardReminded(card=CardId(rest)))
            return draft.decided()
        case "expire":
            return answers.expire(draft, CardId(rest))
        case "wait":
            return running.wait_over(draft, rest)
        case "reserve":
            return running.reserve_again(draft, rest)
        case _:
            return Refusal(reason=f"no timer is called {intent.name}")


def _update_due(draft: Draft) -> Decision:
    due = draft.incident.next_update_at
    if not draft.incident.open or due is None or draft.now < due:
        return Decided()
    level = draft.incident.reminders + 1
    draft.happen(UpdateReminded(due=due, level=level))
    if level < _LAST_REMINDER:
        again = draft.now.timestamp() + _REMIND_EVERY_SECONDS
        draft.do(Timer(name="update", due=datetime.fromtimestamp(again, tz=draft.now.tzinfo)))
    return draft.decided()


def _rooms_follow(incident: Incident) -> tuple[Effect, ...]:
    return tuple(SetRoom(platform=platform) for platform in incident.platforms)


def person_named(policy: Policy, name: str) -> PersonId | None:
    """Return the person whose id or display name this is (any case)."""
    wanted = name.lstrip("@").casefold()
    for person in policy.people.values():
        if wanted in {person.id.casefold(), person.name.casefold()}:
            return person.id
    return None
