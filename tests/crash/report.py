"""The figures of a run: what befell how many lives, where, and what became of the promises."""

from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field

from bot.domain.events import AbortRequested, StepInDoubt, StepInterrupted
from tests.crash.check import INVARIANTS, Breach
from tests.crash.history import History
from tests.crash.world import Blow, How

_TOLD = 5
"""Breaches of one promise in one world that are told; the files of the world hold the rest."""


@dataclass(slots=True, kw_only=True)
class Tally:
    """What all worlds of a run add up to; `breaches` are of every kind, by the world's name."""

    seed: str
    seconds: float = 0.0
    processor: float = 0.0
    """Seconds of processor time, of every process together."""
    load: float = 0.0
    """The machine's load average at the end, over a minute."""
    blows: list[Blow] = field(default_factory=list)
    breaches: list[tuple[str, Breach]] = field(default_factory=list)
    executed: int = 0
    events: int = 0
    alerts: int = 0
    clicks: int = 0
    interrupted: int = 0
    doubted: int = 0
    ssh: int = 0
    shifted: int = 0

    def add(self, name: str, history: History, blows: Sequence[Blow]) -> None:
        """Count what one world has seen; its breaches are added by whoever checked it."""
        self.blows += blows
        self.executed += len(history.ledger)
        self.events += len(history.after.events)
        self.alerts += sum(alert.acknowledged for alert in history.notes.alerts)
        self.clicks += sum(press.answered is not None for press in history.notes.presses)
        interrupted, doubted = in_doubt_with_receipts(history)
        self.interrupted += interrupted
        self.doubted += doubted
        self.ssh += sum(blow.work > 0 for blow in blows) if name.startswith("ssh") else 0
        self.shifted += name.startswith("production")

    def count(self, how: How) -> int:
        """Count the lives that something befell while they had open work."""
        return sum(1 for blow in self.blows if blow.how is how and blow.work > 0)


def in_doubt_with_receipts(history: History) -> tuple[int, int]:
    """Count the runs that lost their worker in a change, and those of them that got in doubt.

    Only hosts with receipts count, and no command that people killed; and only where hosts have
    the time to answer that they have in production.
    """
    if history.pace > 1:
        return 0, 0
    interrupted: set[str] = set()
    doubted: set[str] = set()
    for envelope in history.after.events:
        match envelope.event:
            case StepInterrupted(run=run, host=host) if not host.startswith("bare"):
                interrupted.add(run)
            case StepInDoubt(run=run, host=host) if not host.startswith("bare"):
                doubted.add(run)
            case _:
                pass
    killed = {str(e.event.run) for e in history.after.events if isinstance(e.event, AbortRequested)}
    return len(interrupted - killed), len((doubted & interrupted) - killed)


def lines(tally: Tally) -> Iterator[str]:
    """Write the figures for people."""
    yield f"seed {tally.seed} (again: make crash SEED={tally.seed})"
    took = f"{tally.seconds:.0f} s, {tally.processor:.0f} s of processor time"
    yield f"{took}, at a load of {tally.load:.1f} in the end"
    yield ""
    yield "lives per labelled point (ended there · ended or stopped by chance after it)"
    at = Counter(b.label for b in tally.blows if b.how is How.POINT)
    near = Counter(b.label for b in tally.blows if b.how is not How.POINT)
    for label in sorted(at.keys() | near.keys()):
        yield f"  {at[label]:4} · {near[label]:4}  {label}"
    yield ""
    for how in How:
        yield f"{tally.count(how):6} lives {how}, with open work"
    idle = sum(blow.work == 0 for blow in tally.blows)
    yield f"{idle:6} lives had nothing open (not counted)"
    yield f"{tally.ssh:6} of all over real sshd"
    yield f"{tally.shifted:6} production lease on the moved clock"
    yield ""
    yield f"{tally.executed:6} changes executed, by the hosts' own ledger"
    yield f"{tally.alerts:6} alerts acknowledged, {tally.clicks} clicks answered"
    yield f"{tally.events:6} events recorded"
    yield f"{tally.interrupted:6} runs interrupted in a change, {tally.doubted} of them in doubt"
    yield ""
    broken = Counter(breach.promise for _, breach in tally.breaches)
    for invariant in INVARIANTS:
        promise = invariant.__name__.replace("_", " ")
        yield f"  {'BROKEN' if broken[promise] else 'kept':6}  {promise}"
    yield from breach_lines(tally.breaches)


def breach_lines(breaches: Sequence[tuple[str, Breach]]) -> Iterator[str]:
    """Write what broke, world by world; of many breaches of one promise the first few."""
    told: Counter[tuple[str, str]] = Counter()
    for name, breach in breaches:
        told[name, breach.promise] += 1
        if told[name, breach.promise] <= _TOLD:
            yield f"{name}: {breach.promise}: {breach.what}"
    for (name, promise), count in told.items():
        if count > _TOLD:
            yield f"{name}: {promise}: {count - _TOLD} more"
