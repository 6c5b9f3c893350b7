"""Messages and documents: each sent once per key, even where the answer to sending was lost.

The Bot API can neither be given a key nor be asked for a message. So what is to be sent is written
down before, with the last message id that we know; its id is written down after. Where no answer
came, the ids that follow are tried with an edit to the very same content, which changes nothing of
a message that has it: Telegram then says "not modified", and of other people's messages that they
cannot be edited.
"""

import json
import logging
from collections import defaultdict
from collections.abc import Awaitable, Callable, Sequence
from dataclasses import dataclass
from functools import partial
from typing import Final, TypeVar

from telegram import InlineKeyboardButton, InlineKeyboardMarkup, Message, ReplyParameters

from bot.adapters.pacing.lock import UrgentLock
from bot.adapters.telegram.api import Moved, TelegramApi
from bot.adapters.telegram.places import Chats, Place, counted_with
from bot.adapters.telegram.store import Doubt, Key, TelegramStore
from bot.errors import Refused, Unavailable
from cards.telegram_html import Key as Button

_TRIED: Final = 12
"""Ids that are tried for a message that is perhaps there: what others wrote at the same moment."""
_NOT_THERE: Final = ("message to edit not found", "message can't be edited", "message_id_invalid")
_NOT_IT: Final = (*_NOT_THERE, "there is no text in the message to edit")
"""What is said of ids that are not the message that is looked for; the last one of a document."""

_MAY_NOT_PIN: Final = (
    "I may not pin messages here, so an incident's card scrolls away: make me an administrator who "
    "may pin messages."
)

_log = logging.getLogger(__name__)

T = TypeVar("T")


@dataclass(frozen=True, slots=True, kw_only=True)
class Written:
    """Text for `parse_mode=HTML` with its rows of buttons."""

    html: str
    keyboard: Sequence[Sequence[Button]] = ()
    pinned: bool = False


class Sending:
    """See the module. Chats are followed to where they moved."""

    def __init__(self, *, api: TelegramApi, store: TelegramStore, chats: Chats) -> None:
        self._api = api
        self._store = store
        self._chats = chats
        self._turns: defaultdict[int, UrgentLock] = defaultdict(UrgentLock)
        self._seen: dict[tuple[int, int], int] = {}
        self._not_it: defaultdict[Key, set[int]] = defaultdict(set)
        """Ids that were tried in vain: a search that the pacing interrupts goes on from there."""

    def saw(self, chat: int, message: int) -> None:
        """Somebody else's message has this id: ours that come later have higher ones."""
        scope = counted_with(chat)
        self._seen[scope] = max(self._seen.get(scope, 0), message)

    async def floor(self, chat: int) -> int:
        """Return the highest message id that we know of a chat."""
        now = await self._chats.now(chat)
        scope = counted_with(now)
        return max(self._seen.get(scope, 0), await self._store.last_message(scope))

    async def post(self, to: Place, key: str, message: Written) -> int:
        """Send once per key; `OutcomeUnknown` where nobody knows, until it is asked for again."""
        named = Key(conversation=to.id, key=key, chat=to.chat)
        async with self._turns[to.chat]:
            found = await self._found(named)
            return found or await self._sent(to, named, message)

    async def find(self, to: Place, key: str) -> int:
        """Return the message of a key, 0 where there surely is none."""
        async with self._turns[to.chat]:
            return await self._found(Key(conversation=to.id, key=key, chat=to.chat))

    async def call_it(self, to: Place, key: str, message: int) -> None:
        """Let a message that is there be the one of this key."""
        await self._store.keep_message(Key(conversation=to.id, key=key, chat=to.chat), message)

    async def document(
        self, to: Place, key: str, name: str, content: bytes, *, beside: int = 0
    ) -> int:
        """Send a file once per key; after a lost answer it may come twice, and then says so."""
        named = Key(conversation=to.id, key=key, chat=to.chat)
        async with self._turns[to.chat]:
            known = await self._store.message(named)
            if known:
                return known
            again = await self._store.doubt(named)
            await self._store.begin(named, Doubt(html="", keyboard="", floor=0))
            sent = await self._carefully(
                named,
                lambda chat, reply: self._api.bot.send_document(
                    chat,
                    content or b"\n",
                    filename=name,
                    caption="Sent again: nobody knows whether it came before." if again else None,
                    message_thread_id=to.thread,
                    reply_parameters=reply,
                ),
                reply_to=beside or await self._root(to),
            )
            return await self._kept(named, sent)

    async def take_away(self, to: Place, message: int) -> None:
        """Delete the files beside a message, for everybody; one that is gone already is fine."""
        for key, file in (await self._store.beside(to.id, to.chat, message)).items():
            try:
                await self._call(to.chat, partial(self._deleted, file))
            except Refused as refused:
                if "to delete not found" not in str(refused).lower():
                    raise
            await self._store.forget(Key(conversation=to.id, key=key, chat=to.chat))

    async def expect_edit(self, to: Place) -> None:
        """Raise `Throttled` where `edit` would, before its message is made ready."""
        self._api.expect_edit(await self._chats.now(to.chat))

    async def edit(self, to: Place, message: int, written: Written) -> None:
        """Replace a message in place; one of ours that is gone is posted anew in its stead."""
        shown = await self._store.replacement(to.chat, message) or message
        try:
            await self._edited(to.chat, shown, written)
        except Refused as refused:
            gone = any(words in str(refused).lower() for words in _NOT_THERE)
            if not gone or not await self._store.conversation_of(to.chat, message):
                raise
            await self._replaced(to, message, shown, written)

    async def say(self, chat: int, written: Written, *, thread: int | None = None) -> int:
        """Send an answer, which nobody will look for: a lost one is asked for again."""
        sent = await self._call(
            chat,
            lambda now: self._api.ask(
                self._api.bot.send_message(
                    now,
                    written.html,
                    parse_mode="HTML",
                    message_thread_id=thread,
                    reply_markup=_markup(written.keyboard),
                )
            ),
        )
        if sent is None:
            return 0
        key = Key(conversation=f"{chat}", key=f"answer:{sent.message_id}", chat=chat)
        return await self._kept(key, sent)

    # --- how -------------------------------------------------------------------------------

    async def _found(self, key: Key) -> int:
        known = await self._store.message(key)
        if known:
            return known
        doubt = await self._store.doubt(key)
        if doubt is None or not doubt.html:
            return 0
        return await self._looked_for(key, doubt)

    async def _looked_for(self, key: Key, doubt: Doubt) -> int:
        """Find a message that is perhaps there by trying to make of each what it would be."""
        ours = await self._store.known(key.chat, doubt.floor)
        written = as_written(doubt)
        for ident in range(doubt.floor + 1, doubt.floor + 1 + _TRIED):
            if ident in ours or ident in self._not_it[key]:
                continue
            try:
                await self._edited(key.chat, ident, written)
            except Refused as refused:
                if not any(words in str(refused).lower() for words in _NOT_IT):
                    raise
                self._not_it[key].add(ident)
                continue
            _log.info("a message whose answer was lost is there: %s", key.key)
            await self._store.keep_message(key, ident)
            self._not_it.pop(key, None)
            return ident
        # It is in no doubt any more: nobody is to begin the search anew.
        await self._store.end(key)
        self._not_it.pop(key, None)
        return 0

    async def _sent(self, to: Place, key: Key, message: Written) -> int:
        await self._store.begin(key, as_doubt(message, await self.floor(to.chat)))
        sent = await self._carefully(
            key,
            lambda chat, reply: self._api.bot.send_message(
                chat,
                message.html,
                parse_mode="HTML",
                message_thread_id=to.thread,
                reply_markup=_markup(message.keyboard),
                reply_parameters=reply,
            ),
            reply_to=await self._root(to),
        )
        kept = await self._kept(key, sent)
        if message.pinned:
            await self.pin(to, kept)
        return kept

    async def pin(self, to: Place, message: int) -> None:
        """Pin; a bot that may not costs comfort, and never the message."""
        try:
            await self._call(
                to.chat,
                lambda chat: self._api.ask(
                    self._api.bot.pin_chat_message(chat, message, disable_notification=True)
                ),
            )
        except Refused as refused:
            _log.warning("a card stays unpinned: %s", refused)
            # Said once for ever in each chat: whoever can mend it reads it there.
            here = Place(id=f"{to.chat}", chat=to.chat)
            await self._once(here, "told:pins", Written(html=_MAY_NOT_PIN))

    async def _once(self, to: Place, key: str, message: Written) -> None:
        """Say something under a key that no caller uses, within a turn that is taken already."""
        named = Key(conversation=to.id, key=key, chat=to.chat)
        if not await self._found(named):
            await self._sent(to, named, message)

    async def unpin(self, to: Place, message: int) -> None:
        """Undo `pin`."""
        try:
            await self._call(
                to.chat,
                lambda chat: self._api.ask(self._api.bot.unpin_chat_message(chat, message)),
            )
        except Refused as refused:
            _log.warning("a card stays pinned: %s", refused)

    async def _carefully(
        self,
        key: Key,
        call: Callable[[int, ReplyParameters | None], Awaitable[Message]],
        *,
        reply_to: int,
    ) -> Message:
        """Send what was written down; forget that again where surely nothing was sent."""
        reply = ReplyParameters(reply_to, allow_sending_without_reply=True) if reply_to else None
        try:
            return await self._call(key.chat, lambda chat: self._api.once(call(chat, reply)))
        except (Refused, Unavailable):
            await self._store.end(key)
            raise

    async def _deleted(self, message: int, chat: int) -> None:
        await self._api.ask(self._api.bot.delete_message(chat, message))

    async def _call(self, chat: int, call: Callable[[int], Awaitable[T]]) -> T:
        """Call where the chat is now; where it has just moved, there."""
        try:
            return await call(await self._chats.now(chat))
        except Moved as moved:
            await self._chats.moved(await self._chats.now(chat), moved.chat)
            return await call(moved.chat)

    async def _edited(self, chat: int, message: int, written: Written) -> None:
        await self._call(
            chat,
            lambda now: self._api.ask(
                self._api.bot.edit_message_text(
                    written.html,
                    chat_id=now,
                    message_id=message,
                    parse_mode="HTML",
                    reply_markup=_markup(written.keyboard),
                )
            ),
        )

    async def _replaced(self, to: Place, message: int, shown: int, written: Written) -> None:
        fresh = await self.post(to, f"again:{message}:{shown}", written)
        await self._store.replace(to.chat, message, fresh)

    async def _root(self, to: Place) -> int:
        """Return the message that a thread hangs below, 0 where it went with a moved group."""
        if not to.root:
            return 0
        by = await self._store.replacement(to.chat, to.root)
        moved = await self._chats.now(to.chat) != to.chat
        return by or (0 if moved else to.root)

    async def _kept(self, key: Key, sent: Message) -> int:
        await self._store.keep_message(key, sent.message_id)
        return sent.message_id


def as_doubt(message: Written, floor: int = 0) -> Doubt:
    """Return a message as it is written down."""
    keyboard = json.dumps([[(b.text, b.callback_data) for b in row] for row in message.keyboard])
    return Doubt(html=message.html, keyboard=keyboard, floor=floor)


def as_written(doubt: Doubt, *, pinned: bool = False) -> Written:
    """Return a message that was written down."""
    rows = [[Button(text=t, callback_data=d) for t, d in row] for row in json.loads(doubt.keyboard)]
    return Written(html=doubt.html, keyboard=rows, pinned=pinned)


def _markup(rows: Sequence[Sequence[Button]]) -> InlineKeyboardMarkup | None:
    keys = [[InlineKeyboardButton(k.text, callback_data=k.callback_data) for k in r] for r in rows]
    return InlineKeyboardMarkup(keys) if keys else None
