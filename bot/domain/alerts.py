"""Alerts as their senders described them."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from enum import StrEnum

from bot.values import Untrusted


class AlertStatus(StrEnum):
    """A sender's word on one alert."""

    FIRING = "firing"
    RESOLVED = "resolved"


# Not frozen: of a storm's cost a tenth would be making these. Nobody changes one all the same.
@dataclass(slots=True, kw_only=True)
class Alert:
    """One alert as its sender described it.

    `fingerprint` is the sender's dedup key; (source, fingerprint, starts_at) is its identity.
    Labels are identity and are kept as they came; summary and description are free text.
    """

    source: str
    fingerprint: str
    status: AlertStatus
    starts_at: datetime
    labels: Mapping[str, str]
    summary: Untrusted
    description: Untrusted = Untrusted("")
    link: str = ""
    annotations: Mapping[str, str] = field(default_factory=dict)
