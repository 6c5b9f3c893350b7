"""People's words and clicks from Telegram by long polling: durable, then confirmed and answered."""

import logging
from dataclasses import replace
from datetime import timedelta
from typing import Final

from telegram import CallbackQuery, InlineKeyboardButton, InlineKeyboardMarkup, Update, User

from bot.adapters.telegram.accounts import PLATFORM
from bot.adapters.telegram.api import TelegramApi
from bot.adapters.telegram.platform import CANCEL, CONFIRMED, PRESS
from bot.adapters.telegram.store import Offered, TelegramStore
from bot.errors import FirewardenError, Unavailable
from bot.ports import Clock
from bot.requests import CardAnswer, Dispatch, Reply, Sender, SlashCommand
from bot.values import CardId, ConversationRef, Untrusted
from cards import telegram_html
from cards.model import Card
from cards.overflow import cut_to

_KINDS: Final = ("message", "callback_query")
"""Edited messages are not asked for: what was carried out once is not carried out again."""
_WAIT: Final = 25
_PAUSE: Final = timedelta(seconds=1)
_MOST_TEXT: Final = 3500

_log = logging.getLogger(__name__)


class Hearing:
    """Asks for updates one batch after the other; a batch is confirmed once all of it is durable.

    An update's id makes its request's id, so that one that comes again is answered as before.
    """

    def __init__(
        self,
        *,
        api: TelegramApi,
        store: TelegramStore,
        dispatch: Dispatch,
        clock: Clock,
        command: str,
        bot: int,
    ) -> None:
        self._api = api
        self._store = store
        self._dispatch = dispatch
        self._clock = clock
        self._command = command
        self._bot = bot
        self._name = ""

    async def run(self) -> None:
        """Hear until cancelled."""
        offset = 0
        while True:
            try:
                offset = await self._round(offset)
            except FirewardenError as fault:
                _log.warning("Telegram was not heard: %s", fault)
                await self._clock.sleep_until(self._clock.now() + _PAUSE)

    async def _round(self, offset: int) -> int:
        if not self._name:
            me = await self._api.ask(self._api.bot.get_me())
            self._name = (me.username or "") if me is not None else ""
        updates = await self._api.ask(
            self._api.bot.get_updates(offset=offset, timeout=_WAIT, allowed_updates=_KINDS)
        )
        for update in updates or ():
            try:
                await self._heard(update)
            except Unavailable as fault:
                # Not durable: this update and those after it are asked for again.
                _log.warning("an update is not recorded yet: %s", fault)
                await self._clock.sleep_until(self._clock.now() + _PAUSE)
                return offset
            except Exception:  # noqa: BLE001 - the outermost frame: a bug in one update ends nothing else
                _log.exception("an update could not be taken")
            offset = update.update_id + 1
        return offset

    async def _heard(self, update: Update) -> None:
        ident = f"telegram:{self._bot}:{update.update_id}"
        if update.callback_query is not None:
            await self._pressed(ident, update.callback_query)
            return
        message = update.message
        # Whoever writes in the name of a group or channel is nobody in particular.
        if message is None or message.from_user is None or message.sender_chat is not None:
            return
        text = self._ours(message.text or "")
        if not text:
            return
        thread = message.message_thread_id if message.is_topic_message else None
        place = _place(message.chat_id, thread)
        sender = _sender(message.from_user)
        request = SlashCommand(id=ident, sender=sender, text=text, conversation=place)
        reply = await self._dispatch.handle(request)
        await self._answer(message.from_user.id, message.chat_id, thread, reply)

    def _ours(self, text: str) -> str:
        """Return a command for us without our name; "" for everything else."""
        first, _, rest = text.partition(" ")
        verb, _, addressed = first.partition("@")
        if verb.lower() != f"/{self._command}":
            return ""
        if addressed and addressed.lower() != self._name.lower():
            return ""
        return f"/{self._command} {rest}".strip()

    async def _pressed(self, ident: str, query: CallbackQuery) -> None:
        mark = query.data or ""
        button = await self._store.button(mark[len(PRESS) :])
        if button is None:
            words = "Nothing was done." if mark == CANCEL else "This button is not ours."
            await self._tell(query, words)
        elif mark.startswith(PRESS) and button.confirm:
            await self._ask_back(query, button)
        else:
            await self._answered(ident, query, button)

    async def _answered(self, ident: str, query: CallbackQuery, button: Offered) -> None:
        reply = await self._dispatch.handle(
            CardAnswer(
                id=ident,
                sender=_sender(query.from_user),
                card=CardId(button.card),
                option=button.option,
            )
        )
        await self._tell(query, reply.text)

    async def _ask_back(self, query: CallbackQuery, button: Offered) -> None:
        await self._tell(query, "Asked back in your direct chat with me.")
        keys = [
            InlineKeyboardButton(f"Yes: {button.label}"[:60], callback_data=CONFIRMED + button.id),
            InlineKeyboardButton("Cancel", callback_data=CANCEL),
        ]
        words = cut_to(button.confirm, _MOST_TEXT)
        await self._sent(query.from_user.id, words, InlineKeyboardMarkup([keys]))

    async def _answer(self, user: int, chat: int, thread: int | None, reply: Reply) -> None:
        """Answer the asker alone; where they never started the bot, say that and no more."""
        if await self._sent_reply(user, reply) or chat == user:
            return
        words = "I answer in a direct chat: open it and press Start, then ask again."
        try:
            await self._api.ask(self._api.bot.send_message(chat, words, message_thread_id=thread))
        except FirewardenError as fault:
            _log.warning("an answer did not reach its asker: %s", fault)

    async def _sent_reply(self, user: int, reply: Reply) -> bool:
        if reply.card is not None and not reply.card.form:
            # Views are looked at, never pressed: their buttons are on the cards themselves.
            shown = telegram_html.render(_still(reply.card), pack=lambda _card, _option: CANCEL)
            return await self._sent(user, shown.html or "…", None, html=True)
        hint = "\nType it in one line; help shows how." if reply.card is not None else ""
        return await self._sent(user, cut_to(reply.text, _MOST_TEXT) + hint, None)

    async def _sent(
        self, user: int, words: str, keys: InlineKeyboardMarkup | None, *, html: bool = False
    ) -> bool:
        mode = "HTML" if html else None
        try:
            await self._api.ask(
                self._api.bot.send_message(user, words or "…", parse_mode=mode, reply_markup=keys)
            )
        except FirewardenError as fault:
            _log.warning("an answer did not reach its asker: %s", fault)
            return False
        return True

    async def _tell(self, query: CallbackQuery, words: str) -> None:
        text = telegram_html.callback_answer(words)
        try:
            await self._api.ask(self._api.bot.answer_callback_query(query.id, text))
        except FirewardenError as fault:
            _log.warning("a press stays without its short answer: %s", fault)


def _still(card: Card) -> Card:
    return replace(card, buttons=())


def _sender(user: User) -> Sender:
    return Sender(platform=PLATFORM, account=str(user.id), name=Untrusted(user.full_name))


def _place(chat: int, thread: int | None) -> ConversationRef:
    return ConversationRef(platform=PLATFORM, id=f"{chat}/{thread}" if thread else f"{chat}")
