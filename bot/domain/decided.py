"""What `decide` answers: events and effects to commit together, or a refusal in plain words."""

from dataclasses import dataclass, field
from typing import TypeAlias

from bot.domain.effects import Effect
from bot.domain.events import Event


@dataclass(frozen=True, slots=True, kw_only=True)
class Decided:
    """Commit all of it, or nothing. `answer` is what the person who asked reads.

    `unfrozen` names services that must not be frozen when it is committed; None = no such demand.
    `after` is the state with these events folded, where deciding has folded them anyway.
    """

    events: tuple[Event, ...] = ()
    effects: tuple[Effect, ...] = ()
    answer: str = ""
    unfrozen: tuple[str, ...] | None = None
    after: object = field(default=None, compare=False, repr=False)


@dataclass(frozen=True, slots=True, kw_only=True)
class Refusal:
    """Nothing happens. `reason` is shown to the person; `hidden` looks like absence."""

    reason: str
    hidden: bool = False


Decision: TypeAlias = Decided | Refusal
