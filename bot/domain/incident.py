r"""An incident's life: declared, worked on, resolved, closed; the one door for every intent.

investigating -> identified -> monitoring -> resolved -> closed
      \______________\_____________/  ^          |
                (forward jumps)        \__reopen_/
"""

from datetime import datetime
from typing import assert_never

from bot.domain import (
    answers,
    approval,
    attaching,
    clocks,
    closing,
    describing,
    erasing,
    notices,
    paging,
    proposing,
    questions,
    restoring,
    running,
    stepping,
)
from bot.domain.decided import Decided, Decision, Refusal
from bot.domain.draft import Draft
from bot.domain.events import (
    CardAsked,
    CardKind,
    DeliveryFailed,
    ImpactRecorded,
    IncidentDeclared,
    Option,
    OutcomeKind,
    ResolvedRule,
    RoomOpened,
)
from bot.domain.intents import (
    AbortRun,
    Acknowledge,
    AddAction,
    AddLink,
    AddNote,
    Answer,
    AskAgain,
    AskPeople,
    AssignRole,
    AttachAlerts,
    BreakReservation,
    ClaimExpired,
    Close,
    CompleteAction,
    Declare,
    DeliveryRefused,
    EraseTexts,
    IncidentIntent,
    Page,
    PageResult,
    PostUpdate,
    PreflightResult,
    PrepareNotice,
    ProposeRun,
    PutInDoubt,
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
    WithdrawCard,
)
from bot.domain.opening import announce_room, open_incident
from bot.domain.packet import DetailsPacket
from bot.domain.permissions import Verb, allowed, may_see
from bot.domain.policy import Policy
from bot.domain.state import Incident, next_number
from bot.values import CardId, PersonId, Untrusted


def decide(policy: Policy, incident: Incident, intent: IncidentIntent, now: datetime) -> Decision:
    """Say what an intent leads to; the first lines authorise, the rest is the incident's law."""
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
            return describing.set_title(draft, intent)
        case SetSeverity():
            return describing.set_severity(draft, intent)
        case SetStatus():
            return describing.set_status(draft, intent)
        case RecordImpact():
            return describing.record_impact(draft, intent)
        case RecordStart():
            return describing.record_start(draft, intent)
        case AddLink():
            return describing.add_link(draft, intent)
        case AddAction():
            return describing.add_action(draft, intent)
        case CompleteAction():
            return describing.complete_action(draft, intent)
        case AssignRole():
            return describing.assign_role(draft, intent)
        case AddNote():
            return describing.add_note(draft, intent)
        case PostUpdate():
            return describing.post_update(draft, intent)
        case Resolve():
            return closing.resolve(draft, intent)
        case Reopen():
            return closing.reopen(draft, intent)
        case Close():
            return closing.close(draft, intent)
        case PrepareNotice():
            return notices.prepare(draft, intent)
        case Page():
            return paging.page(draft, intent)
        case Acknowledge():
            return paging.acknowledge(draft, intent)
        case AttachAlerts():
            return attaching.attach(draft, intent)
        case RoomIsOpen():
            return _room_is_open(draft, intent)
        case DeliveryRefused():
            return _delivery_refused(draft, intent)
        case PageResult():
            return paging.page_result(draft, intent)
        case TimerDue():
            return clocks.ring(draft, intent)
        case Answer():
            return answers.answer(draft, intent)
        case AskPeople():
            return questions.ask(draft, intent)
        case AskAgain():
            return questions.ask_again(draft, intent)
        case WithdrawCard():
            return questions.withdraw(draft, intent)
        case StartRun():
            return running.start(draft, intent)
        case AbortRun():
            return running.abort(draft, intent)
        case BreakReservation():
            return running.break_reservation(draft, intent)
        case ProposeRun():
            return proposing.propose_fix(draft, intent)
        case PreflightResult():
            return running.preflight_result(draft, intent)
        case ReadResult():
            return running.read_result(draft, intent)
        case StartStep():
            return stepping.start_step(draft, intent)
        case StepResult():
            return stepping.step_result(draft, intent)
        case ClaimExpired():
            return stepping.claim_expired(draft, intent)
        case StepUnknown():
            return stepping.step_unknown(draft, intent)
        case StepNotPossible():
            return stepping.step_not_possible(draft, intent)
        case PutInDoubt():
            return restoring.put_in_doubt(draft, intent)
        case TryReserve():
            return running.try_reserve(draft, intent)
        case EraseTexts():
            return erasing.erase(draft, intent)
        case _:
            assert_never(intent)


def _declare(draft: Draft, intent: Declare) -> Decision:
    if draft.incident.exists:
        return Refusal(reason="This incident exists already.")
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
    if intent.impact.text.strip():
        draft.happen(ImpactRecorded(text=intent.impact))
    missing = tuple(
        name
        for name, lacks in (
            ("title", provisional),
            ("severity", intent.severity is None),
            ("impact", not intent.impact.text.strip()),
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
                expires_at=draft.expires_at,
                remind_at=draft.remind_at,
                packet=DetailsPacket(missing=missing),
            )
        )
    )


def _room_is_open(draft: Draft, intent: RoomIsOpen) -> Decision:
    if intent.room.platform in draft.incident.rooms:
        return Decided()
    draft.happen(RoomOpened(room=intent.room))
    draft.do(*announce_room(draft.incident, intent.room.platform))
    return draft.decided()


def _delivery_refused(draft: Draft, intent: DeliveryRefused) -> Decision:
    if intent.where in draft.incident.unreached:
        # Telling of it changes the incident, so that its cards are shown again, and refused again.
        return Decided()
    # A direct copy that nobody can get is in the room all the same.
    told = intent.seq not in draft.incident.failures and "/direct:" not in intent.where
    draft.happen(DeliveryFailed(what=intent.what, where=intent.where, why=intent.why, told=told))
    return draft.decided()


def person_named(policy: Policy, name: str) -> PersonId | None:
    """Return the person whose id or display name this is (any case)."""
    wanted = name.lstrip("@").casefold()
    for person in policy.people.values():
        if wanted in {person.id.casefold(), person.name.casefold()}:
            return person.id
    return None
