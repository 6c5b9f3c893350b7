"""Whatever is asked of both journals in whatever order, they answer the same."""

import asyncio
from collections.abc import Awaitable, Callable, Sequence
from datetime import timedelta
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import TypeAlias

from hypothesis import given, settings
from hypothesis import strategies as st

from bot.adapters.memory import MemoryJournal
from bot.adapters.sqlite import SqliteJournal
from bot.domain.alerts import AlertStatus
from bot.ports import AlertsTaken, Claim, Commit, Journal, Settle, Settlement
from bot.records.outbox import EffectKind, OutboxItem
from bot.records.rows import IncidentRow, Put, Remove, TimelineRow
from tests.contract.journal.values import (
    EVERY_KIND,
    CountingIds,
    after,
    attach,
    effect,
    group_row,
    incident,
    line,
    routed,
)

Held: TypeAlias = list[Claim]
Step: TypeAlias = Callable[[Journal, Held], Awaitable[object]]
"""One call of a journal; `Held` are the claims that this journal has given so far."""

_SECONDS = st.integers(0, 90)
_LEASE = timedelta(seconds=20)
_GROUPS = ("disk/web", "cpu/db")


def _item(kind: EffectKind, number: int, lane: str, due: int, priority: int) -> OutboxItem:
    lane = "" if kind in (EffectKind.TIMER, EffectKind.ATTACH) else lane
    return effect(f"{kind}-{number}", kind, due=after(due), lane=lane, priority=priority)


_ITEMS = st.builds(
    _item,
    st.sampled_from(EVERY_KIND),
    st.integers(1, 3),
    st.sampled_from(["", "a", "b"]),
    _SECONDS,
    st.integers(0, 2),
)


def _put(items: Sequence[OutboxItem], cleared: Sequence[int]) -> Step:
    keys = tuple(f"{EffectKind.TIMER}-{number}" for number in cleared)
    return lambda journal, _: journal.commit([Commit(effects=tuple(items), cleared=keys)])


def _claim(at: int, limit: int, kinds: Sequence[EffectKind]) -> Step:
    async def step(journal: Journal, held: Held) -> object:
        claims = await journal.claim("w1", after(at), _LEASE, kinds, limit)
        held.extend(claims)
        return claims

    return step


def _settle(which: int, how: Settle, due: int, ref: str) -> Step:
    async def step(journal: Journal, held: Held) -> object:
        if not held:
            return None
        claim = held[which % len(held)]
        settlement = Settlement(claim=claim, how=how, due=after(due), ref=ref)
        return await journal.commit([Commit(settlement=settlement)])

    return step


def _extend(until: int) -> Step:
    return lambda journal, held: journal.extend(held[-3:], after(until))


def _take(numbers: Sequence[int], status: AlertStatus, group: str, at: int) -> Step:
    alerts = [routed(f"f{number}", status, group=group) for number in numbers]
    return lambda journal, _: journal.take_alerts(alerts, [], [attach(group)], after(at))


def _give(group: str, behind: int) -> Step:
    async def step(journal: Journal, _: Held) -> object:
        mark = (await journal.alert_news(group)).mark - behind
        taken = AlertsTaken(group=group, mark=mark, incident="inc1")
        return await journal.commit([Commit(taken=(taken,))])

    return step


def _group(group: str, resolved: bool) -> Step:  # noqa: FBT001 - drawn, never written
    row = group_row(group, resolved_at=after(0) if resolved else None)
    return lambda journal, _: journal.commit([Commit(rows=(Put(row),))])


def _rows(ident: str, number: int, words: str, seq: int) -> Step:
    rows = (
        Put(line(ident, seq, words)),
        Put(incident(ident, f"INC-{number}", title=words)),
        Remove(TimelineRow, (("seq", seq + 1),)),
    )
    return lambda journal, _: journal.commit([Commit(rows=rows)])


_STEPS = st.one_of(
    st.builds(
        _put, st.lists(_ITEMS, min_size=1, max_size=4), st.lists(st.integers(1, 3), max_size=2)
    ),
    st.builds(
        _claim,
        _SECONDS,
        st.integers(1, 4),
        st.lists(st.sampled_from(EVERY_KIND), min_size=1, max_size=4, unique=True),
    ),
    st.builds(
        _settle,
        st.integers(0, 9),
        st.sampled_from(Settle),
        _SECONDS,
        st.sampled_from(["", "msg-1"]),
    ),
    st.builds(_extend, _SECONDS),
    st.builds(
        _take,
        st.lists(st.integers(1, 4), max_size=3),
        st.sampled_from(AlertStatus),
        st.sampled_from(_GROUPS),
        _SECONDS,
    ),
    st.builds(_give, st.sampled_from(_GROUPS), st.integers(0, 2)),
    st.builds(_group, st.sampled_from(_GROUPS), st.booleans()),
    st.builds(
        _rows,
        st.sampled_from(["a", "b", "c"]),
        st.integers(1, 3),
        st.text(alphabet="aÄß \u0130_-1", max_size=8),
        st.integers(1, 3),
    ),
)


@settings(max_examples=150, deadline=None)
@given(st.lists(_STEPS, max_size=30))
def test_both_journals_answer_the_same(steps: Sequence[Step]) -> None:
    with TemporaryDirectory() as folder:
        asyncio.run(_compare(Path(folder), steps))


async def _compare(folder: Path, steps: Sequence[Step]) -> None:
    memory = MemoryJournal(ids=CountingIds())
    sqlite = SqliteJournal.open(folder / "journal.db", ids=CountingIds())
    held: tuple[Held, Held] = ([], [])
    try:
        for step in steps:
            assert await step(sqlite, held[0]) == await step(memory, held[1])
            assert await _picture(sqlite) == await _picture(memory)
    finally:
        await sqlite.close()


async def _picture(journal: Journal) -> Sequence[object]:
    """Everything that can be seen, but for positions: only their order is promised."""
    news = [await journal.alert_news(group) for group in _GROUPS]
    return [
        await journal.next_due(),
        await journal.backlog(),
        [(each.firing, each.resolved, each.reopening) for each in news],
        [[(s.alert, s.count, s.last_seen, s.incident) for s in each.first] for each in news],
        [stored.alert for stored in await journal.alerts_of("inc1", 10)],
        await journal.rows(IncidentRow),
        await journal.rows(TimelineRow),
        await journal.search("a", 10),
        await journal.search("ss 1", 10),
    ]
