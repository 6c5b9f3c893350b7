"""A Slack workspace beside the console."""

import asyncio
import random
import time
from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager
from dataclasses import dataclass, field

import aiohttp

from bot.ports import Clock
from tests.crash.chat import AGAIN, LATE, PRESSES, Hand, Mishaps, Wrong, rooms_of
from tests.crash.history import Notes, Room
from tests.crash.presence import Presence
from tests.crash.scene import USER_GROUP
from tests.support.slack.server import Slack, Trouble, slack
from tests.support.slack.workspace import BOT_TOKEN, SIGNING_SECRET, Channel, Posted

USERS = {"ann": "U1", "bob": "U2", "cid": "U3", "dan": "U4"}

METHODS = ("chat.postMessage", "chat.update", "conversations.create", "conversations.invite")
"""Methods whose answers are lost."""

_LOOK = 0.3
"""Seconds between two looks at what was posted."""


@dataclass(slots=True, kw_only=True)
class Workspace:
    """`Chat`: the emulator, and what its people do."""

    team: Slack
    there: Presence
    mishaps: Mishaps
    hand: Hand
    accounts: Mapping[str, str] = field(
        default_factory=lambda: {name: f"T1/{user}" for name, user in USERS.items()}
    )

    def settings(self) -> str:
        """See `Chat`."""
        return (
            f"SLACK_BOT_TOKEN={BOT_TOKEN}\nSLACK_SIGNING_SECRET={SIGNING_SECRET}\n"
            f"SLACK_API_URL={self.team.base}api/\n"
        )

    async def use(self) -> None:
        """See `Chat`."""
        while True:
            await asyncio.sleep(_LOOK)
            self.mishaps.next(self.team.trouble, trouble)
            if self.there.address:
                self.team.bot_url = f"http://{self.there.address}/slack/events"
                await self._answer()

    async def _answer(self) -> None:
        for channel in tuple(self.team.of.channels.values()):
            for message in channel.seen():
                if "'Approve'" in str(message.blocks):
                    await self._press(channel, message)

    async def _press(self, channel: Channel, message: Posted) -> None:
        if not self.hand.presses(f"slack:{message.ts}", str(message.blocks)):
            return
        self.team.stamp = str(int(self.team.clock.now().timestamp()))
        try:
            async with asyncio.timeout(AGAIN):
                await self.team.press(USERS[PRESSES], channel, message, "Approve")
        except (aiohttp.ClientError, TimeoutError):
            return  # nobody answered: they look again, and press again

    def shows(self, words: str) -> bool:
        """See `Chat`."""
        channels = self.team.of.channels.values()
        return any(words in str(m.blocks) for channel in channels for m in channel.seen())

    def rooms(self, titles: Mapping[str, str]) -> tuple[Room, ...]:
        """See `Chat`."""
        names = [c.name for c in self.team.of.channels.values() if c.name.startswith("inc-")]
        return rooms_of("slack", names, titles)


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
async def workspace(
    notes: Notes, there: Presence, luck: random.Random, clock: Clock
) -> AsyncIterator[Workspace]:
    """Run a workspace with the team in it, whose limits are by the clock of the lives."""
    async with slack(clock) as team:
        team.of.now = time.time()
        for name, user in USERS.items():
            team.of.add_user(user, name)
        team.of.add_channel("announcements")
        team.of.groups[USER_GROUP.partition("/")[2]] = set(USERS.values())
        yield Workspace(team=team, there=there, mishaps=Mishaps(luck, METHODS), hand=Hand(notes))
