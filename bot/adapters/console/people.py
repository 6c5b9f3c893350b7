"""The console as a source of standings: a seat is active until it is revoked."""

from collections.abc import Awaitable, Callable

from bot.adapters.console.platform import PLATFORM
from bot.ports import Clock, StandingAnswer, StandingKind

SeatStands = Callable[[str], Awaitable[bool]]
"""Whether a seat of this name exists and is not revoked."""


class ConsolePeople:
    """`People` for console seats; knows nothing of other platforms."""

    def __init__(self, *, clock: Clock, stands: SeatStands) -> None:
        self._clock = clock
        self._stands = stands

    async def standing(self, platform: str, account: str) -> StandingAnswer:
        """Look the seat up, freshly."""
        now = self._clock.now()
        if platform != PLATFORM:
            return StandingAnswer(kind=StandingKind.UNKNOWN, checked_at=now)
        stands = await self._stands(account)
        kind = StandingKind.ACTIVE if stands else StandingKind.DEACTIVATED
        return StandingAnswer(kind=kind, checked_at=now)
