"""A changed configuration is taken over while the bot runs; a broken one is told, and not taken."""

import logging
from collections.abc import Awaitable, Callable, Sequence

from bot.adapters.watch import Watched
from bot.errors import Fault, FirewardenError, OperatorMistake

_log = logging.getLogger(__name__)


class Reloading:
    """Takes files over on a signal, and when they change.

    `take` loads everything and puts it in force, or raises OperatorMistake and changes nothing; it
    returns what is in force now, in words. `tell` says in the chat what is wrong: no faults = all
    is well again.
    """

    def __init__(
        self,
        *,
        watched: Watched,
        take: Callable[[], str],
        tell: Callable[[Sequence[Fault]], Awaitable[None]],
    ) -> None:
        self._watched = watched
        self._take = take
        self._tell = tell
        self._faults: tuple[Fault, ...] = ()
        self._told: tuple[Fault, ...] = ()

    def now(self) -> None:
        """Take the files over as they are; where that fails, what was in force stays."""
        try:
            taken = self._take()
        except OperatorMistake as mistake:
            self._faults = mistake.faults
            _log.error("the configuration has faults, so the last good one stays:\n%s", mistake)
        else:
            self._faults = ()
            _log.info("configuration taken over: %s", taken)

    async def look(self) -> None:
        """Take changed files over; tell the chat what it was not told yet."""
        if self._watched.changed():
            self.now()
        if self._faults == self._told:
            return
        try:
            await self._tell(self._faults)
        except FirewardenError as error:
            _log.warning("the chat could not be told about the configuration: %s", error)
            return
        self._told = self._faults
