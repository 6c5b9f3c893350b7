"""A freeze is on the cards of open incidents as soon as it holds, and off once it is lifted."""

from collections.abc import Sequence
from typing import TypeVar

from bot.adapters.memory.journal import MemoryJournal
from bot.errors import Unavailable
from bot.records.rows import IncidentRow, Row, Scalar
from bot.requests import ReplyTone
from tests.support.clock import CountedIds
from tests.support.fleet import MemoryHosts
from tests.support.runs import Service, asked, started, world
from tests.support.world import World, text_of

R = TypeVar("R", bound=Row)


async def frozen_on(on: World) -> set[str]:
    """Return the kinds of the cards in the incident's room that say that something is frozen."""
    cards = on.chat.cards[(await on.room()).id].values()
    return {card.kind for card in cards if "FROZEN" in text_of(card)}


async def test_every_card_that_could_lead_to_a_change_says_so_at_once() -> None:
    async with world(MemoryHosts(Service())) as on:
        await started(on, "/runbook run restart host=web-1")
        await asked(on)
        await on.say("bob", "/incident freeze all the sale is on")
        await on.settled()
        assert await frozen_on(on) == {"incident", "progress", "change"}
        await on.say("bob", "/incident unfreeze all")
        await on.settled()
        assert await frozen_on(on) == set()


async def test_a_resolved_incident_is_left_alone() -> None:
    async with world(MemoryHosts(Service())) as on:
        await on.say("ann", "/incident declare sev3 checkout is slow")
        room = await on.room()
        await on.say("ann", "/incident resolve it was nothing", at=room)
        await on.say("ann", "/incident answer 1 resolve reason=done", at=room)
        await on.settled()
        await on.say("bob", "/incident freeze all the sale is on")
        await on.settled()
        assert await frozen_on(on) == set()


class Blind(MemoryJournal):
    """A journal whose list of incidents cannot be read."""

    async def rows(self, kind: type[R], **equal: Scalar) -> Sequence[R]:
        if kind is IncidentRow and "status" in equal:
            raise Unavailable("the disk is away")
        return await super().rows(kind, **equal)


async def test_a_freeze_holds_although_its_cards_could_not_be_asked_for() -> None:
    async with World(journal=Blind(ids=CountedIds())) as on:
        await on.say("commander", "/incident declare sev3 checkout is slow")
        reply = await on.say("commander", "/incident freeze all the sale is on")
        assert (reply.tone, reply.text[:7]) == (ReplyTone.DONE, "FROZEN:")
