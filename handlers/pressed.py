"""A pressed button: a wish of an incident's own card, the declare form, or an answer."""

from dataclasses import replace
from typing import assert_never

from bot.domain.actor import Actor
from bot.requests import CardAnswer, Reply
from bot.usecases.commands import Core
from bot.values import IncidentId
from cards.pressing import AbortTheRun, AcknowledgePages, ClaimCommand, Wish, wish_of
from handlers import approvals, incident, people, runbook
from handlers.call import Call
from handlers.grammar import read
from handlers.parameters_form import meant_by


async def carry_out(core: Core, actor: Actor, pressed: CardAnswer) -> Reply:
    """Do what the pressed button of a card stands for."""
    call = Call(
        id=pressed.id,
        actor=actor,
        core=core,
        words=read(""),
        conversation=pressed.conversation,
    )
    if pressed.card == incident.DECLARE_FORM:
        return await incident.declare_by_form(call, pressed.values)
    form = meant_by(pressed.card)
    if form is not None:
        mode, ident, name = form
        seen = replace(call, incident=await _seen(call, ident))
        return await runbook.start_by_form(seen, mode, name, pressed.values)
    wish = wish_of(pressed.card, pressed.option)
    if wish is not None:
        return await _wished(call, wish)
    return await approvals.press(call, pressed.card, pressed.option, pressed.reason, pressed.values)


async def _wished(call: Call, wish: Wish) -> Reply:
    match wish:
        case ClaimCommand(incident=ident):
            return await people.take_command(call, await _seen(call, ident))
        case AcknowledgePages(incident=ident, page=page):
            return await people.have_it(call, await _seen(call, ident), page)
        case AbortTheRun(incident=ident, run=run, kill=kill):
            return await runbook.stop(call, await _seen(call, ident), run, kill=kill)
        case _:
            assert_never(wish)


async def _seen(call: Call, ident: IncidentId) -> IncidentId:
    """Return the incident's id where the actor may know of it."""
    if await call.core.reading.id_of(call.viewer, ident) is None:
        raise call.mistake("There is no such incident.")
    return ident
