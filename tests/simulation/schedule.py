"""What people, monitors and operators do in one simulation, and what goes wrong: a plain list."""

from dataclasses import dataclass
from typing import TypeAlias

from bot.domain.events import CardKind
from tests.simulation.trouble import Aimed

INTENTS = 40
FAULTS = 2
"""What a schedule comes to at the least."""

PATIENCE = 40.0
"""Seconds for which somebody waits for the card or room that they want to use."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Say:
    """Somebody types a line, in the room of the incident whose title holds `where` ("" = in none).

    `{card}` and `{digest}` in the line are those of the newest card of `kind` in that incident.
    """

    who: str
    line: str
    where: str = ""
    kind: CardKind | None = None

    def __str__(self) -> str:
        """Say it in one line of a script."""
        room = f" in the room of {self.where}" if self.where else ""
        return f"{self.who} says “{self.line}”{room}"


@dataclass(frozen=True, slots=True, kw_only=True)
class Press:
    """Somebody presses an option of the newest open card of a kind, `times` times at once."""

    who: str
    where: str
    kind: CardKind
    option: str
    reason: str = ""
    values: tuple[tuple[str, str], ...] = ()
    times: int = 1
    again: bool = False
    """Whether the presses are one press that the platform sends repeatedly: one request id."""

    def __str__(self) -> str:
        """Say it in one line of a script."""
        often = f" {self.times} times{' (one id)' if self.again else ''}" if self.times > 1 else ""
        return f"{self.who} presses “{self.option}” of the {self.kind} card of {self.where}{often}"


@dataclass(frozen=True, slots=True, kw_only=True)
class Talk:
    """Somebody writes in a room; a timeline entry."""

    who: str
    where: str
    text: str

    def __str__(self) -> str:
        """Say it in one line of a script."""
        return f"{self.who} writes “{self.text}” in the room of {self.where}"


@dataclass(frozen=True, slots=True, kw_only=True)
class Ask:
    """A program asks people for an approval."""

    who: str
    where: str
    title: str

    def __str__(self) -> str:
        """Say it in one line of a script."""
        return f"{self.who}'s program asks “{self.title}” in {self.where}"


@dataclass(frozen=True, slots=True, kw_only=True)
class Alarm:
    """A monitor sends alerts until they are taken."""

    name: str
    host: str
    summary: str
    resolved: bool = False
    times: int = 1

    def __str__(self) -> str:
        """Say it in one line of a script."""
        state = "resolved" if self.resolved else "firing"
        return f"monitor: {self.name} {state} on {self.host}, “{self.summary}”, {self.times} times"


@dataclass(frozen=True, slots=True, kw_only=True)
class Turn:
    """A host turns out to be so: `stuck`, `fails`, `slow`, `quick`, `down`, `up`, `sound`."""

    host: str
    to: str

    def __str__(self) -> str:
        """Say it in one line of a script."""
        return f"{self.host} is {self.to} from here on"


@dataclass(frozen=True, slots=True, kw_only=True)
class Edit:
    """An operator changes a runbook (`edited`, `gone`, `restored`) or the `policy` (its name).

    `upon`: right after the next transition of that name, instead of at once.
    """

    what: str
    to: str
    upon: str = ""

    def __str__(self) -> str:
        """Say it in one line of a script."""
        when = f"right after the next {self.upon}" if self.upon else "from here on"
        return f"{self.what} is {self.to} {when}"


@dataclass(frozen=True, slots=True, kw_only=True)
class Rest:
    """Everybody waits until what they began has an answer, then time passes."""

    seconds: float

    def __str__(self) -> str:
        """Say it in one line of a script."""
        return f"{self.seconds:g} seconds pass"


@dataclass(frozen=True, slots=True, kw_only=True)
class Calm:
    """Nothing goes wrong until everybody has decided what waits for them, and all has run out."""

    def __str__(self) -> str:
        """Say it in one line of a script."""
        return "everything comes to rest"


@dataclass(frozen=True, slots=True, kw_only=True)
class Harm:
    """A fault begins to wait for its transition here, and not at the very beginning."""

    aimed: Aimed

    def __str__(self) -> str:
        """Say it in one line of a script."""
        return f"from here on {self.aimed}"


Deed: TypeAlias = Say | Press | Talk | Ask | Alarm | Turn | Edit | Rest | Calm | Harm


@dataclass(frozen=True, slots=True, kw_only=True)
class Act:
    """A deed, `after` seconds behind the act before it."""

    after: float
    deed: Deed

    def __str__(self) -> str:
        """Say it in one line of a script."""
        return f"+{self.after:g} s: {self.deed}"


@dataclass(frozen=True, slots=True, kw_only=True)
class Schedule:
    """One simulation: its seed (ids, latencies), its acts in order, and its faults.

    `goes_on`: people go on after the last act until there were `INTENTS` and `FAULTS`.
    """

    seed: int
    acts: tuple[Act, ...]
    faults: tuple[Aimed, ...] = ()
    goes_on: bool = False
