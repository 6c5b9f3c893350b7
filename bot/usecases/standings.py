"""Who an account is, asked of the platform that it belongs to."""

from collections.abc import Mapping

from bot.ports import Clock, People, StandingAnswer, StandingKind


class Standings:
    """`People` of several platforms; an account of any other is unknown."""

    def __init__(self, platforms: Mapping[str, People], *, clock: Clock) -> None:
        self._platforms = platforms
        self._clock = clock

    async def standing(self, platform: str, account: str) -> StandingAnswer:
        """See `People.standing`."""
        people = self._platforms.get(platform)
        if people is None:
            return StandingAnswer(kind=StandingKind.UNKNOWN, checked_at=self._clock.now())
        return await people.standing(platform, account)
