"""What the room is told while somebody is being woken."""

from typing import assert_never

from bot.domain.events import (
    PageAcknowledged,
    PageExhausted,
    PageStarted,
    PageUndeliverable,
    PersonPaged,
)
from bot.domain.state import Incident
from cards.context import Context
from cards.model import At, Card, Code, Line, Tone
from cards.plaintext import duration_words
from cards.telling import named, told


def page_message(
    event: PageStarted | PersonPaged | PageUndeliverable | PageAcknowledged | PageExhausted,
    incident: Incident,
    context: Context,
) -> Card:
    """Return who is told, who could not be, who has it, and who is next."""
    match event:
        case PageStarted(reason=reason, order=order, every=every):
            people = context.people(order)
            line: Line = ("Paging ", *people, f", {duration_words(every)} apart: ", reason)
            return told(incident, Tone.WARNING, line)
        case PersonPaged(person=person, level=level, next_at=next_at):
            after: Line = (". No answer by ", At(next_at), ": the next one.") if next_at else ()
            line = (f"Page {level}: ", context.person(person), " is told now", *after)
            return told(incident, Tone.WAITING, line)
        case PageUndeliverable(person=person, pager=pager, why=why):
            line = (context.person(person), f" cannot be reached by {pager}: ", why)
            return told(incident, Tone.WARNING, line)
        case PageAcknowledged(person=person):
            return told(incident, Tone.GOOD, (context.person(person), " has it."))
        case PageExhausted(page=page):
            return exhausted(incident, context, page, in_channel=False)
        case _:
            assert_never(event)


def exhausted(incident: Incident, context: Context, page: str, *, in_channel: bool) -> Card:
    """Say that nobody answered; a channel is told which incident it is about."""
    state = incident.pages.get(page)
    order = state.started.order if state else ()
    who = context.people(dict.fromkeys(order))
    name: Line = (*named(incident), ": ") if in_channel else ()
    line: Line = (*name, "NOBODY HAS ACKNOWLEDGED the page. Told: ", *who, ". Somebody: ")
    return told(incident, Tone.DANGER, (*line, Code("/incident ack")))
