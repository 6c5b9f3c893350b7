"""Our Telegram platform over a group with two people and two channels, and what it shows."""

import asyncio
from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager
from dataclasses import replace
from pathlib import Path

from bot.adapters.http.listening import Listen
from bot.adapters.http.server import HttpServer, Site
from bot.adapters.telegram.accounts import NobodyIsLinked
from bot.adapters.telegram.hearing import Cards
from bot.adapters.telegram.places import place
from bot.adapters.telegram.platform import TelegramPlatform
from bot.adapters.telegram.starting import Webhook
from bot.adapters.telegram.team import Access, TelegramTeam
from bot.adapters.telegram.webhook import PATH
from bot.config.policy_file import default_policy
from bot.domain.policy import Policy, PolicyPerson
from bot.ports import Clock
from bot.requests import Dispatch, Sender
from bot.usecases.commands import CommandNames
from bot.usecases.views import Viewer
from bot.values import CardId, ConversationRef, PersonId
from cards.model import Card
from tests.support.clock import CountedIds, HastenedClock
from tests.support.telegram.server import GROUP, TOKEN, Telegram
from tests.support.telegram.world import ANNOUNCEMENTS, STAKEHOLDERS

CHANNELS = {"announcements": ANNOUNCEMENTS, "stakeholders": STAKEHOLDERS}


def policy() -> Policy:
    people = {
        PersonId(name): PolicyPerson(
            id=PersonId(name), name=name.title(), accounts=(("telegram", account),)
        )
        for name, account in (("alice", "1"), ("bob", "2"))
    }
    return replace(default_policy(), people=people)


def access_to(there: Telegram, webhook: Webhook | None = None) -> Access:
    return Access(api_url=there.base, token=TOKEN, group=GROUP, channels=CHANNELS, webhook=webhook)


@asynccontextmanager
async def team_in(
    there: Telegram, folder: Path, clock: Clock | None = None, webhook: Webhook | None = None
) -> AsyncIterator[TelegramTeam]:
    """Open the bot's side; a second one on the same folder is the bot after a restart."""
    team = TelegramTeam.open(
        access_to(there, webhook),
        folder=folder,
        policy=policy,
        linked=NobodyIsLinked(),
        clock=clock or HastenedClock(),
    )
    try:
        yield team
    finally:
        await team.close()


@asynccontextmanager
async def people_in(there: Telegram, folder: Path) -> AsyncIterator[TelegramPlatform]:
    """Open the platform alone."""
    async with team_in(there, folder) as team:
        yield team.platform


async def shown_in(there: Telegram, conversation: ConversationRef) -> Sequence[Card]:
    """Read a conversation back as cards of one line, without the files beside a message."""
    where = place(conversation)
    return [
        Card(kind="file", title=(m.file,)) if m.file else _read(m.text)
        for m in there.posted
        if (m.chat, m.thread or None) == (where.chat, where.thread) and not m.beside
    ]


def _read(text: str) -> Card:
    return Card(kind="message", title=(text,)) if text not in {"", "…"} else Card()


class NoCards:
    """`Cards` of a world whose buttons never need a form."""

    async def viewer(self, sender: Sender) -> Viewer | None:
        return Viewer(person=PersonId("alice"), name="Alice", groups=frozenset())

    async def card(self, viewer: Viewer, card: CardId) -> Card | None:
        return None


class OneCard(NoCards):
    """`Cards` where one card can be seen as it stands."""

    def __init__(self, card: Card) -> None:
        self._card = card

    async def card(self, viewer: Viewer, card: CardId) -> Card | None:
        return self._card if card == self._card.id else None


@asynccontextmanager
async def hearing(
    there: Telegram,
    folder: Path,
    dispatch: Dispatch,
    *,
    cards: Cards | None = None,
    secret: str = "",
) -> AsyncIterator[TelegramTeam]:
    """Let people speak to a dispatch: over long polling; with a `secret`, over the webhook."""
    hook = Webhook(url=f"https://bot.example.com{PATH}", secret=secret) if secret else None
    async with team_in(there, folder, webhook=hook) as team, asyncio.TaskGroup() as tasks:
        routes = team.hear(
            dispatch=dispatch, cards=cards or NoCards(), tasks=tasks, names=CommandNames()
        )
        site = Site(listen=Listen(host="127.0.0.1", port=0), setting="TEST", routes=routes)
        server = HttpServer([site], ids=CountedIds())
        await server.start()
        there.reach = f"http://{server.addresses[0]}{PATH}"
        try:
            yield team
        finally:
            team.stop()
            await server.stop()
