"""Telegram as a chat platform: cards with their keyboards in topics, threads and direct chats."""

import hashlib
import logging
import re
from collections.abc import AsyncIterator, Mapping, Sequence
from typing import Final

from bot.adapters.telegram.accounts import PLATFORM, Accounts
from bot.adapters.telegram.places import Place, is_private, place, ref
from bot.adapters.telegram.rooms import Rooms
from bot.adapters.telegram.sending import Sending, Written, as_doubt, as_written
from bot.adapters.telegram.store import Offered, TelegramStore
from bot.errors import Refused
from bot.ports import Clock, RoomSpec
from bot.values import ConversationRef, MessageRef, PersonId
from cards import telegram_form, telegram_html
from cards.model import Card
from cards.telegram_html import TelegramMessage

_MESSAGE: Final = re.compile(r"[1-9][0-9]{0,18}")
_COPIES: Final = "key:"
"""How the id of a message begins that lies in several direct chats: it is found by its key."""
PRESS: Final = "a:"
_CAUGHT_UP: Final = 20
"""Messages of a private room that somebody who comes later gets."""

_log = logging.getLogger(__name__)


class TelegramPlatform:
    """`ChatPlatform` over the Bot API."""

    def __init__(
        self,
        *,
        rooms: Rooms,
        sending: Sending,
        store: TelegramStore,
        accounts: Accounts,
        clock: Clock,
        channels: Mapping[str, int],
    ) -> None:
        self._rooms = rooms
        self._sending = sending
        self._store = store
        self._accounts = accounts
        self._clock = clock
        self._channels = channels

    @property
    def name(self) -> str:
        """`telegram`."""
        return PLATFORM

    async def open_room(self, spec: RoomSpec) -> ConversationRef:
        """Return the topic or thread of `spec.key`; a private one is in its people's chats."""
        return await self._rooms.open(spec)

    async def set_room(self, room: ConversationRef, *, name: str, topic: str) -> None:
        """Change a room's name."""
        await self._rooms.rename(room, name, topic)

    async def close_room(self, room: ConversationRef) -> None:
        """Close the topic."""
        await self._rooms.close(room)

    async def reopen_room(self, room: ConversationRef) -> None:
        """Open the topic again."""
        await self._rooms.reopen(room)

    async def invite(self, room: ConversationRef, people: Sequence[PersonId]) -> None:
        """Let people into a private room; a bot can bring nobody into a group."""
        before = set(await self._rooms.members(room)) if is_private(room) else set()
        await self._rooms.invite(room, people)
        if is_private(room):
            for person in sorted({*people} - before):
                await self._catch_up(room, person)

    async def channel(self, name: str) -> ConversationRef:
        """Return a channel that the settings name."""
        found = self._channels.get(name.removeprefix("#"))
        if found is None:
            raise Refused(f"TELEGRAM_CHANNELS names no {name!r}")
        return ref(str(found))

    async def direct(self, person: PersonId) -> ConversationRef:
        """Return the direct conversation with a person who is linked to Telegram."""
        user = await self._accounts.user(person)
        if not user:
            raise Refused("this person has no Telegram account: they link one with a code")
        return ref(str(user))

    async def post(self, to: ConversationRef, key: str, card: Card) -> MessageRef:
        """Post once per (conversation, key), with what did not fit as documents below it."""
        shown = await self._rendered(card)
        if is_private(to):
            await self._to_everybody(to, key, shown, pinned=card.pinned)
            return MessageRef(conversation=to, id=f"{_COPIES}{key}")
        message = await self._one(place(to), key, shown, pinned=card.pinned)
        return MessageRef(conversation=to, id=str(message))

    async def update(self, message: MessageRef, card: Card) -> None:
        """Replace a message in place, in every chat where it lies."""
        to = message.conversation
        if not is_private(to):
            await self._sending.expect_edit(place(to))
        shown = await self._rendered(card)
        if is_private(to):
            key = message.id.removeprefix(_COPIES)
            await self._to_everybody(to, key, shown, pinned=card.pinned, anew=True)
            return
        where = place(to)
        if not _MESSAGE.fullmatch(message.id):
            raise Refused("this is no message of Telegram")
        await self._sending.edit(where, int(message.id), _written(shown, pinned=card.pinned))
        await self._beside(where, int(message.id), shown)

    async def amend(self, message: MessageRef, card: Card) -> None:
        """Replace a message and delete the files beside it; nobody is shown what was there."""
        to = message.conversation
        if is_private(to):
            key = message.id.removeprefix(_COPIES)
            async for where in self._everywhere(to):
                known = await self._sending.find(where, key)
                await self._sending.take_away(where, known)
        elif _MESSAGE.fullmatch(message.id):
            await self._sending.take_away(place(to), int(message.id))
        await self.update(message, card)

    async def attach(self, to: ConversationRef, key: str, name: str, content: bytes) -> MessageRef:
        """Post a document once per (conversation, key)."""
        if is_private(to):
            async for where in self._everywhere(to):
                await self._sending.document(where, key, name, content)
            return MessageRef(conversation=to, id=f"{_COPIES}{key}")
        message = await self._sending.document(place(to), key, name, content)
        return MessageRef(conversation=to, id=str(message))

    async def find(self, to: ConversationRef, key: str) -> MessageRef | None:
        """Return the message of a key, looked for where its sending was not answered."""
        if is_private(to):
            found = [await self._sending.find(where, key) async for where in self._everywhere(to)]
            there = bool(found) and all(found)
            return MessageRef(conversation=to, id=f"{_COPIES}{key}") if there else None
        message = await self._sending.find(place(to), key)
        return MessageRef(conversation=to, id=str(message)) if message else None

    # --- how -------------------------------------------------------------------------------

    async def _one(self, to: Place, key: str, shown: TelegramMessage, *, pinned: bool) -> int:
        """Post to one chat; the first pinned card of a thread becomes what it hangs below."""
        written = _written(shown, pinned=pinned)
        root = to.root if pinned and to.root else 0
        if root and not await self._sending.find(to, key):
            await self._sending.edit(to, root, written)
            await self._sending.call_it(to, key, root)
        message = await self._sending.post(to, key, written)
        await self._beside(to, message, shown)
        return message

    async def _to_everybody(
        self,
        room: ConversationRef,
        key: str,
        shown: TelegramMessage,
        *,
        pinned: bool,
        anew: bool = False,
    ) -> None:
        """Post to each person of a private room; whoever has it already gets it `anew`."""
        reached, why = 0, ""
        kept = as_doubt(_written(shown, pinned=pinned))
        await self._store.keep_shown(room.id, key, kept, pinned=pinned)
        async for where in self._everywhere(room):
            written = _written(shown, pinned=pinned)
            try:
                known = await self._sending.find(where, key)
                if known and anew:
                    await self._sending.edit(where, known, written)
                message = known or await self._sending.post(where, key, written)
                await self._beside(where, message, shown)
                reached += 1
            except Refused as refused:
                # The others of the room must hear of it all the same.
                why = str(refused)
                _log.warning("somebody of a private incident is not reached: %s", refused)
        if why and not reached:
            raise Refused(f"nobody of this private incident can be reached: {why}")

    async def _catch_up(self, room: ConversationRef, person: PersonId) -> None:
        """Show somebody who came later what the private room holds."""
        user = await self._accounts.user(person)
        if not user:
            return
        for key, shown, pinned in await self._store.shown(room.id, _CAUGHT_UP):
            written = as_written(shown, pinned=pinned)
            await self._sending.post(Place(id=room.id, chat=user), key, written)

    async def _everywhere(self, room: ConversationRef) -> AsyncIterator[Place]:
        for person in await self._rooms.members(room):
            user = await self._accounts.user(person)
            if user:
                yield Place(id=room.id, chat=user)

    async def _rendered(self, card: Card) -> TelegramMessage:
        await self._store.keep_buttons(
            [
                Offered(
                    id=_digest(card.id, button.option),
                    card=card.id,
                    option=button.option,
                    label=button.label,
                    confirm=button.confirm,
                    asks=telegram_form.asks(card, button),
                )
                for button in card.buttons
            ]
        )
        return telegram_html.render(
            card,
            pack=lambda ident, option: PRESS + _digest(ident, option),
            mentions=await self._accounts.mentions(),
            today=self._clock.now().date(),
        )

    async def _beside(self, to: Place, message: int, shown: TelegramMessage) -> None:
        for file in shown.attachments:
            key = f"beside:{message}:{file.edition}"
            await self._sending.document(to, key, file.name, file.content.encode(), beside=message)


def _written(shown: TelegramMessage, *, pinned: bool) -> Written:
    return Written(html=shown.html or "…", keyboard=shown.keyboard, pinned=pinned)


def _digest(card: str, option: str) -> str:
    return hashlib.sha256(f"{card}\0{option}".encode()).hexdigest()[:40]
