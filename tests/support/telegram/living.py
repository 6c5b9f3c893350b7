"""A whole Firewarden with a team's policy, beside Telegram and, where asked for, beside Slack."""

import time
from collections.abc import AsyncIterator
from contextlib import AsyncExitStack, asynccontextmanager
from dataclasses import dataclass
from pathlib import Path

from bot.app.service import Service
from bot.app.serving import serving
from bot.config import load_settings
from tests.support.slack.interacting import words
from tests.support.slack.server import Slack, slack
from tests.support.slack.workspace import BOT_TOKEN, SIGNING_SECRET, Channel
from tests.support.slack.workspace import Posted as SlackPosted
from tests.support.telegram.server import Posted, Telegram, telegram
from tests.support.telegram.world import ANNOUNCEMENTS, GROUP, STAKEHOLDERS, TOKEN
from tests.support.waiting import until

PEOPLE = """\
people:
  ann:  {name: Ann, accounts: {console: ann, slack: T1/U1, telegram: 1}}
  bob:  {name: Bob, accounts: {console: bob, slack: T1/U2, telegram: 2}}
  cleo: {name: Cleo, accounts: {telegram: 3}}
  dan:  {name: Dan, accounts: {slack: T1/U9}}
groups:
  responder: [cleo, ann, bob]
  approver: [ann, bob, dan]
  communications: [ann, bob]
paging:
  default: on-call
  escalations:
    on-call: {group: responder, every: 5m}
audiences:
  stakeholders: {channel: stakeholders, external: false, template: stakeholder}
  customers: {channel: announcements, external: true, template: customer-progress}
"""
"""Cleo never started the bot; Dan is known in Slack alone."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Living:
    """A serving bot and the chats that it lives in."""

    service: Service
    there: Telegram
    team: Slack
    ops: Channel
    folder: Path

    async def topic(self, words: str) -> int:
        """Wait for the topic whose name has these words."""

        async def found() -> int:
            return next((i for i, (name, _) in self.there.topics.items() if words in name), 0)

        return await until(found)

    async def told(self, words: str, chat: int = GROUP, thread: int = 0) -> Posted:
        """Wait for a message of a conversation in Telegram that says this."""

        async def found() -> Posted | None:
            return next((m for m in self.there.seen(chat, thread) if words in m.text), None)

        return await until(found, seconds=40)

    async def offered(self, label: str, chat: int = GROUP, thread: int = 0) -> Posted:
        """Wait for a message in Telegram that has a button of that label."""

        async def found() -> Posted | None:
            return next((m for m in self.there.seen(chat, thread) if label in m.labels), None)

        return await until(found, seconds=40)

    async def room(self, words: str) -> Channel:
        """Wait for the channel in Slack whose name has these words."""

        async def found() -> Channel | None:
            return next((c for c in self.team.of.channels.values() if words in c.name), None)

        return await until(found, seconds=40)

    async def offered_in_slack(self, room: Channel, label: str) -> SlackPosted:
        """Wait for a message in Slack that has a button of that label."""

        async def found() -> SlackPosted | None:
            return next((m for m in room.seen() if label in slack_labels(m)), None)

        return await until(found, seconds=40)


def slack_labels(message: SlackPosted) -> list[str]:
    """Return the words on a message's buttons."""
    rows = [block["elements"] for block in message.blocks if block["type"] == "actions"]
    return [e["text"]["text"] for row in rows for e in row if "text" in e]


def slack_words(message: SlackPosted) -> str:
    """Return what a message in Slack says."""
    return words(message.blocks)


@asynccontextmanager
async def living(
    folder: Path, *, beside_slack: bool = False, settings: str = "", among: Telegram | None = None
) -> AsyncIterator[Living]:
    """Serve with a team's policy; `settings` are further lines of the environment.

    `among` is a Telegram that was there before, None = a new one.
    """
    async with AsyncExitStack() as stack:
        there = await stack.enter_async_context(telegram()) if among is None else among
        team = await stack.enter_async_context(slack())
        ops = _fill(team)
        platforms = ["console", "telegram", *(["slack"] if beside_slack else [])]
        (folder / "policy.yaml").write_text(
            f"{PEOPLE}chat:\n  platforms: [{', '.join(platforms)}]\n"
        )
        lines = [
            "FIREWARDEN_LISTEN=127.0.0.1:0",
            f"FIREWARDEN_DATA={folder / 'data'}",
            f"FIREWARDEN_POLICY={folder / 'policy.yaml'}",
            f"TELEGRAM_BOT_TOKEN={TOKEN}",
            f"TELEGRAM_GROUP={GROUP}",
            f"TELEGRAM_CHANNELS=announcements={ANNOUNCEMENTS},stakeholders={STAKEHOLDERS}",
            f"TELEGRAM_API_URL={there.base}",
        ]
        if beside_slack:
            lines += [
                f"SLACK_BOT_TOKEN={BOT_TOKEN}",
                f"SLACK_SIGNING_SECRET={SIGNING_SECRET}",
                f"SLACK_API_URL={team.base}api/",
            ]
        (folder / "env").write_text("\n".join([*lines, settings, ""]))
        service, running = await stack.enter_async_context(serving(load_settings(folder / "env")))
        team.bot_url = f"http://{running.ingest}/slack/events"
        there.reach = f"http://{running.ingest}/telegram/webhook"
        yield Living(service=service, there=there, team=team, ops=ops, folder=folder)


def _fill(team: Slack) -> Channel:
    team.of.now = time.time()
    team.of.add_user("U1", "ann")
    team.of.add_user("U2", "bob")
    team.of.add_user("U9", "dan")
    team.of.add_channel("announcements")
    team.of.add_channel("stakeholders")
    return team.of.add_channel("ops")
