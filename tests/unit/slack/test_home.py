"""The bot's Home shows what is open and what waits, and follows what happens while it is open."""

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable
from datetime import timedelta

import pytest

from bot.adapters.slack.home import Homes
from bot.adapters.slack.incoming import HomeOpened
from bot.requests import Reply, ReplyTone, Request, Sender, SlashCommand
from bot.usecases.views import Viewer
from bot.values import CardId, Untrusted
from cards.model import Button, Card, FieldKind, FormField
from tests.support.clock import MovedClock
from tests.support.slack.bench import NoCards, heard_by, web_of
from tests.support.slack.interacting import words
from tests.support.slack.server import Slack, Trouble, slack
from tests.support.waiting import eventually, until
from tests.unit.http.doubles import RememberingDispatch

OPENED = {"type": "app_home_opened", "user": "U1", "tab": "home"}


DECLARE = Card(
    id=CardId("declare"),
    title=("Declare an incident",),
    form=(FormField(name="title", label="What is broken?", kind=FieldKind.TEXT),),
    buttons=(Button(option="declare", label="Declare"),),
)


class HomeDispatch(RememberingDispatch):
    """Answers `declare` with its form, and everything else as it is told."""

    async def handle(self, request: Request) -> Reply:
        reply = await super().handle(request)
        if isinstance(request, SlashCommand) and request.text.endswith("declare"):
            return Reply(tone=ReplyTone.ANSWER, text="What is broken?", card=DECLARE)
        return reply


class Shelf(NoCards):
    """`Cards` with the declare form."""

    async def card(self, viewer: Viewer, card: CardId) -> Card | None:
        return DECLARE if card == DECLARE.id else None


@pytest.fixture
def dispatch() -> HomeDispatch:
    found = HomeDispatch()
    showing(found, "1 open incident")
    return found


@pytest.fixture
async def team() -> AsyncIterator[Slack]:
    async with slack() as found:
        found.of.add_user("U1", "ann")
        found.of.add_user("U2", "bob")
        yield found


@pytest.fixture
def clock() -> MovedClock:
    return MovedClock()


@pytest.fixture
async def homes(team: Slack, dispatch: HomeDispatch, clock: MovedClock) -> AsyncIterator[Homes]:
    async with web_of(team, clock) as web, asyncio.TaskGroup() as tasks:
        found = Homes(web=web, dispatch=dispatch, clock=clock, command="incident")
        running = tasks.create_task(found.run())
        yield found
        running.cancel()


def showing(dispatch: HomeDispatch, title: str) -> None:
    dispatch.reply = Reply(tone=ReplyTone.ANSWER, text="ok", card=Card(title=(title,)))


def looker(user: str) -> HomeOpened:
    sender = Sender(platform="slack", account=f"T1/{user}", name=Untrusted(user))
    return HomeOpened(sender=sender, team="T1", user=user)


def of(team: Slack, user: str) -> Callable[[], Awaitable[str]]:
    async def seen() -> str:
        return words(team.of.homes[user]["blocks"]) if user in team.of.homes else ""

    return seen


async def published(team: Slack, many: int) -> None:
    async def count() -> int:
        return len(team.called("views.publish"))

    await eventually(count, lambda found: found >= many)


async def test_somebody_who_opens_it_sees_what_waits_for_them_and_what_is_open(
    team: Slack, dispatch: HomeDispatch
) -> None:
    async with heard_by(team, dispatch):
        await team.event(OPENED)
        seen = await until(of(team, "U1"))
    assert seen == "Declare an incident\nDeclare\n1 open incident\n1 open incident"
    texts = [r.text for r in dispatch.requests if isinstance(r, SlashCommand)]
    assert texts == ["/incident declare", "/incident approvals", "/incident list"]


async def test_the_other_tabs_of_the_bot_publish_nothing(
    team: Slack, dispatch: HomeDispatch
) -> None:
    async with heard_by(team, dispatch):
        await team.event({**OPENED, "tab": "messages"})
    assert dispatch.requests == []


async def test_the_declare_form_is_opened_from_the_home(
    team: Slack, dispatch: HomeDispatch
) -> None:
    async with heard_by(team, dispatch, Shelf()):
        await team.event(OPENED)
        await until(of(team, "U1"))
        await team.press_home("U1", "Declare")
        [view] = team.of.views.values()
        assert "What is broken?" in words(view.content["blocks"])


async def test_the_answer_to_a_press_on_the_home_comes_as_a_modal(
    team: Slack, dispatch: HomeDispatch
) -> None:
    async with heard_by(team, dispatch):
        await team.event(OPENED)
        await until(of(team, "U1"))
        dispatch.reply = Reply(tone=ReplyTone.MISTAKE, text="It is decided already.")
        await team.press_home("U1", "Declare")

        async def told() -> str:
            return "".join(words(view.content["blocks"]) for view in team.of.views.values())

        assert "It is decided already." in await until(told)


async def test_it_follows_what_happens_while_it_is_open(
    team: Slack, dispatch: HomeDispatch, homes: Homes, clock: MovedClock
) -> None:
    homes.opened(looker("U1"))
    await published(team, 1)
    showing(dispatch, "2 open incidents")
    homes.changed()
    clock.move(timedelta(seconds=3))
    await eventually(of(team, "U1"), lambda seen: "2 open incidents" in seen)


async def test_a_storm_of_changes_is_one_view(
    team: Slack, dispatch: HomeDispatch, homes: Homes, clock: MovedClock
) -> None:
    homes.opened(looker("U1"))
    await published(team, 1)
    for n in range(1000):
        showing(dispatch, f"{n} open incidents")
        homes.changed()
    clock.move(timedelta(seconds=3))
    await eventually(of(team, "U1"), lambda seen: "999 open incidents" in seen)
    assert len(team.called("views.publish")) == 2


async def test_what_looks_the_same_is_not_sent_again(
    team: Slack, dispatch: HomeDispatch, homes: Homes, clock: MovedClock
) -> None:
    homes.opened(looker("U1"))
    await published(team, 1)
    homes.changed()
    clock.move(timedelta(seconds=3))
    homes.opened(looker("U2"))
    await until(of(team, "U2"))
    assert [args["user_id"] for args in team.called("views.publish")] == ["U1", "U2"]


async def test_a_home_that_nobody_has_opened_for_long_is_left_alone(
    team: Slack, dispatch: HomeDispatch, homes: Homes, clock: MovedClock
) -> None:
    homes.opened(looker("U1"))
    await published(team, 1)
    clock.move(timedelta(hours=9))
    showing(dispatch, "2 open incidents")
    homes.opened(looker("U2"))
    await until(of(team, "U2"))
    assert "2 open incidents" not in await of(team, "U1")()


async def test_a_throttled_home_is_published_when_slack_lets_it(
    team: Slack, homes: Homes, clock: MovedClock
) -> None:
    team.trouble["views.publish"] = [Trouble(status=429, headers={"Retry-After": "30"})]
    homes.opened(looker("U1"))
    await published(team, 1)

    async def later() -> str:
        clock.move(timedelta(seconds=10))
        return await of(team, "U1")()

    assert await until(later)
