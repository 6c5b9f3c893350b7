"""Who may call a platform when: in turn, the most urgent first, within its limits."""

import asyncio
from dataclasses import dataclass, field
from datetime import timedelta

import pytest

from bot.adapters.pacing.gate import Gate, within
from bot.adapters.pacing.queue import Scope
from bot.adapters.pacing.window import Budget
from bot.errors import Throttled, Unavailable
from bot.usecases.urgency import Urgency, carried_with
from tests.support.clock import MovedClock

SECOND = Budget(calls=1, seconds=1.0)
MANY = Scope(key="all", budget=Budget(calls=100, seconds=1.0))
ROOM = (MANY, Scope(key="room", budget=SECOND))
OTHER = (MANY, Scope(key="other", budget=SECOND))
THIRD = (MANY, Scope(key="third", budget=SECOND))
FOURTH = (MANY, Scope(key="fourth", budget=SECOND))


@dataclass(slots=True)
class Platform:
    """A platform behind a gate; `gone` is what went out and when, `asked` counts questions."""

    clock: MovedClock
    gate: Gate
    gone: list[tuple[str, float]] = field(default_factory=list)
    put_off: dict[str, float] = field(default_factory=dict)
    asked: int = 0
    away: bool = False

    async def send(self, name: str, urgency: Urgency, scopes: tuple[Scope, ...] = ROOM) -> None:
        """Send in turn; a refusal is noted."""
        try:
            with carried_with(urgency):
                async with self.gate.turn(scopes, self._ask):
                    self.gone.append((name, round(self.clock.monotonic() - BEGIN, 3)))
        except Throttled as throttled:
            self.put_off[name] = round(throttled.retry_after.total_seconds(), 3)

    async def _ask(self) -> None:
        self.asked += 1
        if self.away:
            self.gate.silent()
            raise Unavailable("no answer")
        self.gate.heard()

    async def pass_time(self, seconds: float, step: float = 0.1) -> None:
        """Let time go by in small steps."""
        for _ in range(round(seconds / step)):
            await idle()
            self.clock.move(timedelta(seconds=step))
        await idle()


async def idle() -> None:
    for _ in range(20):
        await asyncio.sleep(0)


BEGIN = MovedClock().monotonic()


@pytest.fixture
def platform() -> Platform:
    clock = MovedClock()
    return Platform(clock=clock, gate=Gate(name="Test", clock=clock))


async def test_calls_into_one_conversation_keep_its_pace_and_their_order(
    platform: Platform,
) -> None:
    async with asyncio.TaskGroup() as tasks:
        for name in ("a", "b", "c"):
            tasks.create_task(platform.send(name, Urgency.CHATTER))
        await platform.pass_time(3)
    assert platform.gone == [("a", 0.0), ("b", 1.0), ("c", 2.0)]


async def test_an_approval_goes_before_everything_that_waits(platform: Platform) -> None:
    async with asyncio.TaskGroup() as tasks:
        for name, urgency in (
            ("chatter 1", Urgency.CHATTER),
            ("chatter 2", Urgency.CHATTER),
            ("update", Urgency.UPDATE),
            ("approval", Urgency.APPROVAL),
        ):
            tasks.create_task(platform.send(name, urgency))
            await idle()
        await platform.pass_time(4)
    assert platform.gone == [("chatter 1", 0.0), ("approval", 1.0), ("update", 2.0)]
    assert set(platform.put_off) == {"chatter 2"}


async def test_a_wait_of_more_than_two_seconds_is_given_back(platform: Platform) -> None:
    async with asyncio.TaskGroup() as tasks:
        for n in range(6):
            tasks.create_task(platform.send(f"{n}", Urgency.CHATTER))
        await platform.pass_time(3)
    assert [name for name, _ in platform.gone] == ["0", "1", "2"]
    assert platform.put_off == {"3": 3.0, "4": 4.0, "5": 5.0}


async def test_a_place_is_kept_for_a_more_urgent_call_that_was_sent_away(
    platform: Platform,
) -> None:
    group = (MANY, Scope(key="group", budget=Budget(calls=1, seconds=4.0)))
    await platform.send("first", Urgency.CHATTER, group)
    await platform.send("approval", Urgency.APPROVAL, group)
    assert platform.put_off == {"approval": 4.0}
    await platform.pass_time(3.9)
    await platform.send("chatter", Urgency.CHATTER, group)
    assert "chatter" in platform.put_off
    await platform.pass_time(0.1)
    await platform.send("approval", Urgency.APPROVAL, group)
    assert platform.gone == [("first", 0.0), ("approval", 4.0)]


async def test_a_place_that_nobody_comes_back_for_is_given_away(platform: Platform) -> None:
    group = (MANY, Scope(key="group", budget=Budget(calls=1, seconds=4.0)))
    await platform.send("first", Urgency.CHATTER, group)
    await platform.send("approval", Urgency.APPROVAL, group)
    await platform.pass_time(5.0)
    await platform.send("chatter", Urgency.CHATTER, group)
    assert platform.gone == [("first", 0.0), ("chatter", 5.0)]


async def test_one_conversation_that_must_rest_stops_no_other(platform: Platform) -> None:
    platform.gate.throttled(ROOM, timedelta(seconds=30))
    await platform.send("here", Urgency.APPROVAL, ROOM)
    await platform.send("there", Urgency.CHATTER, OTHER)
    assert platform.put_off == {"here": 30.0}
    assert platform.gone == [("there", 0.0)]


async def test_three_conversations_that_must_rest_stop_them_all(platform: Platform) -> None:
    for scopes in (ROOM, OTHER, THIRD):
        platform.gate.throttled(scopes, timedelta(seconds=30))
    await platform.send("elsewhere", Urgency.APPROVAL, FOURTH)
    assert platform.put_off == {"elsewhere": 30.0}
    await platform.pass_time(30, step=1)
    await platform.send("elsewhere", Urgency.APPROVAL, FOURTH)
    assert platform.gone == [("elsewhere", 30.0)]


async def test_the_same_conversation_told_three_times_stops_no_other(platform: Platform) -> None:
    for _ in range(3):
        platform.gate.throttled(ROOM, timedelta(seconds=30))
    await platform.send("there", Urgency.CHATTER, OTHER)
    assert platform.gone == [("there", 0.0)]


async def test_whoever_would_be_sent_away_is_told_before_anything_is_made_ready(
    platform: Platform,
) -> None:
    platform.gate.throttled(ROOM, timedelta(seconds=30))
    with carried_with(Urgency.CHATTER):
        platform.gate.expect(OTHER)
        with pytest.raises(Throttled) as caught:
            platform.gate.expect(ROOM)
    assert caught.value.retry_after == timedelta(seconds=30)


async def test_an_answer_to_a_person_waits_longer_than_a_worker_may(platform: Platform) -> None:
    async with asyncio.TaskGroup() as tasks:
        for n in range(5):
            tasks.create_task(platform.send(f"{n}", Urgency.ANSWER))
        await platform.pass_time(5)
    assert platform.gone == [(f"{n}", float(n)) for n in range(5)]


async def test_an_answer_does_not_wait_for_a_platform_that_wants_a_long_rest(
    platform: Platform,
) -> None:
    platform.gate.throttled(ROOM, timedelta(seconds=30))
    await platform.send("answer", Urgency.ANSWER)
    assert platform.put_off == {"answer": 30.0}


async def test_a_platform_that_is_away_is_asked_now_and_then_and_sent_nothing(
    platform: Platform,
) -> None:
    platform.away = True
    for _ in range(3):
        platform.gate.silent()
    for _ in range(600):
        await platform.send("update", Urgency.UPDATE)
        await platform.pass_time(1, step=1)
    assert platform.gone == []
    assert 38 <= platform.asked <= 44


async def test_two_silences_are_not_yet_an_outage(platform: Platform) -> None:
    for _ in range(2):
        platform.gate.silent()
    await platform.send("update", Urgency.UPDATE)
    assert (platform.gone, platform.asked) == ([("update", 0.0)], 0)


async def test_people_are_answered_without_asking_whether_the_platform_is_back(
    platform: Platform,
) -> None:
    for _ in range(3):
        platform.gate.silent()
    await platform.send("answer", Urgency.ANSWER)
    assert (platform.gone, platform.asked) == ([("answer", 0.0)], 0)


async def test_after_an_outage_the_approval_comes_before_chatter_that_was_there_sooner(
    platform: Platform,
) -> None:
    platform.away = True
    for _ in range(3):
        platform.gate.silent()
    await platform.pass_time(20, step=1)
    await platform.send("approval", Urgency.APPROVAL)
    await platform.send("chatter", Urgency.CHATTER)
    assert set(platform.put_off) == {"approval", "chatter"}
    platform.away = False
    platform.gate.heard()
    await platform.pass_time(0.5)
    chatter = asyncio.ensure_future(platform.send("chatter", Urgency.CHATTER, OTHER))
    await platform.pass_time(0.4)
    await platform.send("approval", Urgency.APPROVAL)
    await platform.pass_time(2)
    await chatter
    assert [name for name, _ in platform.gone] == ["approval", "chatter"]


async def test_a_platform_that_hangs_holds_no_more_than_sixteen_workers(
    platform: Platform,
) -> None:
    hanging = asyncio.Event()

    async def call() -> None:
        with carried_with(Urgency.UPDATE):
            async with platform.gate.turn((MANY,), platform._ask):
                await hanging.wait()

    async with asyncio.TaskGroup() as tasks:
        for _ in range(16):
            tasks.create_task(call())
        await idle()
        await platform.send("one more", Urgency.APPROVAL, (MANY,))
        hanging.set()
    assert platform.put_off == {"one more": 1.0}


async def test_a_deadline_counts_on_the_given_clock_and_ends_the_call() -> None:
    clock, ended = MovedClock(), list[str]()

    async def call() -> str:
        try:
            await asyncio.Event().wait()
        finally:
            ended.append("cancelled")
        return "never"

    waiting = asyncio.ensure_future(within(clock, 10, call()))
    await idle()
    clock.move(timedelta(seconds=10))
    with pytest.raises(TimeoutError):
        await waiting
    await idle()
    assert ended == ["cancelled"]


async def test_a_call_within_its_deadline_is_answered_as_it_was() -> None:
    async def call() -> str:
        return "done"

    assert await within(MovedClock(), 10, call()) == "done"


async def test_a_card_that_may_not_be_edited_yet_keeps_no_news_away(platform: Platform) -> None:
    place = Scope(key="group", budget=Budget(calls=20, seconds=60.0))
    chat = Scope(key="chat", budget=SECOND)
    edits = Scope(key="edits", budget=Budget(calls=8, seconds=60.0))
    for n in range(6):
        await platform.send(f"edit {n}", Urgency.CARD, (MANY, chat, edits, place))
        await platform.pass_time(1)
    await platform.send("edit 6", Urgency.CARD, (MANY, chat, edits, place))
    await platform.send("news", Urgency.CHATTER, (MANY, chat, place))
    assert platform.put_off == {"edit 6": 10.0}
    assert platform.gone[-1] == ("news", 6.0)


async def test_a_place_in_a_second_is_kept_for_nobody_who_comes_later(platform: Platform) -> None:
    place = Scope(key="group", budget=Budget(calls=20, seconds=60.0))
    chat = Scope(key="chat", budget=SECOND)
    edits = Scope(key="edits", budget=Budget(calls=1, seconds=60.0))
    await platform.send("edit 0", Urgency.CARD, (MANY, chat, edits, place))
    await platform.pass_time(1)
    await platform.send("edit 1", Urgency.CARD, (MANY, chat, edits, place))
    for n in range(9):
        await platform.send(f"news {n}", Urgency.UPDATE, (MANY, chat, place))
        await platform.pass_time(1)
    assert set(platform.put_off) == {"edit 1"}
    assert platform.gone[1:] == [(f"news {n}", 1.0 + n) for n in range(9)]
