"""Every chat platform that the suite runs on, each with a way to read back what people see."""

from collections.abc import AsyncIterator, Awaitable, Callable, Sequence
from dataclasses import dataclass
from pathlib import Path

import pytest

from bot.adapters.console import messages
from bot.adapters.console.changes import Changes
from bot.adapters.console.platform import ConsolePlatform
from bot.adapters.console.store import ConsoleStore
from bot.adapters.memory.chat import MemoryChat
from bot.ports import ChatPlatform
from bot.values import ConversationRef, PersonId
from cards import codec
from cards.model import Card
from tests.support.slack.bench import people_in, shown_in
from tests.support.slack.server import slack
from tests.support.telegram import bench as telegram_bench
from tests.support.telegram.server import telegram
from tests.unit.http.doubles import StillClock

ALICE = PersonId("alice")
BOB = PersonId("bob")


@dataclass(frozen=True, slots=True)
class Chat:
    """A platform on which Alice and Bob can be reached; `shown` reads a conversation in order."""

    platform: ChatPlatform
    shown: Callable[[ConversationRef], Awaitable[Sequence[Card]]]


@pytest.fixture(params=["memory", "console", "slack", "telegram"])
async def chat(request: pytest.FixtureRequest, tmp_path: Path) -> AsyncIterator[Chat]:
    if request.param == "memory":
        yield _memory()
        return
    if request.param == "slack":
        async with slack() as team, people_in(team) as platform:
            yield Chat(platform, lambda conversation: shown_in(team, conversation))
        return
    if request.param == "telegram":
        async with telegram() as there, telegram_bench.people_in(there, tmp_path) as group:
            yield Chat(group, lambda conversation: telegram_bench.shown_in(there, conversation))
        return
    store = await ConsoleStore.open(tmp_path / "console.sqlite3")
    yield _console(store)
    await store.close()


def _memory() -> Chat:
    platform = MemoryChat(people=frozenset({ALICE, BOB}))

    async def shown(conversation: ConversationRef) -> Sequence[Card]:
        return list(platform.cards.get(conversation.id, {}).values())

    return Chat(platform, shown)


def _console(store: ConsoleStore) -> Chat:
    async def seated(person: PersonId) -> bool:
        return person in {ALICE, BOB}

    async def shown(conversation: ConversationRef) -> Sequence[Card]:
        found = await store.run(lambda db: messages.latest(db, conversation.id))
        return [codec.from_json(message.card) for message in found]

    platform = ConsolePlatform(store, clock=StillClock(), changes=Changes(), seated=seated)
    return Chat(platform, shown)
