"""What slipped past the redactor is taken away afterwards: decided here, told without the text."""

from bot.domain import telling
from bot.domain.decided import Decided, Refusal
from bot.domain.draft import Draft
from bot.domain.effects import Amend, Effect, Place, SetRoom, Target
from bot.domain.events import Envelope, NoteAdded, TextsErased
from bot.domain.intents import EraseTexts
from bot.domain.state import Incident
from bot.values import PersonId


def erase(draft: Draft, intent: EraseTexts) -> Decided | Refusal:
    """Record what was erased and why, and let every place that showed it show what is left.

    The incident is folded from what is left already: this only says so, and where to look.
    """
    incident = draft.incident
    if not intent.why.text.strip():
        return Refusal(reason="An erasure needs a reason.")
    if not intent.erased:
        return Refusal(reason="There is nothing to erase.")
    if incident.live_runs:
        # A run decides by what its commands said; it must not decide by half of it.
        return Refusal(reason="A run is under way: /runbook abort it, or wait until it ends.")
    draft.happen(TextsErased(why=intent.why, erased=intent.erased))
    draft.do(*_again(draft, intent.left))
    draft.answer = f"Erased from {len(intent.erased)} events of {incident.number}."
    return draft.decided()


def _again(draft: Draft, left: tuple[Envelope, ...]) -> tuple[Effect, ...]:
    """Return what must be shown anew: each message about an erased event, each card, each room."""
    incident = draft.incident
    messages = [
        Amend(target=target, seq=envelope.seq)
        for envelope in left
        for target in _told(draft, envelope)
    ]
    cards = ["incident", *(f"run:{run}" for run in incident.runs), *incident.cards]
    shows = [
        Amend(card=card, target=Target(platform=platform, place=Place.ROOM))
        for card in cards
        for platform in incident.rooms
    ]
    rooms = [SetRoom(platform=platform) for platform in incident.platforms]
    return (*messages, *shows, *_direct(incident), *rooms)


def _told(draft: Draft, envelope: Envelope) -> tuple[Target, ...]:
    """Return every conversation that has heard of an event, also where its words were typed."""
    event = envelope.event
    posts = telling.posts(draft.policy, draft.incident, envelope.seq, event)
    targets = tuple(post.target for post in posts)
    if isinstance(event, NoteAdded) and event.where:
        return (*targets, Target(platform=event.where, place=Place.ROOM))
    return targets


def _direct(incident: Incident) -> tuple[Amend, ...]:
    """Return the copies of cards and pages that people have in their direct messages."""
    copies: list[tuple[str, PersonId]] = [
        (card, person) for card, asked in incident.cards.items() for person in asked.card.copies
    ]
    copies += [
        (f"page:{page}", one.person) for page, told in incident.pages.items() for one in told.paged
    ]
    return tuple(
        Amend(
            target=Target(platform=platform, place=Place.DIRECT, name=person),
            card=card,
        )
        for card, person in copies
        for platform in incident.platforms
    )
