"""A whole bot and Slack, with a link between them that fails: one room, one message, one run."""

from collections import Counter
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path
from urllib.parse import urlsplit

from tests.support.proxy import FaultProxy, fault_proxy
from tests.support.slack.interacting import words
from tests.support.slack.living import Living, living
from tests.support.slack.server import Slack
from tests.support.slack.workspace import Channel
from tests.support.waiting import until


@asynccontextmanager
async def behind_a_proxy(folder: Path) -> AsyncIterator[tuple[Living, FaultProxy]]:
    """Serve with Slack's Web API behind a proxy; what Slack sends comes straight."""
    async with fault_proxy(0) as proxy:

        def lead(team: Slack) -> None:
            proxy.target = urlsplit(team.base).port or 0

        way = f"SLACK_API_URL=http://127.0.0.1:{proxy.port}/api/"
        async with living(folder, before=lead, settings=way) as here:
            yield here, proxy


async def repaired(here: Living) -> Channel:
    """Drill, approve with a click and see the repair told; returns the room."""
    await here.ann.types("/incident drill disk-full")
    room = await here.ann.room()
    card = await here.bob.sees_button("Approve", room)

    async def approved() -> bool:
        # Where Slack cannot be asked whether Bob still works there, his click does not count.
        return "Recorded" in await here.bob.presses("Approve", card, room)

    await until(approved, seconds=100)

    async def told() -> bool:
        return any("3 commands ran" in words(m.blocks) for m in room.seen())

    await until(told, seconds=100)
    return room


def only_once(here: Living, room: Channel) -> None:
    """See that nothing was lost or sent twice, by Slack's own account and the host's."""
    rooms = [c for c in here.team.of.channels.values() if "inc-" in c.name]
    assert rooms == [room]
    assert twice_in(room) == []
    assert here.ran() == 3


def twice_in(room: Channel) -> list[str]:
    """Return what was posted more than once."""
    posted = Counter(words(m.blocks) for m in room.seen() if m.ts not in room.pins)
    return [text for text, count in posted.items() if count > 1]


async def test_links_that_drop_again_and_again_lose_nothing_and_double_nothing(
    tmp_path: Path,
) -> None:
    async with behind_a_proxy(tmp_path) as (here, proxy):
        proxy.cut_every = 40_000
        room = await repaired(here)
        proxy.cut_every = None
        only_once(here, room)
        assert proxy.cuts > 2


async def test_a_slow_link_only_takes_longer(tmp_path: Path) -> None:
    async with behind_a_proxy(tmp_path) as (here, proxy):
        proxy.delay = 0.1
        only_once(here, await repaired(here))


async def test_what_happens_while_slack_is_half_open_is_told_once_when_it_answers_again(
    tmp_path: Path,
) -> None:
    async with behind_a_proxy(tmp_path) as (here, proxy):
        await here.ann.types("/incident declare sev3 checkout is down")
        room = await here.ann.room()
        proxy.freeze()
        told = await here.ann.types("/incident update we are on it", room)
        assert "Update posted" in told
        proxy.cut()
        proxy.thaw()
        await here.ann.sees("we are on it", room)
        assert twice_in(room) == []
