"""Updates by long polling: a batch is confirmed only as far as all of it is durable."""

import logging
from datetime import timedelta
from typing import Final

from bot.adapters.telegram.api import TelegramApi
from bot.adapters.telegram.ears import Ears
from bot.adapters.telegram.incoming import ASKED_FOR
from bot.adapters.telegram.taking import Taking
from bot.errors import FirewardenError, Unavailable
from bot.ports import Clock

_WAIT: Final = 25
"""Seconds that Telegram holds a question open until there is news."""
_PAUSE: Final = timedelta(seconds=1)

_log = logging.getLogger(__name__)


class Polling:
    """Asks for updates one batch after the other."""

    def __init__(
        self, *, api: TelegramApi, taking: Taking, ears: Ears, clock: Clock, name: str
    ) -> None:
        self._api = api
        self._taking = taking
        self._ears = ears
        self._clock = clock
        self._name = name

    async def run(self) -> None:
        """Hear until cancelled."""
        offset = 0
        while True:
            try:
                offset = await self._round(offset)
            except FirewardenError as fault:
                self._ears.failed(fault)
                _log.warning("Telegram was not heard: %s", fault)
                await self._rest()

    async def _round(self, offset: int) -> int:
        updates = await self._api.ask(
            self._api.bot.get_updates(offset=offset, timeout=_WAIT, allowed_updates=ASKED_FOR)
        )
        self._ears.heard()
        for update in updates or ():
            try:
                await self._taking.take(update, self._name)
            except Unavailable as fault:
                # This update and those after it are asked for again.
                _log.warning("%s", fault)
                await self._rest()
                return offset
            offset = update.update_id + 1
        # What the last question named is confirmed for ever. After a week of silence ids begin
        # anew, perhaps below it, so the next question names nothing.
        return offset if updates else 0

    async def _rest(self) -> None:
        await self._clock.sleep_until(self._clock.now() + _PAUSE)
