"""Messages and cards: each message once and in order, each card's copies always at their latest."""

from collections.abc import Mapping

from bot.domain.effects import Effect, Place, Post, Show, Target
from bot.domain.events import AlertsTold, Envelope, EpochRaised
from bot.domain.state import Incident
from bot.errors import OutcomeUnknown, Refused
from bot.ports import ChatPlatform, Claim
from bot.records.rows import EpochRow
from bot.records.stored import key_in_epoch
from bot.usecases.archive import Archive
from bot.usecases.delivering.carrier import (
    CONTESTED,
    IncidentDesk,
    Lease,
    Settler,
    chat_of,
    incident_of,
    is_contested,
    read_look,
    read_ref,
    write_ref,
)
from bot.usecases.delivering.urgency import urgency_of_post
from bot.usecases.rendering import Rendering
from bot.usecases.urgency import carried_with
from bot.values import ConversationRef, MessageRef, PersonId, StreamRef
from cards.alerts_message import alerts_message
from cards.incident_card import look_of
from cards.model import Card
from cards.restored_message import restored_message


class Posts:
    """Carries `Post`: tells a conversation about one event."""

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
        if not isinstance(effect, Post):
            msg = f"{type(effect).__name__} is not a post"
            raise TypeError(msg)
        if claim.item.stream is not None and claim.item.stream.kind == "system":
            await self._announce(claim, claim.item.stream, effect)
            return
        stream = StreamRef(kind="incident", id=incident_of(claim))
        envelope = await self._archive.event(stream, effect.seq)
        with carried_with(urgency_of_post(envelope.event)):
            await self._tell(claim, effect, envelope)

    async def _tell(self, claim: Claim, effect: Post, envelope: Envelope) -> None:
        incident = await self._desk.state(incident_of(claim))
        card = await self._rendering.message(envelope, incident, effect.target.place)
        chat = chat_of(self._chats, effect.target.platform)
        place = await conversation(chat, incident, effect.target)
        if card is None or place is None:
            await self._settler.done(claim)
            return
        ref = await post_once(chat, place, await self._key(claim), card)
        await self._settler.done(claim, write_ref(ref))

    async def _announce(self, claim: Claim, stream: StreamRef, effect: Post) -> None:
        """Tell a channel about something that belongs to no incident."""
        card = announcement(await self._archive.event(stream, effect.seq))
        if card is None:
            await self._settler.done(claim)
            return
        chat = chat_of(self._chats, effect.target.platform)
        place = await chat.channel(effect.target.name)
        ref = await post_once(chat, place, await self._key(claim), card)
        await self._settler.done(claim, write_ref(ref))

    async def _key(self, claim: Claim) -> str:
        epochs = await self._settler.journal.rows(EpochRow)
        return key_in_epoch(claim.item.key, max((row.epoch for row in epochs), default=1))


class Shows:
    """Carries `Show`: one copy of one card, rendered from what holds when it is sent."""

    def __init__(
        self,
        *,
        desk: IncidentDesk,
        chats: Mapping[str, ChatPlatform],
        rendering: Rendering,
        settler: Settler,
        lease: Lease,
    ) -> None:
        self._desk = desk
        self._chats = chats
        self._rendering = rendering
        self._settler = settler
        self._lease = lease

    async def carry(self, claim: Claim, effect: Effect) -> None:
        """See `Carrier`."""
        if not isinstance(effect, Show):
            msg = f"{type(effect).__name__} is not a card"
            raise TypeError(msg)
        incident = await self._desk.state(incident_of(claim))
        chat = chat_of(self._chats, effect.target.platform)
        place = await conversation(chat, incident, effect.target)
        card = await self._rendering.card(incident, effect.card)
        if place is None or card is None:
            await self._settler.done(claim, claim.ref)
            return
        shown = read_ref(claim.ref)
        look = CONTESTED if is_contested(claim) else look_of(card)
        if shown is None:
            key = card_key(incident, effect.card)
            shown = await chat.find(place, key)
            if shown is None:
                shown = await post_once(chat, place, key, card)
                await self._settler.done(claim, write_ref(shown, look))
                return
        elif look not in {"", CONTESTED} and look == read_look(claim.ref):
            await self._settler.done(claim, claim.ref)
            return
        if not self._lease.fresh(claim):
            return  # somebody may have shown what is newer; whoever claims it shows what holds
        shown = await self._updated(chat, shown, card_key(incident, effect.card), card)
        if not await self._settler.done(claim, write_ref(shown, look)):
            await self._settler.again(claim)  # ours may have come after somebody's newer content

    async def _updated(
        self, chat: ChatPlatform, shown: MessageRef, key: str, card: Card
    ) -> MessageRef:
        """Update a copy, or post it anew where somebody has deleted its message."""
        try:
            await chat.update(shown, card)
        except Refused:
            if await chat.find(shown.conversation, key) is not None:
                raise
            return await post_once(chat, shown.conversation, key, card)
        return shown


def announcement(envelope: Envelope) -> Card | None:
    """Return what a channel is told of an event of the `system` stream; None = nothing."""
    match envelope.event:
        case AlertsTold() as told:
            return alerts_message(told)
        case EpochRaised() as raised:
            return restored_message(raised)
        case _:
            return None


async def post_once(chat: ChatPlatform, place: ConversationRef, key: str, card: Card) -> MessageRef:
    """Post; where the link was lost meanwhile, look whether the message is there, then post."""
    try:
        return await chat.post(place, key, card)
    except OutcomeUnknown:
        found = await chat.find(place, key)
        return found if found is not None else await chat.post(place, key, card)


async def conversation(
    chat: ChatPlatform, incident: Incident, target: Target
) -> ConversationRef | None:
    """Return where a target is; None = the room is not open yet (its opening shows every card)."""
    match target.place:
        case Place.ROOM:
            return incident.rooms.get(target.platform)
        case Place.CHANNEL:
            return await chat.channel(target.name)
        case Place.DIRECT:
            return await chat.direct(PersonId(target.name))


def card_key(incident: Incident, card: str) -> str:
    """Return the key under which a card's copy is posted, the same for pages and shows."""
    return f"card:{incident.id}:{card}"
