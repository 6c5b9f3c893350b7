"""Messages that showed what was erased since: each is replaced by what is left, none is posted."""

from collections.abc import Mapping, Sequence

from bot.domain.effects import Amend, Effect, Post
from bot.domain.events import Envelope
from bot.domain.state import Incident
from bot.ports import ChatPlatform, Claim
from bot.records.rows import EpochRow
from bot.records.stored import key_in_epoch, post_key
from bot.usecases.archive import Archive
from bot.usecases.delivering.carrier import IncidentDesk, Settler, chat_of, incident_of
from bot.usecases.delivering.posts import announcement, card_key, conversation
from bot.usecases.rendering import Rendering
from bot.values import ConversationRef, StreamRef
from cards.model import Card, message

_NOTHING_LEFT = message("[erased]")
"""In the place of a message that nobody would be sent any more."""


class Amends:
    """Carries `Amend`."""

    def __init__(
        self,
        *,
        desk: IncidentDesk,
        archive: Archive,
        chats: Mapping[str, ChatPlatform],
        rendering: Rendering,
        settler: Settler,
    ) -> None:
        self._desk = desk
        self._archive = archive
        self._chats = chats
        self._rendering = rendering
        self._settler = settler

    async def carry(self, claim: Claim, effect: Effect) -> None:
        """See `Carrier`."""
        if not isinstance(effect, Amend):
            msg = f"{type(effect).__name__} amends nothing"
            raise TypeError(msg)
        chat = chat_of(self._chats, effect.target.platform)
        stream = claim.item.stream
        if stream is not None and stream.kind == "system":
            place: ConversationRef | None = await chat.channel(effect.target.name)
            keys, card = await self._announced(stream, effect)
        else:
            incident = await self._desk.state(incident_of(claim))
            place = await conversation(chat, incident, effect.target)
            keys, card = await self._shown(incident, effect)
        if place is not None:
            await _replace(chat, place, keys, card or _NOTHING_LEFT)
        await self._settler.done(claim)

    async def _announced(
        self, stream: StreamRef, effect: Amend
    ) -> tuple[Sequence[str], Card | None]:
        """Return what `_shown` does, of an event that belongs to no incident."""
        envelope = await self._archive.event(stream, effect.seq)
        return await self._keys(stream, effect, envelope), announcement(envelope)

    async def _shown(self, incident: Incident, effect: Amend) -> tuple[Sequence[str], Card | None]:
        """Return under which keys it may have been shown, and what is to be shown now."""
        if effect.card:
            card = await self._rendering.card(incident, effect.card)
            return (card_key(incident, effect.card),), card
        stream = StreamRef(kind="incident", id=incident.id)
        envelope = await self._archive.event(stream, effect.seq)
        card = await self._rendering.message(envelope, incident, effect.target.place)
        return await self._keys(stream, effect, envelope), card

    async def _keys(self, stream: StreamRef, effect: Amend, envelope: Envelope) -> Sequence[str]:
        """Return the keys of the post of any epoch, and of what a person said themselves."""
        key = post_key(stream, Post(seq=effect.seq, target=effect.target))
        epochs = await self._settler.journal.rows(EpochRow)
        said = (envelope.request,) if envelope.request else ()
        return (key, *(key_in_epoch(key, row.epoch) for row in epochs), *said)


async def _replace(
    chat: ChatPlatform, place: ConversationRef, keys: Sequence[str], card: Card
) -> None:
    for key in keys:
        shown = await chat.find(place, key)
        if shown is not None:
            await chat.amend(shown, card)
