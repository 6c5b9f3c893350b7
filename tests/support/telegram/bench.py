"""Our Telegram platform over a group with two people and two channels, and what it shows."""

from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager
from dataclasses import replace
from pathlib import Path

from bot.adapters.telegram.accounts import Accounts
from bot.adapters.telegram.api import TelegramApi
from bot.adapters.telegram.platform import TelegramPlatform, place
from bot.adapters.telegram.store import TelegramStore
from bot.config.policy_file import default_policy
from bot.domain.policy import Policy, PolicyPerson
from bot.values import ConversationRef, PersonId
from cards.model import Card
from tests.support.clock import HastenedClock
from tests.support.telegram.server import GROUP, TOKEN, Telegram

CHANNELS = {"announcements": -1002, "stakeholders": -1003}


def policy() -> Policy:
    people = {
        PersonId(name): PolicyPerson(
            id=PersonId(name), name=name.title(), accounts=(("telegram", account),)
        )
        for name, account in (("alice", "1"), ("bob", "2"))
    }
    return replace(default_policy(), people=people)


@asynccontextmanager
async def people_in(there: Telegram, folder: Path) -> AsyncIterator[TelegramPlatform]:
    """Open a platform; a second one on the same folder is the bot after a restart."""
    clock = HastenedClock()
    store = TelegramStore.open(folder / "telegram.sqlite3")
    api = TelegramApi.open(token=TOKEN, base_url=there.base, clock=clock)
    try:
        yield TelegramPlatform(
            api=api,
            store=store,
            accounts=Accounts(policy),
            clock=clock,
            group=GROUP,
            channels=CHANNELS,
        )
    finally:
        await api.close()
        await store.close()


async def shown_in(there: Telegram, conversation: ConversationRef) -> Sequence[Card]:
    """Read a conversation back as cards of one line, without the files beside a message."""
    chat, thread = place(conversation)
    return [
        Card(kind="file", title=(m.file,)) if m.file else _read(m.text)
        for m in there.posted
        if (m.chat, m.thread or None) == (chat, thread) and not m.beside
    ]


def _read(text: str) -> Card:
    return Card(kind="message", title=(text,)) if text not in {"", "…"} else Card()
