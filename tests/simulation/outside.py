"""How one life reaches the outside: any call may be hit by trouble, and the dead make none.

Every life has ports of its own over the one journal, chat and fleet. A life that was killed gets
no answer and does nothing more; one that is paused stands still at its next call.
"""

import asyncio
from collections.abc import Callable, Collection, Coroutine
from contextvars import ContextVar
from typing import Protocol, TypeVar

from bot.errors import OutcomeUnknown, Refused, Unavailable
from tests.simulation.trouble import AT_ANY_CALL, Fault, Trouble

T = TypeVar("T")

CARRIED: ContextVar[str] = ContextVar("carried", default="")
"""The key of the effect that is being carried out, "" where none is."""


class Fate(Protocol):
    """What can become of a life from outside."""

    def crash(self, life: "Thread") -> None:
        """Kill a life at once; another one begins later."""
        ...

    def pause(self, life: "Thread") -> None:
        """Let a life stand still past its lease; another one begins meanwhile."""
        ...

    def stop(self, life: "Thread") -> None:
        """Ask a life to end, as SIGTERM does; another one begins."""
        ...


class Thread:
    """The thread of one life: cut, or held for a while."""

    def __init__(self, number: int) -> None:
        self.number = number
        self.free = True
        """Whether it is neither cut nor held."""
        self.cut = False
        self._going = asyncio.Event()

    def hold(self) -> None:
        """Stand still at the next call."""
        self.free = False
        self._going.clear()

    def let_go(self) -> None:
        """Go on."""
        self.free = not self.cut
        self._going.set()

    def end(self) -> None:
        """Never go on."""
        self.free, self.cut = False, True
        self._going.set()

    async def turn(self) -> None:
        """Wait where this life is paused; never return where it is dead."""
        if self.free:
            return
        if not self.cut:
            await self._going.wait()
        if self.cut:
            raise asyncio.CancelledError


class Calls:
    """Makes one life's calls to the outside: latency, its end, and the faults of any call.

    `chance` gives numbers from 0 to 1 that the seed decides.
    """

    def __init__(
        self,
        *,
        thread: Thread,
        trouble: Trouble,
        fate: Fate,
        chance: Callable[[], float],
        note: Callable[..., None],
    ) -> None:
        self.thread = thread
        self.trouble = trouble
        self.fate = fate
        self.chance = chance
        self.note = note

    async def make(
        self,
        what: str,
        faults: Collection[Fault],
        call: Coroutine[object, object, T],
        slowest: float,
    ) -> tuple[T, Fault | None]:
        """Make a call that the effect in hand asks for; returns the fault that its answer meets.

        `slowest`: seconds after which it is answered at the latest.
        """
        try:
            await self.thread.turn()
            await asyncio.sleep(self.chance() * slowest)
            await self.thread.turn()
            fault = self.strikes((*AT_ANY_CALL, *faults))
            self.note(self.thread.number, what, CARRIED.get(), fault or "")
            _raise_before(fault)
            if fault is Fault.CRASH_BEFORE_CALL:
                self.die()
            answer = await call
        finally:
            call.close()
        if fault is Fault.CRASH_AFTER_CALL:
            self.die()
        await self.thread.turn()
        return answer, fault

    def strikes(self, faults: Collection[Fault]) -> Fault | None:
        """Return the fault that strikes the effect in hand."""
        return self.trouble.strikes(faults, self.trouble.behind(CARRIED.get()))

    def die(self) -> None:
        """End this life here and now."""
        self.fate.crash(self.thread)
        raise asyncio.CancelledError


def _raise_before(fault: Fault | None) -> None:
    """Raise what is known before anything has happened."""
    match fault:
        case Fault.CHAT_DOWN | Fault.PAGER_DOWN:
            raise Unavailable("it does not answer")
        case Fault.CHAT_REFUSED | Fault.PAGER_REFUSED:
            raise Refused("it was archived")
        case Fault.LOST_BEFORE_START:
            raise Unavailable("no route to the host")
        case _:
            return


def lost_reply() -> OutcomeUnknown:
    """Return the error of a link that was lost after the request was carried out."""
    return OutcomeUnknown("the link was lost")
