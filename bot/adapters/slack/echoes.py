"""Whether Slack is heard at all: what the bot posts into a channel comes back as an event."""

from collections import OrderedDict
from typing import Final

from bot.ports import Clock

_LATE: Final = 60.0
"""Seconds: events arrive within a few; three minutes of Slack's own retries are not waited for."""
_REMEMBERED: Final = 1000


class Echoes:
    """Expects the event of each message that was posted.

    It trusts its own silence only after the first echo: an app whose manifest is older asks Slack
    for no message events, and hears none without being deaf.
    """

    def __init__(self, clock: Clock) -> None:
        self._clock = clock
        self._expected: OrderedDict[tuple[str, str], float] = OrderedDict()
        self._early: OrderedDict[tuple[str, str], None] = OrderedDict()
        self._echoing = False

    def expect(self, channel: str, ts: str) -> None:
        """Remember a message that was posted just now; its echo may have come before.

        Direct conversations have none: the manifest does not ask for what people write there.
        """
        if channel.startswith("D"):
            return
        if (channel, ts) in self._early:
            del self._early[channel, ts]
            return
        self._expected[channel, ts] = self._clock.monotonic()
        while len(self._expected) > _REMEMBERED:
            self._expected.popitem(last=False)

    def heard(self, channel: str, ts: str) -> None:
        """Take the event of a message; what was posted before it is not waited for any more."""
        if not channel:
            return
        self._echoing = True
        if (channel, ts) not in self._expected:
            self._early[channel, ts] = None
            while len(self._early) > _REMEMBERED:
                self._early.popitem(last=False)
            return
        posted = self._expected.pop((channel, ts))
        for place in [p for p, at in self._expected.items() if at <= posted]:
            del self._expected[place]

    def silent_for(self, since: float = 0.0) -> float:
        """Return how many seconds the oldest echo has been missing, 0.0 where none is late.

        `since` (on the monotonic clock): what was posted before it is not counted.
        """
        if not self._echoing:
            return 0.0
        posted = next((at for at in self._expected.values() if at >= since), None)
        waited = 0.0 if posted is None else self._clock.monotonic() - posted
        return waited if waited >= _LATE else 0.0
