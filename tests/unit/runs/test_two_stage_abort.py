"""Abort: no further step at once; killing the running command is a second, confirmed choice."""

import asyncio

from bot.domain.events import CardKind
from cards.pressing import run_card_id
from tests.support.fleet import MemoryHosts
from tests.support.runs import Service, answered, newest, started, world
from tests.support.world import World


async def running(on: World, hosts: MemoryHosts) -> asyncio.Event:
    """Let a change be on its host; returns what lets it end."""
    hosts.held = asyncio.Event()
    await started(on, "/runbook run restart host=web-1")
    await answered(on, "bob", "approve")
    return hosts.held


async def test_an_abort_lets_the_running_command_end_and_begins_no_other() -> None:
    hosts = MemoryHosts(Service())
    async with world(hosts) as on:
        held = await running(on, hosts)
        reply = await on.say("ann", "/runbook abort restart wrong host", at=await on.room())
        assert reply.text.startswith(
            "No further step. `sudo systemctl restart checkout` still runs on web-1"
        )
        held.set()
        await on.settled()
        run = await newest(on)
        assert (run.state, hosts.stopped) == ("aborted", [])


async def test_a_kill_first_names_the_command_and_does_nothing() -> None:
    hosts = MemoryHosts(Service())
    async with world(hosts) as on:
        held = await running(on, hosts)
        reply = await on.say("ann", "/runbook abort restart kill", at=await on.room())
        assert "This kills `sudo systemctl restart checkout` on web-1" in reply.text
        assert "Nothing has been done yet." in reply.text
        assert (await newest(on)).abort is None
        held.set()
        await on.settled()
        assert hosts.stopped == []


async def test_a_confirmed_kill_stops_it_and_leaves_it_in_doubt() -> None:
    hosts = MemoryHosts(Service())
    async with world(hosts) as on:
        held = await running(on, hosts)
        await on.say("ann", "/runbook abort restart kill confirm", at=await on.room())
        await on.settled()
        assert len(hosts.stopped) == 1
        hosts.died = True
        held.set()
        await on.settled()
        run = await newest(on)
        assert run.state == "in doubt"
        assert [asked.card.kind for asked in (await on.incident()).open_cards] == [
            CardKind.IN_DOUBT
        ]


async def test_the_card_offers_the_kill_only_after_the_abort_and_asks_to_confirm() -> None:
    hosts = MemoryHosts(Service())
    async with world(hosts) as on:
        held = await running(on, hosts)
        incident, run = await on.incident(), await newest(on)
        ident = run_card_id(incident.id, run.started.run)
        card = await on.rendering.card(incident, f"run:{run.started.run}")
        assert card is not None
        assert [button.option for button in card.buttons] == ["abort"]
        await on.press("ann", ident, "abort", reason="wrong host")
        card = await on.rendering.card(await on.incident(), f"run:{run.started.run}")
        assert card is not None
        (kill,) = card.buttons
        assert (kill.option, kill.confirm) == (
            "kill",
            "Kill `sudo systemctl restart checkout` on web-1? Nobody will know how far it came.",
        )
        hosts.died = True
        await on.press("ann", ident, "kill", reason="it hangs")
        await on.settled()
        assert len(hosts.stopped) == 1
        held.set()
        await on.settled()
