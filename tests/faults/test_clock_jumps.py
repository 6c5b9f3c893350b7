"""The clock is set an hour or ten years forward or back, in the middle of everything."""

import asyncio
from datetime import timedelta

import pytest

from bot.domain.approval import CardState
from bot.domain.events import Ending
from bot.ports import AnchoredHead
from bot.records.rows import AlertGroupRow
from bot.requests import ReplyTone
from bot.usecases.archive import Archive
from bot.usecases.rebuild import compare
from bot.values import CardId
from tests.support.fleet import MemoryHosts
from tests.support.runs import Service, answered, asked, declared, newest, started, world
from tests.support.waiting import until
from tests.support.world import World
from tests.unit.usecases.test_failing_disk import fired

A_MINUTE = timedelta(minutes=1)
HOUR, DECADE = timedelta(hours=1), timedelta(days=3653)
KEY = b"a key for the chain"

forward = pytest.mark.parametrize("by", [HOUR, DECADE], ids=["an hour", "ten years"])
anyway = pytest.mark.parametrize(
    "by",
    [HOUR, DECADE, -HOUR, -DECADE],
    ids=["an hour forward", "ten years forward", "an hour back", "ten years back"],
)


@forward
async def test_a_question_whose_time_is_over_by_a_jump_fails_closed(by: timedelta) -> None:
    hosts = MemoryHosts(Service())
    async with world(hosts) as on:
        await started(on, "/runbook run restart host=web-1")
        question = (await asked(on)).card
        await on.move(question.expires_at - on.clock.now() - timedelta(minutes=30))
        card = question.card
        on.clock.jump(by)
        await on.settled()
        reply = await on.press("bob", card, "approve")
        await on.settled()
        assert "expired" in reply.text
        assert (await on.incident()).cards[card].state is CardState.EXPIRED
        assert hosts.changes == []


@forward
async def test_a_yes_after_the_clock_was_set_back_counts_and_runs_once(by: timedelta) -> None:
    hosts = MemoryHosts(Service())
    async with world(hosts) as on:
        await started(on, "/runbook run restart host=web-1")
        on.clock.jump(-by)
        await answered(on, "bob", "approve")
        await on.move(timedelta(minutes=1))
        run = await newest(on)
        assert run.ended is not None
        assert (run.ended.ending, len(hosts.changes)) == (Ending.DONE, 1)


@forward
async def test_a_question_expires_in_its_time_though_the_clock_was_set_back(by: timedelta) -> None:
    async with world(MemoryHosts(Service())) as on:
        await started(on, "/runbook run restart host=web-1")
        card = (await asked(on)).card
        lasts = card.expires_at - on.clock.now()
        on.clock.jump(-by)
        await on.move(lasts - A_MINUTE)
        assert await state_of(on, card.card) is CardState.OPEN
        await on.move(A_MINUTE)
        assert await state_of(on, card.card) is CardState.EXPIRED


@forward
async def test_a_question_that_is_asked_after_the_clock_was_set_back_expires_in_its_time(
    by: timedelta,
) -> None:
    async with world(MemoryHosts(Service())) as on:
        room = await declared(on)
        on.clock.jump(-by)
        await started(on, "/runbook run restart host=web-1", at=room)
        card = (await asked(on)).card
        lasts = card.expires_at - (await on.incident()).last_at
        await on.move(lasts - A_MINUTE)
        assert await state_of(on, card.card) is CardState.OPEN
        await on.move(A_MINUTE)
        assert await state_of(on, card.card) is CardState.EXPIRED


@forward
async def test_people_are_woken_one_after_the_other_though_the_clock_was_set_back(
    by: timedelta,
) -> None:
    async with world(MemoryHosts(Service())) as on:
        room = await declared(on)
        await on.say("ann", "/incident page dba the disk is full", at=room)
        await on.settled()
        (page,) = (await on.incident()).pages.values()
        on.clock.jump(-by)
        for woken in range(1, len(page.started.order) + 1):
            (page,) = (await on.incident()).pages.values()
            assert len(page.paged) == woken
            await on.move(page.started.every)


async def test_a_clock_that_is_set_back_and_right_again_makes_nothing_due_early() -> None:
    async with world(MemoryHosts(Service())) as on:
        await started(on, "/runbook run restart host=web-1")
        card = (await asked(on)).card
        lasts = card.expires_at - on.clock.now()
        on.clock.jump(-HOUR)
        await on.move(A_MINUTE)
        on.clock.jump(HOUR)
        await on.move(lasts - 2 * A_MINUTE)
        assert await state_of(on, card.card) is CardState.OPEN
        await on.move(A_MINUTE)
        assert await state_of(on, card.card) is CardState.EXPIRED


@forward
async def test_a_question_expires_in_its_time_though_the_clock_was_set_back_while_nothing_ran(
    by: timedelta,
) -> None:
    async with world(MemoryHosts(Service())) as on:
        await started(on, "/runbook run restart host=web-1")
        card = (await asked(on)).card
        lasts = card.expires_at - on.clock.now()
        await on.move(A_MINUTE)
        await on.halt()
        on.clock.jump(-by)
        await on.crash()
        await on.move(lasts - 3 * A_MINUTE)
        assert await state_of(on, card.card) is CardState.OPEN
        await on.move(3 * A_MINUTE)
        assert await state_of(on, card.card) is CardState.EXPIRED
        assert on.delivery.tally.clock_behind >= by - A_MINUTE


async def test_a_clock_that_is_right_again_after_the_start_makes_nothing_due_early() -> None:
    async with world(MemoryHosts(Service())) as on:
        await started(on, "/runbook run restart host=web-1")
        card = (await asked(on)).card
        lasts = card.expires_at - on.clock.now()
        await on.move(A_MINUTE)
        await on.halt()
        on.clock.jump(-HOUR)
        await on.crash()
        await on.move(A_MINUTE)
        on.clock.jump(HOUR)
        await on.move(lasts - 3 * A_MINUTE)
        assert await state_of(on, card.card) is CardState.OPEN
        await on.move(2 * A_MINUTE)
        assert await state_of(on, card.card) is CardState.EXPIRED
        assert on.delivery.tally.clock_behind <= A_MINUTE


async def test_a_clock_that_was_set_back_while_nothing_ran_is_told_in_the_log(
    caplog: pytest.LogCaptureFixture,
) -> None:
    async with World() as on:
        await on.settled()
        await on.halt()
        on.clock.jump(-HOUR)
        await on.crash()
        await on.settled()
    first, second = [r.message for r in caplog.records if "clock" in r.message]
    assert first == (
        "the clock says 2026-11-21 09:42:00 and said 2026-11-21 10:42:00 UTC"
        " when Firewarden ran last: it was set back meanwhile"
    )
    assert second == "the clock was set back by 1:00:00: what waits keeps its time"


async def test_a_second_start_under_the_same_clock_moves_nothing_again() -> None:
    async with world(MemoryHosts(Service())) as on:
        await started(on, "/runbook run restart host=web-1")
        card = (await asked(on)).card
        lasts = card.expires_at - on.clock.now()
        await on.halt()
        on.clock.jump(-HOUR)
        await on.crash()
        await on.move(A_MINUTE)
        await on.halt()
        await on.crash()
        await on.move(lasts - 3 * A_MINUTE)
        assert await state_of(on, card.card) is CardState.OPEN
        assert on.delivery.tally.clock_behind == timedelta()


async def state_of(on: World, card: CardId) -> CardState:
    return (await on.incident()).cards[card].state


@anyway
async def test_a_command_under_way_is_not_begun_again_and_its_end_is_taken(by: timedelta) -> None:
    hosts = MemoryHosts(Service())
    hosts.held = asyncio.Event()
    async with world(hosts) as on:
        await started(on, "/runbook run restart host=web-1")
        await answered(on, "bob", "approve")
        assert (await newest(on)).state == "changing"
        on.clock.jump(by)
        await on.move(timedelta(seconds=30))
        hosts.held.set()
        await until(lambda: told(on), seconds=5)
        await on.move(timedelta(minutes=2))
        run = await newest(on)
        assert run.ended is not None
        assert (run.ended.ending, len(hosts.changes)) == (Ending.DONE, 1)


@forward
async def test_what_a_dead_worker_held_is_taken_over_after_the_clock_was_set_back(
    by: timedelta,
) -> None:
    hosts = MemoryHosts(Service())
    hosts.held = asyncio.Event()
    async with world(hosts) as on:
        await started(on, "/runbook run restart host=web-1")
        await answered(on, "bob", "approve")
        assert (await newest(on)).state == "changing"
        await on.halt()
        hosts.held = None
        on.clock.jump(-by)
        await on.crash()
        await until(lambda: told(on), seconds=5)
        await on.move(timedelta(minutes=2))
        run = await newest(on)
        assert run.ended is not None
        assert run.steps[0].interrupted
        assert (run.ended.ending, len(hosts.changes)) == (Ending.DONE, 1)


async def told(on: World) -> bool:
    """Whether the host's answer has been written down."""
    return (await newest(on)).steps[0].outcome is not None


@anyway
async def test_what_is_said_after_a_jump_is_told_at_once(by: timedelta) -> None:
    async with World() as on:
        await on.say("commander", "/incident declare sev3 checkout is down")
        room = await on.room()
        on.clock.jump(by)
        reply = await on.say("commander", "/incident update we are on it", at=room)
        await on.settled()
        assert reply.tone is ReplyTone.DONE
        assert any("we are on it" in text for text in on.posted(room))


@anyway
async def test_an_alert_after_a_jump_opens_its_incident(by: timedelta) -> None:
    async with World() as on:
        await on.say("commander", "/incident declare sev3 something else")
        await on.settled()
        on.clock.jump(by)
        await on.alert(fired())
        await on.move(timedelta(seconds=5))
        assert len(await on.journal.rows(AlertGroupRow)) == 1


@anyway
async def test_the_times_of_a_streams_events_never_go_back(by: timedelta) -> None:
    async with World() as on:
        await on.say("commander", "/incident declare sev3 checkout is down")
        room = await on.room()
        await on.say("commander", "/incident freeze all an exam")
        for jump in (by, -by, -by):
            on.clock.jump(jump)
            await on.say("commander", "/incident note it is later now", at=room)
            await on.say("approver", "/incident unfreeze all")
            await on.say("commander", "/incident freeze all an exam")
            await on.seats.make_link("approver")
            await on.settled()
        archive = Archive(journal=on.journal, key=KEY)
        for head in await on.journal.heads():
            await in_order(on, archive, head)
        assert (await compare(on.journal, archive)).wrong == ()


async def in_order(on: World, archive: Archive, head: AnchoredHead) -> None:
    history = await on.journal.load(head.stream)
    times = [envelope.at for envelope in await archive.events(history.records)]
    assert times == sorted(times), head.stream
