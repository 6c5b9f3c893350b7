"""A worker dies with a command on its host: a human has the card within the lease and 5 seconds.

Also where the host cannot be asked: it is asked on, and what it says later settles the question.
"""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from datetime import timedelta

from bot.domain.approval import Asked, CardState
from bot.domain.events import CardKind
from bot.domain.packet import DoubtPacket
from bot.domain.run import Run
from bot.ports import Attempt, Receipt, ReceiptState
from bot.usecases.delivery import LEASE
from bot.values import Host
from tests.support.fleet import MemoryHosts
from tests.support.runs import Service, answered, newest, started, world
from tests.support.world import World

A_SECOND = timedelta(seconds=1)
A_MINUTE = timedelta(minutes=1)
WITHIN = LEASE + timedelta(seconds=5)


class Forgetful(MemoryHosts):
    """Hosts that keep a receipt, but cannot say what became of its command."""

    async def inquire(self, host: Host, attempt: Attempt, boot_id: str) -> Receipt:
        return Receipt(state=ReceiptState.LOST, detail="its process is gone")


class Silent(MemoryHosts):
    """Hosts that swallow every inquiry until `reached` is set; then they give `says`, or know."""

    def __init__(self, says: ReceiptState | None = None) -> None:
        super().__init__(Service())
        self.reached = asyncio.Event()
        self.inquiries = 0
        self._says = says

    async def inquire(self, host: Host, attempt: Attempt, boot_id: str) -> Receipt:
        self.inquiries += 1
        await self.reached.wait()
        if self._says is not None:
            return Receipt(state=self._says)
        return await super().inquire(host, attempt, boot_id)


async def in_doubt(on: World) -> bool:
    """Whether somebody can read and answer the card."""
    incident = await on.incident()
    asked = [a.card for a in incident.open_cards if a.card.kind is CardKind.IN_DOUBT]
    told = "\n".join(on.posted(incident.rooms["console"]))
    return bool(asked) and asked[0].title.text in told


async def test_the_card_is_out_within_the_lease_and_five_seconds_of_the_workers_death() -> None:
    hosts = Forgetful(Service())
    async with world(hosts) as on:
        hosts.held = asyncio.Event()
        await started(on, "/runbook run restart host=web-1")
        await answered(on, "bob", "approve")
        died = on.clock.now()
        await on.crash()
        while not await in_doubt(on):
            assert on.clock.now() - died < WITHIN
            await on.move(A_SECOND)
        assert on.clock.now() - died >= LEASE / 2  # the dead worker's lease was waited for
        assert len(hosts.changes) == 1


@asynccontextmanager
async def asked_while_silent(hosts: Silent) -> AsyncIterator[World]:
    """Let a worker die, and its host be silent, until people have been asked."""
    async with world(hosts) as on:
        hosts.held = asyncio.Event()
        await started(on, "/runbook run restart host=web-1")
        await answered(on, "bob", "approve")
        died = on.clock.now()
        await on.crash()
        while not await in_doubt(on):
            assert on.clock.now() - died < WITHIN
            await on.move(A_SECOND)
        yield on


async def told(on: World, hosts: Silent) -> Run:
    """Let the host be reached, and the next inquiry be due."""
    hosts.reached.set()
    await on.move(A_MINUTE)
    return await newest(on)


async def question(on: World) -> Asked:
    """Return the first question about a command in doubt."""
    cards = (await on.incident()).cards.values()
    return next(a for a in cards if a.card.kind is CardKind.IN_DOUBT)


async def test_a_host_that_cannot_be_asked_delays_no_card() -> None:
    async with asked_while_silent(Silent()) as on:
        packet = (await question(on)).card.packet
        assert isinstance(packet, DoubtPacket)
        assert packet.why.text == (
            "web-1 cannot be asked yet (it does not answer); Firewarden goes on asking"
        )


async def test_a_host_that_is_reached_later_settles_the_question_itself() -> None:
    hosts = Silent()
    async with asked_while_silent(hosts) as on:
        run = await told(on, hosts)
        assert (await question(on)).state is CardState.WITHDRAWN
        assert run.state == "done"
        assert len(hosts.changes) == 1


async def test_a_host_that_says_later_that_nothing_began_begins_nothing_by_itself() -> None:
    hosts = Silent(ReceiptState.ABSENT_SAME_BOOT)
    async with asked_while_silent(hosts) as on:
        run = await told(on, hosts)
        assert (await question(on)).state is CardState.WITHDRAWN
        assert run.ended is not None
        assert run.ended.because.text == (
            "restart.steps.1 on web-1: the host says that it never began"
        )
        assert len(hosts.changes) == 1


async def test_a_host_that_cannot_say_when_it_is_reached_makes_the_question_say_so() -> None:
    hosts = Silent(ReceiptState.LOST)
    async with asked_while_silent(hosts) as on:
        await told(on, hosts)
        first, second = [
            asked
            for asked in (await on.incident()).cards.values()
            if asked.card.kind is CardKind.IN_DOUBT
        ]
        assert (first.state, second.state) == (CardState.WITHDRAWN, CardState.OPEN)
        assert isinstance(second.card.packet, DoubtPacket)
        assert second.card.packet.why.text == "begun, its end was not recorded"
        before = hosts.inquiries
        await on.move(A_MINUTE)
        assert hosts.inquiries == before


async def test_a_host_is_asked_no_further_once_a_human_has_said_what_became_of_it() -> None:
    hosts = Silent(ReceiptState.ABSENT_SAME_BOOT)
    async with asked_while_silent(hosts) as on:
        await answered(on, "bob", "worked", CardKind.IN_DOUBT)
        run = await told(on, hosts)
        assert run.state == "done"
        assert (await question(on)).state is CardState.DECIDED


async def test_the_inquiry_goes_on_after_another_death_of_the_worker() -> None:
    hosts = Silent()
    async with asked_while_silent(hosts) as on:
        await on.crash()
        await on.move(LEASE)
        run = await told(on, hosts)
        assert run.state == "done"
        assert len(hosts.changes) == 1
