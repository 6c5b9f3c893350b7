"""Where a story plays, and the few moves that most stories make."""

import random
from collections.abc import Callable
from dataclasses import dataclass
from typing import TypeAlias

from bot.domain.events import CardKind as Kind
from tests.simulation.schedule import Deed, Press, Say

Story: TypeAlias = Callable[["Setting"], list[Deed]]


@dataclass(frozen=True, slots=True, kw_only=True)
class Setting:
    """Where a story plays: its tag, its host, another one, and the chance that varies it."""

    tag: str
    host: str
    other: str
    chance: random.Random

    @property
    def times(self) -> int:
        """How often somebody presses: once, or again out of impatience."""
        return self.chance.choice((1, 2, 2, 3))

    def declare(self, who: str = "ann", severity: str = "sev3") -> Say:
        """Open the story's incident."""
        return Say(who=who, line=f"/incident declare {severity} {self.tag} is down")

    def say(self, who: str, line: str, kind: Kind | None = None) -> Say:
        """Type a line in its room."""
        return Say(who=who, line=line, where=self.tag, kind=kind)

    def press(self, who: str, kind: Kind, option: str, reason: str = "") -> Press:
        """Press an option, often more than once; the platform may send one press repeatedly."""
        return Press(
            who=who,
            where=self.tag,
            kind=kind,
            option=option,
            reason=reason,
            times=self.times,
            again=self.chance.random() < 0.3,
        )

    def run(self, runbook: str, host: str = "", verb: str = "run") -> Say:
        """Start a runbook on the story's host, or another."""
        return self.say("ann", f"/runbook {verb} {runbook} host={host or self.host}")
