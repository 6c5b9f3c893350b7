"""Who may act: what Slack says of an account, freshly, and what counts while it is silent."""

import asyncio
from collections.abc import AsyncIterator
from datetime import timedelta

import pytest

from bot.adapters.slack.people import SlackPeople
from bot.errors import Unavailable
from bot.ports import StandingKind
from tests.support.clock import MovedClock
from tests.support.slack.bench import web_of
from tests.support.slack.server import Slack, Trouble, slack
from tests.support.waiting import until


@pytest.fixture
def clock() -> MovedClock:
    return MovedClock()


@pytest.fixture
async def team() -> AsyncIterator[Slack]:
    async with slack() as found:
        found.of.add_user("U1", "ann")
        yield found


@pytest.fixture
async def people(team: Slack, clock: MovedClock) -> AsyncIterator[SlackPeople]:
    async with web_of(team, clock) as web:
        found = SlackPeople(web=web, clock=clock)
        yield found
        await found.close()


async def kind(people: SlackPeople, account: str) -> StandingKind:
    return (await people.standing("slack", account)).kind


async def test_every_kind_of_account_is_told_apart(team: Slack, people: SlackPeople) -> None:
    team.of.add_user("U2", "gone", deleted=True)
    team.of.add_user("U3", "guest", guest=True)
    team.of.add_user("U4", "machine", bot=True)
    team.of.add_user("U5", "partner", team="T9")
    assert await kind(people, "T1/U1") is StandingKind.ACTIVE
    assert await kind(people, "T1/U2") is StandingKind.DEACTIVATED
    assert await kind(people, "T1/U3") is StandingKind.GUEST
    assert await kind(people, "T1/U4") is StandingKind.BOT
    assert await kind(people, "T9/U5") is StandingKind.STRANGER
    assert await kind(people, "T1/U5") is StandingKind.STRANGER
    assert await kind(people, "T1/U404") is StandingKind.STRANGER
    assert await kind(people, "T9/U1") is StandingKind.STRANGER


async def test_an_answer_is_asked_anew_after_a_minute(
    team: Slack, people: SlackPeople, clock: MovedClock
) -> None:
    first = await people.standing("slack", "T1/U1")
    team.of.users["U1"].deleted = True
    clock.move(timedelta(seconds=59))
    assert await people.standing("slack", "T1/U1") == first
    clock.move(timedelta(seconds=1))
    assert await kind(people, "T1/U1") is StandingKind.DEACTIVATED


async def test_whoever_goes_on_is_asked_about_before_the_minute_is_over(
    team: Slack, people: SlackPeople, clock: MovedClock
) -> None:
    first = await people.standing("slack", "T1/U1")
    clock.move(timedelta(seconds=40))
    assert await people.standing("slack", "T1/U1") == first

    async def newer() -> bool:
        return await people.standing("slack", "T1/U1") != first

    await until(newer)
    clock.move(timedelta(seconds=25))
    assert (await people.standing("slack", "T1/U1")).kind is StandingKind.ACTIVE
    assert len(team.called("users.info")) == 2


async def test_an_answer_that_comes_after_its_asker_gave_up_is_kept(
    team: Slack, people: SlackPeople
) -> None:
    asking = asyncio.create_task(people.standing("slack", "T1/U1"))
    await asyncio.sleep(0)
    asking.cancel()
    with pytest.raises(asyncio.CancelledError):
        await asking

    async def known() -> bool:
        try:
            return (await people.standing("slack", "T1/U1")).kind is StandingKind.ACTIVE
        except Unavailable:
            return False

    await until(known)
    assert len(team.called("users.info")) == 1


async def test_one_question_about_somebody_is_under_way_at_a_time(
    team: Slack, people: SlackPeople
) -> None:
    await asyncio.gather(*(people.standing("slack", "T1/U1") for _ in range(20)))
    assert len(team.called("users.info")) == 1


async def test_a_silent_slack_is_not_waited_for_by_everybody(
    team: Slack, people: SlackPeople, clock: MovedClock
) -> None:
    team.trouble["users.info"] = [Trouble(status=500)]
    for _ in range(3):
        with pytest.raises(Unavailable):
            await people.standing("slack", "T1/U1")
    assert len(team.called("users.info")) == 1
    clock.move(timedelta(seconds=5))
    assert await kind(people, "T1/U1") is StandingKind.ACTIVE


async def test_our_own_workspace_is_asked_for_once_though_the_first_question_comes_to_nothing(
    team: Slack, people: SlackPeople, clock: MovedClock
) -> None:
    team.trouble["users.info"] = [Trouble(status=500)]
    with pytest.raises(Unavailable):
        await people.standing("slack", "T1/U1")
    assert len(team.called("auth.test")) == 1
    clock.move(timedelta(seconds=5))
    assert await kind(people, "T1/U1") is StandingKind.ACTIVE
    assert len(team.called("auth.test")) == 1


async def test_nobody_is_known_while_a_scope_is_missing(team: Slack, people: SlackPeople) -> None:
    team.of.scopes.remove("users:read")
    assert await kind(people, "T1/U1") is StandingKind.UNKNOWN


async def test_accounts_of_other_platforms_are_unknown(people: SlackPeople) -> None:
    assert (await people.standing("console", "ann")).kind is StandingKind.UNKNOWN
