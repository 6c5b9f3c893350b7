"""The bot's Home of each person: what waits for them and what is open, as it changes."""

import asyncio
import hashlib
import json
import logging
from collections import OrderedDict
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Final, Protocol

from bot.adapters.slack import incoming
from bot.adapters.slack.forms import Cards
from bot.adapters.slack.home_view import AtHome, home_view, refused_view
from bot.adapters.slack.web import SlackWeb
from bot.errors import FirewardenError, Unavailable
from bot.ports import Clock
from bot.requests import Dispatch, Reply, SlashCommand
from bot.usecases.views import IncidentSummary, OpenCard, Viewer
from cards.block_kit_text import Node
from cards.context import Context

_PACE: Final = timedelta(seconds=3)
"""Between two rounds: whatever changed meanwhile is shown at once."""
_LOOKING: Final = timedelta(hours=8)
"""How long somebody who opened their Home is taken to look at it: Slack tells no closing."""
_LOOKERS: Final = 50
"""People whose Home is kept up to date, those who opened it last: views.publish may be called
some hundred times a minute. The others see what holds when they open it."""

_WHOLE: Final = 10
"""Cards that are shown with all that there is to read, at most: others are a click away."""

_log = logging.getLogger(__name__)


class HomeReader(Cards, Protocol):
    """Shows what waits for somebody and what is open, as it stands now."""

    async def waiting(self, viewer: Viewer) -> Sequence[OpenCard]:
        """Return every open card that the viewer may see, most urgent first."""
        ...

    async def open_incidents(self, viewer: Viewer) -> Sequence[IncidentSummary]:
        """Return every open incident that the viewer may see, worst and newest first."""
        ...

    async def context(self) -> Context:
        """Return what a list needs beside its lines."""
        ...


@dataclass(slots=True, kw_only=True)
class _Looking:
    """Somebody with their Home open, and what it shows."""

    who: incoming.HomeOpened
    since: datetime
    shown: str = ""


class Homes:
    """Publishes Homes when they are opened, and again when something changed."""

    def __init__(
        self,
        *,
        web: SlackWeb,
        dispatch: Dispatch,
        reader: HomeReader,
        clock: Clock,
        command: str,
    ) -> None:
        self._web = web
        self._dispatch = dispatch
        self._reader = reader
        self._clock = clock
        self._command = command
        self._looking: OrderedDict[str, _Looking] = OrderedDict()
        self._changed = asyncio.Event()

    def opened(self, who: incoming.HomeOpened) -> None:
        """Show somebody their Home, now and whenever it changes."""
        self._looking[who.user] = _Looking(who=who, since=self._clock.now())
        self._looking.move_to_end(who.user)
        while len(self._looking) > _LOOKERS:
            self._looking.popitem(last=False)
        self.changed()

    def changed(self) -> None:
        """Say that what Homes show may have changed."""
        self._changed.set()

    async def run(self) -> None:
        """Publish until cancelled."""
        while True:
            await self._changed.wait()
            self._changed.clear()
            next_round = self._clock.now() + _PACE
            try:
                await self._round()
            except Unavailable as unavailable:
                next_round = max(next_round, self._clock.now() + unavailable.retry_after)
                self._changed.set()
            except Exception:  # noqa: BLE001 - the outermost frame: a bug in one view ends nothing else
                _log.exception("a Home could not be made")
            await self._clock.sleep_until(next_round)

    async def _round(self) -> None:
        oldest = self._clock.now() - _LOOKING
        for looking in list(self._looking.values()):
            if looking.since < oldest:
                self._looking.pop(looking.who.user, None)
                continue
            try:
                await self._publish(looking)
            except Unavailable:
                raise
            except FirewardenError as fault:
                _log.warning("a Home could not be published: %s", fault)
                self._looking.pop(looking.who.user, None)

    async def _publish(self, looking: _Looking) -> None:
        view = await self._view(looking.who)
        made = hashlib.sha256(json.dumps(view, sort_keys=True).encode()).hexdigest()
        if made == looking.shown:
            return
        await self._web.ask("views.publish", user_id=looking.who.user, view=view)
        looking.shown = made

    async def _view(self, who: incoming.HomeOpened) -> Node:
        # A bare `declare` answers with its form, and records nothing.
        declare = await self._asked(who, "declare")
        viewer = await self._reader.viewer(who.sender)
        if viewer is None:
            why = await self._asked(who, "list")
            return refused_view(declare, why, team=who.team, today=self._clock.now().date())
        waiting = await self._reader.waiting(viewer)
        mine = [card.id for card in waiting if card.may_answer][:_WHOLE]
        whole = {ident: await self._reader.card(viewer, ident) for ident in mine}
        home = AtHome(
            declare=declare,
            waiting=waiting,
            whole={ident: card for ident, card in whole.items() if card is not None},
            incidents=await self._reader.open_incidents(viewer),
        )
        return home_view(home, await self._reader.context(), team=who.team)

    async def _asked(self, who: incoming.HomeOpened, verb: str) -> Reply:
        now = self._clock.now()
        return await self._dispatch.handle(
            SlashCommand(
                id=f"slack:home:{who.sender.account}:{now.isoformat()}:{verb}",
                sender=who.sender,
                text=f"/{self._command} {verb}",
            )
        )
