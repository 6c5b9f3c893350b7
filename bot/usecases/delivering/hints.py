"""What is only a nudge: timers that are due, alert groups with news, drills to set off."""

from typing import Protocol

from bot.domain.actor import FIREWARDEN
from bot.domain.effects import Attach, Effect, StartDrill, Timer, WakeWaiting
from bot.domain.intents import TimerDue, TryReserve
from bot.ports import Claim, Journal
from bot.records.rows import WaitingRow
from bot.usecases.attaching import Attaching
from bot.usecases.deciding import Extra
from bot.usecases.delivering.carrier import IncidentDesk, Settler, done, incident_of
from bot.values import RunId


class Timers:
    """Carries `Timer`: `decide` sees whether it still means anything."""

    def __init__(self, *, desk: IncidentDesk) -> None:
        self._desk = desk

    async def carry(self, claim: Claim, effect: Effect) -> None:
        """See `Carrier`."""
        if not isinstance(effect, Timer):
            msg = f"{type(effect).__name__} is not a timer"
            raise TypeError(msg)
        intent = TimerDue(by=FIREWARDEN, name=effect.name, due=effect.due)
        await self._desk.submit(incident_of(claim), intent, Extra(settlement=done(claim)))


class Wakes:
    """Carries `WakeWaiting`: whoever waits longest tries first."""

    def __init__(self, *, desk: IncidentDesk, journal: Journal, settler: Settler) -> None:
        self._desk = desk
        self._journal = journal
        self._settler = settler

    async def carry(self, claim: Claim, effect: Effect) -> None:
        """See `Carrier`."""
        if not isinstance(effect, WakeWaiting):
            msg = f"{type(effect).__name__} is not a wake-up"
            raise TypeError(msg)
        rows = [
            row
            for target in effect.targets
            for row in await self._journal.rows(WaitingRow, target=target)
        ]
        waiting = {row.run: row.incident for row in sorted(rows, key=lambda row: row.since)}
        for run, incident in waiting.items():
            await self._desk.submit(incident, TryReserve(by=FIREWARDEN, run=RunId(run)))
        await self._settler.done(claim)


class Attaches:
    """Carries `Attach`."""

    def __init__(self, *, attaching: Attaching) -> None:
        self._attaching = attaching

    async def carry(self, claim: Claim, effect: Effect) -> None:
        """See `Carrier`."""
        if not isinstance(effect, Attach):
            msg = f"{type(effect).__name__} is not an attach"
            raise TypeError(msg)
        await self._attaching.attach(effect.group, done(claim))


class DrillGround(Protocol):
    """Where drills happen: makes the symptom, and sends the alert as a monitor would."""

    async def begin(self, scenario: str, drill: str) -> None:
        """Fill the disk and post the alert to our own alert endpoint; safe to repeat."""
        ...


class Drills:
    """Carries `StartDrill`."""

    def __init__(self, *, ground: DrillGround, settler: Settler) -> None:
        self._ground = ground
        self._settler = settler

    async def carry(self, claim: Claim, effect: Effect) -> None:
        """See `Carrier`."""
        if not isinstance(effect, StartDrill):
            msg = f"{type(effect).__name__} is not a drill"
            raise TypeError(msg)
        await self._ground.begin(effect.scenario, effect.drill)
        await self._settler.done(claim)
