"""Our Telegram platform over a group with two people and two channels, and what it shows."""

from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager
from dataclasses import replace
from pathlib import Path

from bot.adapters.telegram.accounts import NobodyIsLinked
from bot.adapters.telegram.places import place
from bot.adapters.telegram.platform import TelegramPlatform
from bot.adapters.telegram.starting import Webhook
from bot.adapters.telegram.team import Access, TelegramTeam
from bot.config.policy_file import default_policy
from bot.domain.policy import Policy, PolicyPerson
from bot.ports import Clock
from bot.values import ConversationRef, PersonId
from cards.model import Card
from tests.support.clock import HastenedClock
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
