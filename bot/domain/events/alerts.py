"""What an incident hears of its alerts."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime

from bot.values import Untrusted


@dataclass(frozen=True, slots=True, kw_only=True)
class AlertBrief:
    """What the timeline keeps of one alert."""

    source: str
    fingerprint: str
    status: str
    starts_at: datetime
    summary: Untrusted
    labels: Mapping[str, str]


@dataclass(frozen=True, slots=True, kw_only=True)
class AlertsAttached:
    """News of one alert group: how many began to fire and were resolved, and the first of them.

    `again` = among the firing ones are some that had fired before the incident was resolved and
    never ended: they are counted already.
    """

    group: str
    firing: int
    resolved: int
    first: tuple[AlertBrief, ...]
    muted: bool = False
    again: bool = False
