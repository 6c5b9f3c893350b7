"""What people and monitors set going: one short story per kind of incident and run."""

from collections.abc import Callable, Coroutine, Mapping
from typing import Any, TypeAlias

from tests.crash.history import OK
from tests.crash.scene import BARE
from tests.crash.team import Fate
from tests.crash.world import World

Story: TypeAlias = Callable[[World], Coroutine[Any, Any, None]]


async def alarm(world: World) -> None:
    """Send an alert; the bot looks by itself, and people answer what it asks."""
    fate = world.luck.choice((Fate.APPROVE, Fate.APPROVE, Fate.RACE, Fate.REJECT))
    ticket = world.ticket("a", fate=fate)
    await world.sender.send(ticket, world.luck.choice(world.webs))
    if world.luck.random() < 0.5:
        await world.sender.send(ticket, world.webs[0], 2)
    number = await world.team.incident_of(ticket)
    if world.chat is not None:
        await _claimed(world, number)


async def left(world: World) -> None:
    """Send an alert whose cards only people in another chat answer, and wait until they did."""
    ticket = world.ticket("s", fate=Fate.LEAVE)
    await world.sender.send(ticket, world.luck.choice(world.webs))
    number = await world.team.incident_of(ticket)
    await _claimed(world, number)
    await world.team.until_told(number, "run ended")


async def typed(world: World) -> None:
    """Declare, ask for a run, and try to approve it alone first."""
    await _typed(world, "mend", world.luck.choice(world.webs), Fate.ALONE)


async def pair(world: World) -> None:
    """Ask for an irreversible change of two hosts, which takes two yeses."""
    await _typed(world, "pair", "db-1", Fate.APPROVE)


async def undone(world: World) -> None:
    """Ask for a change that does not do its work, and is undone."""
    number = await _typed(world, "undo", "web-1", Fate.APPROVE)
    await world.team.until_told(number, "run ended")
    # Something had changed, so the host stays reserved until a human frees it.
    await world.team.type("bob", "release", "", f"/runbook release in={number} looked after it")


async def bare(world: World) -> None:
    """Ask for a change on a host that keeps no receipts, and free it where that went wrong."""
    number = await _typed(world, "mend", BARE, Fate.APPROVE)
    await world.team.until_told(number, "run ended")
    # Whoever said that an interrupted step took effect may have been wrong about it.
    await world.team.type("bob", "release", "", f"/runbook release in={number} looked after it")


async def play(world: World) -> None:
    """Ask for a playbook that finds the cause and proposes the fix."""
    await _typed(world, "play", "web-2", Fate.APPROVE)


async def hung(world: World) -> None:
    """Ask for a command that hangs, kill it on its host, and say what became of it."""
    ticket = world.ticket("h", "ann")
    number = await asked(world, ticket, "ann", "mend", "web-2")
    await world.team.until_told(number, "step 1 of 2")
    await world.team.type("ann", "abort", ticket, f"/runbook abort kill confirm in={number}")
    await world.team.until_told(number, "run ended")
    await world.team.type("bob", "release", "", f"/runbook release in={number} looked after it")


async def erased(world: World) -> None:
    """Write down what should never have been, and erase it from outside, until that is done."""
    ticket = world.ticket("e", "ann")
    await world.team.type("ann", "declare", ticket, f"/incident declare sev3 {ticket} is wrong")
    number = await world.team.incident_of(ticket)
    words = f"slipped-through-{ticket}"
    await world.team.type("ann", "note", "", f"/incident note {words} in={number}")
    await world.team.until_told(number, words)
    while world.chat is not None and not world.chat.shows(words):
        await world.team.looked.wait()  # nothing is amended that nobody was shown
    await world.erase(number, words)


async def closed(world: World) -> None:
    """Declare, resolve and close at once, so that the room is closed too."""
    ticket = world.ticket("f", "ann")
    await world.team.type("ann", "declare", ticket, f"/incident declare sev4 {ticket} is wrong")
    number = await world.team.incident_of(ticket)
    await world.team.type("ann", "resolve", "", f"/incident resolve it was nothing in={number}")
    close = f"/incident close override=nothing in={number}"
    while (await world.team.type("ann", "close", "", close)).status != OK:
        await world.team.looked.wait()  # somebody answers the checklist first


async def drill(world: World) -> None:
    """Ask for a drill, whose repair everybody rejects, so that nothing is run."""
    await world.team.type("ann", "drill", "", "/incident drill disk-full")
    await world.team.until_told(await world.team.incident_of("/scratch"), "run ended")


STORIES: Mapping[str, Story] = {
    "alarm": alarm,
    "typed": typed,
    "pair": pair,
    "undone": undone,
    "bare": bare,
    "play": play,
    "hung": hung,
    "erased": erased,
    "closed": closed,
}
"""Every story by its name that can be told anywhere."""

ELSEWHERE: Mapping[str, Story] = {"left": left}
"""Those that can be told only where there is a chat beside the console."""


async def asked(world: World, ticket: str, who: str, runbook: str, host: str) -> str:
    """Declare an incident and ask for a run in it; returns the incident's number."""
    await world.team.type(who, "declare", ticket, f"/incident declare sev3 {ticket} is wrong")
    number = await world.team.incident_of(ticket)
    words = f"{runbook} host={host} ticket={ticket} in={number}"
    await world.team.type(who, "run", ticket, f"/runbook run {words}")
    return number


async def _claimed(world: World, number: str) -> None:
    """Let somebody take it: beside a chat time passes fast, and nobody else is to be woken."""
    await world.team.type("dan", "claim", "", f"/incident claim in={number}")


async def _typed(world: World, runbook: str, host: str, fate: Fate) -> str:
    who = world.luck.choice(("ann", "dan"))
    return await asked(world, world.ticket("c", who, fate), who, runbook, host)
