"""A clock that goes as the machine's does, so many minutes ahead of it."""

from datetime import datetime, timedelta

from bot.adapters.clock import SystemClock


class ShiftedClock(SystemClock):
    """`Clock` of this machine, moved ahead by `ahead`; the monotonic clock is not moved."""

    def __init__(self) -> None:
        self.ahead = timedelta()

    def now(self) -> datetime:
        return super().now() + self.ahead
