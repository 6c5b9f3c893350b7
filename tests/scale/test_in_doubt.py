"""A worker dies with a command on its host: a human has the card within the lease and 5 seconds."""

import asyncio
from datetime import timedelta

from bot.domain.events import CardKind
from bot.ports import Attempt, Receipt, ReceiptState
from bot.usecases.delivery import LEASE
from bot.values import Host
from tests.support.fleet import MemoryHosts
from tests.support.runs import Service, answered, started, world
from tests.support.world import World

A_SECOND = timedelta(seconds=1)
WITHIN = LEASE + timedelta(seconds=5)


class Forgetful(MemoryHosts):
    """Hosts that keep a receipt, but cannot say what became of its command."""

    async def inquire(self, host: Host, attempt: Attempt, boot_id: str) -> Receipt:
        return Receipt(state=ReceiptState.LOST, detail="its process is gone")


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
