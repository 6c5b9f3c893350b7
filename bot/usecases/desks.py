"""The desks of one process: one for each kind of stream, over one journal."""

import asyncio
from dataclasses import dataclass
from typing import TypeVar

from bot.domain.intents import Intent
from bot.ports import Clock, Ids, Journal
from bot.usecases.archive import Archive
from bot.usecases.current import Current
from bot.usecases.deciding import Noun
from bot.usecases.delivering.carrier import IncidentDesk, SystemDesk
from bot.usecases.desk import Desk, Numbers
from bot.usecases.links import Linking, LinkNoun
from bot.usecases.nouns import IncidentNoun, SystemNoun
from bot.usecases.numbers import DayNumbers
from bot.usecases.seats import SeatNoun, Seats

S = TypeVar("S")
I = TypeVar("I", bound=Intent)  # noqa: E741 - I for intent, beside S for state


@dataclass(frozen=True, slots=True, kw_only=True)
class Desks:
    """Who decides on what."""

    incidents: IncidentDesk
    system: SystemDesk
    seats: Seats
    links: Linking


def desks_over(
    *,
    journal: Journal,
    clock: Clock,
    ids: Ids,
    current: Current,
    archive: Archive,
    tasks: asyncio.TaskGroup,
) -> Desks:
    """Open the desks; `tasks` waits for what they still decide."""

    def desk(noun: Noun[S, I], numbers: Numbers | None = None) -> Desk[S, I]:
        return Desk(
            noun=noun,
            journal=journal,
            clock=clock,
            ids=ids,
            policy=lambda: current.policy,
            archive=archive,
            tasks=tasks,
            numbers=numbers,
        )

    return Desks(
        incidents=desk(IncidentNoun(), DayNumbers(journal)),
        system=desk(SystemNoun()),
        seats=Seats(desk=desk(SeatNoun()), journal=journal, clock=clock, ids=ids),
        links=Linking(desk=desk(LinkNoun()), journal=journal, clock=clock, ids=ids),
    )
