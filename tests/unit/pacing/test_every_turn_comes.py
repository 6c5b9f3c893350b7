"""Whatever is given up, refused or late: everybody comes to their turn, within the limits."""

import asyncio
from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import timedelta
from itertools import pairwise
from typing import TypeAlias

from hypothesis import given, settings
from hypothesis import strategies as st

from bot.adapters.pacing.gate import Gate
from bot.adapters.pacing.queue import Scope
from bot.adapters.pacing.window import Budget
from bot.errors import Throttled, Unavailable
from bot.usecases.urgency import Urgency, carried_with
from tests.support.clock import MovedClock

ALL = Scope(key="all", budget=Budget(calls=30, seconds=1.0))
SECOND = Budget(calls=1, seconds=1.0)
GROUP = Budget(calls=20, seconds=60.0)
EDITS = Budget(calls=8, seconds=60.0)
PLACES = ("one", "two")

AWAY = 3
"""Silences in a row after which a platform counts as away."""

LONGEST = 30.0
"""The longest rest that is asked for here, in seconds."""


@dataclass(frozen=True, slots=True)
class Send:
    """Somebody sends; gives up after `patience` seconds, where that is not 0."""

    place: str
    urgency: Urgency
    edit: bool
    patience: float

    @property
    def scopes(self) -> tuple[Scope, ...]:
        edits = [Scope(key=f"edits {self.place}", budget=EDITS)] if self.edit else []
        chat = Scope(key=f"chat {self.place}", budget=SECOND)
        return (ALL, chat, *edits, Scope(key=f"group {self.place}", budget=GROUP))


@dataclass(frozen=True, slots=True)
class Rest:
    """The platform wants a place left alone."""

    place: str
    seconds: float


@dataclass(frozen=True, slots=True)
class Outage:
    """The platform does not answer for so long."""

    seconds: float


@dataclass(frozen=True, slots=True)
class Pass:
    """Nothing happens."""

    seconds: float


Step: TypeAlias = Send | Rest | Outage | Pass

WORKERS = (Urgency.APPROVAL, Urgency.CARD, Urgency.UPDATE, Urgency.CHATTER)
SENDS = st.builds(
    Send,
    st.sampled_from(PLACES),
    st.sampled_from(WORKERS),
    st.booleans(),
    st.sampled_from((0.0, 0.0, 0.5, 3.0, 15.0)),
)
SECONDS = st.floats(0.1, 15.0)
STEPS: st.SearchStrategy[list[Step]] = st.lists(
    st.one_of(
        *[SENDS] * 9,
        st.builds(Rest, st.sampled_from(PLACES), st.floats(1.0, LONGEST)),
        st.builds(Outage, SECONDS),
        st.builds(Pass, SECONDS),
    ),
    min_size=25,
    max_size=60,
)


@dataclass(slots=True)
class Platform:
    """A platform behind a gate; `gone` is what went out and when."""

    clock: MovedClock = field(default_factory=MovedClock)
    gone: list[tuple[Send, float]] = field(default_factory=list)
    away: bool = False
    gate: Gate = field(init=False)

    def __post_init__(self) -> None:
        self.gate = Gate(name="Test", clock=self.clock)

    async def deliver(self, send: Send) -> None:
        """Send as delivery does: again when it is told to."""
        while True:
            try:
                with carried_with(send.urgency):
                    async with self.gate.turn(send.scopes, self._asked):
                        self._called()
                        self.gone.append((send, self.clock.monotonic()))
                        return
            except Throttled as throttled:
                again = throttled.retry_after
            except Unavailable:
                again = timedelta(seconds=1)
            await self.clock.sleep_until(self.clock.now() + again)

    async def try_to(self, send: Send) -> None:
        """Deliver, or give up in the middle of whatever it is that one waits for."""
        delivering = asyncio.ensure_future(self.deliver(send))
        if send.patience:
            await self.clock.sleep_until(self.clock.now() + timedelta(seconds=send.patience))
            delivering.cancel()
        await asyncio.wait([delivering])

    async def take(self, step: Rest | Outage | Pass) -> None:
        match step:
            case Rest(place=place, seconds=seconds):
                scopes = (ALL, Scope(key=f"group {place}", budget=GROUP))
                self.gate.throttled(scopes, timedelta(seconds=seconds))
            case Outage(seconds=seconds):
                self.away = True
                for _ in range(AWAY):
                    self.gate.silent()
                await self.pass_time(seconds)
                self.away = False
            case Pass(seconds=seconds):
                await self.pass_time(seconds)

    async def pass_time(self, seconds: float) -> None:
        """Let time pass, from one moment that somebody waits for to the next."""
        end = self.clock.now() + timedelta(seconds=seconds)
        await idle()
        while (now := self.clock.now()) < end:
            soonest = min(self.clock.soonest or end, end)
            self.clock.move(max(soonest - now, timedelta()))
            await idle()

    async def _asked(self) -> None:
        self._called()

    def _called(self) -> None:
        if self.away:
            self.gate.silent()
            raise Unavailable("no answer")
        self.gate.heard()


async def idle() -> None:
    for _ in range(12):
        await asyncio.sleep(0)


async def played(steps: Sequence[Step]) -> Platform:
    """Play the steps; returns when everybody has gone or given up, or is too late."""
    platform, sending = Platform(), list[asyncio.Task[None]]()
    for step in steps:
        if isinstance(step, Send):
            sending.append(asyncio.create_task(platform.try_to(step)))
            await idle()
        else:
            await platform.take(step)
    await platform.pass_time(LONGEST + minutes_for(steps) * 60.0 + 60.0)
    late = [task for task in sending if not task.done()]
    for task in late:
        task.cancel()
    assert not late, f"{len(late)} never came to their turn"
    return platform


def minutes_for(steps: Sequence[Step]) -> int:
    """Return in how many minutes the limits let everything out: six edits, fifteen calls each."""
    sends = [step for step in steps if isinstance(step, Send)]
    return 1 + max(len(sends) // 15, sum(send.edit for send in sends) // 6)


@settings(max_examples=60, deadline=None)
@given(STEPS)
def test_everybody_comes_to_their_turn_and_no_limit_is_broken(steps: list[Step]) -> None:
    platform = asyncio.run(played(steps))
    patient = [step for step in steps if isinstance(step, Send) and not step.patience]
    gone = [send for send, _ in platform.gone]
    assert sorted(map(repr, (s for s in gone if not s.patience))) == sorted(map(repr, patient))
    assert (platform.gate.waiting, platform.gate.in_the_air) == (0, 0)
    for place in PLACES:
        here = [moment for send, moment in platform.gone if send.place == place]
        edits = [moment for send, moment in platform.gone if send.place == place and send.edit]
        assert all(later - sooner >= SECOND.seconds for sooner, later in pairwise(here))
        assert spans(here, GROUP.calls + 1) >= GROUP.seconds
        assert spans(edits, EDITS.calls + 1) >= EDITS.seconds


def spans(moments: Sequence[float], calls: int) -> float:
    """Return the shortest span of so many calls in a row, endless where there are fewer."""
    return min(
        (last - first for first, last in zip(moments, moments[calls - 1 :], strict=False)),
        default=float("inf"),
    )
