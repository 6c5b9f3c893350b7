"""Promises that follow from the streams alone: whoever has lived through trouble is held to them.

Each takes the events of whole streams, those of one stream in their order, and yields one sentence
per broken promise; none is the only good answer.
"""

from collections import Counter
from collections.abc import Iterable, Iterator
from datetime import datetime

from bot.domain import events as ev
from bot.domain.events import Envelope, OutcomeKind
from bot.values import CardId, RunId


def cards_end_once(events: Iterable[Envelope]) -> Iterator[str]:
    """No card is decided, expires or is withdrawn after it was decided, expired or withdrawn."""
    ends: Counter[CardId] = Counter()
    for envelope in events:
        match envelope.event:
            case (
                ev.CardDecided(card=card) | ev.CardExpired(card=card) | ev.CardWithdrawn(card=card)
            ):
                ends[card] += 1
            case _:
                pass
    for card, times in ends.items():
        if times > 1:
            yield f"card {card} ended {times} times"


def no_card_is_decided_late(events: Iterable[Envelope]) -> Iterator[str]:
    """No card is decided by a yes that came after it had run out."""
    expires: dict[CardId, datetime] = {}
    for envelope in events:
        match envelope.event:
            case ev.CardAsked(card=card, expires_at=expires_at):
                expires[card] = expires_at
            case ev.CardDecided(card=card, outcome=OutcomeKind.ACT):
                if envelope.at > expires[card]:
                    yield f"card {card} was decided {envelope.at - expires[card]} after its end"
            case _:
                pass


def runs_end(events: Iterable[Envelope]) -> Iterator[str]:
    """Every run has ended, and one that was reopened has ended again."""
    live: dict[RunId, bool] = {}
    for envelope in events:
        match envelope.event:
            case ev.RunStarted(run=run) | ev.RunReopened(run=run):
                live[run] = True
            case ev.RunEnded(run=run):
                live[run] = False
            case _:
                pass
    for run, lives in live.items():
        if lives:
            yield f"run {run} never ended"


def rooms_open_once(events: Iterable[Envelope]) -> Iterator[str]:
    """No incident has two rooms on one platform."""
    opened = Counter(
        (envelope.stream.id, envelope.event.room.platform)
        for envelope in events
        if isinstance(envelope.event, ev.RoomOpened)
    )
    for (incident, platform), times in opened.items():
        if times > 1:
            yield f"{incident} has {times} rooms on {platform}"
