"""Answers to cards: pressed, or typed by those who cannot press; and what waits for one."""

import re
from collections.abc import Mapping
from dataclasses import replace

from bot.domain import approval
from bot.domain.approval import SHORT_DIGEST, Asked, CardState
from bot.domain.events import CardKind, Option, OutcomeKind
from bot.domain.intents import Answer, AskAgain, WithdrawCard
from bot.domain.state import Incident
from bot.requests import Reply, ReplyTone
from bot.values import CardId
from cards.pressing import ASK_AGAIN
from cards.showing import shown
from cards.status import ListedCard, approvals_card
from handlers.call import NO_INCIDENT, Call, answered
from handlers.fields import field_errors, known_values
from handlers.grammar import Words, not_too_long, whole_number

_BY_OPTION = frozenset({CardKind.IN_DOUBT, CardKind.STEP, CardKind.QUESTION})
"""Kinds whose answers are no plain yes or no: an option is named."""


async def press(
    call: Call, card: CardId, option: str, reason: str, values: Mapping[str, str]
) -> Reply:
    """Answer a card with one of its buttons and the fields of its form."""
    incident = await call.core.reading.state_of_card(call.viewer, card)
    asked = None if incident is None else incident.cards.get(card)
    if incident is None or asked is None:
        raise call.mistake("There is no such card.")
    if option == ASK_AGAIN:
        return await _again(call, incident, asked)
    return await _answer(call, incident, asked, option, reason=reason, values=values)


async def ask_again(call: Call) -> Reply:
    """Ask an expired card anew."""
    incident, asked, words = await _meant(call)
    call.takes_nothing_more(words)
    return await _again(call, incident, asked)


async def withdraw(call: Call) -> Reply:
    """Take an open card back."""
    incident, asked, words = await _meant(call)
    not_too_long(words.text)
    return await call.submit(
        WithdrawCard(by=call.actor, card=asked.card.card, reason=call.said(words.text)),
        incident.id,
    )


async def break_glass(call: Call) -> Reply:
    """Approve a change alone, with its digest and the reason."""
    incident, asked, words = await _meant(call)
    number = asked.card.number
    option = next((o for o in asked.card.options if o.break_glass), None)
    if option is None:
        raise call.mistake(f"Card {number} has no glass to break.")
    digest, words = _digest(words)
    if not digest and asked.state is CardState.OPEN:
        raise call.mistake(
            f"Card {number} takes the digest of what you have read: its last line shows it."
        )
    return await _answer(call, incident, asked, option.id, reason=words.text, typed_digest=digest)


async def approvals(call: Call) -> Reply:
    """List what waits for an answer: of the incident that is meant, else of all."""
    call.may_read()
    call.takes_nothing_more(call.words)
    listed: list[ListedCard] = []
    for card in await call.core.reading.open_cards(call.viewer):
        incident = await call.core.reading.state(call.viewer, card.incident)
        if incident is None or call.incident not in {NO_INCIDENT, card.incident}:
            continue
        listed.append(
            ListedCard(
                number=card.number,
                kind=card.kind,
                incident_number=card.incident_number,
                title=card.title,
                expires_at=card.expires_at,
                may_answer=card.may_answer,
                short_digest=incident.cards[card.id].card.digest[:SHORT_DIGEST],
            )
        )
    context = await call.core.rendering.context()
    many = f"{len(listed)} card{'s' * (len(listed) != 1)}" if listed else "Nothing"
    waits = "waits" if len(listed) < 2 else "wait"  # noqa: PLR2004 - one card waits, two wait
    return answered(f"{many} {waits} for an answer.", approvals_card(listed, context))


async def approve(call: Call) -> Reply:
    """Say yes to a card; to a change with the digest of what was read."""
    incident, asked, words = await _meant(call)
    number, options = asked.card.number, ", ".join(o.id for o in asked.card.options)
    yes = [o for o in asked.card.options if o.outcome is OutcomeKind.ACT and not o.break_glass]
    chosen = yes if len(yes) == 1 else [o for o in yes if o.recommended]
    if len(chosen) != 1 or asked.card.kind in _BY_OPTION:
        raise call.mistake(
            f"Card {number} has answers of its own: answer {number} <option> ({options})."
        )
    digest, words = _digest(words)
    if asked.card.digest and not digest and asked.state is CardState.OPEN:
        raise call.mistake(
            f"Card {number} takes the digest of what you have read: its last line shows it."
        )
    return await _answer(
        call, incident, asked, chosen[0].id, reason=words.text, typed_digest=digest
    )


async def reject(call: Call) -> Reply:
    """Say no to a card."""
    incident, asked, words = await _meant(call)
    no = next((o for o in asked.card.options if o.outcome is OutcomeKind.DECLINE), None)
    if no is None or asked.card.kind in _BY_OPTION:
        options = ", ".join(o.id for o in asked.card.options)
        raise call.mistake(f"Card {asked.card.number} has answers of its own: {options}.")
    return await _answer(call, incident, asked, no.id, reason=words.text)


async def answer(call: Call) -> Reply:
    """Press a button by the id of its option; a change is approved with its digest instead."""
    incident, asked, words = await _meant(call)
    option = asked.option(words.first)
    if option is None:
        options = ", ".join(f"{o.id} ({o.label})" for o in asked.card.options)
        raise call.mistake(f"Card {asked.card.number} can be answered with: {options}.")
    if asked.card.digest and option.outcome is OutcomeKind.ACT and asked.state is CardState.OPEN:
        raise call.mistake(f"That is a change: approve {asked.card.number} <short digest>.")
    call.takes_nothing_more(words.without_first())
    return await _answer(
        call,
        incident,
        asked,
        option.id,
        reason=call.words.options.get("reason", ""),
        values={k: v for k, v in call.words.options.items() if k != "reason"},
    )


async def _again(call: Call, incident: Incident, asked: Asked) -> Reply:
    return await call.submit(
        AskAgain(
            by=call.actor,
            card=asked.card.card,
            document_now=_document_now(call, incident, asked),
        ),
        incident.id,
    )


def _document_now(call: Call, incident: Incident, asked: Asked) -> str:
    run = incident.runs.get(asked.card.run) if asked.card.run else None
    return call.core.current.document(run.started.runbook) if run else ""


async def _answer(
    call: Call,
    incident: Incident,
    asked: Asked,
    option: str,
    *,
    reason: str = "",
    values: Mapping[str, str] | None = None,
    typed_digest: str = "",
) -> Reply:
    not_too_long(reason)
    context = await call.core.rendering.context()
    card = shown(incident, asked.card.card, context)
    form = () if card is None else card.form
    given = known_values(form, values or {})
    chosen = asked.option(option)
    errors = {} if chosen is None or _declines(chosen) else field_errors(form, given, context.names)
    if errors:
        return Reply(tone=ReplyTone.MISTAKE, text="Not sent yet.", field_errors=errors)
    reply = await call.submit(
        Answer(
            by=call.actor,
            card=asked.card.card,
            option=option,
            reason=call.said(reason),
            values={name: call.said(value).text for name, value in given.items()},
            document_now=_document_now(call, incident, asked),
            short_digest=_short(asked, typed_digest),
        ),
        incident.id,
    )
    if chosen is None or not form or not _filled_in_wrongly(call, asked, chosen, reply):
        return reply
    return replace(reply, field_errors={"reason": reply.text})


def _filled_in_wrongly(call: Call, asked: Asked, chosen: Option, reply: Reply) -> bool:
    """Whether a refusal is about the form and not about who answers, or when."""
    mine = asked.state is CardState.OPEN and not approval.may_answer(asked, call.actor, chosen)
    return mine and reply.tone is ReplyTone.MISTAKE


async def _meant(call: Call) -> tuple[Incident, Asked, Words]:
    """Return the incident, its card with the number that was typed, and the words behind it."""
    incident = await call.state()
    number = whole_number(call.words.first, "a card")
    asked = incident.card_number(number)
    if asked is None:
        numbers = ", ".join(str(a.card.number) for a in incident.open_cards) or "none"
        raise call.mistake(f"{incident.number} has no card {number} (open: {numbers}).")
    return incident, asked, call.words.without_first()


def _digest(words: Words) -> tuple[str, Words]:
    """Take the digest off, where the next word is one."""
    if not re.fullmatch(r"[0-9a-fA-F]{8,64}", words.first):
        return "", words
    return words.first.lower(), words.without_first()


def _short(asked: Asked, typed: str) -> str:
    """Return what is compared: more digits than the card shows must all be right."""
    return typed[:SHORT_DIGEST] if asked.card.digest.startswith(typed) else typed


def _declines(option: Option) -> bool:
    return option.outcome is OutcomeKind.DECLINE
