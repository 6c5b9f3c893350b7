"""What an answer to a card leads to, by the kind of the card; and what its expiry leads to."""

from datetime import timedelta

from bot.domain import approval, attaching, reasking, running, stepping
from bot.domain.approval import Asked, CardState
from bot.domain.decided import Decided, Decision, Refusal
from bot.domain.draft import Draft
from bot.domain.effects import ClearTimer, Timer
from bot.domain.events import (
    ActionAdded,
    CardDecided,
    CardExpired,
    CardKind,
    Ending,
    GlassBroken,
    ImpactRecorded,
    IncidentResolved,
    NoticeSent,
    OutcomeKind,
    ServicesNamed,
    TitleChanged,
)
from bot.domain.intents import AbortRun, Answer, StartRun
from bot.domain.packet import (
    AskedPacket,
    AskedStyle,
    ChecklistPacket,
    ChoicePacket,
    DetailsPacket,
    NoticePacket,
    RunPacket,
)
from bot.domain.permissions import Verb, allowed
from bot.domain.policy import Group
from bot.domain.run import ABORT
from bot.values import CardId, PersonId, Severity, Untrusted

WHICH = "runbook"
"""The field of a card that asks which of several runbooks is to look first."""

REVIEW_AFTER = timedelta(days=1)
"""A broken glass is reviewed the next day (spec: approvals A3)."""


def answer(draft: Draft, intent: Answer) -> Decision:
    """Count the answer; where it decides the card, do what the card was for."""
    asked = draft.incident.cards.get(intent.card)
    if asked is not None and asked.state is CardState.OPEN:
        refusal = _checked(draft, asked, intent)
        if refusal is not None:
            return refusal
    decision = approval.vote(draft.incident.cards, intent, draft.now, draft.policy.name_of)
    if isinstance(decision, Refusal):
        return decision
    draft.move((decision.events, decision.effects))
    draft.answer = decision.answer
    decided = next((e for e in decision.events if isinstance(e, CardDecided)), None)
    if decided is not None and asked is not None:
        _carry_out(draft, asked, decided)
    if any(isinstance(e, CardExpired) for e in decision.events) and asked is not None:
        _after_expiry(draft, asked)
    return draft.decided()


def expire(draft: Draft, card: CardId) -> Decision:
    """Close a card whose time is over: nothing happens, and the next approver is woken."""
    asked = draft.incident.cards.get(card)
    if asked is None or asked.state is not CardState.OPEN:
        return Decided()
    if draft.now < asked.card.expires_at:
        return Decided()
    draft.happen(CardExpired(card=card))
    draft.do(*approval.timers_off(card))
    _after_expiry(draft, asked)
    return draft.decided()


def _checked(draft: Draft, asked: Asked, intent: Answer) -> Decision | None:
    """Refuse what the card's own content rules out, before a vote is counted.

    Who declines, or comes after the expiry, changes nothing and is not checked here.
    """
    option = asked.option(intent.option)
    if option is None or option.outcome is OutcomeKind.DECLINE:
        return None
    if draft.now >= asked.card.expires_at:
        return None
    why_not = approval.may_answer(asked, intent.by, option)
    if not why_not and asked.card.kind in {CardKind.CHANGE, CardKind.UNDO}:
        return reasking.asked_anew(draft, asked, intent.document_now)
    why_not = why_not or _out_of_place(draft, asked, intent)
    return Refusal(reason=why_not) if why_not else None


def _out_of_place(draft: Draft, asked: Asked, intent: Answer) -> str:
    """Return why this answer cannot be carried out as things stand, "" where it can."""
    match asked.card.packet:
        case ChecklistPacket() as packet:
            return _not_over(draft, packet, intent)
        case NoticePacket(external=True, text=text):
            if intent.values.get("text", text.text) != text.text:
                return "Whoever approves cannot edit: discard it and prepare it anew."
        case DetailsPacket():
            return _bad_severity(draft, intent.values.get("severity", "").strip())
        case RunPacket(runbook=runbook, bindings=bindings):
            return running.not_startable(draft, runbook, bindings)
        case ChoicePacket() as packet:
            chosen = packet.named(intent.values.get(WHICH, ""))
            if chosen is None:
                return f"Which one? {', '.join(c.runbook for c in packet.candidates)}."
            return running.not_startable(draft, chosen.runbook, chosen.bindings)
        case _:
            pass
    return ""


def _not_over(draft: Draft, packet: ChecklistPacket, intent: Answer) -> str:
    if draft.incident.live_runs:
        return "A run is still going: wait for it, or /runbook abort it first."
    open_points = _open_points(packet, intent, draft.incident.firing)
    if open_points and not intent.reason.text.strip():
        return f"Still open: {'; '.join(open_points)}. Tick them, or give a reason to override."
    return ""


def _bad_severity(draft: Draft, text: str) -> str:
    severity = Severity.parse(text)
    if text and severity is None:
        return f"There is no severity “{text}”: SEV1 to SEV5."
    changes = severity is not None and severity is not draft.incident.severity
    return allowed(draft.by, Verb.SEVERITY) if changes else ""


def _carry_out(draft: Draft, asked: Asked, decided: CardDecided) -> None:  # noqa: C901 - one arm per kind
    option = asked.option(decided.option)
    if option is not None and option.break_glass:
        _tell_of_broken_glass(draft, asked, decided)
    yes = decided.outcome is OutcomeKind.ACT
    packet = asked.card.packet
    match asked.card.kind:
        case CardKind.RUN if yes and isinstance(packet, RunPacket):
            _run(draft, packet)
        case CardKind.RUN if yes and isinstance(packet, ChoicePacket):
            chosen = packet.named(decided.values.get(WHICH, ""))
            if chosen is not None:
                _run(draft, chosen)
        case CardKind.ASKED if decided.outcome is OutcomeKind.ESCALATE:
            draft.page(f"Escalated by {draft.by.name}: {asked.card.title.text}")
        case CardKind.NOTICE if yes and isinstance(packet, NoticePacket):
            text = Untrusted(decided.values.get("text", packet.text.text))
            draft.happen(
                NoticeSent(
                    audience=packet.audience,
                    channel=packet.channel,
                    text=text,
                    author=packet.author,
                    confirmed_by=decided.by,
                )
            )
        case CardKind.CHECKLIST if yes and isinstance(packet, ChecklistPacket):
            _resolve(draft, packet, decided)
        case CardKind.DETAILS if yes:
            _details(draft, decided)
        case CardKind.IN_DOUBT:
            stepping.doubt_settled(draft, asked, decided)
        case CardKind.STEP if decided.option == ABORT and asked.card.run is not None:
            running.abort(draft, AbortRun(by=draft.by, run=asked.card.run, reason=decided.reason))
        case CardKind.CHANGE | CardKind.UNDO | CardKind.STEP | CardKind.QUESTION:
            running.go_on(draft, asked)
        case _:
            pass


def _run(draft: Draft, packet: RunPacket) -> None:
    running.begin(
        draft,
        StartRun(
            by=draft.by,
            fresh=draft.intent.fresh,
            runbook=packet.runbook,
            document=packet.document,
            bindings=packet.bindings,
        ),
    )


def _tell_of_broken_glass(draft: Draft, asked: Asked, decided: CardDecided) -> None:
    """Say it loudly, and leave the review of it to somebody else for the next day."""
    person, due = decided.by[0], draft.after(REVIEW_AFTER)
    n = len(draft.incident.actions) + 1
    draft.happen(
        GlassBroken(
            card=asked.card.card, person=person, reason=decided.reason, action=n, review_at=due
        ),
        ActionAdded(
            n=n,
            text=Untrusted(
                f"Review by {due:%Y-%m-%d %H:%M} UTC: {person} broke the glass "
                f"on card {asked.card.number}"
            ),
            owner=_reviewer(draft, person),
        ),
    )
    draft.do(Timer(name=f"review:{asked.card.card}", due=due))


def _reviewer(draft: Draft, breaker: PersonId) -> PersonId | None:
    """Return the first admin or approver who is somebody else; None = whoever takes it."""
    groups = draft.policy.groups
    people = (*groups.get(Group.ADMIN, ()), *groups.get(Group.APPROVER, ()))
    return next((person for person in people if person != breaker), None)


def _resolve(draft: Draft, packet: ChecklistPacket, decided: CardDecided) -> None:
    summary = Untrusted(decided.values.get("summary", packet.summary.text))
    ticked = {name for name, _ in packet.points if decided.values.get(name)}
    open_points = tuple(words for name, words in packet.points if name not in ticked)
    draft.happen(
        IncidentResolved(
            summary=summary,
            open_points=open_points,
            override=decided.reason,
            still_firing=draft.incident.firing,
        )
    )
    draft.do(
        ClearTimer(name="update"),
        ClearTimer(name="no-commander"),
        Timer(name="flap", due=draft.after(draft.policy.flap_window)),
    )
    for other in draft.incident.open_cards:
        draft.move(approval.withdraw(other, "the incident was resolved"))
    draft.answer = f"{draft.incident.number} is resolved."


def _details(draft: Draft, decided: CardDecided) -> None:
    values = decided.values
    title, impact = values.get("title", "").strip(), values.get("impact", "").strip()
    services = tuple(s.strip() for s in values.get("services", "").split(",") if s.strip())
    severity = Severity.parse(values.get("severity", ""))
    if title:
        draft.happen(TitleChanged(title=Untrusted(title)))
    if impact:
        draft.happen(ImpactRecorded(text=Untrusted(impact)))
    if services:
        draft.happen(ServicesNamed(services=services))
    if severity is not None and severity is not draft.incident.severity:
        attaching.raise_to(draft, severity, Untrusted(""))
        reasking.ask_again_where_stricter(draft)


def _open_points(packet: ChecklistPacket, intent: Answer, firing: int) -> list[str]:
    open_points = [words for name, words in packet.points if not intent.values.get(name)]
    if firing and intent.values.get("alerts"):
        open_points.append(f"{firing} alert(s) still fire")
    return open_points


def _after_expiry(draft: Draft, asked: Asked) -> None:
    match asked.card.kind:
        case CardKind.CHANGE | CardKind.UNDO:
            running.stopped(draft, asked.card.run, Ending.EXPIRED, "nobody decided in time")
            _wake_approvers(draft, asked)
        case CardKind.QUESTION | CardKind.STEP:
            running.stopped(draft, asked.card.run, Ending.EXPIRED, "nobody answered in time")
            draft.page(f"Nobody answered card {asked.card.number}, so its run has ended.")
        case CardKind.ASKED:
            packet = asked.card.packet
            if isinstance(packet, AskedPacket) and packet.style is AskedStyle.APPROVAL:
                _wake_approvers(draft, asked)
        case CardKind.IN_DOUBT:
            draft.page(
                "A command's outcome is still unknown, and nobody has said what became of it."
            )
            stepping.ask_doubt_again(draft, asked)
        case CardKind.NOTICE if asked.rule.quorums and asked.rule.excluded:
            draft.page("A notice to people outside was not cleared in time, and was not sent.")
        case _:
            pass


def _wake_approvers(draft: Draft, asked: Asked) -> None:
    """Wake those who may say yes, one after the other; who is on call where none is known."""
    draft.page(
        f"Card {asked.card.number} expired undecided: {asked.card.title.text}. "
        f"Nothing was done; ask again with /incident ask-again {asked.card.number}",
        people=draft.may_answer(asked.rule),
    )
