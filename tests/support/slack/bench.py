"""Our Slack platform over a workspace with two people and two channels, and what it shows."""

import asyncio
from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager
from dataclasses import replace

from bot.adapters.clock import SystemClock
from bot.adapters.http.listening import Listen
from bot.adapters.http.server import HttpServer, Site
from bot.adapters.memory.journal import MemoryJournal
from bot.adapters.slack.accounts import Accounts
from bot.adapters.slack.door import PATH, Door
from bot.adapters.slack.hearing import Hearing
from bot.adapters.slack.home import HomeReader
from bot.adapters.slack.platform import SlackPlatform
from bot.adapters.slack.replays import JournalReplays
from bot.adapters.slack.web import SlackWeb
from bot.config.policy_file import default_policy
from bot.domain.policy import Policy, PolicyPerson
from bot.ports import Clock, Journal
from bot.requests import Dispatch, Sender
from bot.usecases.views import IncidentSummary, OpenCard, Viewer
from bot.values import CardId, ConversationRef, PersonId
from cards.context import Context
from cards.model import Card
from tests.support.clock import CountedIds, HastenedClock
from tests.support.incidents import context
from tests.support.slack.interacting import words
from tests.support.slack.server import Slack
from tests.support.slack.workspace import BOT_TOKEN, SIGNING_SECRET, Posted

PEOPLE = {
    PersonId("alice"): PolicyPerson(
        id=PersonId("alice"), name="Alice", accounts=(("slack", "T1/U1"),)
    ),
    PersonId("bob"): PolicyPerson(id=PersonId("bob"), name="Bob", accounts=(("slack", "T1/U2"),)),
    PersonId("cleo"): PolicyPerson(id=PersonId("cleo"), name="Cleo"),
}


def policy() -> Policy:
    return replace(default_policy(), people=PEOPLE)


@asynccontextmanager
async def web_of(team: Slack, clock: Clock | None = None) -> AsyncIterator[SlackWeb]:
    """Open the Web API of a workspace."""
    now = clock or HastenedClock()
    web = SlackWeb.open(token=BOT_TOKEN, base_url=f"{team.base}api/", clock=now)
    try:
        yield web
    finally:
        await web.close()


@asynccontextmanager
async def people_in(team: Slack, clock: Clock | None = None) -> AsyncIterator[SlackPlatform]:
    """Fill the workspace and open a platform on it; a second one is the bot after a restart."""
    if not team.of.users:
        team.of.add_user("U1", "alice")
        team.of.add_user("U2", "bob")
        team.of.add_channel("announcements")
        team.of.add_channel("stakeholders")
    now = clock or HastenedClock()
    async with web_of(team, now) as web:
        yield SlackPlatform(web=web, accounts=Accounts(policy), clock=now)


class NoCards:
    """`HomeReader` of a world where nothing is open and no button needs a form."""

    async def viewer(self, sender: Sender) -> Viewer | None:
        return Viewer(person=PersonId("alice"), name="Alice", groups=frozenset())

    async def card(self, viewer: Viewer, card: CardId) -> Card | None:
        return None

    async def waiting(self, viewer: Viewer) -> Sequence[OpenCard]:
        return ()

    async def open_incidents(self, viewer: Viewer) -> Sequence[IncidentSummary]:
        return ()

    async def context(self) -> Context:
        return context()


@asynccontextmanager
async def heard_by(
    team: Slack,
    dispatch: Dispatch,
    cards: HomeReader | None = None,
    clock: Clock | None = None,
    journal: Journal | None = None,
) -> AsyncIterator[None]:
    """Let the workspace speak to a dispatch over signed HTTP."""
    now = clock or SystemClock()
    async with web_of(team, now) as web, asyncio.TaskGroup() as tasks:
        hearing = Hearing(
            web=web,
            dispatch=dispatch,
            cards=cards or NoCards(),
            clock=now,
            tasks=tasks,
            command="incident",
        )
        homes = tasks.create_task(hearing.homes.run())
        kept = journal or MemoryJournal(ids=CountedIds())
        replays = JournalReplays(journal=kept, clock=now, tasks=tasks)
        door = Door(app=hearing.app, secret=SIGNING_SECRET, clock=now, replays=replays)
        site = Site(listen=Listen(host="127.0.0.1", port=0), setting="TEST", routes=(door.route(),))
        server = HttpServer([site], ids=CountedIds())
        await server.start()
        team.bot_url = f"http://{server.addresses[0]}{PATH}"
        try:
            yield
        finally:
            homes.cancel()
            await server.stop()


async def shown_in(team: Slack, conversation: ConversationRef) -> Sequence[Card]:
    """Read a conversation back as cards of one line."""
    channel = team.of.channels[conversation.id]
    with_files = {m.thread for m in channel.messages if m.files}
    return [_read(message, message.ts in with_files) for message in channel.seen()]


def _read(message: Posted, has_file: bool) -> Card:  # noqa: FBT001 - a fact about the message
    # A title that the header cannot hold stands in full below it.
    title = words(message.blocks[-1] if len(message.blocks) > 1 else message.blocks[0])
    kind = "file" if has_file else "message"
    return Card(kind=kind, title=() if title == "…" else (title,))
