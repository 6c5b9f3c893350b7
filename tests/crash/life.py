"""One life: the application as production wires it, but for the ports that a `Seams` replaces."""

import asyncio
import gc
import logging
import socket
import sys
from contextlib import suppress
from dataclasses import dataclass
from datetime import timedelta
from pathlib import Path

from pydantic import TypeAdapter

from bot.app.seams import Seams
from bot.app.serving import serving
from bot.cli.serve import collect_seldom
from bot.config import load_settings
from bot.errors import Unavailable
from bot.ports import (
    ChatPlatform,
    CommandExecutor,
    Journal,
    Pager,
    People,
    Probe,
    RoomBar,
    UserGroups,
)
from bot.usecases.delivering.hints import DrillGround
from tests.crash.chat_ports import (
    LabelledBar,
    LabelledChat,
    LabelledGround,
    LabelledGroups,
    LabelledPeople,
)
from tests.crash.clock import Time, WorldClock
from tests.crash.fuse import Fuse, Plan
from tests.crash.link import LinkExecutor
from tests.crash.ports import (
    LabelledExecutor,
    LabelledJournal,
    LabelledPager,
    LabelledProbe,
)
from tests.crash.ssh import OneAccount
from tests.crash.trail import Trail


@dataclass(frozen=True, slots=True, kw_only=True)
class Order:
    """How one life is to be.

    `name` is told on the socket `control` first, the points that it passes are written to `trail`;
    `hosts` is the hosts' socket, "" = real SSH,
    to two keys of one account where `one_account`; `lease` is in seconds of the machine. The clock
    is set by `clock` seconds once it serves.
    """

    name: str
    env: Path
    control: str
    trail: Path
    hosts: str
    lease: float
    one_account: bool = False
    time: Time = Time()  # noqa: RUF009 - frozen
    clock: float = 0.0
    plan: Plan = Plan()  # noqa: RUF009 - frozen


ORDER = TypeAdapter(Order)


def live(order: Order) -> None:
    """Live until told to stop, or until something ends it."""
    control = socket.socket(socket.AF_UNIX, socket.SOCK_STREAM)
    control.connect(order.control)
    _say(control, f"name {order.name}")
    try:
        asyncio.run(_live(order, control))
    except Unavailable as unavailable:
        # Somebody who is stopped holds the journal's lock: a supervisor would try again.
        _say(control, f"refused {unavailable}")


def _say(control: socket.socket, line: str) -> None:
    # Once the world is gone nobody hears it, and this life is about to end with it.
    with suppress(ConnectionError):
        control.sendall(line.encode() + b"\n")


async def _live(order: Order, control: socket.socket) -> None:
    stop = asyncio.Event()
    trail = Trail(order.trail)
    fuse = Fuse(order.plan, trail.add, lambda line: _say(control, line))
    settings = load_settings(order.env)
    logging.basicConfig(filename=settings.data.parent / "log", level=logging.WARNING)
    asyncio.get_running_loop().add_reader(control, stop.set)
    clock = WorldClock(order.time)
    async with serving(settings, seams=_seams(order, fuse, clock)) as (_, running):
        # As `firewarden serve` does it; the fork server has no garbage collected in a start.
        gc.enable()
        collect_seldom()
        clock.set(order.clock)
        _say(control, f"ready {running.console}")
        await stop.wait()
    _say(control, "ended")


def _seams(order: Order, fuse: Fuse, clock: WorldClock) -> Seams:
    def journal(port: Journal) -> Journal:
        return LabelledJournal(port, fuse)

    def executor(port: CommandExecutor) -> CommandExecutor:
        return LabelledExecutor(_reached(order, port), fuse)

    def chat(port: ChatPlatform) -> ChatPlatform:
        return LabelledChat(port, fuse)

    def pager(port: Pager) -> Pager:
        return LabelledPager(port, fuse)

    def probe(port: Probe) -> Probe:
        return LabelledProbe(port, fuse)

    def people(platform: str, port: People) -> People:
        return LabelledPeople(platform, port, fuse)

    def groups(port: UserGroups) -> UserGroups:
        return LabelledGroups(port, fuse)

    def bar(port: RoomBar) -> RoomBar:
        return LabelledBar(port, fuse)

    def ground(port: DrillGround) -> DrillGround:
        return LabelledGround(port, fuse)

    return Seams(
        clock=clock,
        lease=timedelta(seconds=order.lease * order.time.pace),
        journal=journal,
        executor=executor,
        chat=chat,
        pager=pager,
        probe=probe,
        people=people,
        groups=groups,
        bar=bar,
        ground=ground,
    )


def _reached(order: Order, port: CommandExecutor) -> CommandExecutor:
    if order.hosts:
        return LinkExecutor(order.hosts)
    return OneAccount(port) if order.one_account else port


def ended_badly(error: BaseException) -> None:
    """Leave word of a life that ended by an error of its own: a defect, and never expected."""
    print(f"a life ended by itself: {error!r}", file=sys.stderr, flush=True)  # noqa: T201 - its log
