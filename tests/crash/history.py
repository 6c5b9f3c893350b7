"""What happened, by the accounts of those outside the bot, and what the bot shows in the end."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import TypeAlias

from bot.domain.events import Envelope

Moment: TypeAlias = float
"""Seconds since 1970 by this machine's clock, which all processes share."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Execution:
    """One line of the ledger: a host began this command. Written by the host alone."""

    at: Moment
    host: str
    argv: tuple[str, ...]

    @property
    def ticket(self) -> str:
        """What the change is for: the first word after the program."""
        return self.argv[1]

    @property
    def step(self) -> str:
        """Which step of its runbook it is."""
        return self.argv[2]


@dataclass(slots=True, kw_only=True)
class AlertSent:
    """An alert as its sender knows it: `acknowledged` once a 2xx came for it."""

    ticket: str
    fingerprint: str
    acknowledged: bool = False


@dataclass(slots=True, kw_only=True)
class Typed:
    """A command that a person typed, once however often it was sent; `wish` says what for.

    `answered` None = no answer came yet.
    """

    who: str
    wish: str
    ticket: str
    text: str
    answered: Moment | None = None
    status: int = 0
    told: str = ""

    @property
    def acknowledged(self) -> bool:
        """Whether the person was told that it is done."""
        return self.answered is not None and self.status == OK


@dataclass(slots=True, kw_only=True)
class Press:
    """A click on a card, once however often it was sent; `title` is what the person read."""

    who: str
    card: str
    kind: str
    title: str
    option: str
    sent: Moment
    answered: Moment | None = None
    status: int = 0
    told: str = ""

    @property
    def ticket(self) -> str:
        """The ticket that the card's title names: `Mend a7 on web-1`, or the undo of it."""
        words = self.title.removeprefix("Undo: ").split(" ")
        return words[1] if len(words) > 1 else ""

    @property
    def counts(self) -> bool:
        """Whether the person was told that it counts."""
        return self.status == OK and self.told.startswith(("Recorded: ", "Your vote"))


@dataclass(frozen=True, slots=True, kw_only=True)
class Paged:
    """A page as it came out of the bot; `key` is its delivery key."""

    at: Moment
    person: str
    key: str
    title: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Room:
    """A room as its platform keeps it."""

    platform: str
    key: str
    name: str


@dataclass(frozen=True, slots=True, kw_only=True)
class After:
    """What the bot shows when everything has come to rest.

    `alerts` maps (source, fingerprint) to the incident that it belongs to; `reservations` maps
    targets to runs; `unsettled` are effects that are due and never came to an end; `broken` are
    findings of the audit.
    """

    events: tuple[Envelope, ...]
    alerts: Mapping[str, str]
    titles: Mapping[str, str]
    runs: Mapping[str, str]
    reservations: Mapping[str, str]
    unsettled: tuple[str, ...]
    parked: tuple[str, ...]
    broken: tuple[str, ...]


@dataclass(slots=True, kw_only=True)
class Notes:
    """What the people and programs around the bot wrote down.

    `voided` maps tickets to the moment from which no earlier yes counts for them: the world
    changed what had been approved.
    """

    alerts: list[AlertSent] = field(default_factory=list)
    typed: list[Typed] = field(default_factory=list)
    presses: list[Press] = field(default_factory=list)
    paged: list[Paged] = field(default_factory=list)
    voided: dict[str, Moment] = field(default_factory=dict)


@dataclass(frozen=True, slots=True, kw_only=True)
class History:
    """Everything that `check` looks at."""

    ledger: tuple[Execution, ...]
    notes: Notes
    rooms: tuple[Room, ...]
    after: After
    blows: int
    """How many lives were ended or stopped."""
    pace: float = 1.0
    """How much faster time passed for the lives than for everybody else, their hosts too."""
    shift: float = 0.0
    """Seconds by which some life's clock was ahead of everybody else's."""


OK = 200
"""The HTTP status of a request that was carried out."""
