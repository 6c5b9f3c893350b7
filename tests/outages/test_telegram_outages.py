"""Ten minutes in which Telegram fails: nothing is lost, and everything is in order afterwards."""

import asyncio
from collections.abc import AsyncIterator, Callable, Sequence
from concurrent.futures import Future, ThreadPoolExecutor
from contextlib import asynccontextmanager
from pathlib import Path
from typing import ParamSpec, TypeVar

import pytest

from bot.adapters.telegram.accounts import Accounts, NobodyIsLinked
from bot.adapters.telegram.api import TelegramApi
from bot.adapters.telegram.database import Database
from bot.adapters.telegram.places import place
from bot.adapters.telegram.team import TelegramTeam
from bot.values import ConversationRef
from tests.outages.story import ten_minutes, told
from tests.outages.world import OutageWorld
from tests.support.telegram.bench import access_to
from tests.support.telegram.server import GROUP, TOKEN, Telegram, Trouble, telegram
from tests.support.telegram.world import ANNOUNCEMENTS
from tests.support.weather import TROUBLES, Call, Weather, way_to

P = ParamSpec("P")
T = TypeVar("T")


class AtOnce(ThreadPoolExecutor):
    """Runs what would go to a thread where it is asked for: only the clock is waited for."""

    def submit(self, fn: Callable[P, T], /, *args: P.args, **kwargs: P.kwargs) -> Future[T]:
        done: Future[T] = Future()
        try:
            done.set_result(fn(*args, **kwargs))
        except Exception as fault:  # noqa: BLE001 - it is the caller's
            done.set_exception(fault)
        return done


@asynccontextmanager
async def telegram_world() -> AsyncIterator[tuple[OutageWorld, Telegram]]:
    asyncio.get_running_loop().set_default_executor(AtOnce())
    world = OutageWorld("telegram")
    async with telegram() as there, way_to(there.base, world.clock) as way:
        api = TelegramApi.open(token=TOKEN, base_url=way.base, clock=world.clock)
        team = TelegramTeam(
            access=access_to(there),
            api=api,
            database=Database.open(Path(":memory:")),
            accounts=Accounts(lambda: world.current.policy, NobodyIsLinked()),
            clock=world.clock,
        )
        world.reach(team.platform, api.paced.gate, way)
        async with world:
            yield world, there
        await team.close()


def seen(there: Telegram, room: ConversationRef) -> list[str]:
    where = place(room)
    shown = there.seen(where.chat, where.thread or 0)
    return [m.text for m in shown if not m.pinned]


def sent(calls: Sequence[Call]) -> list[str]:
    """Return the messages into the group; what another chat waits for is told by itself."""
    return [c.body for c in calls if c.path.endswith("/sendMessage") and f"={GROUP}&" in c.body]


@pytest.mark.parametrize("weather", TROUBLES)
async def test_ten_minutes_lose_nothing_and_keep_the_order(weather: Weather) -> None:
    async with telegram_world() as (world, there):
        story = await ten_minutes(world, weather, within=900)
        assert {room: told(seen(there, room)) for room in story.said} == story.said
        assert "Approve" in sent(story.after)[0]
        moments = [call.at for call in world.way.calls if shown_in_group(call)]
        assert spans(moments, 2) >= 1.0
        assert spans(moments, 21) >= 60.0


async def test_an_approval_does_not_wait_for_the_minute_that_chatter_has_used_up() -> None:
    async with telegram_world() as (world, there):
        room = await world.opened("payments are slow")
        for n in range(40):
            await world.say("ann", f"/incident note note-0-{n}", at=room)
        await world.pass_time(20)
        assert len(told(seen(there, room))) < 15
        reply = await world.say("ann", "/runbook run restart host=web-1", at=room)
        assert "has started" in reply.text
        await world.pass_time(5)
        assert any("Approve" in text for text in seen(there, room))
        await world.delivered(240)
        assert told(seen(there, room)) == [f"note-0-{n}" for n in range(40)]


async def test_a_chat_that_must_rest_stops_no_other() -> None:
    async with telegram_world() as (world, there):
        room = await world.opened("login is slow")
        there.trouble["sendMessage"] = [Trouble(status=429, retry_after=60)]
        await world.say("ann", "/incident note note-0-1", at=room)
        await world.pass_time(1)
        await world.say("ann", "/incident severity sev2 it is worse", at=room)
        await world.pass_time(5)
        assert told(seen(there, room)) == []
        assert any("SEV2" in m.text for m in there.seen(ANNOUNCEMENTS))
        await world.pass_time(60)
        assert told(seen(there, room)) == ["note-0-1"]


def shown_in_group(call: Call) -> bool:
    shown = ("/sendMessage", "/editMessageText", "/createForumTopic", "/pinChatMessage")
    return call.path.endswith(shown) and f"{GROUP}" in call.body


def spans(moments: Sequence[float], calls: int) -> float:
    """Return the shortest time in which so many calls went out."""
    return min(b - a for a, b in zip(moments, moments[calls - 1 :], strict=False))
