"""What becomes of an update: durable first, then answered; whatever fails, somebody hears of it."""

import logging
from dataclasses import dataclass
from typing import Final, Protocol, assert_never

from telegram import Update

from bot.adapters.telegram.answering import NOTHING, OPEN_CHAT, Answering
from bot.adapters.telegram.incoming import (
    CANCEL,
    Control,
    Demoted,
    Hidden,
    Incoming,
    MovedGroup,
    Pressed,
    Typed,
    Where,
    Words,
    message_id,
    read,
)
from bot.adapters.telegram.places import Chats, ref
from bot.adapters.telegram.platform import PRESS
from bot.adapters.telegram.sending import Sending, Written
from bot.adapters.telegram.store import Offered, TelegramStore
from bot.adapters.telegram.talks import Talks, request_id
from bot.errors import Refused, Unavailable
from bot.requests import (
    CardAnswer,
    Dispatch,
    MessageSaid,
    Reply,
    ReplyTone,
    Request,
    Sender,
    SlashCommand,
)
from bot.usecases.commands import CommandNames
from bot.usecases.views import Viewer
from bot.values import CardId, ConversationRef
from cards import telegram_form, telegram_html
from cards.model import Button, Card

CONFIRMED: Final = "y:"
_HIDDEN: Final = (
    "I do not hear anonymous administrators or channels: nobody can be named behind them. "
    "Write in your own name."
)
_DEMOTED: Final = (
    "I am no administrator here any more: I cannot open topics or pin cards, and hear commands "
    "alone. Make me one again, who may manage topics and pin messages."
)
_HELLO: Final = (
    "Hello. From now on I can page you and answer you here. Write /{incident} help. "
    "To prove who you are, get a code with /{incident} link at the console or in Slack and send "
    "it to me here: /link CODE."
)

_log = logging.getLogger(__name__)


class Cards(Protocol):
    """Shows a card as it stands to whoever pressed one of its buttons."""

    async def viewer(self, sender: Sender) -> Viewer | None:
        """Return the person behind a sender."""
        ...

    async def card(self, viewer: Viewer, card: CardId) -> Card | None:
        """Return a card, None where the viewer may not see it."""
        ...


@dataclass(frozen=True, slots=True, kw_only=True)
class Memory:
    """What was sent, where, and where that is by now."""

    store: TelegramStore
    chats: Chats
    sending: Sending


class Hearing:
    """Carries one update after the other to the core.

    An update's id makes its request's id, so that one that comes again is answered as before.
    """

    def __init__(
        self,
        *,
        memory: Memory,
        answering: Answering,
        talks: Talks,
        dispatch: Dispatch,
        cards: Cards,
        names: CommandNames,
        bot: int,
    ) -> None:
        self._store = memory.store
        self._chats = memory.chats
        self._sending = memory.sending
        self._answering = answering
        self._talks = talks
        self._dispatch = dispatch
        self._cards = cards
        self._names = names
        self._bot = bot

    async def take(self, update: Update, name: str) -> None:
        """Make an update durable; `Unavailable` = it must come again. `name` is the bot's own."""
        written = message_id(update)
        if written is not None:
            self._sending.saw(*written)
        incoming = read(update, name=name, names=self._names)
        if incoming is not None:
            await self._taken(update.update_id, incoming)

    def give_up(self, update: Update, reference: str) -> None:
        """Tell whoever sent an update that it was not taken, and never will be."""
        words = f"Firewarden met a fault of its own and did not take this (reference {reference})."
        query, message = update.callback_query, update.message
        if query is not None:
            self._answering.tell(query.id, words)
        elif message is not None and message.from_user is not None:
            self._answering.say(message.from_user.id, words)

    async def _taken(self, update: int, incoming: Incoming) -> None:
        match incoming:
            case Typed():
                await self._typed(update, incoming)
            case Pressed():
                await self._pressed(update, incoming)
            case Words():
                await self._talks.said(update, incoming.sender, incoming.user, incoming.text)
            case Control():
                await self._controlled(update, incoming)
            case Hidden(where=where):
                self._answering.say_in(where, _HIDDEN)
            case Demoted(where=where, there=there):
                _log.error("the bot is no administrator of %d any more", where.chat)
                if there:
                    self._answering.say_in(where, _DEMOTED)
            case MovedGroup(old=old, new=new):
                _log.warning("the group %d is a supergroup now: %d", old, new)
                await self._chats.moved(old, new)
            case _:
                assert_never(incoming)

    # --- commands --------------------------------------------------------------------------

    async def _typed(self, update: int, typed: Typed) -> None:
        reply = await self._durable(await self._request(update, typed))
        form = reply.card
        if form is None or not form.form or not form.buttons:
            self._answering.reply(typed.user, typed.where, reply)
            return
        place = await self._place(typed.where)

        def reached(there: bool) -> None:  # noqa: FBT001 - the one thing that it is told
            if not there:
                self._answering.say_in(typed.where, OPEN_CHAT)

        await self._talks.begin(
            update, typed.user, form, form.buttons[0], conversation=place.id, reached=reached
        )

    async def _request(self, update: int, typed: Typed) -> Request:
        """Return the request; `note` alone, in answer to a message, keeps that message."""
        ident, place = request_id(self._bot, update), await self._place(typed.where)
        if typed.quoted and typed.text.casefold() == f"/{self._names.incident} note":
            return MessageSaid(id=ident, sender=typed.sender, text=typed.quoted, conversation=place)
        return SlashCommand(id=ident, sender=typed.sender, text=typed.text, conversation=place)

    async def _controlled(self, update: int, control: Control) -> None:
        if control.verb == CANCEL:
            if not await self._talks.cancel(update, control.user):
                self._answering.say(control.user, "There is nothing to cancel.")
            return
        code = control.words.strip()
        if not code:
            self._answering.say(control.user, _HELLO.format(incident=self._names.incident))
            return
        reply = await self._durable(
            SlashCommand(
                id=request_id(self._bot, update),
                sender=control.sender,
                text=f"/{self._names.incident} link {code}",
            )
        )
        self._answering.say(control.user, reply.text)

    # --- presses ---------------------------------------------------------------------------

    async def _pressed(self, update: int, press: Pressed) -> None:
        if press.data.startswith(telegram_form.MARK):
            words = await self._talks.pressed(update, press)
            self._answering.tell(press.query, words)
            return
        button = await self._store.button(press.data[len(PRESS) :])
        if button is None:
            words = "Nothing was done." if press.data == NOTHING else "This button is not ours."
            self._answering.tell(press.query, words)
        elif press.data.startswith(CONFIRMED):
            await self._answered(update, press, button)
        elif press.data.startswith(PRESS):
            await self._first_press(update, press, button)
        else:
            self._answering.tell(press.query, "This button is not ours.")

    async def _first_press(self, update: int, press: Pressed, button: Offered) -> None:
        asked = await self._asking(press, button) if button.asks else None
        if asked is not None:
            await self._begin(update, press, *asked)
        elif button.confirm:
            self._answering.later(press.user, self._ask_back(press, button))
        else:
            await self._answered(update, press, button)

    async def _answered(self, update: int, press: Pressed, button: Offered) -> None:
        place = None if press.where is None else await self._place(press.where)
        reply = await self._durable(
            CardAnswer(
                id=request_id(self._bot, update),
                sender=press.sender,
                card=CardId(button.card),
                option=button.option,
                conversation=place,
            )
        )
        self._answering.tell(press.query, reply.text)

    async def _asking(self, press: Pressed, button: Offered) -> tuple[Card, Button] | None:
        """Return card and button where the press leads to questions now."""
        viewer = await self._cards.viewer(press.sender)
        if viewer is None:
            return None
        card = await self._cards.card(viewer, CardId(button.card))
        for offered in card.buttons if card is not None else ():
            if card is not None and offered.option == button.option:
                return (card, offered) if telegram_form.asks(card, offered) else None
        return None

    async def _begin(self, update: int, press: Pressed, card: Card, button: Button) -> None:
        place = None if press.where is None else await self._place(press.where)

        def reached(there: bool) -> None:  # noqa: FBT001 - the one thing that it is told
            words = "I ask you in our direct chat." if there else OPEN_CHAT
            self._answering.tell(press.query, words)

        await self._talks.begin(
            update,
            press.user,
            card,
            button,
            conversation="" if place is None else place.id,
            reached=reached,
        )

    async def _ask_back(self, press: Pressed, button: Offered) -> None:
        asking = telegram_html.asking_back(
            Button(option=button.option, label=button.label, confirm=button.confirm),
            yes=CONFIRMED + button.id,
            no=NOTHING,
        )
        try:
            await self._answering.write(
                press.user, Written(html=asking.html, keyboard=asking.keyboard)
            )
        except Refused:
            self._answering.tell(press.query, OPEN_CHAT)
            return
        self._answering.tell(press.query, "Asked back in your direct chat with me.")

    # --- both ------------------------------------------------------------------------------

    async def _durable(self, request: Request) -> Reply:
        """Carry a request out; where it was not recorded the update is to come again."""
        reply = await self._dispatch.handle(request)
        if reply.tone is ReplyTone.NOT_RECORDED:
            raise Unavailable(reply.text)
        return reply

    async def _place(self, where: Where) -> ConversationRef:
        """Return the conversation: that of the answered message, where it is one of ours."""
        chat = await self._chats.then(where.chat)
        if where.thread:
            return ref(f"{chat}/{where.thread}")
        if where.answers:
            found = await self._store.conversation_of(chat, where.answers)
            if found:
                return ref(found)
        return ref(f"{chat}")
