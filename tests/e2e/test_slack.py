"""A team lives in Slack: declares there, approves there, and the host is repaired."""

import re
import time
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass, replace
from pathlib import Path

from bot.app.service import Service
from bot.app.serving import serving
from bot.config import load_settings
from bot.domain.policy import Group, PolicyPerson
from bot.values import PersonId
from tests.support.slack.interacting import words
from tests.support.slack.server import Slack, Trouble, slack
from tests.support.slack.workspace import BOT_TOKEN, SIGNING_SECRET, Channel, Posted
from tests.support.waiting import eventually, until

ANN, BOB = PersonId("ann"), PersonId("bob")


@dataclass(frozen=True, slots=True)
class Living:
    """A serving bot in a workspace with Ann (U1), Bob (U2) and #ops."""

    team: Slack
    service: Service
    ops: Channel

    async def room(self) -> Channel:
        """Wait for the one room of the one incident."""

        async def found() -> Channel | None:
            rooms = [c for c in self.team.of.channels.values() if "inc-" in c.name]
            assert len(rooms) < 2
            return rooms[0] if rooms else None

        return await until(found)

    async def message(self, channel: Channel, label: str) -> Posted:
        """Wait for a message in a channel that has a button of that label."""

        async def found() -> Posted | None:
            return next((m for m in channel.seen() if label in buttons(m)), None)

        return await until(found, seconds=40)

    async def told(self, channel: Channel, text: str) -> str:
        """Wait for a message with these words; returns all of it."""

        async def found() -> str:
            shown = [words(m.blocks) for m in channel.seen()]
            return next((s for s in shown if text in s), "")

        return await until(found, seconds=40)


def buttons(message: Posted) -> list[str]:
    rows = [block["elements"] for block in message.blocks if block["type"] == "actions"]
    return [element["text"]["text"] for row in rows for element in row]


@asynccontextmanager
async def living(folder: Path) -> AsyncIterator[Living]:
    async with slack() as team:
        team.of.now = time.time()
        team.of.add_user("U1", "ann")
        team.of.add_user("U2", "bob")
        ops = team.of.add_channel("ops")
        team.of.add_channel("announcements")
        env = folder / "env"
        env.write_text(
            f"FIREWARDEN_LISTEN=127.0.0.1:0\nFIREWARDEN_DATA={folder / 'data'}\n"
            f"SLACK_BOT_TOKEN={BOT_TOKEN}\nSLACK_SIGNING_SECRET={SIGNING_SECRET}\n"
            f"SLACK_API_URL={team.base}api/\n"
        )
        async with serving(load_settings(env)) as (service, running):
            link(service)
            team.bot_url = f"http://{running.ingest}/slack/events"
            yield Living(team, service, ops)


def link(service: Service) -> None:
    """Name Ann and Bob in the policy, as a team does."""
    current = service._base.current
    people = {
        ANN: PolicyPerson(id=ANN, name="Ann", accounts=(("slack", "T1/U1"),)),
        BOB: PolicyPerson(id=BOB, name="Bob", accounts=(("slack", "T1/U2"),)),
    }
    groups = {**current.policy.groups, Group.APPROVER: (ANN, BOB), Group.RESPONDER: (ANN, BOB)}
    policy = replace(current.policy, people={**current.policy.people, **people}, groups=groups)
    current.replace(policy, current.documents)


async def test_a_drill_goes_from_a_slash_command_over_a_click_to_a_repaired_host(
    tmp_path: Path,
) -> None:
    async with living(tmp_path) as here:
        heard = await here.team.slash("U1", here.ops, "/incident drill disk-full")
        assert heard.said["response_type"] == "ephemeral"
        room = await here.room()
        card = await here.message(room, "Approve")
        assert "practice-1" in words(card.blocks)

        await here.team.press("U2", room, card, "Approve")

        await here.told(room, "3 commands ran")
        assert here.service.practice is not None
        assert len(here.service.practice.ledger()) == 3

        async def closed() -> bool:
            return "Approve" not in buttons(card)

        await until(closed)


async def test_an_incident_declared_in_slack_has_one_room_with_its_card_pinned(
    tmp_path: Path,
) -> None:
    async with living(tmp_path) as here:
        heard = await here.team.slash(
            "U1", here.ops, "/incident declare sev2 checkout is down", trigger="t.7"
        )
        again = await here.team.slash(
            "U1", here.ops, "/incident declare sev2 checkout is down", trigger="t.7"
        )
        room = await here.room()

        async def pinned() -> list[str]:
            return room.pins

        await until(pinned)
        assert "checkout-is-down" in room.name
        assert "INC-" in words(heard.said["blocks"])
        assert words(again.said["blocks"]).split()[:2] == words(heard.said["blocks"]).split()[:2]
        assert len(here.team.called("conversations.create")) == 1


async def test_declare_alone_opens_a_form_whose_answer_opens_the_room(tmp_path: Path) -> None:
    async with living(tmp_path) as here:
        await here.team.slash("U1", here.ops, "/incident declare")
        [view] = here.team.of.views.values()
        await here.team.submit(
            "U1", view, {"title": "payments are slow", "severity": "SEV2", "services": "checkout"}
        )
        room = await here.room()
        assert "payments-are-slow" in room.name
        assert "INC-" in words(view.content["blocks"])


async def test_somebody_without_the_right_is_told_so_and_nothing_happens(tmp_path: Path) -> None:
    async with living(tmp_path) as here:
        here.team.of.add_user("U3", "carl", guest=True)
        await here.team.slash("U1", here.ops, "/incident drill disk-full")
        room = await here.room()
        card = await here.message(room, "Approve")

        await here.team.press("U3", room, card, "Approve")

        async def answered() -> str:
            return words(here.team.replies[-1][1]["blocks"]) if here.team.replies else ""

        assert await until(answered)
        assert here.service.practice is not None
        assert here.service.practice.ledger() == ()
        assert "Approve" in buttons(card)


async def test_commands_are_taken_while_slack_itself_is_down(tmp_path: Path) -> None:
    async with living(tmp_path) as here:
        here.team.down = True
        heard = await here.team.slash("U1", here.ops, "/incident declare sev2 all is dark")
        assert heard.status == 200
        assert "INC-" in words(heard.said["blocks"])
        here.team.down = False
        assert "all-is-dark" in (await here.room()).name


async def test_an_outage_of_every_kind_loses_nothing_doubles_nothing_and_keeps_the_order(
    tmp_path: Path,
) -> None:
    async with living(tmp_path) as here:
        await here.team.slash("U1", here.ops, "/incident declare sev3 cache is cold")
        room = await here.room()
        await here.told(room, "cache is cold")
        here.team.trouble["chat.postMessage"] = [
            Trouble(drop=True, after=True),
            Trouble(status=429, headers={"Retry-After": "1"}),
            Trouble(status=500, body="{}"),
            Trouble(body="<html>", content_type="text/html"),
        ]
        for word in ("first", "second", "third", "fourth"):
            await here.team.slash("U1", room, f"/incident update the {word} thing")

        async def said() -> list[str]:
            posted = [words(m.blocks) for m in room.seen() if m.ts not in room.pins]
            return re.findall(r"the (\w+) thing", "\n".join(posted))

        heard = await eventually(said, lambda found: "fourth" in found, seconds=60)
        assert heard == ["first", "second", "third", "fourth"]


async def test_a_page_comes_as_a_direct_message_and_is_acknowledged_there(tmp_path: Path) -> None:
    async with living(tmp_path) as here:
        await here.team.slash("U1", here.ops, "/incident declare sev2 queue is stuck")
        room = await here.room()
        await here.team.slash("U1", room, "/incident page <@U2|bob> please look")

        async def woken() -> Posted | None:
            direct = here.team.of.channels.get("DU2")
            seen = direct.seen() if direct else []
            return next((m for m in seen if "Acknowledge" in buttons(m)), None)

        page = await until(woken)
        await here.team.press("U2", here.team.of.channels["DU2"], page, "Acknowledge")

        async def acknowledged() -> bool:
            return "Acknowledge" not in buttons(page)

        await until(acknowledged)


async def test_a_private_incident_is_in_a_private_channel_and_announced_nowhere(
    tmp_path: Path,
) -> None:
    async with living(tmp_path) as here:
        await here.team.slash("U1", here.ops, "/incident declare sev3 a leak private")
        room = await here.room()
        await here.told(room, "a leak")
        assert room.private
        assert room.members >= {"U1"}
        assert here.team.of.named("announcements").seen() == []
