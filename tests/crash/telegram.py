"""A Telegram group with topics beside the console."""

import asyncio
import random
from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager
from dataclasses import dataclass, field

from tests.crash.chat import LATE, PRESSES, Hand, Mishaps, Wrong, rooms_of
from tests.crash.history import Notes, Room
from tests.support.telegram.server import Telegram, Trouble, telegram
from tests.support.telegram.world import ANNOUNCEMENTS, GROUP, TOKEN

USERS = {"ann": 1, "bob": 2, "cid": 3, "dan": 4}

METHODS = ("sendMessage", "editMessageText", "createForumTopic")
"""Methods whose answers are lost."""

_LOOK = 0.3
"""Seconds between two looks at what was posted."""


@dataclass(slots=True, kw_only=True)
class Group:
    """`Chat`: the emulator, and what its people do. The bot asks for updates by itself."""

    there: Telegram
    mishaps: Mishaps
    hand: Hand
    accounts: Mapping[str, str] = field(
        default_factory=lambda: {name: str(user) for name, user in USERS.items()}
    )

    def settings(self) -> str:
        """See `Chat`."""
        return (
            f"TELEGRAM_BOT_TOKEN={TOKEN}\nTELEGRAM_GROUP={GROUP}\n"
            f"TELEGRAM_CHANNELS=announcements={ANNOUNCEMENTS}\n"
            f"TELEGRAM_API_URL={self.there.base}\n"
        )

    async def use(self) -> None:
        """See `Chat`."""
        while True:
            await asyncio.sleep(_LOOK)
            self.mishaps.next(self.there.trouble, trouble)
            for message in tuple(self.there.posted):
                key = f"telegram:{message.chat}/{message.id}"
                if "Approve" in message.labels and self.hand.presses(key, message.text):
                    self.there.press(USERS[PRESSES], message, "Approve")

    def shows(self, words: str) -> bool:
        """See `Chat`."""
        return any(words in message.text for message in self.there.posted)

    def rooms(self, titles: Mapping[str, str]) -> tuple[Room, ...]:
        """See `Chat`."""
        return rooms_of("telegram", [name for name, _ in self.there.topics.values()], titles)


def trouble(wrong: Wrong) -> Trouble:
    """Return what the emulator calls it."""
    match wrong:
        case Wrong.ANSWER_LOST:
            return Trouble(drop=True, after=True)
        case Wrong.ANSWER_LATE:
            return Trouble(late=LATE, after=True)
        case Wrong.CALL_LATE:
            return Trouble(late=LATE)


@asynccontextmanager
async def group(notes: Notes, luck: random.Random) -> AsyncIterator[Group]:
    """Run a group with the team in it; each has spoken to the bot."""
    async with telegram() as there:
        for user in USERS.values():
            there.of.join(user)
            there.of.meet(user)
        yield Group(there=there, mishaps=Mishaps(luck, METHODS), hand=Hand(notes))
