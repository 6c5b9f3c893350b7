"""What was taken and how deliveries ended since the start, counted for whoever watches the bot."""

from collections import Counter
from dataclasses import dataclass
from datetime import timedelta
from enum import StrEnum


@dataclass(slots=True)
class Taken:
    """Bodies of alerts that were stored, the alerts in them, and bodies that were not stored."""

    bodies: int = 0
    alerts: int = 0
    refused_bodies: int = 0


class Ended(StrEnum):
    """How one attempt at an effect ended."""

    DONE = "done"
    THROTTLED = "throttled"
    LATER = "later"
    UNKNOWN = "unknown"
    REFUSED = "refused"
    FAULT = "fault"


class Tally:
    """Counts by the effect's type and how an attempt at it ended."""

    def __init__(self) -> None:
        self.counts: Counter[tuple[str, Ended]] = Counter()
        self.clock_behind = timedelta()
        """By how much the machine's clock was set back and not forward again, as far as noticed."""

    def count(self, effect: str, ended: Ended) -> None:
        """Count one attempt."""
        self.counts[effect, ended] += 1
