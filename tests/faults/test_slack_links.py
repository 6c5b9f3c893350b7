"""A whole bot and Slack, with a link between them that fails: one room, one message, one run."""

import time
from collections import Counter
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path

from bot.app.serving import serving
from bot.config import load_settings
from tests.e2e.test_slack import Living, link
from tests.support.proxy import FaultProxy, fault_proxy
from tests.support.slack.interacting import words
from tests.support.slack.server import slack
from tests.support.slack.workspace import BOT_TOKEN, SIGNING_SECRET, Channel
from tests.support.waiting import eventually, until


@asynccontextmanager
async def living(folder: Path) -> AsyncIterator[tuple[Living, FaultProxy]]:
    """Serve with Slack's Web API behind a proxy; what Slack sends comes straight."""
    async with slack() as team:
        team.of.now = time.time()
        team.of.add_user("U1", "ann")
        team.of.add_user("U2", "bob")
        ops = team.of.add_channel("ops")
        team.of.add_channel("announcements")
        port = int(team.base.rstrip("/").rpartition(":")[2])
        async with fault_proxy(port) as proxy:
            env = folder / "env"
            env.write_text(
                f"FIREWARDEN_LISTEN=127.0.0.1:0\nFIREWARDEN_DATA={folder / 'data'}\n"
                f"SLACK_BOT_TOKEN={BOT_TOKEN}\nSLACK_SIGNING_SECRET={SIGNING_SECRET}\n"
                f"SLACK_API_URL=http://127.0.0.1:{proxy.port}/api/\n"
            )
            async with serving(load_settings(env)) as (service, running):
                link(service)
                team.bot_url = f"http://{running.ingest}/slack/events"
                yield Living(team, service, ops), proxy


async def repaired(here: Living) -> Channel:
    """Drill, approve with a click and see the repair told; returns the room."""
    await here.team.slash("U1", here.ops, "/incident drill disk-full")
    room = await here.room()
    card = await here.message(room, "Approve")

    async def approved() -> bool:
        # Where Slack cannot be asked whether Bob still works there, his click does not count.
        heard = len(here.team.replies)
        await here.team.press("U2", room, card, "Approve")
        await eventually(lambda: replies(here), lambda count: count > heard, seconds=60)
        return "Recorded" in words(here.team.replies[-1][1]["blocks"])

    await until(approved, seconds=100)

    async def told() -> bool:
        return any("3 commands ran" in words(m.blocks) for m in room.seen())

    await until(told, seconds=100)
    return room


async def replies(here: Living) -> int:
    return len(here.team.replies)


def only_once(here: Living, room: Channel) -> None:
    """See that nothing was lost or sent twice, by Slack's own account and the host's."""
    rooms = [c for c in here.team.of.channels.values() if "inc-" in c.name]
    assert rooms == [room]
    posted = Counter(words(m.blocks) for m in room.seen() if m.ts not in room.pins)
    assert [text for text, count in posted.items() if count > 1] == []
    assert here.service.practice is not None
    assert len(here.service.practice.ledger()) == 3


async def test_links_that_drop_again_and_again_lose_nothing_and_double_nothing(
    tmp_path: Path,
) -> None:
    async with living(tmp_path) as (here, proxy):
        proxy.cut_every = 40_000
        room = await repaired(here)
        proxy.cut_every = None
        only_once(here, room)
        assert proxy.cuts > 2


async def test_a_slow_link_only_takes_longer(tmp_path: Path) -> None:
    async with living(tmp_path) as (here, proxy):
        proxy.delay = 0.1
        only_once(here, await repaired(here))


async def test_what_happens_while_slack_is_half_open_is_told_once_when_it_answers_again(
    tmp_path: Path,
) -> None:
    async with living(tmp_path) as (here, proxy):
        await here.team.slash("U1", here.ops, "/incident declare sev3 checkout is down")
        room = await here.room()
        proxy.freeze()
        heard = await here.team.slash("U1", room, "/incident update we are on it")
        assert heard.status == 200
        proxy.cut()
        proxy.thaw()
        await here.told(room, "we are on it")
        posted = Counter(words(m.blocks) for m in room.seen() if m.ts not in room.pins)
        assert [text for text, count in posted.items() if count > 1] == []
