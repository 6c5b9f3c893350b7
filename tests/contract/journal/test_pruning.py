"""What a journal forgets in time, and what it must never forget."""

from datetime import timedelta

from bot.adapters.journal.limits import ALERTS_KEPT, ANSWERS_KEPT, EFFECTS_KEPT
from bot.ports import AlertsTaken, Commit, Journal, SeenRequest, Settle
from tests.contract.journal.values import (
    NOON,
    claim_one,
    commit,
    group_row,
    keys_due,
    latest,
    once,
    put,
    put_rows,
    routed,
    settle,
    take,
)

_MOMENT = timedelta(microseconds=1)


async def _read(journal: Journal, incident: str) -> None:
    await take(journal, routed("f1"))
    news = await journal.alert_news("disk/web")
    taken = AlertsTaken(group="disk/web", mark=news.mark, incident=incident)
    await commit(journal, Commit(taken=(taken,)))


async def _settled_and_pruned(
    journal: Journal, age: timedelta, how: Settle = Settle.DONE
) -> list[str]:
    await put(journal, once("e1"))
    await settle(journal, await claim_one(journal), how)
    await journal.prune(NOON + age)
    await put(journal, once("e1"))
    return await keys_due(journal)


async def test_however_many_are_old_all_of_them_are_forgotten(journal: Journal) -> None:
    old = [Commit(request=SeenRequest(id=f"r{n}", answer="", at=NOON)) for n in range(1_001)]
    young = SeenRequest(id="young", answer="", at=NOON + _MOMENT)
    await journal.commit([*old, Commit(request=young)])
    await journal.prune(NOON + ANSWERS_KEPT)
    assert [await journal.known(f"r{n}") for n in range(1_001)] == [None] * 1_001
    assert await journal.known("young") is not None


async def test_a_key_is_used_up_for_thirty_days(journal: Journal) -> None:
    assert await _settled_and_pruned(journal, EFFECTS_KEPT - _MOMENT) == []


async def test_the_row_of_a_carried_out_effect_is_forgotten_afterwards(journal: Journal) -> None:
    assert await _settled_and_pruned(journal, EFFECTS_KEPT) == ["e1"]


async def test_the_row_of_a_parked_effect_is_kept_as_long(journal: Journal) -> None:
    assert await _settled_and_pruned(journal, EFFECTS_KEPT - _MOMENT, Settle.PARKED) == []


async def test_the_row_of_a_parked_effect_is_forgotten_afterwards(journal: Journal) -> None:
    assert await _settled_and_pruned(journal, EFFECTS_KEPT, Settle.PARKED) == ["e1"]


async def test_where_a_card_is_shown_is_never_forgotten(journal: Journal) -> None:
    await put(journal, latest("c1"))
    await settle(journal, await claim_one(journal), Settle.DONE, ref="message 7")
    await journal.prune(NOON + 2 * EFFECTS_KEPT)
    await put(journal, latest("c1"))
    assert (await claim_one(journal)).ref == "message 7"


async def test_what_was_not_carried_out_is_never_forgotten(journal: Journal) -> None:
    await put(journal, once("e1"))
    await journal.prune(NOON + 2 * EFFECTS_KEPT)
    assert await keys_due(journal) == ["e1"]


async def test_an_alert_that_was_read_is_kept_for_ninety_days(journal: Journal) -> None:
    await _read(journal, "inc1")
    await journal.prune(NOON + ALERTS_KEPT - _MOMENT)
    assert len(await journal.alerts_of("inc1", 10)) == 1
    await journal.prune(NOON + ALERTS_KEPT)
    assert await journal.alerts_of("inc1", 10) == []


async def test_an_alert_of_an_open_group_is_kept(journal: Journal) -> None:
    row = group_row("disk/web")
    await put_rows(journal, row)
    await _read(journal, row.incident)
    await journal.prune(NOON + 2 * ALERTS_KEPT)
    assert len(await journal.alerts_of(row.incident, 10)) == 1


async def test_an_alert_that_nobody_read_is_never_forgotten(journal: Journal) -> None:
    await take(journal, routed("f1"))
    await journal.prune(NOON + 2 * ALERTS_KEPT)
    assert (await journal.alert_news("disk/web")).firing == 1
