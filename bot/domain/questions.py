"""Questions from outside, expired questions asked again, and questions that are taken back."""

from dataclasses import replace

from bot.domain import approval, rules, running
from bot.domain.approval import Asked, CardState
from bot.domain.decided import Decision, Refusal
from bot.domain.draft import Draft
from bot.domain.events import (
    CardAsked,
    CardAskedAgain,
    CardKind,
    Ending,
    QuorumRule,
    ResolvedRule,
    RunReopened,
    Status,
)
from bot.domain.intents import AbortRun, AskAgain, AskPeople, StartRun, WithdrawCard
from bot.domain.packet import AskedStyle
from bot.domain.permissions import Verb, allowed
from bot.domain.state import next_number
from bot.values import CardId, RunId

_ASKS = {
    CardKind.NOTICE: Verb.NOTIFY,
    CardKind.CHECKLIST: Verb.RESOLVE,
    CardKind.DETAILS: Verb.EDIT,
    CardKind.ASKED: Verb.ASK,
}
"""What asking each kind of question takes; every other kind leads to a run."""

_OF_RUNS = frozenset({CardKind.CHANGE, CardKind.UNDO, CardKind.QUESTION, CardKind.STEP})


def ask(draft: Draft, intent: AskPeople) -> Decision:
    """Open a question that a program or a person puts to people; its answer is recorded."""
    why_not = _not_askable(draft, intent)
    if why_not:
        return Refusal(reason=why_not)
    lasts = intent.expires_in or rules.usual_expiry(draft.policy, draft.incident.severity)
    number = next_number(draft.incident)
    draft.move(
        approval.ask(
            CardAsked(
                card=intent.card,
                number=number,
                kind=CardKind.ASKED,
                title=intent.title,
                options=intent.options,
                rule=_rule(draft, intent),
                expires_at=draft.after(lasts),
                remind_at=draft.after(lasts * rules.REMINDED_AT),
                packet=intent.packet,
                requester=intent.by.person,
            )
        )
    )
    draft.answer = f"Asked: card {number} of {draft.incident.number}."
    return draft.decided()


def ask_again(draft: Draft, intent: AskAgain) -> Decision:
    """Ask an expired question anew, once; a run that changed nothing begins anew."""
    asked = draft.incident.cards.get(intent.card)
    if asked is None:
        return Refusal(reason="There is no such card.", hidden=True)
    refusal = allowed(intent.by, _ASKS.get(asked.card.kind, Verb.RUN))
    why_not = f"You cannot ask this again: {refusal}." if refusal else _not_again(draft, asked)
    if why_not:
        return Refusal(reason=why_not)
    current = draft.incident.runs.get(asked.card.run) if asked.card.run else None
    draft.happen(CardAskedAgain(card=asked.card.card))
    if asked.card.kind not in _OF_RUNS:
        _same_again(draft, asked)
    elif current is not None and current.changed:
        draft.happen(RunReopened(run=current.started.run))
        running.advance(draft, current.started.run)
    elif current is not None:
        running.begin(
            draft,
            StartRun(
                by=intent.by,
                fresh=intent.fresh,
                runbook=current.started.runbook,
                document=intent.document_now or current.document,
                bindings=current.started.bindings,
                mode=current.started.mode,
            ),
        )
    draft.answer = f"Card {asked.card.number} is asked again."
    return draft.decided()


def withdraw(draft: Draft, intent: WithdrawCard) -> Decision:
    """Take an open question back; what it was for does not happen."""
    asked = draft.incident.cards.get(intent.card)
    if asked is None:
        return Refusal(reason="There is no such card.", hidden=True)
    if asked.state is not CardState.OPEN:
        called = draft.policy.name_of
        return Refusal(reason=approval.late_answer(asked, draft.incident.cards, called))
    if asked.card.kind is CardKind.IN_DOUBT:
        return Refusal(reason="Somebody must say what became of that command: answer it instead.")
    why_not = _may_withdraw(asked, intent)
    if why_not:
        return Refusal(reason=why_not)
    why = intent.reason.text.strip() or f"{intent.by.name} took it back"
    ident = asked.card.run
    if asked.card.kind in _OF_RUNS and ident is not None:
        return _with_its_run(draft, intent, ident, why)
    draft.move(approval.withdraw(asked, why))
    draft.answer = f"Card {asked.card.number} is withdrawn. Nothing was done."
    return draft.decided()


def _not_askable(draft: Draft, intent: AskPeople) -> str:
    if draft.incident.status is Status.CLOSED:
        return "The incident is closed; nobody is asked anything there."
    if intent.card in draft.incident.cards:
        return "A card with this id was asked before."
    groups = draft.policy.groups
    unknown = sorted(set(intent.answerers) - set(groups))
    if unknown and not draft.policy.open_door:
        return f"There is no group “{unknown[0]}” (known: {', '.join(sorted(groups))})."
    able = draft.may_answer(_rule(draft, intent))
    if len(able) < intent.count and not draft.policy.open_door:
        return (
            f"{intent.count} of {' / '.join(intent.answerers)} must answer, "
            f"and {len(able)} could: it could never be met."
        )
    return ""


def _rule(draft: Draft, intent: AskPeople) -> ResolvedRule:
    """Return who may answer; who asks for an approval cannot give it."""
    excludes = intent.packet.style is AskedStyle.APPROVAL
    return ResolvedRule(
        names=("as asked",),
        quorums=(QuorumRule(groups=tuple(sorted(intent.answerers)), count=intent.count),),
        excluded=(intent.by.person,) if excludes else (),
        practice=draft.incident.drill,
    )


def _not_again(draft: Draft, asked: Asked) -> str:
    number = asked.card.number
    if asked.state is not CardState.EXPIRED:
        return f"Card {number} has not expired, so it is not asked again."
    if asked.asked_again:
        return f"Card {number} was asked again already."
    if draft.incident.status is Status.CLOSED:
        return "The incident is closed; nobody is asked anything there."
    current = draft.incident.runs.get(asked.card.run) if asked.card.run else None
    if asked.card.kind not in _OF_RUNS:
        return ""
    if current is None or current.ended is None or current.ended.ending is not Ending.EXPIRED:
        return "Its run has gone on, so the question is no longer open."
    if not current.changed:
        started = current.started
        return running.not_startable(draft, started.runbook, started.bindings)
    if not current.targets:
        return "What its run had reserved was freed by a person, so it cannot go on: run it anew."
    return ""


def _same_again(draft: Draft, asked: Asked) -> None:
    number = next_number(draft.incident)
    lasts = asked.card.expires_at - asked.asked_at
    fresh = replace(
        asked.card,
        card=CardId(draft.intent.fresh.ident("card", number)),
        number=number,
        expires_at=draft.after(lasts),
        remind_at=draft.after(lasts * rules.REMINDED_AT),
        replaces=asked.card.card,
    )
    draft.move(approval.ask(fresh))


def _may_withdraw(asked: Asked, intent: WithdrawCard) -> str:
    """Return "" for whoever asked, and for whoever may answer this kind of card or stop a run."""
    if asked.card.requester == intent.by.person:
        return ""
    why_not = allowed(intent.by, Verb.ABORT)
    return f"You cannot withdraw this card: {why_not}." if why_not else ""


def _with_its_run(draft: Draft, intent: WithdrawCard, ident: RunId, why: str) -> Decision:
    number = draft.incident.cards[intent.card].card.number
    refused = running.abort(
        draft, AbortRun(by=intent.by, fresh=intent.fresh, run=ident, reason=intent.reason)
    )
    if isinstance(refused, Refusal):
        return refused
    left = draft.incident.cards[intent.card]
    if left.state is CardState.OPEN:
        draft.move(approval.withdraw(left, why))
    draft.answer = f"Card {number} is withdrawn, and its run is aborted. Nothing more runs."
    return draft.decided()
