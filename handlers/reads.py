"""Verbs that only look: status, list, timeline. What is forbidden looks absent."""

from bot.requests import Reply
from cards.status import Said, list_card, timeline_card
from handlers.call import NO_INCIDENT, Call, answered
from handlers.incident import set_status

_SHOWN = 50
"""Incidents in one reply, the worst and newest ones."""


async def status(call: Call) -> Reply:
    """Show the incident that is meant, else all open ones; with a status word, set it."""
    if call.words.words:
        return await set_status(call)
    if call.incident == NO_INCIDENT:
        return await _list(call, only_open=True, text="")
    incident = await call.state()
    card = await call.core.rendering.card(incident, "incident")
    return answered(f"{incident.number} is {incident.status}.", card)


async def listed(call: Call) -> Reply:
    """List incidents; words search titles and timelines."""
    first = call.words.first.casefold()
    words = call.words.without_first() if first in {"open", "all"} else call.words
    return await _list(call, only_open=first != "all", text=words.line)


async def timeline(call: Call) -> Reply:
    """Show what happened."""
    call.takes_nothing_more(call.words)
    incident = await call.state()
    entries = await call.core.reading.timeline(call.viewer, incident.id) or ()
    lines = [Said(at=e.at, actor=e.actor, text=e.text) for e in entries]
    card = timeline_card(incident.number, incident.title.text, lines)
    return answered(f"The timeline of {incident.number}.", card)


async def _list(call: Call, *, only_open: bool, text: str) -> Reply:
    call.may_read()
    found = await call.core.reading.incidents(call.viewer, only_open=only_open, text=text)
    context = await call.core.rendering.context()
    card = list_card([one.listed() for one in found[:_SHOWN]], context, only_open=only_open)
    what = "open incident" if only_open else "incident"
    cut = f"; the first {_SHOWN} are shown, name words to find others" * (len(found) > _SHOWN)
    return answered(f"{len(found) or 'No'} {what}{'s' * (len(found) != 1)}{cut}.", card)
