"""Whether the access to Slack still holds: asked now and then, told where the bot's health is."""

import logging
from datetime import timedelta
from typing import Final

from bot.adapters.slack.echoes import Echoes
from bot.adapters.slack.web import Denied, SlackWeb
from bot.errors import FirewardenError
from bot.ports import Clock

_EVERY: Final = timedelta(seconds=60)
_PATIENCE: Final = 2
"""Questions in a row that may stay unanswered: the first may have met a short hiccup."""

_log = logging.getLogger(__name__)


class Watching:
    """Asks who we are; a token that was revoked is noticed though nothing has to be said."""

    def __init__(self, *, web: SlackWeb, clock: Clock, echoes: Echoes) -> None:
        self._web = web
        self._clock = clock
        self._echoes = echoes
        self._silent = 0
        self._denied = ""

    def faults(self) -> tuple[str, ...]:
        """Say what keeps the bot from speaking or hearing; nothing where all is well."""
        found: list[str] = []
        if self._denied:
            found.append(self._denied)
        elif self._silent >= _PATIENCE:
            found.append("Slack's API does not answer")
        silence = self._echoes.silent_for()
        if silence:
            found.append(f"Slack is deaf: what was posted {silence:.0f} s ago was not heard")
        return tuple(found)

    async def run(self) -> None:
        """Ask until cancelled."""
        while True:
            try:
                await self.look()
            except Exception:  # noqa: BLE001 - the outermost frame: it is asked again
                _log.exception("a question to Slack met a fault")
            await self._clock.sleep_until(self._clock.now() + _EVERY)

    async def look(self) -> None:
        """Ask once."""
        try:
            await self._web.ask("auth.test")
        except Denied as denied:
            self._denied = str(denied)
            _log.error("Slack lets us in no more: %s", denied)
        except FirewardenError as fault:
            self._silent += 1
            _log.warning("Slack was asked who we are: %s", fault)
        else:
            self._silent, self._denied = 0, ""
