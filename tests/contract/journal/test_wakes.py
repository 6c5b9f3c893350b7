"""Wake-ups and backlog: delivery hears of new effects at once, and metrics count them."""

import asyncio
from dataclasses import replace

from bot.ports import Backlog, Journal, Settle
from bot.records.outbox import EffectKind
from tests.contract.journal.values import (
    NOON,
    after,
    attach,
    claim,
    claim_one,
    events,
    latest,
    once,
    put,
    routed,
    settle,
)


async def test_a_commit_with_effects_wakes(journal: Journal) -> None:
    woken = asyncio.Event()
    journal.on_effects(woken.set)
    await put(journal, once("e1"))
    await asyncio.wait_for(woken.wait(), 5)


async def test_a_settlement_wakes_since_its_lane_moves_on(journal: Journal) -> None:
    await put(journal, once("e1", lane="a"), once("e2", lane="a"))
    mine = await claim_one(journal)
    woken = asyncio.Event()
    journal.on_effects(woken.set)
    await settle(journal, mine, Settle.DONE)
    await asyncio.wait_for(woken.wait(), 5)


async def test_a_body_of_alerts_wakes(journal: Journal) -> None:
    woken = asyncio.Event()
    journal.on_effects(woken.set)
    await journal.take_alerts([routed("f1")], [], [attach("disk/web")], NOON)
    await asyncio.wait_for(woken.wait(), 5)


async def test_claiming_and_writing_without_effects_wake_nobody(journal: Journal) -> None:
    await put(journal, once("e1"))
    wakes: list[str] = []
    await asyncio.sleep(0)
    journal.on_effects(lambda: wakes.append("woken"))
    await journal.commit([replace(events(b"1")[0])])
    await journal.extend(await claim(journal), after(60))
    await asyncio.sleep(0)
    assert wakes == []


async def test_the_backlog_counts_unsettled_effects_by_kind(journal: Journal) -> None:
    await put(journal, once("a", due=after(5)), once("b"), latest("c", due=after(3)))
    await settle(journal, await claim_one(journal), Settle.PARKED)
    await put(journal, once("d"))
    await claim(journal)
    assert await journal.backlog() == [
        Backlog(kind=EffectKind.ONCE, open=2, oldest_due=NOON, parked=1),
        Backlog(kind=EffectKind.LATEST, open=1, oldest_due=after(3), parked=0),
        Backlog(kind=EffectKind.TIMER, open=0, oldest_due=None, parked=0),
        Backlog(kind=EffectKind.ATTACH, open=0, oldest_due=None, parked=0),
    ]
