"""How often each method may be called: Slack's tiers, as buckets that fill with time.

https://docs.slack.dev/apis/web-api/rate-limits; tiers of methods from their reference pages.
"""

from collections.abc import Callable
from math import ceil

_PER_MINUTE = {1: 1, 2: 20, 3: 50, 4: 100}
_SHORT_BURST = 30
"""Messages that one channel takes at once, beyond one per second."""
_FIRST = 6
"""Calls of a tier 1 method that Slack lets through at once."""

TIERS = {
    "apps.connections.open": 1,
    "bookmarks.add": 2,
    "bookmarks.edit": 2,
    "bookmarks.list": 3,
    "chat.postEphemeral": 4,
    "chat.update": 3,
    "conversations.archive": 2,
    "conversations.create": 2,
    "conversations.history": 3,
    "conversations.info": 3,
    "conversations.invite": 3,
    "conversations.open": 3,
    "conversations.rename": 2,
    "conversations.replies": 3,
    "conversations.setPurpose": 2,
    "conversations.setTopic": 2,
    "conversations.unarchive": 2,
    "files.completeUploadExternal": 4,
    "files.delete": 3,
    "files.getUploadURLExternal": 4,
    "pins.add": 2,
    "usergroups.users.list": 2,
    "users.conversations": 3,
    "users.info": 4,
    "users.lookupByEmail": 3,
    "views.open": 4,
    "views.publish": 4,
}


class Rates:
    """Counts calls; a call that comes too early waits for the seconds that it is told."""

    def __init__(self, now: Callable[[], float]) -> None:
        self._now = now
        self._left: dict[tuple[str, str], tuple[float, float]] = {}
        self.enforced = True

    def wait(self, method: str, channel: str = "") -> int:
        """Return the seconds of Retry-After, 0 where the call may go through."""
        if not self.enforced:
            return 0
        if method == "chat.postMessage":
            return self._take((method, channel), 1.0, _SHORT_BURST)
        per_minute = _PER_MINUTE[TIERS[method]] if method in TIERS else 0
        if not per_minute:
            return 0
        return self._take((method, ""), per_minute / 60, max(per_minute, _FIRST))

    def _take(self, bucket: tuple[str, str], per_second: float, most: int) -> int:
        now = self._now()
        left, at = self._left.get(bucket, (float(most), now))
        left = min(float(most), left + (now - at) * per_second)
        if left < 1:
            self._left[bucket] = (left, now)
            return max(1, ceil((1 - left) / per_second))
        self._left[bucket] = (left - 1, now)
        return 0
