"""What can be put around the ports of a serving bot, or in their place: nothing, but under test."""

from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import timedelta
from typing import TYPE_CHECKING, TypeVar

from bot.adapters.clock import SystemClock
from bot.ports import (
    ChatPlatform,
    Clock,
    CommandExecutor,
    Journal,
    Pager,
    People,
    Probe,
    RoomBar,
    UserGroups,
)

if TYPE_CHECKING:
    from bot.usecases.delivering.hints import DrillGround

P = TypeVar("P")


def _as_it_is(port: P) -> P:
    return port


def _as_it_is_of(_: str, port: P) -> P:
    return port


@dataclass(frozen=True, slots=True, kw_only=True)
class Seams:
    """What becomes of each port before it is used; the defaults are what production runs.

    The crash harness puts labelled points around every port and hosts of its own behind the
    executor. `lease` is how long a claim holds without a sign of life, None = the usual time;
    `people` hears of which platform they are.
    """

    clock: Clock = field(default_factory=SystemClock)
    lease: timedelta | None = None
    journal: Callable[[Journal], Journal] = _as_it_is
    executor: Callable[[CommandExecutor], CommandExecutor] = _as_it_is
    chat: Callable[[ChatPlatform], ChatPlatform] = _as_it_is
    pager: Callable[[Pager], Pager] = _as_it_is
    probe: Callable[[Probe], Probe] = _as_it_is
    people: Callable[[str, People], People] = _as_it_is_of
    groups: Callable[[UserGroups], UserGroups] = _as_it_is
    bar: Callable[[RoomBar], RoomBar] = _as_it_is
    ground: "Callable[[DrillGround], DrillGround]" = _as_it_is


PRODUCTION = Seams()
