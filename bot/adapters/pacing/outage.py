"""Whether a platform is there at all: after a few silences in a row it is asked sparingly."""

from typing import Final

_SILENCES: Final = 3
"""Calls in a row without an answer after which the platform counts as away."""
_FIRST_PAUSE: Final = 1.0
_LONGEST_PAUSE: Final = 15.0
"""Seconds between two questions to a platform that is away: this late is its return noticed."""
CAUTION: Final = 2.0
"""Seconds after its return in which the most urgent come back, and nobody passes them."""


class Outage:
    """Counts silences; all moments are seconds of one clock that never goes back."""

    def __init__(self) -> None:
        self._silences = 0
        self._pause = _FIRST_PAUSE
        self._asks_at = 0.0
        self._returned_at = -CAUTION

    @property
    def away(self) -> bool:
        """Whether the platform has not answered for several calls."""
        return self._silences >= _SILENCES

    def wait(self, now: float) -> float:
        """Return in how many seconds it may be asked whether it is back."""
        return max(self._asks_at - now, 0.0)

    def recovering(self, now: float) -> bool:
        """Whether it came back just now."""
        return now < self._returned_at + CAUTION

    def asked(self, now: float) -> None:
        """Somebody asks now; the next one after a pause that doubles."""
        self._asks_at = now + self._pause
        self._pause = min(self._pause * 2, _LONGEST_PAUSE)

    def silent(self, now: float) -> None:
        """Note that a call was not answered."""
        self._silences += 1
        if self._silences == _SILENCES:
            self._asks_at = now + self._pause

    def answered(self, now: float) -> None:
        """Note that it is there."""
        if self.away:
            self._returned_at = now
        self._silences = 0
        self._pause = _FIRST_PAUSE
