"""What every card that asks has in common: its status line, who may answer, and its buttons."""

from typing import assert_never

from bot.domain.approval import SHORT_DIGEST, UNRULED, Asked, CardState
from bot.domain.events import CardDecided, CardKind, Option, OutcomeKind, VoteCast
from bot.domain.policy import Group
from bot.domain.state import Incident
from bot.values import SYSTEM, PersonId, Tier
from cards.context import Context, counted, listed
from cards.model import At, Block, Button, ButtonStyle, Card, Code, FormField, Line, Notice, Tone
from cards.pressing import ASK_AGAIN


def asking_card(
    incident: Incident,
    asked: Asked,
    context: Context,
    *,
    title: Line,
    blocks: tuple[Block, ...],
    form: tuple[FormField, ...] = (),
    footer: Line = (),
) -> Card:
    """Return the card with its frozen `blocks` under the one line that lives."""
    is_open = asked.state is CardState.OPEN
    freezes = context.frozen() if is_open and asked.card.kind in _CHANGES else ()
    return Card(
        id=asked.card.card,
        kind=asked.card.kind.value,
        tone=tone_of(asked),
        title=title,
        blocks=(status_line(incident, asked, context), *freezes, *blocks),
        form=form if is_open else (),
        buttons=_buttons(asked) if is_open else _offers(asked),
        footer=listed([(f"Card {asked.card.number} of {incident.number}",), footer], " · ")
        if footer
        else (f"Card {asked.card.number} of {incident.number}",),
        drill=incident.drill,
    )


def tone_of(asked: Asked) -> Tone:
    """How loud the card is: an open question waits, a yes is good, the rest is past."""
    match asked.state:
        case CardState.OPEN:
            return Tone.WAITING
        case CardState.DECIDED:
            yes = asked.decided is not None and asked.decided.outcome is OutcomeKind.ACT
            return Tone.GOOD if yes else Tone.NEUTRAL
        case CardState.EXPIRED:
            return Tone.WARNING
        case CardState.WITHDRAWN:
            return Tone.NEUTRAL
        case _:
            assert_never(asked.state)


def status_line(incident: Incident, asked: Asked, context: Context) -> Notice:
    """Say where the question stands, who must act or who did, and when."""
    match asked.state:
        case CardState.OPEN:
            line = _open_line(asked, context)
        case CardState.DECIDED:
            line = _decided_line(incident, asked, context)
        case CardState.EXPIRED:
            line = (
                "EXPIRED",
                *_stamp(asked),
                ": nobody decided in time. ",
                _what_ran(incident, asked),
            )
        case CardState.WITHDRAWN:
            line = _withdrawn_line(incident, asked)
        case _:
            assert_never(asked.state)
    return Notice(tone=tone_of(asked), line=line)


def typed_answer(asked: Asked) -> Line:
    """Return how to answer without a button; the short digest proves what was read."""
    short = asked.card.digest[:SHORT_DIGEST]
    return ("or type ", Code(f"/incident approve {asked.card.number} {short}".strip()))


def who_may(asked: Asked, context: Context) -> Line:
    """Say who may answer: `1 yes from approver, not Ann (who asked)`."""
    if asked.card.kind in UNRULED:
        return ("any responder",)
    seats = ("a practice seat",) if asked.rule.practice else ()
    quorums = [
        (f"{q.count} yes{'es' * (q.count > 1)} from {_whom((*q.groups, *seats))}",)
        for q in asked.rule.quorums
    ]
    if not quorums:
        return ("nobody: no approval rule of the policy matches",)
    excluded: Line = ()
    if asked.rule.excluded:
        excluded = (", not ", *context.people(asked.rule.excluded), " (who asked)")
    return (*listed(quorums, " and "), *excluded)


def _whom(groups: tuple[str, ...]) -> str:
    """Name groups; where everybody may answer, a list of all of them says less."""
    return "anybody" if _EVERYBODY.issubset(groups) else " / ".join(groups)


_EVERYBODY = frozenset({Group.READER, Group.RESPONDER, Group.APPROVER, Group.COMMUNICATIONS})

_CHANGES = frozenset({CardKind.CHANGE, CardKind.UNDO, CardKind.RUN, CardKind.STEP})


def _open_line(asked: Asked, context: Context) -> Line:
    votes = [_vote(asked, vote, context) for vote in asked.votes.values()]
    told = (" Votes: ", *listed(votes), ".") if votes else ()
    # No "in 45 min": nobody edits the card while the time passes.
    then = "it is asked again" if asked.card.kind is CardKind.IN_DOUBT else "nothing is done"
    expires = (" Expires ", At(asked.card.expires_at), f"; then {then}.")
    return ("OPEN. Waiting for ", *who_may(asked, context), ".", *told, *expires)


def _vote(asked: Asked, vote: VoteCast, context: Context) -> Line:
    option = asked.option(vote.option)
    return (context.person(vote.person), " → ", option.label if option else vote.option, _how(vote))


def _how(vote: VoteCast | None) -> str:
    if vote is None:
        return ""
    marks = [vote.where] if vote.where else []
    marks += ["API token"] if vote.token else []
    marks += ["BREAK-GLASS"] if vote.break_glass else []
    return f" ({', '.join(marks)})" if marks else ""


def _decided_line(incident: Incident, asked: Asked, context: Context) -> Line:
    decided = asked.decided
    if decided is None:
        return ("DECIDED",)
    by = listed([_voter(asked, person, context) for person in decided.by])
    reason = (" — ", decided.reason) if decided.reason.text else ()
    ran: Line = ()
    if decided.outcome is OutcomeKind.DECLINE and asked.card.kind in _CHANGES:
        ran = (". ", _what_ran(incident, asked))
    return (_decision(asked, decided), " by ", *by, *_stamp(asked), *reason, *ran)


def _decision(asked: Asked, decided: CardDecided) -> str:
    if decided.by == (SYSTEM,):
        return "APPROVED BY THE POLICY, without a person's yes,"
    if asked.card.kind in {CardKind.CHANGE, CardKind.UNDO}:
        words = {OutcomeKind.ACT: "APPROVED", OutcomeKind.DECLINE: "REJECTED"}
        if decided.outcome in words:
            return words[decided.outcome]
    if asked.card.kind is CardKind.CHECKLIST and decided.outcome is OutcomeKind.ACT:
        return "RESOLVED"
    option = asked.option(decided.option)
    return (option.label if option else decided.option).upper()


def _voter(asked: Asked, person: PersonId, context: Context) -> Line:
    return (context.person(person), _how(asked.votes.get(person)))


def _confirm(option: Option) -> str:
    if option.break_glass:
        return "You decide alone, and everybody is told. Have you read every command?"
    return "This cannot be undone. Have you read every command?"


def _withdrawn_line(incident: Incident, asked: Asked) -> Line:
    withdrawn = asked.withdrawn
    replaced_by = withdrawn.replaced_by if withdrawn else None
    newer = incident.cards.get(replaced_by) if replaced_by else None
    word = "CHANGED" if newer else "WITHDRAWN"
    why = (": ", withdrawn.why) if withdrawn and withdrawn.why.text else ()
    see = (f". See card {newer.card.number}.",) if newer else (". Nothing was done.",)
    return (word, *_stamp(asked), *why, *see)


def _what_ran(incident: Incident, asked: Asked) -> str:
    """Count what the question's run has changed so far."""
    run = incident.runs.get(asked.card.run) if asked.card.run else None
    return f"{counted(len(run.steps) if run else 0, 'command')} ran."


def _stamp(asked: Asked) -> Line:
    return (" at ", At(asked.ended_at)) if asked.ended_at else ()


def _offers(asked: Asked) -> tuple[Button, ...]:
    """Offer to ask an expired question again; in doubt, it is asked again by itself."""
    again = asked.state is CardState.EXPIRED and not asked.asked_again
    if not again or asked.card.kind is CardKind.IN_DOUBT:
        return ()
    says = "looks again first, then asks anew" if asked.card.run else "asks the same anew"
    return (Button(option=ASK_AGAIN, label="Ask again", consequence=(says,), needs_form=False),)


def _buttons(asked: Asked) -> tuple[Button, ...]:
    return tuple(_button(asked, option) for option in asked.card.options)


def _button(asked: Asked, option: Option) -> Button:
    declines = option.outcome is OutcomeKind.DECLINE
    final = asked.card.tier is Tier.IRREVERSIBLE and not declines
    style = ButtonStyle.PRIMARY if option.recommended else ButtonStyle.PLAIN
    return Button(
        option=option.id,
        label=option.label,
        style=ButtonStyle.DANGER if final or option.break_glass else style,
        consequence=(option.consequence,) if option.consequence else (),
        confirm=_confirm(option) if final or option.break_glass else "",
        wants_reason=declines or option.reason_required or asked.card.kind is CardKind.CHECKLIST,
        recommended=option.recommended,
        needs_form=not declines,
    )
