"""Readiness knows Slack: whether the token still opens it, whether it answers, whether we hear."""

from collections.abc import AsyncIterator
from datetime import timedelta

import pytest

from bot.adapters.slack.echoes import Echoes
from bot.adapters.slack.watching import Watching
from tests.support.clock import MovedClock
from tests.support.slack.bench import web_of
from tests.support.slack.server import Slack, slack
from tests.support.slack.workspace import BOT_TOKEN


@pytest.fixture
def clock() -> MovedClock:
    return MovedClock()


@pytest.fixture
def echoes(clock: MovedClock) -> Echoes:
    return Echoes(clock)


@pytest.fixture
async def team() -> AsyncIterator[Slack]:
    async with slack() as found:
        yield found


@pytest.fixture
async def watching(team: Slack, clock: MovedClock, echoes: Echoes) -> AsyncIterator[Watching]:
    async with web_of(team, clock) as web:
        yield Watching(web=web, clock=clock, echoes=echoes)


async def test_all_is_well_at_first_and_while_slack_answers(watching: Watching) -> None:
    assert watching.faults() == ()
    await watching.look()
    assert watching.faults() == ()


@pytest.mark.parametrize(
    ("error", "said"),
    [
        ("token_revoked", "the bot's token was revoked: install the app again"),
        ("account_inactive", "the bot's account was switched off: install the app again"),
        ("invalid_auth", "the bot's token is wrong"),
    ],
)
async def test_a_token_that_opens_nothing_any_more_is_told_until_it_does(
    team: Slack, watching: Watching, error: str, said: str
) -> None:
    team.revoked = error
    await watching.look()
    [fault] = watching.faults()
    assert said in fault
    assert BOT_TOKEN not in fault
    team.revoked = ""
    await watching.look()
    assert watching.faults() == ()


async def test_one_silence_is_a_hiccup_and_two_are_an_outage(
    team: Slack, watching: Watching, clock: MovedClock
) -> None:
    team.down = True
    await watching.look()
    assert watching.faults() == ()
    clock.move(timedelta(seconds=60))
    await watching.look()
    assert watching.faults() == ("Slack's API does not answer",)


async def test_a_message_whose_event_does_not_come_is_told(
    watching: Watching, echoes: Echoes, clock: MovedClock
) -> None:
    echoes.heard("C1", "1.0")
    echoes.expect("C1", "1.1")
    clock.move(timedelta(seconds=61))
    assert watching.faults() == ("Slack is deaf: what was posted 61 s ago was not heard",)
    echoes.heard("C1", "1.1")
    assert watching.faults() == ()


async def test_an_app_that_asks_for_no_messages_is_not_deaf(
    watching: Watching, echoes: Echoes, clock: MovedClock
) -> None:
    echoes.expect("C1", "1.1")
    clock.move(timedelta(hours=1))
    assert watching.faults() == ()


async def test_an_event_may_be_faster_than_the_answer_to_the_call(
    watching: Watching, echoes: Echoes, clock: MovedClock
) -> None:
    echoes.heard("C1", "1.1")
    echoes.expect("C1", "1.1")
    clock.move(timedelta(hours=1))
    assert watching.faults() == ()


async def test_a_later_event_shows_that_we_hear(
    watching: Watching, echoes: Echoes, clock: MovedClock
) -> None:
    echoes.heard("C1", "1.0")
    echoes.expect("C1", "1.1")
    echoes.expect("C1", "1.2")
    echoes.heard("C1", "1.2")
    clock.move(timedelta(hours=1))
    assert watching.faults() == ()


async def test_what_is_written_to_one_person_is_not_expected_back(
    watching: Watching, echoes: Echoes, clock: MovedClock
) -> None:
    echoes.heard("C1", "1.0")
    echoes.expect("D1", "1.1")
    clock.move(timedelta(hours=1))
    assert watching.faults() == ()
