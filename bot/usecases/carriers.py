"""Delivery put together: which carrier takes which effect, over whichever ports."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from datetime import timedelta

from bot.domain import effects as fx
from bot.ports import ChatPlatform, Clock, CommandExecutor, Ids, Journal, Pager, Probe, RoomBar
from bot.usecases.archive import Archive
from bot.usecases.attaching import Attaching
from bot.usecases.current import Current
from bot.usecases.delivering.amends import Amends
from bot.usecases.delivering.carrier import Carrier, IncidentDesk, Lease, Settler, SystemDesk
from bot.usecases.delivering.commands import Changes, Preflights, Reads
from bot.usecases.delivering.hints import Attaches, DrillGround, Drills, Timers, Wakes
from bot.usecases.delivering.pages import Pages
from bot.usecases.delivering.posts import Posts, Shows
from bot.usecases.delivering.referrals import Referrals
from bot.usecases.delivering.rooms import Rooms
from bot.usecases.delivery import DRAIN, LEASE, Delivery
from bot.usecases.identity import Identity
from bot.usecases.rendering import Rendering


@dataclass(frozen=True, slots=True, kw_only=True)
class Inside:
    """What delivery asks of the application itself."""

    journal: Journal
    incidents: IncidentDesk
    system: SystemDesk
    archive: Archive
    rendering: Rendering
    identity: Identity
    current: Current
    clock: Clock
    ids: Ids


@dataclass(frozen=True, slots=True, kw_only=True)
class Outside:
    """What delivery reaches: chats and pagers by name, hosts, probed addresses, the drill ground.

    `bars` are the chats whose rooms have a bar of links; `console` is the address of the console
    that is put there, "" for none.
    """

    chats: Mapping[str, ChatPlatform]
    pagers: Mapping[str, Pager]
    executor: CommandExecutor
    probe: Probe
    ground: DrillGround | None = None
    bars: Mapping[str, RoomBar] = field(default_factory=dict)
    console: str = ""
    runbook_url: str = ""
    """Where people read a runbook, `{runbook}` for its name; "" = nowhere."""


def delivery_over(
    inside: Inside,
    outside: Outside,
    *,
    lease: timedelta = LEASE,
    drain: timedelta = DRAIN,
    around: Callable[[Carrier], Carrier] = lambda carrier: carrier,
) -> Delivery:
    """Put delivery together; `around` may put something around each carrier."""
    carriers: dict[type, Carrier] = {}
    settler = Settler(journal=inside.journal, clock=inside.clock)
    delivery = Delivery(
        journal=inside.journal,
        desk=inside.incidents,
        clock=inside.clock,
        ids=inside.ids,
        carriers=carriers,
        settler=settler,
        lease=lease,
        drain=drain,
    )
    wired = {
        **_talking(inside, outside, settler, delivery),
        **_working(inside, outside, settler, delivery),
        **_hints(inside, outside, settler),
    }
    carriers |= {effect: around(carrier) for effect, carrier in wired.items()}
    return delivery


def _talking(
    inside: Inside, outside: Outside, settler: Settler, lease: Lease
) -> dict[type, Carrier]:
    rooms = Rooms(
        desk=inside.incidents,
        chats=outside.chats,
        settler=settler,
        clock=inside.clock,
        current=inside.current,
        bars=outside.bars,
        console=outside.console,
        runbook_url=outside.runbook_url,
    )
    return {
        fx.OpenRoom: rooms,
        fx.SetRoom: rooms,
        fx.Invite: rooms,
        fx.Post: Posts(
            desk=inside.incidents,
            archive=inside.archive,
            chats=outside.chats,
            rendering=inside.rendering,
            settler=settler,
        ),
        fx.Show: Shows(
            desk=inside.incidents,
            chats=outside.chats,
            rendering=inside.rendering,
            settler=settler,
            lease=lease,
        ),
        fx.Amend: Amends(
            desk=inside.incidents,
            archive=inside.archive,
            chats=outside.chats,
            rendering=inside.rendering,
            settler=settler,
        ),
        fx.SendPage: Pages(
            desk=inside.incidents,
            pagers=outside.pagers,
            rendering=inside.rendering,
            current=inside.current,
        ),
    }


def _working(
    inside: Inside, outside: Outside, settler: Settler, lease: Lease
) -> dict[type, Carrier]:
    changes = Changes(
        desk=inside.incidents,
        executor=outside.executor,
        identity=inside.identity,
        current=inside.current,
        settler=settler,
        clock=inside.clock,
        lease=lease,
    )
    return {
        fx.RunChange: changes,
        fx.StopCommand: changes,
        fx.ProposeFix: Referrals(desk=inside.incidents, current=inside.current),
        fx.RunPreflight: Preflights(
            desk=inside.incidents,
            executor=outside.executor,
            current=inside.current,
            clock=inside.clock,
        ),
        fx.RunRead: Reads(
            desk=inside.incidents,
            executor=outside.executor,
            probe=outside.probe,
            current=inside.current,
        ),
    }


def _hints(inside: Inside, outside: Outside, settler: Settler) -> dict[type, Carrier]:
    attaching = Attaching(
        journal=inside.journal,
        desk=inside.incidents,
        system=inside.system,
        current=inside.current,
        ids=inside.ids,
    )
    hints: dict[type, Carrier] = {
        fx.Timer: Timers(desk=inside.incidents),
        fx.WakeWaiting: Wakes(desk=inside.incidents, journal=inside.journal, settler=settler),
        fx.Attach: Attaches(attaching=attaching),
    }
    if outside.ground is not None:
        hints[fx.StartDrill] = Drills(ground=outside.ground, settler=settler)
    return hints
