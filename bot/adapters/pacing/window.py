"""What a platform's limit allows from moment to moment; pure arithmetic on seconds."""

from dataclasses import dataclass, replace

_RESERVED = 4
"""One part in so many of a large budget is kept for what somebody waits for."""

_LARGE = 8
"""Smaller budgets are not divided: they come back within seconds."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Budget:
    """A platform's limit: at most `calls` in any span of `seconds`."""

    calls: int
    seconds: float

    @property
    def common(self) -> int:
        """How many of the calls may be spent on what nobody waits for."""
        return self.calls - self.calls // _RESERVED if self.calls >= _LARGE else self.calls


@dataclass(frozen=True, slots=True, kw_only=True)
class Window:
    """The calls that still count against a budget, oldest first, in seconds of one clock.

    `rests_until` is set where the platform itself said when it takes more.
    """

    budget: Budget
    taken: tuple[float, ...] = ()
    rests_until: float = 0.0

    def wait(self, now: float, nth: int, *, urgent: bool) -> float:
        """Return in how many seconds the `nth` next call may go out, 0 where it may now."""
        rest = max(self.rests_until - now, 0.0)
        allowed = self.budget.calls if urgent else self.budget.common
        counted = [moment for moment in self.taken if moment + self.budget.seconds > now]
        behind = len(counted) + nth - allowed
        if behind <= 0:
            return rest if nth == 1 else rest + self._apart(nth, now)
        rounds, place = divmod(behind - 1, allowed)
        freed_by = counted[place] if place < len(counted) else now
        return max(rest, freed_by + self.budget.seconds * (rounds + 1) - now)

    def spent(self, now: float) -> "Window":
        """Return the window after a call at `now`."""
        counting = (moment for moment in self.taken if moment + self.budget.seconds > now)
        return replace(self, taken=(*counting, now))

    def resting(self, until: float) -> "Window":
        """Return the window after the platform said that it takes nothing until then."""
        return replace(self, rests_until=max(self.rests_until, until))

    def idle(self, now: float) -> bool:
        """Whether it holds nothing that still counts."""
        return self.rests_until <= now and not any(
            moment + self.budget.seconds > now for moment in self.taken
        )

    def _apart(self, nth: int, now: float) -> float:
        """After a rest calls come one by one: all at once would be told to rest again."""
        if self.rests_until <= now:
            return 0.0
        return (nth - 1) * self.budget.seconds / self.budget.calls
