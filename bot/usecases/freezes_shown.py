"""A freeze is set or lifted: the cards of open incidents are to say so at once."""

import logging

from bot.domain import telling
from bot.domain.events import Status
from bot.errors import OutcomeUnknown, Unavailable
from bot.ports import Clock, Commit, Journal
from bot.records.outbox import OutboxItem
from bot.records.rows import IncidentRow
from bot.records.stored import write_effect
from bot.usecases.delivering.carrier import IncidentDesk
from bot.values import StreamRef

_OPEN = (Status.INVESTIGATING, Status.IDENTIFIED, Status.MONITORING)

_log = logging.getLogger(__name__)


async def show_freezes(journal: Journal, incidents: IncidentDesk, clock: Clock) -> None:
    """Want every card shown anew that tells of freezes.

    The freeze itself holds already, and is looked at before every start. Where this cannot be
    written, a card says so when its incident moves next.
    """
    effects: list[OutboxItem] = []
    try:
        for status in _OPEN:
            for row in await journal.rows(IncidentRow, status=status.value):
                stream = StreamRef(kind="incident", id=row.id)
                shows = telling.of_freezes(await incidents.state(row.id))
                effects += (write_effect(stream, show, clock.now()) for show in shows)
        if effects:
            await journal.commit([Commit(effects=tuple(effects))])
    except (Unavailable, OutcomeUnknown) as fault:
        _log.warning("cards do not tell of the freeze before their incidents move: %s", fault)
