"""Cards and messages as they are now: state and rows in, a neutral card out."""

from collections.abc import Mapping

from bot.domain.effects import Place
from bot.domain.events import Envelope
from bot.domain.policy import Policy
from bot.domain.state import Incident
from bot.ports import Clock, Journal
from bot.records.rows import FreezeRow, SeatRow
from bot.usecases.current import Current
from bot.usecases.told import told
from bot.values import PersonId, Untrusted
from cards import page_body, page_card
from cards.context import Context, Freeze
from cards.model import At, Card, Line, Tone
from cards.naming import CommandNames
from cards.room_message import message_for
from cards.showing import shown
from cards.texts import Texts

_PAGE_TIMELINE = 40
"""Timeline lines that a page carries; the whole is a click away."""


class Rendering:
    """Builds every card that is sent, from what holds when it is sent."""

    def __init__(
        self,
        *,
        journal: Journal,
        clock: Clock,
        current: Current,
        texts: Texts,
        names: CommandNames | None = None,
    ) -> None:
        self._called = names or CommandNames()
        self._journal = journal
        self._clock = clock
        self._current = current
        self._texts = texts
        self._named: tuple[Policy | None, dict[PersonId, str]] = (None, {})
        """The names of a policy's people, by id, and of which policy: every card asks for them."""

    def use_texts(self, texts: Texts) -> None:
        """Take newly loaded, faultless texts."""
        self._texts = texts

    async def context(self) -> Context:
        """Return what every card needs beside its own state."""
        frozen = await self._journal.rows(FreezeRow)
        return Context(
            names=await self._names(),
            now=self._clock.now(),
            texts=self._texts,
            freezes=tuple(
                Freeze(scope=f.scope, reason=Untrusted(f.reason), by=PersonId(f.by), at=f.at)
                for f in frozen
            ),
        )

    async def freezes(self) -> Card | None:
        """Return what stands still now, None where nothing does."""
        frozen = (await self.context()).frozen()
        card = Card(title=("Frozen",), tone=Tone.DANGER, blocks=frozen)
        return self._called.in_card(card) if frozen else None

    async def card(self, incident: Incident, key: str) -> Card | None:
        """Return a card by key: `incident`, `run:<id>`, `page:<id>` or a card's own id."""
        context = await self.context()
        if key.startswith("page:"):
            page = incident.pages.get(key.removeprefix("page:"))
            if page is None:
                return None
            timeline = await self._timeline(incident)
            return self._called.in_card(page_card.build(incident, page, context, timeline=timeline))
        card = shown(incident, key, context)
        return None if card is None else self._called.in_card(card)

    async def message(
        self, envelope: Envelope, incident: Incident, place: Place = Place.ROOM
    ) -> Card | None:
        """Return what a room or channel is told about an event; None = nothing."""
        card = message_for(envelope, incident, await self.context(), place)
        return None if card is None else self._called.in_card(card)

    async def page_body(self, incident: Incident, page: str) -> bytes:
        """Return a page as JSON for webhooks: everything that a woken person needs."""
        return page_body.build(incident, incident.pages[page], await self.context())

    async def _names(self) -> Mapping[PersonId, str]:
        seats = await self._journal.rows(SeatRow)
        policy = self._current.policy
        if self._named[0] is not policy:
            self._named = (policy, policy.names())
        named = self._named[1]
        if not seats:
            return named
        return {PersonId(seat.person): seat.person for seat in seats} | named

    async def _timeline(self, incident: Incident) -> tuple[Line, ...]:
        context = await self.context()
        rows = await told(self._journal, incident.id, lambda p: context.person(p).name.text)
        return tuple((At(row.at), " ", Untrusted(row.text)) for row in rows[-_PAGE_TIMELINE:])
