"""What the card of an incident shows of it: where none of it moved, the card stays as it is."""

from dataclasses import fields
from operator import attrgetter
from typing import Final

from bot.domain.events import Event, TextsErased
from bot.domain.run import Run
from bot.domain.state import Incident

_BESIDE: Final = frozenset(
    {"seq", "last_at", "notices", "failures", "unreached", "broken_glass", "members"}
)
"""What the card does not show, but for the members of a private incident."""

_IN_PART: Final = frozenset({"cards", "runs"})

_WHOLE: Final = attrgetter(
    *(field.name for field in fields(Incident) if field.name not in _BESIDE | _IN_PART)
)


def moved(incident: Incident, before: Incident, events: tuple[Event, ...]) -> bool:
    """Whether the card of the incident must be shown anew after these events.

    An erasure moves nothing here: before and after it, the incident is folded from what is left.
    """
    erased = any(isinstance(event, TextsErased) for event in events)
    return erased or (bool(events) and _glance(incident) != _glance(before))


def _glance(incident: Incident) -> tuple[object, ...]:
    return (
        _WHOLE(incident),
        incident.members if incident.private else None,
        tuple(asked.card for asked in incident.open_cards),
        tuple(_of_run(run) for run in incident.runs.values()),
    )


def _of_run(run: Run) -> tuple[object, ...]:
    doing = run.doing
    step = None if doing is None else (doing.started, bool(doing.doubt))
    return (run.started, run.state, run.ended, run.holder, run.targets, step)
