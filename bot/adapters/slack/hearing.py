"""People's words and clicks from Slack: durable, then acknowledged, answered to them alone."""

import asyncio
import logging
import re
from collections.abc import Awaitable, Mapping
from typing import Any, Final, Protocol, TypeAlias

from slack_bolt.async_app import AsyncAck, AsyncApp
from slack_bolt.authorization import AuthorizeResult
from slack_sdk.web.async_client import AsyncWebClient

from bot.adapters.slack import incoming, outgoing
from bot.adapters.slack.accounts import PLATFORM
from bot.adapters.slack.web import Answer, SlackWeb, inner, listed, text_in
from bot.errors import FirewardenError, Unavailable
from bot.ports import Clock
from bot.requests import Dispatch, Reply, ReplyTone, Request, Sender
from bot.usecases.views import Viewer
from bot.values import CardId
from cards.block_kit import needs_modal
from cards.model import Button, Card

Body: TypeAlias = dict[str, Any]
"""A payload, as the library hands it over; it is read through `incoming` alone."""

_WITHIN: Final = 1.2
"""Seconds for opening a modal or looking a card up: Slack wants its answer within three."""

TIMELINE_SHORTCUT: Final = "add_to_timeline"

_log = logging.getLogger(__name__)


class Cards(Protocol):
    """Shows a card as it stands to whoever pressed one of its buttons."""

    async def viewer(self, sender: Sender) -> Viewer | None:
        """Return the person behind a sender."""
        ...

    async def card(self, viewer: Viewer, card: CardId) -> Card | None:
        """Return a card, None where the viewer may not see it."""
        ...


class Hearing:
    """The listeners of a `slack_bolt` app, which both transports feed.

    On the way to an acknowledgement nothing but the journal is waited for; answers that need a
    call to Slack are sent afterwards by `tasks`. A modal records nothing and may come first.
    """

    def __init__(
        self,
        *,
        web: SlackWeb,
        dispatch: Dispatch,
        cards: Cards,
        clock: Clock,
        tasks: asyncio.TaskGroup,
        command: str,
    ) -> None:
        self._web = web
        self._dispatch = dispatch
        self._cards = cards
        self._clock = clock
        self._tasks = tasks
        self._command_name = command
        self.app = _app()
        anything = re.compile(".*", re.DOTALL)
        self.app.command(anything)(self._command)
        self.app.action(re.compile(r"answer:.*"))(self._press)
        self.app.view("answer")(self._view)
        self.app.shortcut({"type": "message_action", "callback_id": TIMELINE_SHORTCUT})(
            self._shortcut
        )
        self.app.event("app_mention")(self._mention)
        self.app.event("reaction_added")(self._pinned)
        self.app.event("app_home_opened")(self._home)

    async def _command(self, ack: AsyncAck, body: Body) -> None:
        reply = await self._handled(incoming.command(body))
        form = reply.card
        if form is not None and form.form and form.buttons:
            trigger, channel = text_in(body, "trigger_id"), text_in(body, "channel_id")
            if await self._opened(form, form.buttons[0], trigger, channel):
                await ack()
                return
            reply = _form_failed(reply)
        await ack(self._told(reply, text_in(body, "team_id")))

    async def _press(self, ack: AsyncAck, body: Body) -> None:
        press = incoming.press(body)
        if press is None:
            await ack()
            return
        team = text_in(inner(body, "team"), "id")
        try:
            asked = await self._asking(press)
        except (Unavailable, TimeoutError):
            reply = _not_recorded("the card could not be read")
        else:
            if asked is not None:
                if await self._opened(*asked, press.trigger, press.channel):
                    await ack()
                    return
                reply = _not_recorded("Slack did not open the form")
            else:
                reply = await self._handled(press.answer)
        await ack()
        self._later(self._web.respond(press.response_url, self._told(reply, team)))

    async def _view(self, ack: AsyncAck, body: Body) -> None:
        answer = incoming.filled_in(body)
        if answer is None:
            await ack()
            return
        reply = await self._handled(answer)
        inputs = _inputs(inner(body, "view"))
        if inputs and reply.tone in {ReplyTone.MISTAKE, ReplyTone.NOT_RECORDED}:
            await ack(response_action="errors", errors=_texts(outgoing.field_errors(reply, inputs)))
            return
        team, today = text_in(inner(body, "team"), "id"), self._clock.now().date()
        await ack(
            response_action="update", view=dict(outgoing.last_view(reply, team=team, today=today))
        )

    async def _shortcut(self, ack: AsyncAck, body: Body) -> None:
        said = incoming.shortcut(body)
        if said is None:
            await ack()
            return
        reply = await self._handled(said)
        await ack()
        told = self._told(reply, text_in(inner(body, "team"), "id"))
        self._later(self._web.respond(text_in(body, "response_url"), told))

    async def _mention(self, body: Body) -> None:
        command = incoming.mention(body, self._command_name)
        if command is None or command.conversation is None:
            return
        reply = await self._handled(command)
        if reply.card is not None and reply.card.form:
            reply = _form_failed(reply)
        event = inner(body, "event")
        told = self._told(reply, text_in(body, "team_id"))
        thread = text_in(event, "thread_ts")
        self._later(
            self._web.ask(
                "chat.postEphemeral",
                channel=command.conversation.id,
                user=text_in(event, "user"),
                text=told["text"],
                blocks=told["blocks"],
                **({"thread_ts": thread} if thread else {}),
            )
        )

    async def _pinned(self, body: Body) -> None:
        """Keep a message on the timeline; where that fails Slack sends the event again."""
        pinned = incoming.pinned(body)
        if pinned is None:
            return
        async with asyncio.timeout(_WITHIN):
            found = await self._web.ask(
                "conversations.replies", channel=pinned.channel, ts=pinned.ts, limit=1
            )
        message = next(iter(listed(found, "messages")), {})
        if text_in(message, "bot_id"):
            return  # what the bot said is on the timeline already
        reply = await self._dispatch.handle(pinned.said(message))
        if reply.tone is ReplyTone.NOT_RECORDED:
            raise Unavailable(reply.text)
        told = self._told(reply, pinned.team)
        self._later(
            self._web.ask(
                "chat.postEphemeral",
                channel=pinned.channel,
                user=pinned.user,
                text=told["text"],
                blocks=told["blocks"],
            )
        )

    async def _home(self, body: Body) -> None:
        commands = incoming.home_opened(body, self._command_name)
        if not commands:
            return
        replies = [await self._handled(command) for command in commands]
        team, today = text_in(body, "team_id"), self._clock.now().date()
        view = outgoing.home_view(replies, team=team, today=today)
        user = text_in(inner(body, "event"), "user")
        self._later(self._web.ask("views.publish", user_id=user, view=view))

    async def _handled(self, request: Request) -> Reply:
        try:
            return await self._dispatch.handle(request)
        except Unavailable as unavailable:
            return _not_recorded(str(unavailable))

    async def _asking(self, press: incoming.Press) -> tuple[Card, Button] | None:
        """Return card and button where a press needs a form first."""
        async with asyncio.timeout(_WITHIN):
            viewer = await self._cards.viewer(press.answer.sender)
            card = None if viewer is None else await self._cards.card(viewer, press.answer.card)
        for button in card.buttons if card is not None else ():
            if card is not None and button.option == press.answer.option:
                return (card, button) if needs_modal(card, button) else None
        return None

    async def _opened(self, card: Card, button: Button, trigger: str, channel: str) -> bool:
        today = self._clock.now().date()
        view = outgoing.asking_view(card, button, channel, today=today)
        try:
            async with asyncio.timeout(_WITHIN):
                await self._web.ask("views.open", trigger_id=trigger, view=view)
        except (FirewardenError, TimeoutError) as fault:
            _log.warning("a form could not be opened: %s", fault)
            return False
        return True

    def _told(self, reply: Reply, team: str) -> Body:
        return dict(outgoing.ephemeral(reply, team=team, today=self._clock.now().date()))

    def _later(self, sending: Awaitable[object]) -> None:
        self._tasks.create_task(_sent(sending))


async def _sent(sending: Awaitable[object]) -> None:
    """Send an answer; it is no truth, and one that is lost can be asked for again."""
    try:
        await sending
    except FirewardenError as fault:
        _log.warning("an answer did not reach its asker: %s", fault)
    except Exception:  # noqa: BLE001 - the outermost frame: a bug in an answer ends nothing else
        _log.exception("an answer could not be sent")


def _app() -> AsyncApp:
    """Return an app that asks nobody who it is, and answers when its listener has."""
    return AsyncApp(
        name=PLATFORM,
        logger=_log,
        # Never called: everything goes out through `SlackWeb`. Without it the library would make
        # a client of its own, with retries.
        client=AsyncWebClient(retry_handlers=[]),
        authorize=_authorize,
        process_before_response=True,
        # `adapters.slack.door` checks every signature on the raw bytes before this app is asked.
        request_verification_enabled=False,
        signing_secret="",
    )


async def _authorize(enterprise_id: str | None, team_id: str | None) -> AuthorizeResult:
    """Answer without asking Slack: a restart while its API is down must not lose a click."""
    return AuthorizeResult(enterprise_id=enterprise_id, team_id=team_id)


def _not_recorded(why: str) -> Reply:
    return Reply(
        tone=ReplyTone.NOT_RECORDED,
        text=f"This was NOT recorded: {why}. Nothing has happened; press or send it again.",
    )


def _form_failed(reply: Reply) -> Reply:
    """Say how to do without a form."""
    return Reply(
        tone=ReplyTone.NOT_RECORDED,
        text=f"{reply.text}\nNo form can be opened here now, and nothing was recorded. "
        "Type it in one line; `help` shows how.",
    )


def _inputs(view: Answer) -> tuple[str, ...]:
    blocks = listed(view, "blocks")
    return tuple(text_in(b, "block_id") for b in blocks if text_in(b, "type") == "input")


def _texts(errors: Mapping[str, object]) -> dict[str, str]:
    return {name: str(words) for name, words in errors.items()}
