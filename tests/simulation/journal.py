"""One life's way to the journal, which is slow, silent or gone exactly where trouble wants it."""

import asyncio
from collections.abc import Callable, Sequence
from datetime import datetime, timedelta

from bot.adapters.memory.journal import MemoryJournal
from bot.errors import Unavailable
from bot.ports import (
    Claim,
    Commit,
    CommitOutcome,
    Committed,
    Quarantined,
    RoutedAlert,
    Settle,
)
from bot.records.outbox import EffectKind, OutboxItem
from tests.simulation.book import Book
from tests.simulation.outside import Calls, lost_reply
from tests.simulation.trouble import AT_COMMIT, Fault
from tests.simulation.virtual_time import VirtualClock

_SLOW = 3.0
"""Seconds of a commit that nobody has the patience for."""

_COMMIT = 0.01
"""Seconds of the slowest ordinary commit."""

JUMPS = {
    Fault.CLOCK_HOUR: timedelta(hours=1),
    Fault.CLOCK_DECADE: timedelta(days=3652),
    Fault.CLOCK_BACK: timedelta(hours=-1),
}


class SimulatedJournal(MemoryJournal):
    """`Journal` over the one journal in memory, as one life reaches it.

    A dead life reaches nothing; a paused one stands still before whatever it would write. It
    shares every table of the journal that it was made from.
    """

    def __init__(
        self, *, journal: MemoryJournal, calls: Calls, clock: VirtualClock, book: Book
    ) -> None:
        super().__init__(ids=journal._ids)
        self.__dict__.update(journal.__dict__)
        self._calls = calls
        self._clock = clock
        self._book = book
        self._listening: list[Callable[[], None]] = []

    async def commit(self, commits: Sequence[Commit]) -> Sequence[CommitOutcome]:
        await self._calls.thread.turn()
        await asyncio.sleep(self._calls.chance() * _COMMIT)
        await self._calls.thread.turn()
        transitions = frozenset(r.type for commit in commits for r in commit.records)
        fault = self._calls.trouble.strikes(AT_COMMIT, transitions)
        await self._befall(fault)
        outcomes = await super().commit(commits)
        self._note(commits, outcomes, fault)
        if fault is Fault.CRASH_AFTER_COMMIT:
            self._calls.die()
        if fault is Fault.UNKNOWN_WRITTEN:
            raise lost_reply()
        await self._calls.thread.turn()
        return outcomes

    async def claim(
        self, owner: str, now: datetime, lease: timedelta, kinds: Sequence[EffectKind], limit: int
    ) -> Sequence[Claim]:
        await self._calls.thread.turn()
        claims = await super().claim(owner, now, lease, kinds, limit)
        self._book.fences.update((claim.item.key, claim.fence) for claim in claims)
        return claims

    async def extend(self, claims: Sequence[Claim], until: datetime) -> Sequence[Claim]:
        await self._calls.thread.turn()
        return await super().extend(claims, until)

    async def take_alerts(
        self,
        alerts: Sequence[RoutedAlert],
        quarantined: Sequence[Quarantined],
        attach: Sequence[OutboxItem],
        now: datetime,
    ) -> None:
        await self._calls.thread.turn()
        await asyncio.sleep(self._calls.chance() * _COMMIT)
        await self._calls.thread.turn()
        await super().take_alerts(alerts, quarantined, attach, now)

    def on_effects(self, wake: Callable[[], None]) -> None:
        self._listening.append(wake)
        super().on_effects(wake)

    def leave(self) -> None:
        """Hear of no effects any more: whoever is dead, or done, cannot be woken."""
        for wake in self._listening:
            self._wakes.remove(wake)
        self._listening.clear()

    async def close(self) -> None:
        """Leave the journal open: the next life goes on with it."""

    def _check_open(self) -> None:
        if self._calls.thread.cut:
            raise asyncio.CancelledError
        super()._check_open()

    async def _befall(self, fault: Fault | None) -> None:
        """Let happen what strikes before anything is written."""
        match fault:
            case Fault.CRASH_BEFORE_COMMIT:
                self._calls.die()
            case Fault.PAUSED:
                self._calls.fate.pause(self._calls.thread)
                await self._calls.thread.turn()
            case Fault.STOPPED:
                self._calls.fate.stop(self._calls.thread)
            case Fault.UNAVAILABLE:
                raise Unavailable("the journal is locked by another writer")
            case Fault.UNKNOWN_UNWRITTEN:
                raise lost_reply()
            case Fault.SLOW:
                await asyncio.sleep(_SLOW)
                await self._calls.thread.turn()
            case Fault.CLOCK_HOUR | Fault.CLOCK_DECADE | Fault.CLOCK_BACK:
                self._clock.jump(JUMPS[fault])
            case _:
                return

    def _note(
        self, commits: Sequence[Commit], outcomes: Sequence[CommitOutcome], fault: Fault | None
    ) -> None:
        """Write down what was committed, and which transitions each effect comes from."""
        trouble = self._calls.trouble
        for commit, outcome in zip(commits, outcomes, strict=True):
            transitions = frozenset(record.type for record in commit.records)
            settlement = commit.settlement
            mac = commit.records[-1].mac.hex() if commit.records else ""
            about = settlement.claim.item.key if settlement else ""
            said = type(outcome).__name__
            self._calls.note(
                self._calls.thread.number, said, commit.stream, mac, about, fault or ""
            )
            if not isinstance(outcome, Committed):
                continue
            self._book.commits.append((self._clock.monotonic(), commit))
            self._book.intents += commit.stream is not None
            for record in commit.records:
                self._book.seen[record.type] = self._book.seen.get(record.type, 0) + 1
            if commit.records:
                self._book.moved.set()
            if settlement is not None and settlement.claim.fence < self._book.fences[about]:
                self._book.faults.append(f"{about} was settled by who had lost it")
            if settlement is not None and settlement.how in {Settle.DONE, Settle.PARKED}:
                trouble.settled(settlement.claim.item.key)
            if not transitions:
                continue
            trouble.led_to(transitions, [item.key for item in commit.effects])
            if settlement is not None and settlement.how is Settle.HELD:
                trouble.began_under(settlement.claim.item.key, transitions)
