"""Menus beyond a hundred options are searched, in what the person may see and as it is now."""

from collections.abc import AsyncIterator
from dataclasses import dataclass

import pytest

from bot.requests import CardAnswer, Sender
from bot.usecases.views import Viewer
from bot.values import CardId, PersonId
from cards import block_kit
from cards.model import Button, Card, FieldKind, FormField
from tests.support.slack.bench import NoCards, heard_by
from tests.support.slack.server import Slack, slack
from tests.support.slack.workspace import Args, Channel, Posted, View
from tests.unit.http.doubles import RememberingDispatch

HOSTS = tuple((f"web-{n}", f"web-{n} of shop {n % 7}") for n in range(250))
MANY = Card(
    id=CardId("c1"),
    title=("Which one?",),
    buttons=tuple(Button(option=f"o{n}", label=f"runbook {n}") for n in range(250)),
)
FORM = Card(
    id=CardId("c2"),
    title=("Where?",),
    form=(
        FormField(name="host", label="Host", kind=FieldKind.SELECT, required=True, choices=HOSTS),
        FormField(name="also", label="Also", kind=FieldKind.MULTI_SELECT, choices=HOSTS, maximum=3),
    ),
    buttons=(Button(option="run", label="Run"),),
)


@dataclass
class Shelf(NoCards):
    """`Cards` that Ann may see, and nobody else."""

    slow: bool = False

    async def viewer(self, sender: Sender) -> Viewer | None:
        if sender.account != "T1/U1":
            return None
        return Viewer(person=PersonId("ann"), name="Ann", groups=frozenset())

    async def card(self, viewer: Viewer, card: CardId) -> Card | None:
        return {c.id: c for c in (MANY, FORM)}.get(card)


@pytest.fixture
def dispatch() -> RememberingDispatch:
    return RememberingDispatch()


@pytest.fixture
async def team(dispatch: RememberingDispatch) -> AsyncIterator[Slack]:
    async with slack() as found, heard_by(found, dispatch, Shelf()):
        found.of.add_user("U1", "ann")
        found.of.add_user("U2", "mallory")
        found.of.add_channel("ops")
        yield found


@pytest.fixture
def ops(team: Slack) -> Channel:
    return team.of.named("ops")


def posted(channel: Channel, card: Card) -> Posted:
    message = block_kit.render(card)
    found = Posted(ts="1.000001", text=message.text, blocks=[*message.blocks])
    channel.messages.append(found)
    return found


def menu_of(message: Posted) -> Args:
    [menu] = [e for b in message.blocks if b["type"] == "actions" for e in b["elements"]]
    found: Args = menu
    return found


async def form(team: Slack, ops: Channel) -> View:
    await team.press("U1", ops, posted(ops, FORM), "Run")
    [view] = team.of.views.values()
    return view


def texts(options: list[Args]) -> list[str]:
    return [option["text"]["text"] for option in options]


async def test_the_first_hundred_are_offered_before_anything_is_typed(
    team: Slack, ops: Channel
) -> None:
    options = await team.search("U1", menu_of(posted(ops, MANY)), "")
    assert texts(options) == [f"runbook {n}" for n in range(100)]


async def test_every_word_narrows_and_what_begins_with_it_comes_first(
    team: Slack, ops: Channel
) -> None:
    view = await form(team, ops)
    element = view.content["blocks"][1]["element"]
    options = await team.search("U1", element, "shop 3", view=view, block="host")
    assert len(options) == len([h for h in HOSTS if "shop" in h[1] and "3" in h[1]])
    [first, *_] = await team.search("U1", element, "WEB-24", view=view, block="host")
    assert first["value"] == "web-24"


async def test_what_was_found_is_what_is_chosen(
    team: Slack, dispatch: RememberingDispatch, ops: Channel
) -> None:
    await team.choose("U1", ops, posted(ops, MANY), "runbook 249")
    [answer] = dispatch.requests
    assert isinstance(answer, CardAnswer)
    assert (answer.card, answer.option) == ("c1", "o249")


async def test_searched_fields_of_a_form_come_back_like_any_other(
    team: Slack, dispatch: RememberingDispatch, ops: Channel
) -> None:
    view = await form(team, ops)
    await team.submit("U1", view, {"host": "web-201", "also": "web-117,web-204"})
    [answer] = dispatch.requests
    assert isinstance(answer, CardAnswer)
    assert answer.values["host"] == "web-201"
    assert set(answer.values["also"].split(",")) == {"web-117", "web-204"}


async def test_somebody_who_may_not_see_the_card_finds_nothing(team: Slack, ops: Channel) -> None:
    assert await team.search("U2", menu_of(posted(ops, MANY)), "runbook") == []


async def test_a_search_in_nothing_of_ours_finds_nothing(team: Slack, ops: Channel) -> None:
    menu = menu_of(posted(ops, MANY))
    assert await team.search("U1", {**menu, "action_id": "answer:menu:c404"}, "x") == []
    assert await team.search("U1", {**menu, "action_id": "value"}, "x") == []


async def test_searching_asks_slack_for_nothing_and_records_nothing(
    team: Slack, dispatch: RememberingDispatch, ops: Channel
) -> None:
    await team.search("U1", menu_of(posted(ops, MANY)), "runbook 1")
    assert (team.calls, dispatch.requests) == ([], [])
