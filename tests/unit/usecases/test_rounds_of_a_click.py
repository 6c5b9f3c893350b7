"""A click waits for few rounds of the journal: each one is a thread's turn on a busy machine."""

import asyncio
from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager
from typing import TypeVar

from bot.adapters.memory.journal import MemoryJournal
from bot.domain.intents import AddNote
from bot.ports import Commit, CommitOutcome, History
from bot.records.rows import Row, Scalar
from bot.requests import ReplyTone
from bot.usecases.deciding import Done
from bot.values import StreamRef, Untrusted
from tests.support.clock import CountedIds
from tests.support.world import World, sender

R = TypeVar("R", bound=Row)


_TURN = 5
"""Passes of the loop that a question takes: whoever asks beside it has begun by then."""


class Rounds(MemoryJournal):
    """A journal that counts how often somebody had to wait for it, one time after the other."""

    def __init__(self) -> None:
        super().__init__(ids=CountedIds())
        self.rounds = 0
        self._asked = 0

    async def known(self, request_id: str) -> str | None:
        async with self._turn():
            return await super().known(request_id)

    async def rows(self, kind: type[R], **equal: Scalar) -> Sequence[R]:
        async with self._turn():
            return await super().rows(kind, **equal)

    async def load(self, stream: StreamRef, after: int = 0) -> History:
        async with self._turn():
            return await super().load(stream, after)

    async def commit(self, commits: Sequence[Commit]) -> Sequence[CommitOutcome]:
        async with self._turn():
            return await super().commit(commits)

    @asynccontextmanager
    async def _turn(self) -> AsyncIterator[None]:
        self.rounds += self._asked == 0
        self._asked += 1
        try:
            for _ in range(_TURN):
                await asyncio.sleep(0)
            yield
        finally:
            self._asked -= 1


async def alone(world: World) -> None:
    """Let delivery finish and end: nobody but the click asks from here on."""
    world.delivery.stop()
    await world.drained()


async def test_a_note_on_a_numbered_incident_waits_for_three_rounds() -> None:
    journal = Rounds()
    async with World(journal=journal) as world:
        await world.say("commander", "/incident declare sev3 checkout is down")
        await world.settled()
        number = (await world.incident()).number
        await alone(world)
        before = journal.rounds
        reply = await world.say("commander", f"/incident note seen in={number}")
        # The request's id and who it is from; the incident; the commit.
        assert (reply.text, journal.rounds - before) == ("On the timeline.", 3)


async def test_a_note_in_a_room_waits_for_four_rounds() -> None:
    journal = Rounds()
    async with World(journal=journal) as world:
        await world.say("commander", "/incident declare sev3 checkout is down")
        room = await world.room()
        await alone(world)
        before = journal.rounds
        reply = await world.say("commander", "/incident note seen", at=room)
        assert (reply.text, journal.rounds - before) == ("On the timeline.", 4)


async def test_a_known_request_is_answered_where_nobody_can_say_who_sent_it() -> None:
    async with World() as world:
        await world.say("commander", "/incident declare sev3 checkout is down", ident="r1")
        world.people.fault = RuntimeError("the platform's answer made no sense")
        again = await world.say("commander", "/incident declare sev3 checkout is down", ident="r1")
        assert again.tone is ReplyTone.DONE


async def test_a_refusal_is_decided_on_what_another_process_wrote_meanwhile() -> None:
    ids = CountedIds()
    journal = MemoryJournal(ids=ids)
    async with (
        World(journal=journal, ids=ids) as here,
        World(journal=journal, ids=ids, requests="there") as there,
    ):
        await here.say("commander", "/incident declare sev3 checkout is down")
        await here.settled()
        ident = (await here.incident()).id
        commander = await there.identity.actor(sender("commander"))
        await there.incidents.state(ident)
        await here.say("commander", "/incident action check the disk", at=await here.room())
        done = await there.say("commander", "/incident done 1", at=await here.room())
        noted = await there.incidents.submit(ident, AddNote(by=commander, text=Untrusted("seen")))
        assert done.tone is ReplyTone.DONE
        assert isinstance(noted, Done)
