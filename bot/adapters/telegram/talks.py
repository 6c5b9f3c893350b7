"""Forms in direct chats: asked one question at a time, kept over a restart, each answer once."""

import asyncio
import logging
from collections import defaultdict
from collections.abc import Callable, Mapping
from typing import Final, TypeAlias, assert_never

from bot.adapters.telegram import dialogue as form
from bot.adapters.telegram.answering import Answering
from bot.adapters.telegram.database import Database
from bot.adapters.telegram.dialogue import Asks, Dialogue, Ends, Sends, Stands, Turn
from bot.adapters.telegram.incoming import Pressed
from bot.adapters.telegram.places import ref
from bot.adapters.telegram.sending import Written
from bot.errors import Refused, Unavailable
from bot.requests import CardAnswer, Dispatch, ReplyTone, Sender
from cards import telegram_form
from cards.model import Button, Card
from cards.telegram_html import TelegramMessage

Reached: TypeAlias = Callable[[bool], None]
"""Told whether the first question reached the person, who may never have started the bot."""

_OVER: Final = "This question is over."
_KEPT: Final = 10_000
"""Updates that are remembered as taken; one that comes again does so within a day."""

_log = logging.getLogger(__name__)


class Talks:
    """One conversation per person. Its state and the update that moved it are one write."""

    def __init__(
        self,
        *,
        database: Database,
        answering: Answering,
        dispatch: Dispatch,
        names: Callable[[], Mapping[str, str]],
        bot: int,
    ) -> None:
        self._db = database
        self._answering = answering
        self._dispatch = dispatch
        self._names = names
        self._bot = bot
        self._turns: defaultdict[int, asyncio.Lock] = defaultdict(asyncio.Lock)
        """A webhook brings one person's presses at once; each must see what the other did."""
        self._asked_by: dict[int, int] = {}
        """The message of each person's question, as soon as it is sent."""

    async def resume(self) -> None:
        """Ask again what was to be asked when the bot stopped."""
        for user, _ in await self._db.rows("SELECT user, state FROM talks WHERE message = 0"):
            waiting = await self._waiting(int(user))
            if waiting is not None:
                self._ask(int(user), waiting[0])

    async def begin(
        self,
        update: int,
        user: int,
        card: Card,
        button: Button,
        *,
        conversation: str,
        reached: Reached,
    ) -> None:
        """Begin to ask; a conversation that was under way is over."""
        fresh = form.begin(update, card, button, people=self._names(), conversation=conversation)
        async with self._turns[user]:
            if await self._keep(update, user, fresh, 0):
                self._answering.later(user, self._first(user, fresh, reached))

    async def said(self, update: int, sender: Sender, user: int, text: str) -> bool:
        """Take a message as the answer; False where no question waits."""
        async with self._turns[user]:
            waiting = await self._waiting(user)
            if waiting is None:
                return False
            await self._turned(update, sender, user, waiting, form.written(waiting[0], text))
            return True

    async def pressed(self, update: int, press: Pressed) -> str:
        """Take a press as the answer; returns what to show over the button."""
        mark = telegram_form.read(press.data)
        async with self._turns[press.user]:
            waiting = await self._waiting(press.user)
            if mark is None or waiting is None:
                return _OVER
            turn, here = form.pressed(waiting[0], *mark), (waiting[0], press.message or waiting[1])
            await self._turned(update, press.sender, press.user, here, turn)
        return _OVER if isinstance(turn, Stands) else ""

    async def cancel(self, update: int, user: int) -> bool:
        """End a conversation; False where there is none."""
        async with self._turns[user]:
            waiting = await self._waiting(user)
            if waiting is None:
                return False
            await self._over(update, user, waiting, "Cancelled. Nothing was sent.")
            return True

    async def _turned(
        self, update: int, sender: Sender, user: int, waiting: tuple[Dialogue, int], turn: Turn
    ) -> None:
        talk, message = waiting
        match turn:
            case Stands():
                return
            case Ends():
                await self._over(update, user, waiting, "Cancelled. Nothing was sent.")
            case Sends(dialogue=after):
                await self._send(update, sender, user, (after, message))
            case Asks(dialogue=after):
                same = (talk.at, talk.looking) == (after.at, after.looking) and not after.fault
                kept = message if same else 0
                if not await self._keep(update, user, after, kept):
                    return
                if kept:
                    self._answering.later(user, self._changed(user, kept, form.shown(after)))
                    return
                self._leave(user, message, talk, after)
                self._ask(user, after)
            case _:
                assert_never(turn)

    async def _send(
        self, update: int, sender: Sender, user: int, waiting: tuple[Dialogue, int]
    ) -> None:
        """Answer the card; the update is taken once the answer is durable."""
        talk, message = waiting
        reply = await self._dispatch.handle(self._answer(update, sender, talk))
        if reply.tone is ReplyTone.NOT_RECORDED:
            raise Unavailable(reply.text)
        if reply.tone is not ReplyTone.MISTAKE or not reply.field_errors:
            await self._over(update, user, waiting, reply.text)
            return
        again = form.corrected(talk, reply.field_errors)
        if await self._keep(update, user, again, 0):
            self._leave(user, message, talk, again)
            self._ask(user, again)

    def _answer(self, update: int, sender: Sender, talk: Dialogue) -> CardAnswer:
        values = dict(talk.values)
        reason = values.pop(telegram_form.REASON.name, "") if talk.reason else ""
        return CardAnswer(
            id=request_id(self._bot, update),
            sender=sender,
            card=talk.card.id,
            option=talk.button.option,
            reason=reason,
            values=values,
            conversation=ref(talk.conversation) if talk.conversation else None,
        )

    async def _over(
        self, update: int, user: int, waiting: tuple[Dialogue, int], words: str
    ) -> None:
        await self._db.write(
            ("DELETE FROM talks WHERE user = ?", (user,)),
            ("INSERT OR IGNORE INTO taken (update_id) VALUES (?)", (update,)),
        )
        talk, message = waiting
        self._leave(user, message, talk, talk)
        self._answering.say(user, words)

    def _leave(self, user: int, message: int, talk: Dialogue, after: Dialogue) -> None:
        """Put the answer in the place of its question, whose buttons mean nothing any more."""
        if talk.waiting is None:
            html = telegram_form.answers(talk.fields, after.values)
        else:
            field = talk.waiting
            html = telegram_form.answered(field, after.values.get(field.name, ""))
        said = TelegramMessage(html=html)
        self._answering.later(user, self._left(user, message, said))

    def _ask(self, user: int, talk: Dialogue) -> None:
        self._answering.later(user, self._asked(user, talk))

    async def _first(self, user: int, talk: Dialogue, reached: Reached) -> None:
        try:
            await self._asked(user, talk)
        except Refused:
            await self._db.write(("DELETE FROM talks WHERE user = ?", (user,)))
            reached(False)  # noqa: FBT003 - the one thing that it is told
            return
        reached(True)  # noqa: FBT003 - as above

    async def _asked(self, user: int, talk: Dialogue) -> None:
        shown = form.shown(talk)
        message = await self._answering.write(
            user, Written(html=shown.html, keyboard=shown.keyboard)
        )
        self._asked_by[user] = message
        statement = "UPDATE talks SET message = ? WHERE user = ? AND state = ?"
        await self._db.write((statement, (message, user, form.to_json(talk))))

    async def _left(self, user: int, message: int, said: TelegramMessage) -> None:
        """Change the question; an answer may come before its message is on record."""
        found = self._asked_by.pop(user, 0)
        if message or found:
            await self._changed(user, message or found, said)

    async def _changed(self, user: int, message: int, shown: TelegramMessage) -> None:
        written = Written(html=shown.html, keyboard=shown.keyboard)
        await self._answering.change(user, message, written)

    async def _waiting(self, user: int) -> tuple[Dialogue, int] | None:
        row = await self._db.row("SELECT state, message FROM talks WHERE user = ?", user)
        if row is None:
            return None
        try:
            return form.from_json(str(row[0])), int(row[1])
        except Refused as refused:
            _log.warning("a conversation cannot go on: %s", refused)
            return None

    async def _keep(self, update: int, user: int, talk: Dialogue, message: int) -> bool:
        """Write the state together with the update; False where that was taken before."""
        if await self._db.row("SELECT 1 FROM taken WHERE update_id = ?", update) is not None:
            return False
        await self._db.write(
            ("INSERT INTO taken (update_id) VALUES (?)", (update,)),
            (
                "DELETE FROM taken WHERE position <= (SELECT max(position) FROM taken) - ?",
                (_KEPT,),
            ),
            (
                "INSERT OR REPLACE INTO talks VALUES (?, ?, ?)",
                (user, form.to_json(talk), message),
            ),
        )
        return True


def request_id(bot: int, update: int) -> str:
    """Return the id of the request that an update makes: the same update is the same request."""
    return f"telegram:{bot}:{update}"
