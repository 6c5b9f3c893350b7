"""What really happened in one simulation, written down by the world and never by the bot."""

import asyncio
import hashlib
from dataclasses import dataclass, field

from bot.ports import Commit
from bot.requests import AlertsReceived, Reply


@dataclass(frozen=True, slots=True, kw_only=True)
class Answered:
    """A request of a person that got an answer; `ident` is the request's id.

    `sent_again`: the platform sent it more than once, so that one may be done and one not.
    """

    ident: str
    reply: Reply
    at: float
    sent_again: bool


@dataclass(slots=True, kw_only=True)
class Book:
    """The history of one simulation. `digest` covers every line of it, in order."""

    commits: list[tuple[float, Commit]] = field(default_factory=list)
    """Everything that was committed, with the seconds since the beginning."""
    edits: list[tuple[float, str, str]] = field(default_factory=list)
    """What operators changed: when, which runbook, and its content hash from then on."""
    answered: list[Answered] = field(default_factory=list)
    acknowledged: list[AlertsReceived] = field(default_factory=list)
    """Alerts whose sender was told that they are stored."""
    notes: list[tuple[float, tuple[object, ...]]] = field(default_factory=list)
    """Every call, commit and act: the seconds since the beginning, and its words."""
    fences: dict[str, int] = field(default_factory=dict)
    """The fence of the latest claim of each effect, by its key."""
    seen: dict[str, int] = field(default_factory=dict)
    """How often each transition was committed."""
    intents: int = 0
    """Intents whose decision is durable; what was refused or read is not counted."""
    lives: int = 0
    faults: list[str] = field(default_factory=list)
    """What the world itself saw go wrong: a life that ended by an error, no rest."""
    moved: asyncio.Event = field(default_factory=asyncio.Event)
    """Set by every commit of events, for those who wait to see something."""

    def note(self, at: float, *words: object) -> None:
        """Write a line; its words are put together once somebody reads it."""
        self.notes.append((at, words))

    @property
    def lines(self) -> list[str]:
        """Every line so far."""
        return [f"{at:.6f} {' '.join(map(str, words))}\n" for at, words in self.notes]

    @property
    def digest(self) -> str:
        """SHA-256 of every line so far, hex."""
        return hashlib.sha256("".join(self.lines).encode()).hexdigest()
