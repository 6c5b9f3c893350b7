"""Cards that ask: open -> decided | expired | withdrawn, votes in between, exactly one decision.

    state      what may happen
    open       vote (again), decide, expire, withdraw, remind
    decided    nothing; a later answer is told who decided
    expired    nothing; a later answer is told so
    withdrawn  nothing; a later answer is told which card replaced it

The card that people see is a view of this; a press is a wish that is checked here.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from datetime import datetime
from enum import StrEnum

from bot.domain.actor import Actor
from bot.domain.decided import Decided, Decision, Refusal
from bot.domain.effects import ClearTimer, Effect, Timer
from bot.domain.events import (
    ApprovalVoided,
    CardAsked,
    CardAskedAgain,
    CardDecided,
    CardExpired,
    CardKind,
    CardReminded,
    CardWithdrawn,
    Event,
    Option,
    OutcomeKind,
    ResolvedRule,
    VoteCast,
)
from bot.domain.intents import Answer
from bot.domain.packet import AskedPacket, AskedStyle, NoticePacket
from bot.domain.permissions import Verb, allowed
from bot.domain.policy import Called, Group
from bot.domain.rules import entitled, quorum_met
from bot.values import CardId, PersonId, Untrusted

SHORT_DIGEST = 8
"""Hex digits that a typed approval names; 32 bits, and a wrong one is only refused."""


class CardState(StrEnum):
    """Where a card stands."""

    OPEN = "open"
    DECIDED = "decided"
    EXPIRED = "expired"
    WITHDRAWN = "withdrawn"


@dataclass(frozen=True, slots=True, kw_only=True)
class Asked:
    """One card with all that happened to it."""

    card: CardAsked
    asked_at: datetime
    rule: ResolvedRule
    state: CardState = CardState.OPEN
    votes: Mapping[PersonId, VoteCast] = field(default_factory=dict)
    decided: CardDecided | None = None
    ended_at: datetime | None = None
    withdrawn: CardWithdrawn | None = None
    reminded: bool = False
    asked_again: bool = False
    voided: str = ""
    """Why its yes lost its force before anything was run ("" = it did not)."""

    def option(self, ident: str) -> Option | None:
        """Return the option with this id."""
        return next((o for o in self.card.options if o.id == ident), None)

    def voters(self, option: str) -> dict[PersonId, frozenset[str]]:
        """Return who voted for an option, with their groups at the vote."""
        return {p: frozenset(v.groups) for p, v in self.votes.items() if v.option == option}


def evolve(  # noqa: PLR0911 - one arm per event
    cards: Mapping[CardId, Asked], event: Event, at: datetime
) -> Mapping[CardId, Asked]:
    """Fold one event into the cards; events of other nouns change nothing."""
    match event:
        case CardAsked(card=ident, replaces=old):
            cards = _replaced(cards, old, ident)
            return {**cards, ident: Asked(card=event, asked_at=at, rule=event.rule)}
        case VoteCast(card=ident, person=person):
            asked = cards[ident]
            return {**cards, ident: replace(asked, votes={**asked.votes, person: event})}
        case CardDecided(card=ident):
            return _ended(cards, ident, at, CardState.DECIDED, decided=event)
        case CardExpired(card=ident):
            return _ended(cards, ident, at, CardState.EXPIRED)
        case CardWithdrawn(card=ident):
            return _ended(cards, ident, at, CardState.WITHDRAWN, withdrawn=event)
        case ApprovalVoided(card=ident, why=why):
            return {**cards, ident: replace(cards[ident], voided=why.text or "it no longer fits")}
        case CardAskedAgain(card=ident):
            return {**cards, ident: replace(cards[ident], asked_again=True)}
        case CardReminded(card=ident):
            return {**cards, ident: replace(cards[ident], reminded=True)}
        case _:
            return cards


def ask(card: CardAsked) -> tuple[tuple[Event, ...], tuple[Effect, ...]]:
    """Open a card and set its timers."""
    timers: list[Effect] = [Timer(name=f"expire:{card.card}", due=card.expires_at)]
    if card.remind_at is not None:
        timers.append(Timer(name=f"remind:{card.card}", due=card.remind_at))
    return (card,), tuple(timers)


def withdraw(
    asked: Asked, why: str, replaced_by: CardId | None = None
) -> tuple[tuple[Event, ...], tuple[Effect, ...]]:
    """Take a question back."""
    event = CardWithdrawn(card=asked.card.card, why=Untrusted(why), replaced_by=replaced_by)
    return (event,), timers_off(asked.card.card)


def timers_off(card: CardId) -> tuple[Effect, ...]:
    """Forget the timers of a card that has ended."""
    return (ClearTimer(name=f"expire:{card}"), ClearTimer(name=f"remind:{card}"))


def late_answer(asked: Asked, cards: Mapping[CardId, Asked], called: Called = str) -> str:
    """Say what became of a card that is no longer open; `called` is what people are called."""
    n, when = asked.card.number, asked.ended_at
    stamp = f" at {when:%H:%M} UTC" if when else ""
    if asked.decided is not None:
        option = asked.option(asked.decided.option)
        chosen = option.label if option else asked.decided.option
        who = ", ".join(called(person) for person in asked.decided.by)
        return f"Card {n} was already decided{stamp}: {chosen} by {who}. Nothing changed."
    if asked.state is CardState.EXPIRED:
        return f"Card {n} expired{stamp}. Nothing was done, and nothing is done now."
    replacement = asked.withdrawn.replaced_by if asked.withdrawn else None
    if replacement is not None and replacement in cards:
        newer = cards[replacement].card.number
        return f"Card {n} changed{stamp}: see card {newer}. Nothing was done."
    return f"Card {n} was withdrawn{stamp}. Nothing was done."


def vote(
    cards: Mapping[CardId, Asked], intent: Answer, now: datetime, called: Called = str
) -> Decision:
    """Count one answer; decides the card where that settles it.

    The digest has been compared by the caller (`run.decide`), which knows how to ask anew.
    """
    asked = cards.get(intent.card)
    if asked is None:
        return Refusal(reason="There is no such card.", hidden=True)
    if asked.state is not CardState.OPEN:
        return Refusal(reason=late_answer(asked, cards, called))
    option = asked.option(intent.option)
    if option is None:
        labels = ", ".join(o.id for o in asked.card.options)
        return Refusal(reason=f"That is not one of this card's answers ({labels}).")
    why_not = may_answer(asked, intent.by, option)
    if why_not:
        return Refusal(reason=why_not)
    if intent.short_digest and intent.short_digest != asked.card.digest[:SHORT_DIGEST]:
        return Refusal(reason=_other_digest(asked.card, intent.short_digest))
    if option.reason_required and not intent.reason.text.strip():
        return Refusal(reason=f"“{option.label}” needs a reason.")
    if now >= asked.card.expires_at:
        return Decided(
            events=(CardExpired(card=asked.card.card),),
            effects=timers_off(asked.card.card),
            answer=f"Card {asked.card.number} has just expired. Nothing was done.",
        )
    return _counted(asked, option, intent)


def _other_digest(card: CardAsked, said: str) -> str:
    if not card.digest:
        return f"Card {card.number} has no digest, so not {said} either. Nothing was done."
    digest = card.digest[:SHORT_DIGEST]
    return f"Card {card.number} has digest {digest}, not {said}: read it again. Nothing was done."


def may_answer(asked: Asked, actor: Actor, option: Option) -> str:
    """Return "" where this person may choose this option, else why not."""
    if actor.token_kind not in ANSWERING:
        return f"A token of kind `{actor.token_kind}` can never answer a card."
    verb = verb_of(asked.card)
    refusal = allowed(as_voter(asked.rule, actor), verb)
    if refusal:
        return f"You cannot answer this card: {refusal}."
    # Whoever no policy names may still say what they see: changes and outsiders are not theirs.
    decides = verb in {Verb.VOTE, Verb.APPROVE_NOTICE}
    if decides and actor.practice_only and not asked.rule.practice:
        return "This seat may decide practice cards only; name its person in the policy."
    if option.break_glass:
        return _may_break_glass(actor)
    if actor.person in asked.rule.excluded and option.outcome is not OutcomeKind.DECLINE:
        return "You asked for this, so somebody else must say yes (four eyes)."
    if asked.card.kind not in UNRULED and not entitled(asked.rule, actor.groups):
        named = sorted({group for quorum in asked.rule.quorums for group in quorum.groups})
        groups = " / ".join(named) or "nobody: no approval rule of the policy allows it"
        yours = ", ".join(sorted(actor.groups)) or "no group"
        return f"This card is for {groups}; you are in {yours}."
    return ""


def approves(card: CardAsked) -> bool:
    """Whether an answer to this card is an approval: its answerers get a copy each."""
    match card.packet:
        case NoticePacket(external=external):
            return external
        case AskedPacket(style=style):
            return style is AskedStyle.APPROVAL
        case _:
            return card.kind in {CardKind.CHANGE, CardKind.UNDO, CardKind.IN_DOUBT}


def _may_break_glass(actor: Actor) -> str:
    """Return "" where this person may approve alone: their own request too, which is the point."""
    if actor.token_kind:
        return "Only a person breaks the glass, never a token."
    if Group.BREAK_GLASS not in actor.groups:
        yours = ", ".join(sorted(actor.groups)) or "no group"
        return f"Breaking the glass is for {Group.BREAK_GLASS}; you are in {yours}."
    return ""


def as_voter(rule: ResolvedRule, actor: Actor) -> Actor:
    """Return the person with the right to vote where the rule names a group of theirs.

    The policy's own groups (`dba`) count where a rule asks for them, and nowhere else.
    """
    if not entitled(rule, actor.groups):
        return actor
    return replace(actor, groups=actor.groups | {Group.APPROVER})


def verb_of(card: CardAsked) -> Verb:
    """Return the verb that an answer to this card takes; who exactly is the card's own rule."""
    if isinstance(card.packet, NoticePacket) and card.packet.external:
        return Verb.APPROVE_NOTICE
    return VERB_OF_KIND[card.kind]


ANSWERING = frozenset({"", "answer"})
"""Kinds of tokens that may answer cards at all; "" is a person at a seat or in a chat."""

VERB_OF_KIND: dict[CardKind, Verb] = {
    CardKind.RUN: Verb.RUN,
    CardKind.CHANGE: Verb.VOTE,
    CardKind.UNDO: Verb.VOTE,
    CardKind.IN_DOUBT: Verb.VOTE,
    CardKind.STEP: Verb.RUN,
    CardKind.QUESTION: Verb.RUN,
    CardKind.NOTICE: Verb.CONFIRM_NOTICE,
    CardKind.CHECKLIST: Verb.RESOLVE,
    CardKind.DETAILS: Verb.EDIT,
    CardKind.ASKED: Verb.ANSWER,
}
"""The verb that an answer to each kind of card takes; see `verb_of`."""

UNRULED = frozenset(
    {CardKind.RUN, CardKind.STEP, CardKind.QUESTION, CardKind.CHECKLIST, CardKind.DETAILS}
)
"""Kinds whose verb alone says who may answer; every other kind needs a quorum to be met."""


def _counted(asked: Asked, option: Option, intent: Answer) -> Decided:
    actor, ident = intent.by, asked.card.card
    cast = VoteCast(
        card=ident,
        person=actor.person,
        option=option.id,
        reason=intent.reason,
        where=actor.platform,
        account=actor.account,
        groups=tuple(sorted(actor.groups)),
        token=bool(actor.token_kind),
        break_glass=option.break_glass,
    )
    previous = asked.votes.get(actor.person)
    if previous is not None and previous.option == option.id:
        return Decided(answer=f"Your vote for “{option.label}” already counts.")
    voters = {**asked.voters(option.id), actor.person: actor.groups}
    alone = option.outcome is OutcomeKind.DECLINE or option.break_glass
    if not alone and asked.card.kind not in UNRULED and not quorum_met(asked.rule, voters):
        needed = sum(q.count for q in asked.rule.quorums)
        return Decided(
            events=(cast,),
            answer=f"Your vote for “{option.label}” counts: {len(voters)} of {needed}.",
        )
    by = (actor.person,) if alone else tuple(voters)
    decided = CardDecided(
        card=ident,
        option=option.id,
        outcome=option.outcome,
        by=by,
        reason=intent.reason,
        values=dict(intent.values),
    )
    return Decided(
        events=(cast, decided),
        effects=timers_off(ident),
        answer=f"Recorded: {option.label}.",
    )


def _replaced(
    cards: Mapping[CardId, Asked], old: CardId | None, new: CardId
) -> Mapping[CardId, Asked]:
    """Point a withdrawn card at the one that asks anew."""
    asked = cards.get(old) if old is not None else None
    if old is None or asked is None or asked.withdrawn is None:
        return cards
    return {**cards, old: replace(asked, withdrawn=replace(asked.withdrawn, replaced_by=new))}


def _ended(
    cards: Mapping[CardId, Asked],
    ident: CardId,
    at: datetime,
    state: CardState,
    *,
    decided: CardDecided | None = None,
    withdrawn: CardWithdrawn | None = None,
) -> Mapping[CardId, Asked]:
    ended = replace(cards[ident], state=state, ended_at=at, decided=decided, withdrawn=withdrawn)
    return {**cards, ident: ended}
