"""The one way in: known request? which person? which verb? Errors become replies here alone."""

import asyncio
import logging
from dataclasses import replace
from typing import TypeAlias, assert_never

from bot.domain.actor import Actor
from bot.errors import OutcomeUnknown, Unavailable, UserMistake
from bot.requests import (
    CardAnswer,
    MessageSaid,
    QuestionAsked,
    Reply,
    ReplyTone,
    Request,
    SlashCommand,
    TimerFired,
    not_recorded,
)
from bot.usecases.about import about_request
from bot.usecases.commands import Core
from bot.usecases.desk import PATIENCE
from handlers import asked, pressed, said, typed

FromPeople: TypeAlias = SlashCommand | CardAnswer | MessageSaid | QuestionAsked
"""Everything that a person or their program can want."""

_log = logging.getLogger(__name__)

_LOOK_AGAIN = 0.5
"""Seconds for asking the journal what became of a commit that was given up."""


class Router:
    """`bot.requests.Dispatch` for every adapter. It identifies; `decide` authorises.

    Timers do not come this way: delivery hands them to the desk.
    """

    def __init__(self, *, core: Core) -> None:
        self._core = core

    async def handle(self, request: Request) -> Reply:
        """See `Dispatch.handle`; answers within two seconds, whatever happens."""
        if isinstance(request, TimerFired):
            raise TypeError("a timer is no request of a person")
        with about_request(request.id):
            return self._called(await self._answer(request))

    async def _answer(self, request: FromPeople) -> Reply:
        try:
            async with asyncio.timeout(PATIENCE.total_seconds()):
                return await self._carry_out(request)
        except UserMistake as mistake:
            return _mistake(mistake)
        except TimeoutError:
            return await self._given_up(request)
        except Unavailable as unavailable:
            return not_recorded(str(unavailable))
        except OutcomeUnknown as unknown:
            return _unknown(str(unknown))
        except Exception:  # noqa: BLE001 - a bug is answered with a reference, and logged whole
            reference = self._core.ids.new()[:8]
            _log.exception("request %s failed (reference %s)", request.id, reference)
            return Reply(
                tone=ReplyTone.MISTAKE,
                text="Firewarden met a fault of its own and did not finish this. "
                f"Whoever runs it finds the reference {reference} in the log.",
            )

    async def _carry_out(self, request: FromPeople) -> Reply:
        known, actor = await asyncio.gather(
            self._core.journal.known(request.id),
            self._core.identity.actor(request.sender),
            return_exceptions=True,
        )
        if isinstance(known, BaseException):
            raise known
        if known is not None:  # whoever asks again is told, also where nobody can say who it is
            return Reply(tone=ReplyTone.DONE, text=known)
        if isinstance(actor, BaseException):
            raise actor
        return await self._answered(actor, request)

    async def _answered(self, actor: Actor, request: FromPeople) -> Reply:
        match request:
            case SlashCommand():
                return await typed.carry_out(self._core, actor, request)
            case CardAnswer():
                return await pressed.carry_out(self._core, actor, request)
            case MessageSaid():
                return await said.carry_out(self._core, actor, request)
            case QuestionAsked():
                return await asked.carry_out(self._core, actor, request)
            case _:
                assert_never(request)

    async def _given_up(self, request: FromPeople) -> Reply:
        """Say the truth about a request that took too long: it has happened, or it never will."""
        try:
            async with asyncio.timeout(_LOOK_AGAIN):
                known = await self._core.journal.known(request.id)
        except (TimeoutError, Unavailable):
            return _unknown("the journal does not answer")
        if known is not None:
            return Reply(tone=ReplyTone.DONE, text=known)
        return not_recorded("it took too long")

    def _called(self, reply: Reply) -> Reply:
        """Return a reply whose own words call the commands as they are called here."""
        names = self._core.names
        card = None if reply.card is None else names.in_card(reply.card)
        return replace(reply, text=names.in_words(reply.text), card=card)


def _mistake(mistake: UserMistake) -> Reply:
    usage = f"\nUsage: {mistake.usage}" if mistake.usage else ""
    return Reply(tone=ReplyTone.MISTAKE, text=f"{mistake.message}{usage}")


def _unknown(why: str) -> Reply:
    return Reply(
        tone=ReplyTone.NOT_RECORDED,
        text=f"It is not known whether this was recorded: {why}. "
        "Look before you press or send it again.",
    )
