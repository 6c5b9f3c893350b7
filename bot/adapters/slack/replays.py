"""Requests that were signed once and came twice: the journal knows the first one."""

import hashlib
import logging
from typing import Final, Protocol

from bot.errors import OutcomeUnknown, Unavailable
from bot.ports import Clock, Commit, Committed, Journal, SeenRequest

_SENT_BEFORE: Final = "It was sent before."

_log = logging.getLogger(__name__)


class Replays(Protocol):
    """Remembers signatures for longer than they are good for."""

    async def known(self, signature: str) -> bool:
        """Whether a request with this signature was taken before."""
        ...

    async def keep(self, signature: str) -> bool:
        """Remember a signature durably; False where another one was faster."""
        ...


class JournalReplays:
    """`Replays` in the journal, where a request's id is kept for 8 days.

    While the journal cannot be asked nothing is refused here: what wants to be recorded is refused
    by whoever would record it, in words that its sender reads.
    """

    def __init__(self, *, journal: Journal, clock: Clock) -> None:
        self._journal = journal
        self._clock = clock

    async def known(self, signature: str) -> bool:
        """See `Replays.known`."""
        try:
            return await self._journal.known(_ident(signature)) is not None
        except Unavailable as unavailable:
            _log.warning("a replay could not be looked up: %s", unavailable)
            return False

    async def keep(self, signature: str) -> bool:
        """See `Replays.keep`."""
        seen = SeenRequest(id=_ident(signature), answer=_SENT_BEFORE, at=self._clock.now())
        try:
            [outcome] = await self._journal.commit([Commit(request=seen)])
        except (Unavailable, OutcomeUnknown) as fault:
            _log.warning("a signature could not be remembered: %s", fault)
            return True
        return isinstance(outcome, Committed)


def _ident(signature: str) -> str:
    return f"slack:signed:{hashlib.sha256(signature.encode()).hexdigest()[:32]}"
