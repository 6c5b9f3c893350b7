"""What Slack refuses is seen by a human elsewhere; what it cannot do now is done later."""

import re
from dataclasses import replace
from datetime import timedelta
from pathlib import Path

import pytest
from sqlite_utils import Database

from bot.adapters.console import messages
from bot.domain.policy import Policy
from tests.support.slack.interacting import words
from tests.support.slack.living import Living, living
from tests.support.slack.server import Slack, Trouble
from tests.support.waiting import eventually


async def console(here: Living) -> str:
    """Return everything that the console's rooms and channels were told."""

    def told(database: Database) -> list[str]:
        places = [row[0] for row in database.execute("SELECT DISTINCT conversation FROM messages")]
        return [str(m.card) for place in places for m in messages.latest(database, place)]

    return "\n".join(await here.service.store.run(told))


@pytest.mark.parametrize(
    ("error", "said"),
    [
        ("channel_not_found", "the bot is not in it"),
        ("is_archived", "the channel is archived"),
        ("restricted_action", "ask an admin"),
        ("token_revoked", "install the app again"),
    ],
)
async def test_a_post_that_slack_refuses_is_told_in_the_console(
    tmp_path: Path, error: str, said: str
) -> None:
    async with living(tmp_path) as here:
        await here.ann.types("/incident declare sev3 cache is cold")
        room = await here.ann.room()
        await here.ann.sees("cache is cold", room)
        refusal = Trouble(body=f'{{"ok": false, "error": "{error}"}}')
        here.team.trouble["chat.postMessage"] = [refusal]

        await here.ann.types("/incident update we warm it up", room)

        async def told() -> str:
            return await console(here)

        assert said in await eventually(told, lambda seen: said in seen, seconds=40)


async def test_a_channel_that_may_not_be_made_is_told_in_the_console(tmp_path: Path) -> None:
    async with living(tmp_path) as here:
        refusal = Trouble(body='{"ok": false, "error": "restricted_action"}')
        here.team.trouble["conversations.create"] = [refusal]
        assert "INC-" in await here.ann.types("/incident declare sev3 cache is cold")

        async def told() -> str:
            return await console(here)

        seen = await eventually(told, lambda seen: "ask an admin" in seen, seconds=40)
        assert "cache is cold" in seen


async def test_a_revoked_token_keeps_the_bot_from_being_ready(tmp_path: Path) -> None:
    def revoked(team: Slack) -> None:
        team.revoked = "token_revoked"

    async with living(tmp_path, before=revoked) as here:
        seen = await eventually(here.readiness, lambda text: "revoked" in text)
        assert "the bot's token was revoked: install the app again" in seen


async def test_a_slack_that_lets_nobody_connect_keeps_the_bot_from_being_ready(
    tmp_path: Path,
) -> None:
    async with living(tmp_path, sockets=True) as here:
        await eventually(here.readiness, lambda text: "Slack" not in text)
        here.team.sending.switched_off = True
        for socket in list(here.team.sockets):
            await here.team.sending.disconnect(socket, "link_disabled")
        seen = await eventually(here.readiness, lambda text: "switched off" in text)
        assert "Slack is not heard" in seen


async def test_a_card_that_somebody_deleted_comes_back_with_its_next_change(
    tmp_path: Path,
) -> None:
    async with living(tmp_path) as here:
        await here.ann.types("/incident declare sev3 cache is cold")
        room = await here.ann.room()
        card = await here.ann.sees("cache is cold", room)
        room.messages.remove(card)

        await here.ann.types("/incident title cache is icy", room)

        again = await here.ann.sees("cache is icy", room)
        assert again.ts != card.ts


def closing_at_once(policy: Policy) -> Policy:
    return replace(policy, close_room_after=timedelta())


async def test_a_room_is_archived_after_the_incident_as_the_policy_says(tmp_path: Path) -> None:
    async with living(tmp_path, changed=closing_at_once) as here:
        await here.ann.types("/incident declare sev4 cache is cold")
        room = await here.ann.room()
        await here.ann.types("/incident resolve it is warm", room)
        card = await here.ann.sees_button("Resolve", room)
        await here.ann.presses("Resolve", card, room)
        await here.ann.fills_in(reason="it is over")
        await here.ann.sees("it is warm", room)
        await here.ann.types("/incident close override=small", room)

        async def archived() -> bool:
            return room.archived

        await eventually(archived, bool, seconds=40)


async def test_commands_are_taken_while_slack_itself_is_down(tmp_path: Path) -> None:
    async with living(tmp_path) as here:
        here.team.down = True
        assert "INC-" in await here.ann.types("/incident declare sev2 all is dark")
        here.team.down = False
        assert "all-is-dark" in (await here.ann.room()).name


async def test_an_outage_of_every_kind_loses_nothing_doubles_nothing_and_keeps_the_order(
    tmp_path: Path,
) -> None:
    async with living(tmp_path) as here:
        await here.ann.types("/incident declare sev3 cache is cold")
        room = await here.ann.room()
        await here.ann.sees("cache is cold", room)
        here.team.trouble["chat.postMessage"] = [
            Trouble(drop=True, after=True),
            Trouble(status=429, headers={"Retry-After": "1"}),
            Trouble(status=500, body="{}"),
            Trouble(body="<html>", content_type="text/html"),
        ]
        for word in ("first", "second", "third", "fourth"):
            await here.ann.types(f"/incident update the {word} thing", room)

        async def said() -> list[str]:
            posted = [words(m.blocks) for m in room.seen() if m.ts not in room.pins]
            return re.findall(r"the (\w+) thing", "\n".join(posted))

        heard = await eventually(said, lambda found: "fourth" in found, seconds=60)
        assert heard == ["first", "second", "third", "fourth"]
