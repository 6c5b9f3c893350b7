"""Requests that were signed once and came twice: the journal knows the first one."""

import asyncio
import hashlib
import logging
from typing import Final, Protocol

from bot.errors import OutcomeUnknown, Unavailable
from bot.ports import Clock, Commit, Journal, SeenRequest

_SENT_BEFORE: Final = "It was sent before."
_GOOD_FOR: Final = 600.0
"""Seconds for which a signature is good at most: five minutes before its moment, and after it."""

_log = logging.getLogger(__name__)


class Replays(Protocol):
    """Remembers signatures for longer than they are good for."""

    async def known(self, signature: str) -> bool:
        """Whether a request with this signature was taken before."""
        ...

    def take(self, signature: str) -> bool:
        """Know a signature from here on, in this process; False where another one was faster."""
        ...

    def keep(self, signature: str) -> None:
        """Remember a signature durably; nobody waits for that."""
        ...


class JournalReplays:
    """`Replays` in memory at once, and in the journal, where it is kept for 8 days, a moment later.

    An acknowledgement does not wait for the journal to have it: should the bot end in that moment,
    what was recorded is known by its request's id all the same, and only an answer that recorded
    nothing could be asked for again. While the journal cannot be asked nothing is refused here:
    what wants to be recorded is refused by whoever would record it, in words that its sender reads.
    """

    def __init__(self, *, journal: Journal, clock: Clock, tasks: asyncio.TaskGroup) -> None:
        self._journal = journal
        self._clock = clock
        self._tasks = tasks
        self._taken: dict[str, float] = {}

    async def known(self, signature: str) -> bool:
        """See `Replays.known`."""
        ident = _ident(signature)
        if ident in self._taken:
            return True
        try:
            return await self._journal.known(ident) is not None
        except Unavailable as unavailable:
            _log.warning("a replay could not be looked up: %s", unavailable)
            return False

    def take(self, signature: str) -> bool:
        """See `Replays.take`."""
        ident, now = _ident(signature), self._clock.monotonic()
        while self._taken and next(iter(self._taken.values())) <= now:
            del self._taken[next(iter(self._taken))]
        if ident in self._taken:
            return False
        self._taken[ident] = now + _GOOD_FOR
        return True

    def keep(self, signature: str) -> None:
        """See `Replays.keep`."""
        self._tasks.create_task(self._record(_ident(signature)))

    async def _record(self, ident: str) -> None:
        seen = SeenRequest(id=ident, answer=_SENT_BEFORE, at=self._clock.now())
        try:
            await self._journal.commit([Commit(request=seen)])
        except (Unavailable, OutcomeUnknown) as fault:
            _log.warning("a signature could not be remembered: %s", fault)


def _ident(signature: str) -> str:
    return f"slack:signed:{hashlib.sha256(signature.encode()).hexdigest()[:32]}"
