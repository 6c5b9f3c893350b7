"""A whole core whose rooms are on one real platform, reached over a way that can go wrong."""

import asyncio
from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import timedelta

from bot.adapters.pacing.gate import Gate
from bot.domain.effects import Effect
from bot.ports import ChatPlatform, Claim
from bot.usecases.delivering.carrier import Carrier
from bot.values import ConversationRef
from tests.support.fleet import MemoryHosts
from tests.support.runs import POLICY, RESTART, Service
from tests.support.weather import Way, Weather
from tests.support.world import World

_STILL = 25
"""Turns of the event loop without anything to do after which all wait for the clock."""
_AT_MOST = 1.0
"""Seconds by which time moves at once: whoever sleeps is woken in order."""


@dataclass(slots=True)
class Hands:
    """How many effects are being carried out."""

    full: int = 0


class CountedCarrier:
    """`Carrier` that counts what it has in hand."""

    def __init__(self, inner: Carrier, hands: Hands) -> None:
        self._inner = inner
        self._hands = hands

    async def carry(self, claim: Claim, effect: Effect) -> None:
        self._hands.full += 1
        try:
            await self._inner.carry(claim, effect)
        finally:
            self._hands.full -= 1


class OutageWorld(World):
    """`World` on one platform; `reach` it before the world is entered."""

    def __init__(self, platform: str) -> None:
        super().__init__(
            policy=replace(POLICY, platforms=(platform,)),
            documents={"restart": RESTART},
            executor=MemoryHosts(Service()),
        )
        self._platform = platform
        self._hands = Hands()

    def reach(self, chat: ChatPlatform, gate: Gate, way: Way) -> None:
        """Put the rooms on this platform."""
        self.beside[chat.name] = chat
        self.gate = gate
        self.way = way

    async def opened(self, title: str) -> ConversationRef:
        """Declare an incident; returns its room on the platform once it is open."""
        await self.say("ann", f"/incident declare sev3 {title}")
        await self.pass_time(20)
        return (await self.incident()).rooms[self._platform]

    async def in_weather(self, weather: Weather, seconds: float) -> None:
        """Let a kind of weather last."""
        self.way.weather = weather
        await self.pass_time(seconds)

    async def delivered(self, within: float) -> float:
        """Let time pass until everything is delivered; returns how many seconds that took."""
        begun = self.clock.monotonic()
        while await self._open():
            assert self.clock.monotonic() - begun <= within, "not everything was delivered"
            await self.pass_time(1)
        return self.clock.monotonic() - begun

    async def pass_time(self, seconds: float) -> None:
        """Let time pass as it does, from one moment that somebody waits for to the next."""
        end = self.clock.now() + timedelta(seconds=seconds)
        await self.quiet()
        while (now := self.clock.now()) < end:
            soonest = self.clock.soonest or end
            self.clock.move(min(max(soonest, now) - now, end - now, timedelta(seconds=_AT_MOST)))
            await self.quiet()

    async def quiet(self) -> None:
        """Wait until whoever works is waiting for the clock, or for a platform that hangs."""
        still, before = 0, self._state()
        async with asyncio.timeout(60):
            while still < _STILL:
                await asyncio.sleep(0)
                now = self._state()
                still = still + 1 if now == before and await self._nothing_to_do() else 0
                before = now

    def _state(self) -> tuple[int, int, int, int]:
        gate, way = self.gate, self.way
        return self._hands.full, gate.waiting, gate.in_the_air, way.hanging

    async def _nothing_to_do(self) -> bool:
        """Whether nothing is due, and every call that is under way hangs."""
        due = await self.journal.next_due()
        idle = due is None or due > self.clock.now()
        return idle and self.gate.in_the_air == self.way.hanging

    async def _open(self) -> Sequence[str]:
        """Return the kinds of effects of the platform that are not settled; timers are for ever."""
        return [b.kind for b in await self.journal.backlog() if b.open and b.kind != "timer"]

    def _around(self, carrier: Carrier) -> Carrier:
        return CountedCarrier(carrier, self._hands)
