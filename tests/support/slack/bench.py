"""Our Slack platform over a workspace with two people and two channels, and what it shows."""

from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager
from dataclasses import replace

from bot.adapters.slack.accounts import Accounts
from bot.adapters.slack.platform import SlackPlatform
from bot.adapters.slack.web import SlackWeb
from bot.config.policy_file import default_policy
from bot.domain.policy import Policy, PolicyPerson
from bot.ports import Clock
from bot.values import ConversationRef, PersonId
from cards.model import Card
from tests.support.clock import MovedClock
from tests.support.slack.server import Slack, words
from tests.support.slack.workspace import BOT_TOKEN, Posted

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
    web = SlackWeb.open(token=BOT_TOKEN, base_url=f"{team.base}api/", clock=clock or MovedClock())
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
    async with web_of(team, clock) as web:
        yield SlackPlatform(web=web, accounts=Accounts(policy), clock=clock or MovedClock())


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
