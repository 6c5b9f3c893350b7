"""Runs that want the same host take turns in the order in which they asked."""

from datetime import timedelta

from bot.domain.events import Ending
from bot.records.rows import ReservationRow, WaitingRow
from tests.support.fleet import MemoryHosts
from tests.support.runs import Service, answered, declared, newest, started, world
from tests.support.world import World


async def three_in_line(on: World, service: Service) -> list[str]:
    """Let a first run fail and keep web-1, and two more wait for it; returns their incidents."""
    service.refuses.add("web-1")
    numbers = []
    for _ in range(3):
        at = await declared(on)
        numbers.append((await on.incident()).number)
        await started(on, "/runbook run restart host=web-1", at)
        await answered(on, "bob", "approve")
        await on.move(timedelta(seconds=1))
    service.refuses.clear()
    return numbers


async def test_they_wait_and_are_told_for_whom() -> None:
    service = Service()
    async with world(MemoryHosts(service)) as on:
        first, second, third = await three_in_line(on, service)
        holder = (await newest(on, first)).started.run
        assert (await newest(on, second)).holder == f"{first} (run {holder})"
        assert (await newest(on, third)).state == "waiting for targets"


async def test_whoever_asked_first_gets_it_first_and_looks_again() -> None:
    service = Service()
    hosts = MemoryHosts(service)
    async with world(hosts) as on:
        first, second, third = await three_in_line(on, service)
        looked = len(hosts.reads)
        room = (await on.incident(first)).rooms["console"]
        await on.say("bob", "/runbook release restart looked at it, it is sound", at=room)
        await on.settled()
        ended = (await newest(on, second)).ended
        assert ended is not None
        assert ended.ending is Ending.DONE
        assert len(hosts.reads) > looked
        after = (await newest(on, third)).ended
        assert after is not None
        assert (after.ending, after.because.text) == (Ending.RESOLVED, "checkout on web-1 runs.")
        assert await on.journal.rows(WaitingRow) == []
        assert await on.journal.rows(ReservationRow) == []


async def test_a_newcomer_does_not_overtake_whoever_waits() -> None:
    service = Service()
    hosts = MemoryHosts(service)
    async with world(hosts) as on:
        first, second, third = await three_in_line(on, service)
        waiting = await on.journal.rows(WaitingRow, target="host:web-1")
        order = [row.run for row in sorted(waiting, key=lambda row: row.since)]
        runs = [(await newest(on, number)).started.run for number in (second, third)]
        assert order == runs
        assert (await newest(on, third)).holder.startswith(first)


async def test_the_next_one_is_woken_where_whoever_waits_gives_up() -> None:
    service = Service()
    hosts = MemoryHosts(service)
    async with world(hosts) as on:
        first, second, third = await three_in_line(on, service)
        at = (await on.incident(second)).rooms["console"]
        await on.say("ann", "/runbook abort restart not needed", at=at)
        await on.settled()
        assert (await newest(on, second)).state == "aborted"
        room = (await on.incident(first)).rooms["console"]
        await on.say("bob", "/runbook release restart it is sound", at=room)
        await on.settled()
        assert (await newest(on, third)).state == "done"
