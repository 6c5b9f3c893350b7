"""A Slack workspace beside the console: rooms of its own, people who press there, lost replies."""

import asyncio
import random
import re
import time
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass, field

import aiohttp

from bot.adapters.slack.channels import _mark
from tests.crash.history import Notes, Press, Room
from tests.crash.presence import Presence
from tests.support.slack.server import Slack, Trouble, slack
from tests.support.slack.workspace import BOT_TOKEN, SIGNING_SECRET, Channel, Posted

USERS = {"ann": "U1", "bob": "U2", "cid": "U3", "dan": "U4"}
"""The people's accounts, by their names in the policy."""

_LOOK = 0.3
"""Seconds between two looks at what was posted."""

_TITLE = re.compile(r"Mend ([a-z]+\d+) on [\w-]+")


@dataclass(slots=True, kw_only=True)
class Workspace:
    """The emulator, and what its people do."""

    team: Slack
    notes: Notes
    there: Presence
    luck: random.Random
    losses: int = 6
    """Replies that are still going to be lost."""
    pressed: set[str] = field(default_factory=set)

    def settings(self) -> str:
        """Return the settings by which a life finds it."""
        return (
            f"SLACK_BOT_TOKEN={BOT_TOKEN}\nSLACK_SIGNING_SECRET={SIGNING_SECRET}\n"
            f"SLACK_API_URL={self.team.base}api/\n"
        )

    async def use(self) -> None:
        """Press what asks to be approved; lose a reply now and then, once it is carried out."""
        while True:
            await asyncio.sleep(_LOOK)
            if self.losses and self.luck.random() < 0.3:
                self.losses -= 1
                method = self.luck.choice(("chat.postMessage", "conversations.create"))
                self.team.trouble.setdefault(method, []).append(Trouble(drop=True, after=True))
            if self.there.address:
                self.team.bot_url = f"http://{self.there.address}/slack/events"
                await self._answer()

    async def _answer(self) -> None:
        for channel in tuple(self.team.of.channels.values()):
            for message in channel.seen():
                if message.ts not in self.pressed and "'Approve'" in str(message.blocks):
                    await self._press(channel, message)

    async def _press(self, channel: Channel, message: Posted) -> None:
        found = _TITLE.search(str(message.blocks))
        if found is None:
            return
        self.notes.presses.append(
            Press(
                who="bob",
                card=f"slack:{message.ts}",
                kind="change",
                title=found[0],
                option="approve",
                sent=time.time(),
            )
        )
        try:
            async with asyncio.timeout(3):
                heard = await self.team.press(USERS["bob"], channel, message, "Approve")
        except (aiohttp.ClientError, TimeoutError):
            return  # nobody answered: they look again, and press again
        if heard.status == 200 and "NOT recorded" not in heard.text:
            self.pressed.add(message.ts)

    def rooms(self, incidents: tuple[str, ...]) -> tuple[Room, ...]:
        """Return the workspace's rooms, each under the incident that its purpose names."""
        marks = {_mark(incident): incident for incident in incidents}
        rooms = [c for c in self.team.of.channels.values() if c.name.startswith("inc-")]
        return tuple(
            Room(platform="slack", key=marks.get(room.purpose, room.purpose), name=room.name)
            for room in rooms
        )


@asynccontextmanager
async def workspace(notes: Notes, there: Presence, luck: random.Random) -> AsyncIterator[Workspace]:
    """Run a workspace with the team in it."""
    async with slack() as team:
        team.of.now = time.time()
        for name, user in USERS.items():
            team.of.add_user(user, name)
        team.of.add_channel("announcements")
        yield Workspace(team=team, notes=notes, there=there, luck=luck)
