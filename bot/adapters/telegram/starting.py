"""What is said to Telegram before the bot hears: how it is called, its commands, its webhook."""

import logging
from dataclasses import dataclass, field
from datetime import timedelta
from typing import Final

from bot.adapters.telegram.api import TelegramApi
from bot.adapters.telegram.ears import Ears
from bot.adapters.telegram.incoming import ASKED_FOR
from bot.adapters.telegram.menu import menus
from bot.adapters.telegram.polling import Polling
from bot.adapters.telegram.taking import Taking
from bot.adapters.telegram.talks import Talks
from bot.adapters.telegram.webhook import Door
from bot.errors import FirewardenError, Refused, Unavailable
from bot.ports import Clock
from bot.usecases.commands import CommandNames

_PAUSE: Final = timedelta(seconds=1)
"""Between two tries; how often a silent Telegram is really asked, pacing decides."""

_log = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True, kw_only=True)
class Webhook:
    """Where Telegram sends updates, and the secret that it sends along."""

    url: str
    secret: str = field(repr=False)


class Starting:
    """Begins to hear, as soon as Telegram answers: over the webhook's door, or by asking.

    `way` None = by asking.
    """

    def __init__(
        self,
        *,
        api: TelegramApi,
        taking: Taking,
        talks: Talks,
        ears: Ears,
        clock: Clock,
        names: CommandNames,
        way: tuple[Webhook, Door] | None,
    ) -> None:
        self._api = api
        self._taking = taking
        self._talks = talks
        self._clock = clock
        self._names = names
        self._ears = ears
        self._way = way

    async def run(self) -> None:
        """Hear until cancelled."""
        name = await self._introduced()
        await self._talks.resume()
        _log.info("Telegram knows us as @%s", name)
        await self._offer_commands()
        if self._way is not None:
            webhook, door = self._way
            door.open(self._taking, name)
            await self._ears.watch_webhook(self._api, webhook.url)
        polling = Polling(
            api=self._api, taking=self._taking, ears=self._ears, clock=self._clock, name=name
        )
        await polling.run()

    async def _introduced(self) -> str:
        """Return our name, once Telegram has told it and knows how to reach us."""
        while True:
            try:
                me = await self._api.ask(self._api.bot.get_me())
                if me is None:
                    raise Unavailable("Telegram does not say who we are")
                await self._reachable()
            except FirewardenError as fault:
                self._ears.failed(fault)
                _log.warning("Telegram cannot be heard yet: %s", fault)
                await self._clock.sleep_until(self._clock.now() + _PAUSE)
            else:
                return me.username or ""

    async def _reachable(self) -> None:
        """Set the webhook, or take away one that would keep us from asking; loses no update."""
        hook = None if self._way is None else self._way[0]
        if hook is None:
            await self._api.ask(self._api.bot.delete_webhook(drop_pending_updates=False))
            return
        await self._api.ask(
            self._api.bot.set_webhook(
                hook.url,
                secret_token=hook.secret,
                allowed_updates=ASKED_FOR,
                drop_pending_updates=False,
            )
        )

    async def _offer_commands(self) -> None:
        for menu in menus(self._names):
            try:
                await self._api.ask(
                    self._api.bot.set_my_commands(
                        menu.commands, scope=menu.scope, language_code=menu.language or None
                    )
                )
            except (Refused, Unavailable) as fault:
                # A comfort of Telegram's clients: commands work without it.
                _log.warning("Telegram does not offer our commands: %s", fault)
                return
