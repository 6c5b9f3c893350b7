"""A confirmed e-mail address links a person where the policy says so, and never a guest's."""

from collections.abc import AsyncIterator
from dataclasses import replace
from datetime import timedelta

import pytest

from bot.adapters.slack.accounts import Accounts
from bot.adapters.slack.directory import Directory
from bot.adapters.slack.people import SlackPeople
from bot.domain.policy import PolicyPerson
from bot.errors import Refused
from bot.ports import StandingKind
from bot.values import PersonId
from tests.support.clock import MovedClock
from tests.support.slack.bench import policy, web_of
from tests.support.slack.server import Slack, slack

DORA = PersonId("dora")
LINKING = replace(
    policy(),
    people={DORA: PolicyPerson(id=DORA, name="Dora", email="Dora@example.org")},
    link_by_email=("slack",),
)


@pytest.fixture
def clock() -> MovedClock:
    return MovedClock()


@pytest.fixture
async def team() -> AsyncIterator[Slack]:
    async with slack() as found:
        found.of.add_user("U4", "dora", email="dora@example.org")
        yield found


@pytest.fixture
async def accounts(team: Slack, clock: MovedClock) -> AsyncIterator[Accounts]:
    async with web_of(team, clock) as web:
        yield Accounts(lambda: LINKING, Directory(web=web, clock=clock).user)


@pytest.fixture
async def people(team: Slack, clock: MovedClock) -> AsyncIterator[SlackPeople]:
    async with web_of(team, clock) as web:
        yield SlackPeople(web=web, clock=clock)


async def test_somebody_is_found_by_their_address_and_can_be_called(accounts: Accounts) -> None:
    assert accounts.mentions() == {}
    assert await accounts.user(DORA) == "U4"
    assert accounts.mentions() == {DORA: "U4"}


async def test_nobody_is_looked_up_where_the_policy_does_not_say_so(
    team: Slack, clock: MovedClock
) -> None:
    async with web_of(team, clock) as web:
        silent = replace(LINKING, link_by_email=())
        accounts = Accounts(lambda: silent, Directory(web=web, clock=clock).user)
        assert await accounts.user(DORA) == ""
    assert team.calls == []


@pytest.mark.parametrize(
    "change",
    [{"guest": True}, {"bot": True}, {"deleted": True}, {"team": "T9"}, {"confirmed": False}],
)
async def test_guests_strangers_and_unproved_addresses_link_nobody(
    team: Slack, accounts: Accounts, people: SlackPeople, change: dict[str, bool | str]
) -> None:
    for name, value in change.items():
        setattr(team.of.users["U4"], name, value)
    assert await accounts.user(DORA) == ""
    answer = await people.standing("slack", f"{team.of.users['U4'].team}/U4")
    assert answer.email == ""


async def test_an_active_account_brings_its_address_along(people: SlackPeople) -> None:
    answer = await people.standing("slack", "T1/U4")
    assert (answer.kind, answer.email) == (StandingKind.ACTIVE, "dora@example.org")


async def test_without_the_scope_there_is_no_address(
    team: Slack, accounts: Accounts, people: SlackPeople
) -> None:
    team.of.scopes.remove("users:read.email")
    assert (await people.standing("slack", "T1/U4")).email == ""
    with pytest.raises(Refused, match="scope"):
        await accounts.user(DORA)


async def test_an_address_that_moved_is_followed(
    team: Slack, accounts: Accounts, clock: MovedClock
) -> None:
    await accounts.user(DORA)
    team.of.users["U4"].email = "elsewhere@example.org"
    team.of.add_user("U5", "dora2", email="dora@example.org")
    clock.move(timedelta(minutes=10))
    assert await accounts.user(DORA) == "U5"
