"""What somebody has in front of them: cards and forms by id, what waits, and what is open."""

from collections.abc import Sequence

from bot.requests import Sender
from bot.usecases.commands import Core
from bot.usecases.views import IncidentSummary, OpenCard, Viewer
from bot.values import CardId
from cards.context import Context
from cards.model import Card
from handlers import runbook
from handlers.incident import DECLARE_FORM, declare_form
from handlers.parameters_form import meant_by


class Offered:
    """Finds what somebody has in front of them, where they may see it.

    The cards of incidents come from the journal; forms that a command opened are made anew.
    """

    def __init__(self, core: Core) -> None:
        self._core = core

    async def viewer(self, sender: Sender) -> Viewer | None:
        """Return the person behind a sender, None where nobody is who may read."""
        return await self._core.reading.viewer(sender)

    async def card(self, viewer: Viewer, card: CardId) -> Card | None:
        """Return a card or form, None where there is none that the viewer may see."""
        if card == DECLARE_FORM:
            return declare_form(self._core)
        meant = meant_by(card)
        if meant is None:
            return await self._core.reading.card(viewer, card)
        mode, ident, name = meant
        incident = await self._core.reading.state(viewer, ident)
        return await runbook.form_again(self._core, incident, mode, name) if incident else None

    async def waiting(self, viewer: Viewer) -> Sequence[OpenCard]:
        """Return every open card that the viewer may see, most urgent first."""
        return await self._core.reading.open_cards(viewer)

    async def open_incidents(self, viewer: Viewer) -> Sequence[IncidentSummary]:
        """Return every open incident that the viewer may see, worst and newest first."""
        return await self._core.reading.incidents(viewer, only_open=True)

    async def context(self) -> Context:
        """Return what a list needs beside its lines."""
        return await self._core.rendering.context()
