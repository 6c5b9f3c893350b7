"""Thousands of alerts of one group: taken in one commit, whose length does not grow with them."""

from bot.domain.alerts import AlertStatus
from bot.ports import AlertsTaken, Commit, Journal
from tests.contract.journal.values import NOON, after, attach, routed

_GROUP = "disk/web"
_MANY = 1_700


async def take(journal: Journal, first: int, count: int) -> None:
    alerts = [routed(f"f{n}") for n in range(first, first + count)]
    await journal.take_alerts(alerts, [], [attach(_GROUP)], NOON)


async def taken(journal: Journal, incident: str) -> int:
    """Give everything unread of the group to an incident; returns how many it was."""
    news = await journal.alert_news(_GROUP)
    commit = Commit(taken=(AlertsTaken(group=_GROUP, mark=news.mark, incident=incident),))
    await journal.commit([commit])
    return news.firing


async def test_all_of_them_are_read_and_belong_to_the_incident_at_once(journal: Journal) -> None:
    await take(journal, 0, _MANY)
    assert await taken(journal, "inc1") == _MANY
    assert (await journal.alert_news(_GROUP)).firing == 0
    of_incident = await journal.alerts_of("inc1", 2 * _MANY)
    assert [alert.alert.fingerprint for alert in of_incident] == [
        f"f{n}" for n in reversed(range(_MANY))
    ]
    assert {alert.incident for alert in of_incident} == {"inc1"}


async def test_one_that_comes_twice_in_a_body_of_hundreds_counts_twice(journal: Journal) -> None:
    alerts = [routed(f"f{n}") for n in (*range(100), 7, *range(100, 200), 7)]
    await journal.take_alerts(alerts, [], [attach(_GROUP)], NOON)
    assert await taken(journal, "inc1") == 200
    counts = {a.alert.fingerprint: a.count for a in await journal.alerts_of("inc1", 300)}
    assert counts == {f"f{n}": 1 for n in range(200)} | {"f7": 3}


async def test_those_that_come_meanwhile_are_news_and_go_where_they_are_given(
    journal: Journal,
) -> None:
    await take(journal, 0, _MANY)
    await taken(journal, "inc1")
    await take(journal, _MANY, 3)
    news = await journal.alert_news(_GROUP)
    assert (news.firing, [alert.alert.fingerprint for alert in news.first]) == (
        3,
        [f"f{n}" for n in range(_MANY, _MANY + 3)],
    )
    assert await taken(journal, "inc2") == 3
    assert len(await journal.alerts_of("inc1", 2 * _MANY)) == _MANY
    assert len(await journal.alerts_of("inc2", 2 * _MANY)) == 3


async def test_one_of_them_that_has_news_meanwhile_is_news_again(journal: Journal) -> None:
    await take(journal, 0, _MANY)
    await taken(journal, "inc1")
    resolved = routed("f7", status=AlertStatus.RESOLVED)
    await journal.take_alerts([resolved], [], [attach(_GROUP, due=after(1))], after(1))
    news = await journal.alert_news(_GROUP)
    assert (news.firing, news.resolved) == (0, 1)
