"""Alert rows in memory: a body taken, a group's news, and which incident they belong to."""

import json
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from typing import TypeAlias

from bot.adapters.journal.alerttext import saying, text_of
from bot.adapters.journal.limits import FIRST_NEWS, QUARANTINE_KEPT
from bot.domain.alerts import Alert, AlertStatus
from bot.ports import (
    AlertNews,
    AlertsTaken,
    Keeping,
    KeptText,
    Quarantined,
    RoutedAlert,
    StoredAlert,
)

_Identity: TypeAlias = tuple[str, str, datetime]


@dataclass(frozen=True, slots=True, kw_only=True)
class _Kept:
    stored: StoredAlert
    rank: int
    unread: bool


class Alerts:
    """Every alert by its identity.

    `group_is_resolved` and `incident_is_resolved` ask the alert_groups read model.
    """

    def __init__(
        self,
        position: Callable[[], int],
        group_is_resolved: Callable[[str], bool],
        incident_is_resolved: Callable[[str], bool],
    ) -> None:
        self._by_identity: dict[_Identity, _Kept] = {}
        self._quarantine: list[Quarantined] = []
        self._position = position
        self._group_is_resolved = group_is_resolved
        self._incident_is_resolved = incident_is_resolved

    def take(
        self, alerts: Sequence[RoutedAlert], quarantined: Sequence[Quarantined], now: datetime
    ) -> None:
        """Store one body."""
        for routed in alerts:
            identity = _identity(routed.alert)
            self._by_identity[identity] = self._taken(
                self._by_identity.get(identity), routed, self._position(), now
            )
        self._quarantine.extend(quarantined)

    def give(self, taken: AlertsTaken) -> None:
        """Give the unread alerts of a group up to the mark to an incident."""
        for identity, kept in self._by_identity.items():
            stored = kept.stored
            if kept.unread and stored.group == taken.group and stored.position <= taken.mark:
                self._by_identity[identity] = replace(
                    kept, stored=replace(stored, incident=taken.incident), unread=False
                )

    def news(self, group: str) -> AlertNews:
        """Return what is unread in a group."""
        news = [k for k in self._by_identity.values() if k.unread and k.stored.group == group]
        unread = sorted((kept.stored for kept in news), key=lambda stored: stored.position)
        firing = [stored for stored in unread if stored.alert.status is AlertStatus.FIRING]
        ranks = [k.rank for k in news if k.stored.alert.status is AlertStatus.FIRING]
        return AlertNews(
            firing=len(firing),
            resolved=len(unread) - len(firing),
            first=tuple(unread[:FIRST_NEWS]),
            mark=unread[-1].position if unread else 0,
            reopening=any(self._incident_is_resolved(stored.incident) for stored in firing),
            worst=min(ranks, default=0),
        )

    def of(self, incident: str, limit: int) -> Sequence[StoredAlert]:
        """Return an incident's alerts, the one with the latest news first."""
        mine = [
            kept.stored
            for kept in self._by_identity.values()
            if incident and kept.stored.incident == incident
        ]
        return sorted(mine, key=lambda stored: -stored.position)[:limit]

    def quarantined(self, limit: int) -> Sequence[Quarantined]:
        """Return what was malformed, newest first."""
        return self._quarantine[::-1][:limit]

    def texts(self, incident: str) -> Iterator[KeptText]:
        """Return what an incident's alerts say, and every malformed one."""
        for source, fingerprint, starts_at in sorted(self._by_identity):
            stored = self._by_identity[source, fingerprint, starts_at].stored
            if stored.incident == incident:
                text = json.dumps(text_of(stored.alert)).encode()
                key = (source, fingerprint, starts_at.isoformat())
                yield KeptText(keeping=Keeping.ALERT, key=key, text=text)
        for index, item in enumerate(self._quarantine):
            yield KeptText(keeping=Keeping.QUARANTINE, key=(str(index),), text=item.raw)

    def say(self, key: tuple[str, ...], text: bytes) -> None:
        """Let an alert say something else."""
        source, fingerprint, starts_at = key
        identity = source, fingerprint, datetime.fromisoformat(starts_at)
        kept = self._by_identity[identity]
        stored = replace(kept.stored, alert=saying(kept.stored.alert, text))
        self._by_identity[identity] = replace(kept, stored=stored)

    def keep_raw(self, key: tuple[str, ...], raw: bytes) -> None:
        """Replace a malformed alert."""
        (index,) = key
        self._quarantine[int(index)] = replace(self._quarantine[int(index)], raw=raw)

    def prune(self, oldest: datetime, open_incidents: frozenset[str]) -> None:
        """Forget alerts that were read and last seen before `oldest`, and old malformed ones."""
        self._by_identity = {
            identity: kept
            for identity, kept in self._by_identity.items()
            if kept.unread
            or kept.stored.last_seen > oldest
            or kept.stored.incident in open_incidents
        }
        del self._quarantine[:-QUARANTINE_KEPT]

    def _taken(self, old: _Kept | None, routed: RoutedAlert, position: int, now: datetime) -> _Kept:
        fresh = StoredAlert(
            alert=routed.alert,
            group=routed.group,
            route=routed.route,
            count=1,
            last_seen=now,
            position=position,
            incident="",
        )
        if old is None:
            return _Kept(stored=fresh, rank=routed.rank, unread=True)
        count = old.stored.count + 1
        if not self._is_news(old.stored, routed):
            return replace(old, stored=replace(old.stored, count=count, last_seen=now))
        again = replace(fresh, count=count, incident=old.stored.incident)
        return _Kept(stored=again, rank=routed.rank, unread=True)

    def _is_news(self, old: StoredAlert, routed: RoutedAlert) -> bool:
        status = routed.alert.status
        if status is not old.alert.status:
            return True
        groups = {routed.group, old.group}
        return status is AlertStatus.FIRING and any(map(self._group_is_resolved, groups))


def _identity(alert: Alert) -> _Identity:
    return alert.source, alert.fingerprint, alert.starts_at
