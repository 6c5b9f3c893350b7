"""Verbs about people: who has which role, who is woken, and who has it."""

from dataclasses import replace
from typing import Final

from bot.domain.events import Role
from bot.domain.intents import Acknowledge, AssignRole, Page
from bot.requests import Reply
from bot.values import IncidentId, PersonId
from handlers.call import Call

_ROLES: Final = {
    "ic": Role.COMMANDER,
    "incident-commander": Role.COMMANDER,
    "command": Role.COMMANDER,
    "lead": Role.TECH_LEAD,
    "tl": Role.TECH_LEAD,
    "technical-lead": Role.TECH_LEAD,
    "comms": Role.COMMUNICATIONS,
    "communication": Role.COMMUNICATIONS,
    "communications-lead": Role.COMMUNICATIONS,
    "subject-expert": Role.EXPERT,
    "sme": Role.EXPERT,
    **{role.value: role for role in Role},
}
"""Roles by every name that people use for them."""


async def role(call: Call) -> Reply:
    """Give a role to a person."""
    words = call.words
    if len(words) < 2:  # noqa: PLR2004 - a role and a person
        raise call.mistake("Which role, and to whom?")
    named = _role(call, words.without_last().line)
    return await _assign(call, named, await call.person(words.last))


async def claim(call: Call) -> Reply:
    """Take a role oneself; the command, where none is named."""
    named = _role(call, call.words.line) if call.words.words else Role.COMMANDER
    return await _assign(call, named, call.actor.person)


async def handoff(call: Call) -> Reply:
    """Hand a role over, the command where none is named."""
    call.needs_words("To whom?")
    rest = call.words.without_first().line
    named = _role(call, rest) if rest else Role.COMMANDER
    return await _assign(call, named, await call.person(call.words.first), handover=True)


async def take_command(call: Call, incident: IncidentId) -> Reply:
    """Become commander by the button of the incident's card."""
    return await _assign(replace(call, incident=incident), Role.COMMANDER, call.actor.person)


async def page(call: Call) -> Reply:
    """Wake a person, or a group in its order."""
    call.needs_words("Whom?")
    whom, reason = call.words.first, call.line(call.words.without_first().text)
    policy = call.core.current.policy
    escalation = whom if whom in policy.escalations else ""
    people: tuple[PersonId, ...] = ()
    if not escalation:
        people = policy.groups.get(whom) or (await call.person(whom),)
    return await call.submit(
        Page(by=call.actor, escalation=escalation, people=people, reason=reason)
    )


async def acknowledge(call: Call) -> Reply:
    """Say that one has it; outside a room the one page that woke whoever asks."""
    call.takes_nothing_more(call.words)
    return await have_it(call, call.incident or await _woken_for(call))


async def have_it(call: Call, incident: IncidentId, only_page: str = "") -> Reply:
    """Acknowledge a page, or every open one of the incident."""
    return await call.submit(Acknowledge(by=call.actor, page=only_page), incident)


async def _assign(call: Call, named: Role, person: PersonId, *, handover: bool = False) -> Reply:
    return await call.submit(
        AssignRole(by=call.actor, role=named, person=person, handover=handover)
    )


def _role(call: Call, words: str) -> Role:
    found = _ROLES.get("-".join(words.casefold().split()))
    if found is None:
        known = ", ".join(known_role.value for known_role in Role)
        raise call.mistake(f"“{words}” is no role: {known}.")
    return found


async def _woken_for(call: Call) -> IncidentId:
    """Return the incident whose page woke the actor and that nobody has yet."""
    call.may_read()
    mine = [
        found
        for found in await call.core.reading.incidents(call.viewer, only_open=False)
        if await _woke(call, found.id)
    ]
    if not mine:
        raise call.mistake("No page of yours waits for an acknowledgement.")
    if len(mine) > 1:
        numbers = ", ".join(found.number for found in mine)
        raise call.mistake(f"Several pages wait for you: {numbers}. Add in=<number>.")
    return mine[0].id


async def _woke(call: Call, incident: IncidentId) -> bool:
    state = await call.core.reading.state(call.viewer, incident)
    pages = state.pages.values() if state else ()
    return any(
        page.open and any(told.person == call.actor.person for told in page.paged) for page in pages
    )
