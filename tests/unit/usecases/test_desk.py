"""The desk: intents for one stream in order, and callers who give up or wait for news."""

import asyncio
from datetime import timedelta

import pytest

from bot.domain.intents import AddNote
from bot.domain.state import Incident
from bot.usecases.deciding import Done, Extra, Known
from bot.values import IncidentId, Untrusted
from tests.support.world import World, sender

SHORT = timedelta(milliseconds=5)


async def noting(world: World, text: str) -> AddNote:
    return AddNote(by=await world.identity.actor(sender("commander")), text=Untrusted(text))


async def opened(world: World) -> IncidentId:
    await world.say("commander", "/incident declare sev3 x")
    await world.settled()
    return (await world.incident()).id


async def test_intents_of_one_stream_are_decided_in_the_order_of_their_arrival() -> None:
    async with World() as world:
        ident = await opened(world)
        notes = [await noting(world, f"note {n}") for n in range(20)]
        results = await asyncio.gather(*(world.incidents.submit(ident, note) for note in notes))
        timeline = await world.reading.timeline(await world.viewer("commander"), ident)
        assert all(isinstance(result, Done) for result in results)
        assert timeline is not None
        assert [entry.text for entry in timeline[-20:]] == [f"note {n}" for n in range(20)]


async def test_of_two_with_one_request_id_one_is_carried_out() -> None:
    async with World() as world:
        ident = await opened(world)
        note, extra = await noting(world, "once"), Extra(request="r1")
        first, second = await asyncio.gather(
            world.incidents.submit(ident, note, extra), world.incidents.submit(ident, note, extra)
        )
        assert isinstance(first, Done)
        assert second == Known(answer="On the timeline.")
        assert (await world.events(await world.incident())).count("NoteAdded") == 1


async def test_an_intent_whose_caller_is_gone_before_its_turn_is_withdrawn() -> None:
    async with World() as world:
        ident = await opened(world)
        note = await noting(world, "never")
        asking = asyncio.ensure_future(world.incidents.submit(ident, note, Extra(request="r1")))
        await asyncio.sleep(0)
        asking.cancel()
        with pytest.raises(asyncio.CancelledError):
            await asking
        await world.settled()
        assert await world.journal.known("r1") is None
        assert "NoteAdded" not in await world.events(await world.incident())


async def test_waiting_for_news_ends_with_the_commit_that_brings_it() -> None:
    async with World() as world:
        ident = await opened(world)

        def has_title(incident: Incident) -> bool:
            return incident.title.text == "better"

        waiting = asyncio.ensure_future(
            world.incidents.until(ident, has_title, timedelta(seconds=20))
        )
        await world.say("commander", f"/incident title better in={await number(world)}")
        assert (await waiting).title.text == "better"


async def test_waiting_for_news_that_never_comes_ends_with_patience() -> None:
    async with World() as world:
        ident = await opened(world)
        state = await world.incidents.until(ident, lambda incident: incident.drill, SHORT)
        assert state.title.text == "x"


async def number(world: World) -> str:
    return (await world.incident()).number
