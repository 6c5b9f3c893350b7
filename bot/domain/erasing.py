"""What slipped past the redactor is taken away afterwards: decided here, told without the text."""

from collections.abc import Collection

from bot.domain import run, telling
from bot.domain.decided import Decided, Decision, Refusal
from bot.domain.draft import Draft
from bot.domain.effects import Amend, Effect, Place, SetRoom, Target
from bot.domain.events import AlertsTold, Envelope, EpochRaised, NoteAdded, TextsErased
from bot.domain.intents import EraseTexts
from bot.domain.policy import Policy
from bot.domain.run import Run
from bot.domain.state import Incident
from bot.values import PersonId, RunId


def erase(draft: Draft, intent: EraseTexts) -> Decided | Refusal:
    """Record what was erased and why, and let every place that showed it show what is left.

    The incident is folded from what is left already: this only says so, and where to look.
    """
    incident = draft.incident
    why_not = _senseless(intent)
    if why_not:
        return Refusal(reason=why_not)
    draft.happen(TextsErased(why=intent.why, erased=intent.erased))
    draft.do(*_again(draft, intent.left))
    draft.answer = f"Erased from {_counted(intent)} of {incident.number}.{_later(incident)}"
    return draft.decided()


def in_the_way(
    policy: Policy, before: Incident, after: Incident, commanded: Collection[RunId]
) -> str:
    """Say which live run would not go on as it does without the texts, "" = none.

    `after` is the incident folded from what would be left; a command of the runs in `commanded`
    would lose some. A run must not decide by half of what its commands said.
    """
    for current in before.live_runs:
        left = after.runs[current.started.run]
        why = run.why_it_matters(
            (current, before.cards), (left, after.cards), policy, drill=before.drill
        )
        if not why and current.started.run in commanded:
            why = "one of its commands holds it"
        if why:
            return f"{_named(current)} is under way, and {why}. {_WAYS_OUT}"
    return ""


def erase_outside(policy: Policy, intent: EraseTexts) -> Decision:
    """Record what was erased from what belongs to no incident, and why; channels show what is left.

    The installation is folded from what is left already.
    """
    why_not = _senseless(intent)
    if why_not:
        return Refusal(reason=why_not)
    announced = [e.seq for e in intent.left if isinstance(e.event, AlertsTold | EpochRaised)]
    channel = policy.announcement_channel
    return Decided(
        events=(TextsErased(why=intent.why, erased=intent.erased),),
        effects=tuple(
            Amend(seq=seq, target=Target(platform=platform, place=Place.CHANNEL, name=channel))
            for seq in announced
            for platform in policy.platforms
        ),
        answer=f"Erased from {_counted(intent)} outside the incidents.",
    )


def _senseless(intent: EraseTexts) -> str:
    if not intent.why.text.strip():
        return "An erasure needs a reason."
    return "" if intent.erased or intent.beside else "There is nothing to erase."


def _counted(intent: EraseTexts) -> str:
    if intent.erased:
        return f"{len(intent.erased)} events"
    return f"{intent.beside} texts beside the events"


_WAYS_OUT = "Wait until it ends, or type /runbook abort in its room; then erase."


def _later(incident: Incident) -> str:
    """Say of which runs more may come."""
    runs = ", ".join(_named(current) for current in incident.live_runs)
    if not runs:
        return ""
    return (
        f" Under way: {runs}. What its commands say from now on was not looked through: "
        "erase again when it has ended, or with --stay."
    )


def _named(current: Run) -> str:
    return f"{current.started.runbook} ({current.started.run}, {current.state})"


def _again(draft: Draft, left: tuple[Envelope, ...]) -> tuple[Effect, ...]:
    """Return what must be shown anew: each message about an erased event, each card, each room."""
    incident = draft.incident
    messages = [
        Amend(target=target, seq=envelope.seq)
        for envelope in left
        for target in _told(draft, envelope)
    ]
    cards = ["incident", *(f"run:{ident}" for ident in incident.runs), *incident.cards]
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
