"""Forms and searched menus: opened while the trigger holds, read from the card as it is now."""

import asyncio
import logging
from collections import OrderedDict
from collections.abc import Sequence
from typing import Final, Protocol

from bot.adapters.slack import incoming, outgoing
from bot.adapters.slack.web import SlackWeb
from bot.errors import FirewardenError
from bot.ports import Clock
from bot.requests import Sender
from bot.usecases.views import Viewer
from bot.values import CardId
from cards.block_kit import found_answers, needs_modal
from cards.block_kit_form import found_choices
from cards.block_kit_text import Node
from cards.model import Button, Card

_WITHIN: Final = 1.2
"""Seconds for opening a modal or looking a card up: Slack wants its answer within three."""
_REMEMBERED: Final = 500

_log = logging.getLogger(__name__)


class Cards(Protocol):
    """Shows a card or form as it stands to whoever pressed or searches in it."""

    async def viewer(self, sender: Sender) -> Viewer | None:
        """Return the person behind a sender."""
        ...

    async def card(self, viewer: Viewer, card: CardId) -> Card | None:
        """Return a card, None where the viewer may not see it."""
        ...


class Forms:
    """Opens what a button or command asks with.

    A form that somebody was offered is remembered with what they had typed already; after a
    restart it is made anew, without that.
    """

    def __init__(self, *, web: SlackWeb, cards: Cards, clock: Clock) -> None:
        self._web = web
        self._cards = cards
        self._clock = clock
        self._offered: OrderedDict[tuple[str, CardId], Card] = OrderedDict()

    def offer(self, sender: Sender, form: Card) -> None:
        """Remember the form that somebody is about to open by its button."""
        self._offered[sender.account, form.id] = form
        self._offered.move_to_end((sender.account, form.id))
        while len(self._offered) > _REMEMBERED:
            self._offered.popitem(last=False)

    async def asking(self, press: incoming.Press) -> tuple[Card, Button] | None:
        """Return card and button where a press needs a form first.

        Raises `Unavailable` or TimeoutError where the card could not be read.
        """
        async with asyncio.timeout(_WITHIN):
            card = await self._seen(press.answer.sender, press.answer.card)
        for button in card.buttons if card is not None else ():
            if card is not None and button.option == press.answer.option:
                return (card, button) if needs_modal(card, button) else None
        return None

    async def opened(self, card: Card, button: Button, trigger: str, channel: str) -> bool:
        """Open the modal; False where Slack did not, or the trigger was too old."""
        view = outgoing.asking_view(card, button, channel, today=self._clock.now().date())
        return await self.shown(view, trigger)

    async def shown(self, view: Node, trigger: str) -> bool:
        """Open any modal; False where Slack did not, or the trigger was too old."""
        try:
            async with asyncio.timeout(_WITHIN):
                await self._web.ask("views.open", trigger_id=trigger, view=view)
        except (FirewardenError, TimeoutError) as fault:
            _log.warning("a form could not be opened: %s", fault)
            return False
        return True

    async def found(self, search: incoming.Search) -> Sequence[Node]:
        """Return what a searched menu offers for what was typed; nothing where it may not be seen.

        Raises `Unavailable` or TimeoutError where the card could not be read.
        """
        async with asyncio.timeout(_WITHIN):
            card = await self._seen(search.sender, search.card)
        if card is None:
            return ()
        if not search.field:
            return found_answers(card, search.typed)
        named = [field for field in card.form if field.name == search.field]
        return found_choices(named[0], search.typed) if named else ()

    async def _seen(self, sender: Sender, card: CardId) -> Card | None:
        viewer = await self._cards.viewer(sender)
        if viewer is None:
            return None
        offered = self._offered.get((sender.account, card))
        return offered if offered is not None else await self._cards.card(viewer, card)
