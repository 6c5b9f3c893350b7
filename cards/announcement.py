"""What the announcement channel and the audiences hear of an incident."""

from dataclasses import replace
from typing import assert_never

from bot.domain.events import (
    AutonomyUsed,
    DeliveryFailed,
    Envelope,
    GlassBroken,
    IncidentDeclared,
    IncidentReopened,
    IncidentResolved,
    NoticeSent,
    PageExhausted,
    ReviewReminded,
    SeverityChanged,
    UpdatePosted,
    UpdateReminded,
)
from bot.domain.state import Incident
from cards.context import Context, text_lines
from cards.incident_card import tone_of
from cards.incident_facts import facts_of, name_of
from cards.model import At, Card, Code, Line, Tone
from cards.page_message import exhausted
from cards.telling import named, told
from cards.texts import Facts, TextName, moment_of
from cards.undelivered import platform_of


def announcement_for(  # noqa: PLR0911 - one arm per event
    envelope: Envelope, incident: Incident, context: Context
) -> Card | None:
    """Return what the channel is told, None where it need not know."""
    match envelope.event:
        case IncidentDeclared():
            return from_text(TextName.DECLARATION, envelope, incident, context)
        case UpdatePosted() | IncidentResolved():
            return from_text(TEXTS[type(envelope.event)], envelope, incident, context)
        case SeverityChanged(severity=severity, previous=previous):
            line: Line = (f": {previous.value} → {severity.value}",)
            return told(incident, tone_of(incident), (*named(incident), *line))
        case IncidentReopened(reason=reason):
            return told(incident, Tone.WARNING, (*named(incident), " is open again: ", reason))
        case PageExhausted(page=page):
            return exhausted(incident, context, page, in_channel=True)
        case GlassBroken() | ReviewReminded():
            return broken_glass(envelope.event, incident, context, in_channel=True)
        case AutonomyUsed(run=run, because=because):
            name = incident.runs[run].started.runbook if run in incident.runs else "a runbook"
            line = (": ", Code(name), " changes something without a yes: ", because)
            return told(incident, Tone.WARNING, (*named(incident), *line))
        case DeliveryFailed(where=where, why=why):
            inside = f" in {platform_of(where)}" if platform_of(where) else ""
            line = (f" has a room{inside} that takes no messages: ", why)
            return told(incident, Tone.DANGER, (*named(incident), *line))
        case UpdateReminded(due=due):
            line = (" is without an update since ", At(due), ". Commander: ")
            who = context.people([incident.commander] if incident.commander else [])
            return told(incident, Tone.WARNING, (*named(incident), *line, *who))
        case _:
            return None


def broken_glass(
    event: GlassBroken | ReviewReminded,
    incident: Incident,
    context: Context,
    *,
    in_channel: bool = False,
) -> Card:
    """Say who approved alone and why, or that nobody has reviewed it yet."""
    which: Line = (*named(incident), ": ") if in_channel else ()
    asked = incident.cards.get(event.card)
    card: Line = (f"card {asked.card.number} (", asked.card.title, ")") if asked else ("a card",)
    match event:
        case GlassBroken(person=person, reason=reason, action=action, review_at=due):
            line: Line = (*which, "BREAK-GLASS: ", context.person(person), " approved ", *card)
            lines: tuple[Line, ...] = (
                ("alone, because: ", reason),
                (f"Action {action}: review it by ", At(due)),
            )
            return told(incident, Tone.DANGER, line, lines)
        case ReviewReminded(action=action):
            line = (*which, "the break-glass approval of ", *card, " is not reviewed yet.")
            done: Line = ("Review it, then: ", Code(f"/incident done {action}"))
            return told(incident, Tone.WARNING, line, (done,))
        case _:
            assert_never(event)


TEXTS: dict[type[UpdatePosted | IncidentResolved], TextName] = {
    UpdatePosted: TextName.UPDATE,
    IncidentResolved: TextName.RESOLUTION,
}
"""Events that room and channel are told in the same words."""


def notice(event: NoticeSent, incident: Incident) -> Card:
    """Return the notice itself: the words that were confirmed, and not one more."""
    first, *rest = text_lines(event.text) or ((event.text,),)
    card = told(incident, Tone.NEUTRAL, first, tuple(rest))
    return replace(card, drill=incident.drill and not event.text.text.startswith("DRILL"))


def from_text(name: TextName, envelope: Envelope, incident: Incident, context: Context) -> Card:
    """Return a message in the words of the team's template, as of the event's own time."""
    text = context.texts.render(name, _facts(envelope, incident, context))
    first, *rest = text_lines(text) or ((incident.title,),)
    return told(incident, tone_of(incident), first, tuple(rest))


def _facts(envelope: Envelope, incident: Incident, context: Context) -> Facts:
    at = replace(context, now=envelope.at)
    facts = facts_of(incident, at, author=name_of(envelope.actor, context))
    facts = replace(facts, drill=False)  # the card around the text is marked
    match envelope.event:
        case UpdatePosted(text=text, next_at=next_at):
            return replace(facts, text=text.text, next_update=moment_of(next_at))
        case IncidentResolved(summary=summary):
            return replace(facts, text=summary.text)
        case IncidentDeclared(title=title, severity=severity, service=service):
            named = service or facts.service
            return replace(facts, title=title.text, severity=severity.value, service=named)
        case _:
            return facts
