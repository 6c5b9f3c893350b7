"""Somebody removes the bot from an incident's channel: it comes back, or a human is told."""

from dataclasses import replace
from pathlib import Path

from bot.domain.policy import Policy
from tests.support.slack.interacting import words
from tests.support.slack.living import living, pinned
from tests.support.slack.server import Slack
from tests.support.slack.workspace import BOT


def in_slack_alone(policy: Policy) -> Policy:
    return replace(policy, platforms=("slack",))


def without_joining(team: Slack) -> None:
    team.of.scopes.discard("channels:join")


async def test_it_comes_back_with_what_it_has_to_say(tmp_path: Path) -> None:
    async with living(tmp_path, changed=in_slack_alone) as here:
        await here.ann.types("/incident declare sev3 cache is cold")
        room = await here.ann.room()
        await here.ann.sees("cache is cold", room)
        [card] = [m for m in room.messages if m.ts in await pinned(room)]
        room.members.discard(BOT)

        await here.ann.types("/incident update we warm it up", room)

        await here.ann.sees("we warm it up", room)
        assert BOT in room.members
        assert {args["channel"] for args in here.team.called("conversations.join")} == {room.id}
        await here.ann.types("/incident title cache is icy", room)
        await here.ann.sees_changed("cache is icy", card)


async def test_without_the_scope_the_announcement_channel_is_told(tmp_path: Path) -> None:
    async with living(tmp_path, changed=in_slack_alone, before=without_joining) as here:
        await here.ann.types("/incident declare sev3 cache is cold")
        room = await here.ann.room()
        await here.ann.sees("cache is cold", room)
        room.members.discard(BOT)

        await here.ann.types("/incident update we warm it up", room)

        told = await here.ann.sees("invite it there", here.team.of.named("announcements"))
        assert "cache is cold" in words(told.blocks)
        assert BOT not in room.members


async def test_from_a_private_channel_its_commander_is_told_directly(tmp_path: Path) -> None:
    async with living(tmp_path, changed=in_slack_alone) as here:
        await here.ann.types("/incident declare sev3 keys leaked private")
        room = await here.ann.room()
        await here.ann.sees("keys leaked", room)
        room.members.discard(BOT)

        await here.ann.types("/incident update we change them", room)

        await here.ann.sees("the bot is not in it", await here.ann.direct())
        assert not here.team.called("conversations.join")
        assert here.team.of.named("announcements").messages == []


async def test_it_stays_away_from_a_channel_of_others(tmp_path: Path) -> None:
    async with living(tmp_path, changed=in_slack_alone) as here:
        announcements = here.team.of.named("announcements")
        announcements.members.discard(BOT)
        announcements.purpose = "what everybody should know"
        await here.ann.types("/incident declare sev3 cache is cold")
        room = await here.ann.room()

        await here.ann.sees("invite the bot there", room)

        assert not here.team.called("conversations.join")
