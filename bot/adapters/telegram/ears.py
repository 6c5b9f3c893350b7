"""Whether Telegram is heard: said where the bot's health is asked for."""

import logging
from datetime import UTC, datetime, timedelta
from typing import Final

from bot.adapters.telegram.api import TelegramApi
from bot.errors import FirewardenError, Refused
from bot.ports import Clock

_EVERY: Final = timedelta(seconds=60)
_SILENT: Final = 75.0
"""Seconds without any answer: a question is held open for 25, and one may be lost."""
_LATELY: Final = timedelta(minutes=3)
"""How long a failed call of the webhook counts, once Telegram has told of it."""

_log = logging.getLogger(__name__)


class Ears:
    """Remembers when Telegram last answered, and why it refused."""

    def __init__(self, clock: Clock) -> None:
        self._clock = clock
        self._heard_at = clock.monotonic()
        self._why = ""

    def faults(self) -> tuple[str, ...]:
        """Say what keeps the bot from hearing; nothing where all is well."""
        if self._why:
            return (self._why,)
        silence = self._clock.monotonic() - self._heard_at
        return (f"Telegram is not heard: silent for {silence:.0f} s",) if silence > _SILENT else ()

    def heard(self) -> None:
        """Telegram answered."""
        self._heard_at, self._why = self._clock.monotonic(), ""

    def failed(self, fault: FirewardenError) -> None:
        """Telegram did not answer, or refused, which lasts until a human acts."""
        if isinstance(fault, Refused):
            self._why = str(fault)

    async def watch_webhook(self, api: TelegramApi, url: str) -> None:
        """Ask until cancelled whether Telegram still calls us, and gets through."""
        while True:
            try:
                await self.look(api, url)
            except FirewardenError as fault:
                self.failed(fault)
                _log.warning("Telegram was not asked for its webhook: %s", fault)
            await self._clock.sleep_until(self._clock.now() + _EVERY)

    async def look(self, api: TelegramApi, url: str) -> None:
        """Ask once."""
        told = await api.ask(api.bot.get_webhook_info())
        self.heard()
        if told is None:
            return
        if told.url != url:
            self._why = f"Telegram calls {told.url or 'nobody'} and not us: start Firewarden anew"
        elif told.last_error_message and self._lately(told.last_error_date):
            self._why = f"Telegram cannot call us: {told.last_error_message}"
        if self._why:
            _log.error("%s", self._why)

    def _lately(self, at: datetime | None) -> bool:
        return at is None or self._clock.now() - at.astimezone(UTC) < _LATELY
