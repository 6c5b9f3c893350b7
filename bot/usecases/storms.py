"""Alert storms: too many new groups on one route share one group, and so one incident and room."""

from collections import deque
from collections.abc import Iterable
from datetime import datetime, timedelta

WITHIN = timedelta(minutes=1)
"""The time in which new groups of one route are counted."""

_PREFIX = "storm/"


class Storms:
    """Counts, route by route, alerts of groups that have no incident yet.

    It is a sieve and no truth: forgotten with the process, it lets a few more groups through.
    That a storm has one incident only is kept by the unique row of its group.
    """

    def __init__(self) -> None:
        self._known: frozenset[str] = frozenset()
        self._own: dict[str, datetime] = {}
        self._unmet: dict[str, deque[datetime]] = {}

    def know(self, groups: Iterable[str], now: datetime) -> None:
        """Take these for the groups that have an incident; what was let in just now stays so."""
        self._known = frozenset(groups)
        self._own = {group: at for group, at in self._own.items() if now - at < WITHIN}

    def group_of(self, route: str, group: str, *, most: int, now: datetime) -> str:
        """Return `group` itself, or its route's storm where `most` others came within a minute."""
        if group in self._own or group in self._known:
            return group
        unmet = self._unmet.get(route)
        if unmet is None or unmet.maxlen != most:
            unmet = self._unmet[route] = deque(unmet or (), maxlen=most)
        storming = len(unmet) == most and now - unmet[0] < WITHIN
        # Those that were folded in count too, so that a storm lasts until it calms down.
        unmet.append(now)
        if storming:
            return f"{_PREFIX}{route}"
        self._own[group] = now
        return group


def is_storm(group: str) -> bool:
    """Whether a group is the storm of its route: other groups hold label values with `=`."""
    return group.startswith(_PREFIX) and "=" not in group
