"""Alerts: what is news, what only counts, and what belongs to an incident."""

from dataclasses import replace
from datetime import timedelta

from bot.domain.alerts import AlertStatus
from bot.ports import AlertNews, AlertsTaken, Commit, Journal, Quarantined, Settle, StoredAlert
from tests.contract.journal.values import (
    NOON,
    after,
    alert,
    attach,
    claim,
    claim_one,
    commit,
    group_row,
    put_rows,
    routed,
    settle,
    take,
)

_GROUP = "disk/web"
_NOTHING = AlertNews(firing=0, resolved=0, first=(), mark=0, reopening=False)


async def _give_all(journal: Journal, incident: str = "inc1") -> None:
    news = await journal.alert_news(_GROUP)
    taken = AlertsTaken(group=_GROUP, mark=news.mark, incident=incident)
    await commit(journal, Commit(taken=(taken,)))


async def test_a_group_that_nobody_heard_of_has_no_news(journal: Journal) -> None:
    assert await journal.alert_news(_GROUP) == _NOTHING


async def test_a_new_alert_is_news_and_comes_back_as_it_was_sent(journal: Journal) -> None:
    await take(journal, routed("f1"))
    news = await journal.alert_news(_GROUP)
    (stored,) = news.first
    assert stored == StoredAlert(
        alert=alert("f1"),
        group=_GROUP,
        route="disk",
        count=1,
        last_seen=NOON,
        position=stored.position,
        incident="",
    )
    assert news == AlertNews(
        firing=1, resolved=0, first=(stored,), mark=stored.position, reopening=False, worst=3
    )


async def test_a_repeat_only_counts(journal: Journal) -> None:
    await take(journal, routed("f1"))
    await _give_all(journal)
    await take(journal, routed("f1"), now=after(60))
    assert await journal.alert_news(_GROUP) == _NOTHING
    (stored,) = await journal.alerts_of("inc1", 10)
    assert (stored.count, stored.last_seen) == (2, after(60))


async def test_a_repeat_that_was_not_read_yet_stays_one_piece_of_news(journal: Journal) -> None:
    await take(journal, routed("f1"))
    before = await journal.alert_news(_GROUP)
    await take(journal, routed("f1"))
    again = await journal.alert_news(_GROUP)
    assert (again.firing, again.mark, again.first[0].count) == (1, before.mark, 2)


async def test_the_same_alert_twice_in_one_body_is_one_alert(journal: Journal) -> None:
    await take(journal, routed("f1"), routed("f1"))
    news = await journal.alert_news(_GROUP)
    assert (news.firing, news.first[0].count) == (1, 2)


async def test_a_change_of_status_is_news_of_the_same_alert(journal: Journal) -> None:
    await take(journal, routed("f1"))
    await _give_all(journal)
    await take(journal, routed("f1", AlertStatus.RESOLVED))
    news = await journal.alert_news(_GROUP)
    assert (news.firing, news.resolved, news.reopening) == (0, 1, False)
    assert (news.first[0].incident, news.first[0].count) == ("inc1", 2)


async def test_news_brings_the_new_text_and_a_repeat_does_not(journal: Journal) -> None:
    await take(journal, routed("f1"))
    other = replace(routed("f1"), alert=alert("f1", summary="97 % full"))
    await take(journal, other)
    assert (await journal.alert_news(_GROUP)).first[0].alert.summary.text == "disk full"
    ended = replace(other, alert=alert("f1", AlertStatus.RESOLVED, summary="fine again"))
    await take(journal, ended)
    assert (await journal.alert_news(_GROUP)).first[0].alert.summary.text == "fine again"


async def test_another_start_or_source_is_another_alert(journal: Journal) -> None:
    first = routed("f1")
    later = replace(first, alert=replace(first.alert, starts_at=NOON + timedelta(microseconds=1)))
    elsewhere = replace(first, alert=replace(first.alert, source="generic"))
    await take(journal, first, later, elsewhere)
    assert (await journal.alert_news(_GROUP)).firing == 3


async def test_a_firing_repeat_after_the_incident_was_resolved_is_news_that_reopens(
    journal: Journal,
) -> None:
    await take(journal, routed("f1"))
    await _give_all(journal)
    await put_rows(journal, group_row(_GROUP, resolved_at=after(10)))
    await take(journal, routed("f1"))
    news = await journal.alert_news(_GROUP)
    assert (news.firing, news.resolved, news.reopening) == (1, 0, True)


async def test_a_resolved_repeat_after_the_incident_was_resolved_is_no_news(
    journal: Journal,
) -> None:
    await take(journal, routed("f1", AlertStatus.RESOLVED))
    await _give_all(journal)
    await put_rows(journal, group_row(_GROUP, resolved_at=after(10)))
    await take(journal, routed("f1", AlertStatus.RESOLVED))
    assert await journal.alert_news(_GROUP) == _NOTHING


async def test_a_firing_repeat_while_the_incident_is_open_is_no_news(journal: Journal) -> None:
    await take(journal, routed("f1"))
    await _give_all(journal)
    await put_rows(journal, group_row(_GROUP))
    await take(journal, routed("f1"))
    assert await journal.alert_news(_GROUP) == _NOTHING


async def test_a_new_alert_of_a_resolved_group_is_news_that_reopens_nothing(
    journal: Journal,
) -> None:
    await put_rows(journal, group_row(_GROUP, resolved_at=after(10)))
    await take(journal, routed("f2"))
    news = await journal.alert_news(_GROUP)
    assert (news.firing, news.reopening) == (1, False)


async def test_taking_up_to_a_mark_leaves_what_came_after_it(journal: Journal) -> None:
    await take(journal, routed("f1"), routed("f2"))
    mark = (await journal.alert_news(_GROUP)).mark
    await take(journal, routed("f3"))
    await commit(journal, Commit(taken=(AlertsTaken(group=_GROUP, mark=mark, incident="inc1"),)))
    left = await journal.alert_news(_GROUP)
    assert [stored.alert.fingerprint for stored in left.first] == ["f3"]
    given = await journal.alerts_of("inc1", 10)
    assert [stored.alert.fingerprint for stored in given] == ["f2", "f1"]


async def test_taking_does_not_touch_other_groups(journal: Journal) -> None:
    await take(journal, routed("f1"), routed("g1", group="cpu/db"))
    mark = (await journal.alert_news("cpu/db")).mark
    await commit(journal, Commit(taken=(AlertsTaken(group=_GROUP, mark=mark, incident="inc1"),)))
    assert (await journal.alert_news("cpu/db")).firing == 1


async def test_the_first_twenty_are_shown_and_all_are_counted(journal: Journal) -> None:
    names = [f"f{n:02}" for n in range(25)]
    await take(journal, *(routed(name) for name in names))
    news = await journal.alert_news(_GROUP)
    assert news.firing == 25
    assert [stored.alert.fingerprint for stored in news.first] == names[:20]
    assert news.mark == news.first[-1].position + 5


async def test_the_worst_of_all_that_fire_is_told_however_many_there_are(journal: Journal) -> None:
    many = [routed(f"f{n:02}", rank=4) for n in range(40)]
    await take(journal, *many, routed("worst", rank=1), routed("g1", group="cpu/db", rank=2))
    assert (await journal.alert_news(_GROUP)).worst == 1


async def test_what_has_ended_or_was_read_is_not_the_worst_any_more(journal: Journal) -> None:
    await take(journal, routed("old", rank=1))
    await _give_all(journal)
    await take(journal, routed("over", AlertStatus.RESOLVED, rank=2), routed("f1", rank=4))
    assert (await journal.alert_news(_GROUP)).worst == 4


async def test_an_alert_that_comes_back_has_the_rank_that_it_has_now(journal: Journal) -> None:
    await take(journal, routed("f1", rank=4))
    await take(journal, routed("f1", AlertStatus.RESOLVED, rank=4))
    await take(journal, routed("f1", rank=2))
    assert (await journal.alert_news(_GROUP)).worst == 2


async def test_the_alerts_of_an_incident_are_limited_to_the_newest(journal: Journal) -> None:
    await take(journal, routed("f1"), routed("f2"), routed("f3"))
    await _give_all(journal)
    newest = await journal.alerts_of("inc1", 2)
    assert [stored.alert.fingerprint for stored in newest] == ["f3", "f2"]


async def test_unread_alerts_belong_to_no_incident(journal: Journal) -> None:
    await take(journal, routed("f1"))
    assert await journal.alerts_of("", 10) == []


async def test_malformed_alerts_are_kept_raw_newest_first(journal: Journal) -> None:
    first = Quarantined(source="generic", raw=b"\xff{", fault="not JSON")
    second = Quarantined(source="generic", raw=b"{}", fault="no dedup_key")
    await journal.take_alerts([routed("f1")], [first, second], [], NOON)
    assert await journal.quarantined(10) == [second, first]
    assert await journal.quarantined(1) == [second]
    assert (await journal.alert_news(_GROUP)).firing == 1


async def test_the_newest_thousand_malformed_alerts_are_kept(journal: Journal) -> None:
    many = [Quarantined(source="generic", raw=b"", fault=str(n)) for n in range(1002)]
    await journal.take_alerts([], many, [], NOON)
    await journal.prune(NOON)
    kept = await journal.quarantined(2000)
    assert [kept[0].fault, kept[-1].fault, len(kept)] == ["1001", "2", 1000]


async def test_bodies_of_one_group_become_one_attach_effect(journal: Journal) -> None:
    for fingerprint in ("f1", "f2", "f3"):
        await journal.take_alerts([routed(fingerprint)], [], [attach(_GROUP)], NOON)
    assert (await claim_one(journal)).item == attach(_GROUP)


async def test_a_body_that_comes_during_the_attach_attaches_again_afterwards(
    journal: Journal,
) -> None:
    await journal.take_alerts([routed("f1")], [], [attach(_GROUP)], NOON)
    mine = await claim_one(journal)
    await journal.take_alerts([routed("f2")], [], [attach(_GROUP, due=after(1))], after(1))
    await settle(journal, mine, Settle.DONE)
    assert await claim(journal, after(0.5)) == []
    assert (await claim_one(journal, after(1))).interrupted is False
