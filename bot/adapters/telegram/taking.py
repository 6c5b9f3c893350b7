"""One update at a time out of the outside world: tried again, and never lost without a word."""

import logging
from typing import Final, Protocol

from telegram import Update

from bot.errors import FirewardenError, Unavailable

_FAULTS: Final = 3
"""How often an update that meets a bug of ours is tried."""
_WAITS: Final = 600
"""How often one is asked for again that could not be recorded: ten minutes, at one a second."""
_REMEMBERED: Final = 1000

_log = logging.getLogger(__name__)


class Takes(Protocol):
    """Makes updates durable."""

    async def take(self, update: Update, name: str) -> None:
        """Take it; `Unavailable` = it must come again."""
        ...

    def give_up(self, update: Update, reference: str) -> None:
        """Tell whoever sent it."""
        ...


class Taking:
    """Counts how often each update failed; what fails for good gets a reference."""

    def __init__(self, hearing: Takes) -> None:
        self._hearing = hearing
        self._failed: dict[int, tuple[int, int]] = {}

    async def take(self, update: Update, name: str) -> None:
        """Return once it is durable, or given up; `Unavailable` where it is to come again."""
        try:
            await self._hearing.take(update, name)
        except Unavailable as fault:
            self._again(update, fault, waits=1)
        except Exception as fault:  # noqa: BLE001 - the outermost frame: a bug in one ends nothing else
            self._again(update, fault, faults=1)
        else:
            self._failed.pop(update.update_id, None)

    def _again(self, update: Update, fault: Exception, *, waits: int = 0, faults: int = 0) -> None:
        before = self._failed.get(update.update_id, (0, 0))
        count = (before[0] + waits, before[1] + faults)
        if count[0] < _WAITS and count[1] < _FAULTS:
            self._failed[update.update_id] = count
            if len(self._failed) > _REMEMBERED:
                del self._failed[next(iter(self._failed))]
            if not isinstance(fault, FirewardenError):
                _log.warning("update %d meets a fault and is tried again", update.update_id)
            raise Unavailable(f"update {update.update_id} is not recorded: {fault}") from fault
        self._failed.pop(update.update_id, None)
        reference = f"telegram-{update.update_id}"
        _log.error("an update was given up (reference %s)", reference, exc_info=fault)
        self._hearing.give_up(update, reference)
