"""Slack user groups: who is in one, asked at most a minute ago, and nobody while it is unknown."""

from collections.abc import AsyncIterator
from datetime import timedelta

import pytest

from bot.adapters.slack.groups import SlackGroups
from bot.errors import Refused, Unavailable
from tests.support.clock import MovedClock
from tests.support.slack.bench import web_of
from tests.support.slack.server import Slack, Trouble, slack


@pytest.fixture
def clock() -> MovedClock:
    return MovedClock()


@pytest.fixture
async def team() -> AsyncIterator[Slack]:
    async with slack() as found:
        found.of.groups["S1"] = {"U1", "U2"}
        yield found


@pytest.fixture
async def groups(team: Slack, clock: MovedClock) -> AsyncIterator[SlackGroups]:
    async with web_of(team, clock) as web:
        yield SlackGroups(web=web, clock=clock)


async def test_members_are_accounts_of_the_groups_own_team(groups: SlackGroups) -> None:
    assert await groups.members("T1/S1") == {"T1/U1", "T1/U2"}


async def test_who_leaves_is_out_within_a_minute(
    team: Slack, groups: SlackGroups, clock: MovedClock
) -> None:
    await groups.members("T1/S1")
    team.of.groups["S1"].remove("U2")
    clock.move(timedelta(seconds=59))
    assert await groups.members("T1/S1") == {"T1/U1", "T1/U2"}
    clock.move(timedelta(seconds=1))
    assert await groups.members("T1/S1") == {"T1/U1"}


async def test_a_group_that_is_not_there_is_refused(groups: SlackGroups) -> None:
    with pytest.raises(Refused, match="no_such_subteam"):
        await groups.members("T1/S404")


async def test_an_answer_that_is_old_does_not_stand_in_for_one_that_is_missing(
    team: Slack, groups: SlackGroups, clock: MovedClock
) -> None:
    await groups.members("T1/S1")
    clock.move(timedelta(seconds=61))
    team.trouble["usergroups.users.list"] = [Trouble(status=500)]
    for _ in range(3):
        with pytest.raises(Unavailable):
            await groups.members("T1/S1")
    assert len(team.called("usergroups.users.list")) == 2


async def test_without_the_scope_nobody_is_a_member(team: Slack, groups: SlackGroups) -> None:
    team.of.scopes.remove("usergroups:read")
    with pytest.raises(Refused, match="scope"):
        await groups.members("T1/S1")
