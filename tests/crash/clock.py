"""The time of a world: that of the machine, set to another hour, or passing faster."""

from dataclasses import dataclass
from datetime import datetime, timedelta

from bot.adapters.clock import SystemClock


@dataclass(frozen=True, slots=True, kw_only=True)
class Time:
    """`pace` seconds pass in each of the machine's; `shift` seconds had passed at `began`.

    `began` is a moment of the machine's clock, in seconds since 1970.
    """

    began: float = 0.0
    pace: float = 1.0
    shift: float = 0.0

    def of(self, machine: datetime) -> datetime:
        """Return what the world's clock shows at a moment of the machine's."""
        since = machine.timestamp() - self.began
        return machine + timedelta(seconds=since * (self.pace - 1) + self.shift)

    def on_machine(self, moment: datetime) -> datetime:
        """Return when the machine's clock showed what the world's shows at `moment`.

        It takes the shift for nothing: the lives before had none.
        """
        since = moment.timestamp() - self.began
        return moment - timedelta(seconds=since * (1 - 1 / self.pace))


class WorldClock(SystemClock):
    """`Clock` of the lives of a world."""

    def __init__(self, time: Time) -> None:
        self._time = time
        self._set = timedelta()

    def set(self, by: float) -> None:
        """Be set by so many seconds from here on, as somebody sets a machine's clock."""
        self._set = timedelta(seconds=by)

    def now(self) -> datetime:
        return self._time.of(super().now()) + self._set

    def monotonic(self) -> float:
        return super().monotonic() * self._time.pace

    async def sleep_until(self, moment: datetime) -> None:
        wait = (moment - self.now()) / self._time.pace
        await super().sleep_until(self.now() + wait)
