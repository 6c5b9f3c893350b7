"""What happens to the whole bot and not to one incident."""

from dataclasses import dataclass
from datetime import datetime
from typing import TypeAlias

from bot.domain.events.words import TextsErased
from bot.values import Severity, Untrusted


@dataclass(frozen=True, slots=True, kw_only=True)
class Frozen:
    """No state-changing step may start in this scope (`*` = anywhere)."""

    scope: str
    reason: Untrusted


@dataclass(frozen=True, slots=True, kw_only=True)
class Unfrozen:
    """The freeze is over."""

    scope: str


@dataclass(frozen=True, slots=True, kw_only=True)
class DrillStarted:
    """A fire drill was asked for."""

    drill: str
    scenario: str
    room: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class AlertsTold:
    """News of a group whose route only posts; `told` False = counted, and said with the next.

    `counted` are the alerts that fired untold since the last message.
    """

    group: str
    route: str
    severity: Severity
    title: Untrusted
    firing: int
    resolved: int
    counted: int = 0
    told: bool = True


@dataclass(frozen=True, slots=True, kw_only=True)
class EpochRaised:
    """The journal was restored from a backup: what had happened since is not in it.

    The first epoch is 1 and has no event. `until` is when the last event of the backup happened.
    """

    epoch: int
    reason: Untrusted
    until: datetime | None = None


SystemEvent: TypeAlias = Frozen | Unfrozen | DrillStarted | AlertsTold | EpochRaised | TextsErased
