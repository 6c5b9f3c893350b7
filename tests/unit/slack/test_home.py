"""The bot's Home shows what is open and what waits, and follows what happens while it is open."""

import asyncio
import json
import re
from collections.abc import AsyncIterator, Awaitable, Callable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import timedelta

import pytest

from bot.adapters.slack.home import Homes
from bot.adapters.slack.incoming import HomeOpened
from bot.requests import CardAnswer, Reply, ReplyTone, Request, Sender, SlashCommand
from bot.usecases.views import IncidentSummary, OpenCard, Viewer
from bot.values import CardId, ConversationRef, IncidentId, Severity, Untrusted
from cards.model import Button, Card, CodeBlock, FieldKind, FormField
from tests.support.clock import MovedClock
from tests.support.incidents import START
from tests.support.slack.bench import NoCards, heard_by, web_of
from tests.support.slack.interacting import words
from tests.support.slack.person import buttons
from tests.support.slack.server import Slack, Trouble, slack
from tests.support.slack.workspace import Args
from tests.support.waiting import eventually, until
from tests.unit.http.doubles import RememberingDispatch

OPENED = {"type": "app_home_opened", "user": "U1", "tab": "home"}


DECLARE = Card(
    id=CardId("declare"),
    title=("Declare an incident",),
    form=(FormField(name="title", label="What is broken?", kind=FieldKind.TEXT),),
    buttons=(Button(option="declare", label="Declare"),),
)
CHECKOUT = IncidentSummary(
    id=IncidentId("i1"),
    number="INC-1",
    title="Checkout is down",
    severity=Severity.SEV2,
    status="investigating",
    private=False,
    drill=False,
    commander="Ann",
    opened_at=START,
    resolved_at=None,
    room=ConversationRef(platform="slack", id="C0001"),
    waiting_cards=1,
)
RESTART = Card(
    id=CardId("card1"),
    title=("Approve: Restart",),
    blocks=(CodeBlock(title="Commands", text=Untrusted("sudo restart"), essential=True),),
    buttons=(Button(option="approve", label="Approve"), Button(option="reject", label="Reject")),
)
WAY = "https://slack.com/app_redirect?channel=C0001&team=T1"


class HomeDispatch(RememberingDispatch):
    """Answers `declare` with its form, and everything else as it is told."""

    async def handle(self, request: Request) -> Reply:
        reply = await super().handle(request)
        if isinstance(request, SlashCommand) and request.text.endswith("declare"):
            return Reply(tone=ReplyTone.ANSWER, text="What is broken?", card=DECLARE)
        return reply


@dataclass
class Shelf(NoCards):
    """`HomeReader` of these cards and incidents, and of the declare form."""

    incidents: Sequence[IncidentSummary] = (CHECKOUT,)
    cards: Sequence[OpenCard] = ()
    whole: Mapping[CardId, Card] = field(default_factory=dict)
    readable: bool = True

    async def viewer(self, sender: Sender) -> Viewer | None:
        return await super().viewer(sender) if self.readable else None

    async def card(self, viewer: Viewer, card: CardId) -> Card | None:
        return {DECLARE.id: DECLARE, **self.whole}.get(card)

    async def waiting(self, viewer: Viewer) -> Sequence[OpenCard]:
        return self.cards

    async def open_incidents(self, viewer: Viewer) -> Sequence[IncidentSummary]:
        return self.incidents


def asked(n: int, *, mine: bool = True) -> OpenCard:
    return OpenCard(
        id=CardId(f"card{n}"),
        number=n,
        incident=CHECKOUT.id,
        incident_number=CHECKOUT.number,
        kind="change",
        state="open",
        title=f"Restart {n}",
        options={"approve": "Approve", "reject": "Reject"},
        expires_at=None,
        may_answer=mine,
    )


def titled(title: str) -> Sequence[IncidentSummary]:
    return (replace(CHECKOUT, title=title),)


def links(view: Args) -> list[str]:
    """Return the address of every link of a view."""
    return re.findall(r'"type": "link"[^}]*"url": "([^"]*)"', json.dumps(view)) + re.findall(
        r'"url": "([^"]*)"[^}]*"type": "link"', json.dumps(view)
    )


@pytest.fixture
def shelf() -> Shelf:
    return Shelf()


@pytest.fixture
def dispatch() -> HomeDispatch:
    return HomeDispatch()


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
async def homes(
    team: Slack, dispatch: HomeDispatch, shelf: Shelf, clock: MovedClock
) -> AsyncIterator[Homes]:
    async with web_of(team, clock) as web, asyncio.TaskGroup() as tasks:
        found = Homes(web=web, dispatch=dispatch, reader=shelf, clock=clock, command="incident")
        running = tasks.create_task(found.run())
        yield found
        running.cancel()


def looker(user: str) -> HomeOpened:
    sender = Sender(platform="slack", account=f"T1/{user}", name=Untrusted(user))
    return HomeOpened(sender=sender, team="T1", user=user)


def of(team: Slack, user: str) -> Callable[[], Awaitable[str]]:
    async def seen() -> str:
        return words(team.of.homes[user]["blocks"]) if user in team.of.homes else ""

    return seen


def lines_of(team: Slack) -> list[str]:
    """Return the Home of Ann block by block."""
    return [words([block]).replace("\n", "") for block in team.of.homes["U1"]["blocks"]]


async def published(team: Slack, many: int) -> None:
    async def count() -> int:
        return len(team.called("views.publish"))

    await eventually(count, lambda found: found >= many)


async def test_somebody_who_opens_it_sees_what_is_open_and_the_way_there(
    team: Slack, dispatch: HomeDispatch, shelf: Shelf
) -> None:
    async with heard_by(team, dispatch, shelf):
        await team.event(OPENED)
        await until(of(team, "U1"))
    assert lines_of(team) == [
        "Declare an incident",
        "Declare",
        "✔ Nothing waits for an answer.",
        "1 open incident",
        "SEV2 INC-1 Checkout is down — investigating, 30 min, Ann, 1 card waiting · Open the room",
    ]
    assert links(team.of.homes["U1"]) == [WAY]
    texts = [r.text for r in dispatch.requests if isinstance(r, SlashCommand)]
    assert texts == ["/incident declare"]


async def test_a_card_that_waits_for_them_is_there_whole_with_its_buttons(
    team: Slack, dispatch: HomeDispatch, shelf: Shelf
) -> None:
    shelf.cards, shelf.whole = [asked(1)], {RESTART.id: RESTART}
    async with heard_by(team, dispatch, shelf):
        await team.event(OPENED)
        await until(of(team, "U1"))
        assert lines_of(team)[3:7] == [
            "SEV2 INC-1 Checkout is down · Open the room",
            "Approve: Restart",
            "Commandssudo restart",
            "ApproveReject",
        ]
        await team.press_home("U1", "Reject")
    [pressed] = [r for r in dispatch.requests if isinstance(r, CardAnswer)]
    assert (pressed.card, pressed.option, pressed.sender.account) == ("card1", "reject", "T1/U1")
    assert links(team.of.homes["U1"]) == [WAY, WAY]


async def test_a_card_that_waits_for_somebody_else_has_no_buttons(
    team: Slack, dispatch: HomeDispatch, shelf: Shelf
) -> None:
    shelf.cards, shelf.whole = [asked(1, mine=False)], {RESTART.id: RESTART}
    async with heard_by(team, dispatch, shelf):
        await team.event(OPENED)
        await until(of(team, "U1"))
    assert "INC-1 card 1 (change): Restart 1 — for somebody else · Open the room" in lines_of(team)
    assert buttons(team.of.homes["U1"]["blocks"]) == ["Declare"]


async def test_a_card_with_more_commands_than_fit_is_answered_in_its_room(
    team: Slack, dispatch: HomeDispatch, shelf: Shelf
) -> None:
    long = CodeBlock(title="Commands", text=Untrusted("sudo restart\n" * 2000), essential=True)
    shelf.cards, shelf.whole = [asked(1)], {RESTART.id: replace(RESTART, blocks=(long,))}
    async with heard_by(team, dispatch, shelf):
        await team.event(OPENED)
        await until(of(team, "U1"))
    assert "INC-1 card 1 (change): Restart 1 — for you to answer · Open the room" in lines_of(team)
    assert buttons(team.of.homes["U1"]["blocks"]) == ["Declare"]


async def test_a_hundred_cards_are_a_view_that_slack_takes(
    team: Slack, dispatch: HomeDispatch, shelf: Shelf
) -> None:
    text = CodeBlock(title="Commands", text=Untrusted("x" * 2500), essential=True)
    shelf.cards = [asked(n) for n in range(1, 101)]
    shelf.whole = {one.id: replace(RESTART, id=one.id, blocks=(text,)) for one in shelf.cards}
    shelf.incidents = [replace(CHECKOUT, title="x" * 3000)] * 200
    async with heard_by(team, dispatch, shelf):
        await team.event(OPENED)
        await until(of(team, "U1"))
    shown = lines_of(team)
    assert "◷ 100 cards waiting for an answer" in shown
    assert [line for line in shown if line.startswith("and ")] == [
        "and 81 more cards",
        "and 185 more incidents",
    ]
    assert buttons(team.of.homes["U1"]["blocks"]).count("Approve") == 4


async def test_somebody_who_may_not_read_is_told_why(
    team: Slack, dispatch: HomeDispatch, shelf: Shelf
) -> None:
    shelf.readable = False
    dispatch.reply = Reply(tone=ReplyTone.MISTAKE, text="Guests do not read here.")
    async with heard_by(team, dispatch, shelf):
        await team.event(OPENED)
        seen = await until(of(team, "U1"))
    assert "Guests do not read here." in seen
    assert "Checkout" not in seen


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
    team: Slack, shelf: Shelf, homes: Homes, clock: MovedClock
) -> None:
    homes.opened(looker("U1"))
    await published(team, 1)
    shelf.incidents = titled("the queue is stuck")
    homes.changed()
    clock.move(timedelta(seconds=3))
    await eventually(of(team, "U1"), lambda seen: "the queue is stuck" in seen)


async def test_a_storm_of_changes_is_one_view(
    team: Slack, shelf: Shelf, homes: Homes, clock: MovedClock
) -> None:
    homes.opened(looker("U1"))
    await published(team, 1)
    for n in range(1000):
        shelf.incidents = titled(f"number {n}")
        homes.changed()
    clock.move(timedelta(seconds=3))
    await eventually(of(team, "U1"), lambda seen: "number 999" in seen)
    assert len(team.called("views.publish")) == 2


async def test_what_looks_the_same_is_not_sent_again(
    team: Slack, shelf: Shelf, homes: Homes, clock: MovedClock
) -> None:
    homes.opened(looker("U1"))
    await published(team, 1)
    homes.changed()
    clock.move(timedelta(seconds=3))
    homes.opened(looker("U2"))
    await until(of(team, "U2"))
    assert [args["user_id"] for args in team.called("views.publish")] == ["U1", "U2"]


async def test_a_home_that_nobody_has_opened_for_long_is_left_alone(
    team: Slack, shelf: Shelf, homes: Homes, clock: MovedClock
) -> None:
    homes.opened(looker("U1"))
    await published(team, 1)
    clock.move(timedelta(hours=9))
    shelf.incidents = titled("the queue is stuck")
    homes.opened(looker("U2"))
    await until(of(team, "U2"))
    assert "the queue is stuck" not in await of(team, "U1")()


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
