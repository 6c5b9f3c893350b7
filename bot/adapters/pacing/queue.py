"""Who waits for their turn at a platform, and who was told to come back: the most urgent first."""

from collections.abc import Callable
from dataclasses import dataclass

from bot.adapters.pacing.window import Budget
from bot.usecases.urgency import Urgency

_LATE = 1.0
"""Seconds around its moment in which whoever was told to come back is known by its place."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Scope:
    """What a call counts against: `all`, one method, one conversation."""

    key: str
    budget: Budget


@dataclass(frozen=True, slots=True, kw_only=True)
class Turn:
    """One call's place; `scopes` from the widest to the narrowest.

    Only of one away: `until`, and which scope it `waits_for` the longest ("" = for its turn).
    """

    urgency: Urgency
    number: int
    scopes: tuple[Scope, ...]
    until: float = 0.0
    waits_for: str = ""

    @property
    def place(self) -> str:
        """The narrowest scope."""
        return self.scopes[-1].key

    def needs(self, key: str) -> bool:
        """Whether the call counts against this scope."""
        return any(scope.key == key for scope in self.scopes)


class Queue:
    """Those who wait here, and places kept for those who were sent away until their moment."""

    def __init__(self) -> None:
        self._here: list[Turn] = []
        self._away: list[Turn] = []

    def __len__(self) -> int:
        """Return how many wait here."""
        return len(self._here)

    def join(self, turn: Turn) -> None:
        """Wait here."""
        self._here.append(turn)

    def come_back(self, turn: Turn, now: float) -> None:
        """Give the place of one like this away who is due to come back: this is who it is."""
        for away in self._away:
            due = away.until <= now + _LATE
            if due and (away.urgency, away.scopes) == (turn.urgency, turn.scopes):
                self._away.remove(away)
                return

    def leave(self, turn: Turn) -> None:
        """Wait no more."""
        self._here.remove(turn)

    def send_away(self, turn: Turn) -> None:
        """Keep a place until shortly after `turn.until`."""
        self._away.append(turn)

    def forget(self, now: float) -> None:
        """Give the places away of those who did not come."""
        self._away = [away for away in self._away if away.until + _LATE > now]

    def ahead(self, turn: Turn, scope: Scope, now: float) -> int:
        """Return how many come before `turn` in a scope; who comes later spends later calls."""
        mine, end = (turn.urgency, turn.number), now + scope.budget.seconds
        here = sum(1 for t in self._here if t.needs(scope.key) and (t.urgency, t.number) < mine)
        away = (t for t in self._away if t.needs(scope.key) and t.until <= end)
        return here + sum(1 for t in away if t.urgency < turn.urgency)

    def behind_all(self, turn: Turn, scope: Scope, now: float) -> int:
        """Return how many come before `turn` in a scope where it goes away now."""
        away = sum(1 for t in self._away if t.needs(scope.key) and t.urgency == turn.urgency)
        return self.ahead(turn, scope, now) + away

    def kept_here(self, turn: Turn) -> float:
        """Return until when somebody more urgent has a place in the conversation of `turn`.

        Whoever waits for what `turn` does not need loses nothing by it.
        """
        return self._kept(turn, lambda away: away.needs(turn.place) and _compete(away, turn))

    def kept_anywhere(self, turn: Turn, before: float) -> float:
        """Return until when somebody more urgent, who is to come `before` then, has a place."""
        return self._kept(turn, lambda away: away.until <= before)

    def _kept(self, turn: Turn, counts: Callable[[Turn], bool]) -> float:
        kept = (t.until + _LATE for t in self._away if t.urgency < turn.urgency and counts(t))
        return max(kept, default=0.0)


def _compete(away: Turn, turn: Turn) -> bool:
    return not away.waits_for or turn.needs(away.waits_for)
