"""People's words and clicks from Slack: durable, then acknowledged, answered to them alone."""

import asyncio
import logging
import re
from collections.abc import Mapping
from typing import Any, Final, TypeAlias

from slack_bolt.async_app import AsyncAck, AsyncApp
from slack_bolt.authorization import AuthorizeResult
from slack_sdk.web.async_client import AsyncWebClient

from bot.adapters.slack import incoming, outgoing
from bot.adapters.slack.accounts import PLATFORM
from bot.adapters.slack.answers import Answers, Asker
from bot.adapters.slack.echoes import Echoes
from bot.adapters.slack.forms import Forms
from bot.adapters.slack.home import HomeReader, Homes
from bot.adapters.slack.keeping import Keeping
from bot.adapters.slack.seen import Seen
from bot.adapters.slack.web import Answer, SlackWeb, inner, listed, text_in
from bot.errors import Unavailable
from bot.ports import Clock
from bot.requests import Dispatch, Reply, ReplyTone, Request, not_recorded

Body: TypeAlias = dict[str, Any]
"""A payload, as the library hands it over; it is read through `incoming` alone."""

TIMELINE_SHORTCUT: Final = "add_to_timeline"
DECLARE_SHORTCUT: Final = "declare_incident"

_log = logging.getLogger(__name__)


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
        cards: HomeReader,
        clock: Clock,
        tasks: asyncio.TaskGroup,
        command: str,
        echoes: Echoes | None = None,
    ) -> None:
        self._dispatch = dispatch
        self._clock = clock
        self._command_name = command
        self._forms = Forms(web=web, cards=cards, clock=clock)
        self._answers = Answers(web=web, forms=self._forms, clock=clock, tasks=tasks)
        self._keeping = Keeping(web=web, dispatch=dispatch)
        self._seen = Seen()
        self._echoes = echoes or Echoes(clock)
        self.homes = Homes(web=web, dispatch=dispatch, reader=cards, clock=clock, command=command)
        self.app = _app()
        self._listen()

    def _listen(self) -> None:
        anything = re.compile(".*", re.DOTALL)
        self.app.command(anything)(self._command)
        self.app.action(anything)(self._press)
        self.app.options(anything)(self._search)
        self.app.view("answer")(self._view)
        self.app.shortcut({"type": "message_action", "callback_id": TIMELINE_SHORTCUT})(
            self._shortcut
        )
        self.app.shortcut({"type": "shortcut", "callback_id": DECLARE_SHORTCUT})(self._declare)
        self.app.event("app_mention")(self._mention)
        self.app.event("message")(self._message)
        self.app.event("reaction_added")(self._pinned)
        self.app.event("app_home_opened")(self._home)

    async def _command(self, ack: AsyncAck, body: Body) -> None:
        command = incoming.command(body)
        reply = await self._handled(command)
        team, channel = text_in(body, "team_id"), text_in(body, "channel_id")
        form = reply.card
        if form is not None and form.form and form.buttons:
            self._forms.offer(command.sender, form)
            trigger = text_in(body, "trigger_id")
            if await self._forms.opened(form, form.buttons[0], trigger, channel):
                await ack()
                return
            reply = _by_button(reply)
        await ack(self._answers.body(reply, team))

    async def _declare(self, ack: AsyncAck, body: Body) -> None:
        """Open the declare form from anywhere; the shortcut has no channel to answer in."""
        reply = await self._handled(incoming.declaring(body, self._command_name))
        trigger, form = text_in(body, "trigger_id"), reply.card
        if form is not None and form.form and form.buttons:
            await self._forms.opened(form, form.buttons[0], trigger, "")
        else:
            team, today = text_in(inner(body, "team"), "id"), self._clock.now().date()
            await self._forms.shown(outgoing.last_view(reply, team=team, today=today), trigger)
        await ack()

    async def _press(self, ack: AsyncAck, body: Body) -> None:
        press = incoming.press(body)
        if press is None:
            await ack()
            return
        try:
            asked = await self._forms.asking(press)
        except (Unavailable, TimeoutError):
            reply = not_recorded("the card could not be read")
        else:
            if asked is not None:
                if await self._forms.opened(*asked, press.trigger, press.channel):
                    await ack()
                    return
                reply = not_recorded("Slack did not open the form")
            else:
                reply = await self._handled(press.answer)
        await ack()
        self._answers.tell(reply, _interacting(body))

    async def _search(self, ack: AsyncAck, body: Body) -> None:
        """Answer what somebody types into a searched menu: what matches on the card of now."""
        search = incoming.search(body)
        try:
            options = [] if search is None else list(await self._forms.found(search))
        except (Unavailable, TimeoutError) as fault:
            _log.warning("a menu could not be searched: %s", fault)
            options = []
        await ack(options=options)

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
        self._answers.tell(reply, _interacting(body))

    async def _mention(self, body: Body) -> None:
        command = incoming.mention(body, self._command_name)
        if command is None or command.conversation is None:
            return
        with self._seen.first(command.id) as first:
            if not first:
                return
            reply = await self._handled(command)
        if reply.card is not None and reply.card.form:
            # A mention brings no trigger that could open a form; pressing its button does.
            self._forms.offer(command.sender, reply.card)
            reply = _by_button(reply)
        event = inner(body, "event")
        asker = Asker(
            team=text_in(body, "team_id"),
            user=text_in(event, "user"),
            channel=command.conversation.id,
            thread=text_in(event, "thread_ts"),
        )
        self._answers.tell(reply, asker)

    async def _message(self, body: Body) -> None:
        """Keep a reply under an update; hear our own messages, which proves that we hear."""
        self._echoes.heard(*incoming.posted_by_us(body))
        replied = incoming.replied(body)
        if replied is None:
            return
        with self._seen.first(f"message:{text_in(body, 'event_id')}") as first:
            if first:
                await self._keeping.replied(replied)

    async def _pinned(self, body: Body) -> None:
        """Keep a message on the timeline; where that fails Slack sends the event again."""
        pinned = incoming.pinned(body)
        if pinned is None:
            return
        with self._seen.first(f"pin:{text_in(body, 'event_id')}") as first:
            reply = await self._keeping.pinned(pinned) if first else None
        if reply is not None:
            asker = Asker(team=pinned.team, user=pinned.user, channel=pinned.channel)
            self._answers.tell(reply, asker)

    async def _home(self, body: Body) -> None:
        opened = incoming.home_opened(body)
        if opened is not None:
            self.homes.opened(opened)

    async def _handled(self, request: Request) -> Reply:
        try:
            return await self._dispatch.handle(request)
        except Unavailable as unavailable:
            return not_recorded(str(unavailable))


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


def _by_button(reply: Reply) -> Reply:
    """Offer a form by its button."""
    return Reply(
        tone=ReplyTone.ANSWER,
        text=f"{reply.text}\nNothing was recorded yet: press the button to open the form.",
        card=reply.card,
    )


def _interacting(body: Answer) -> Asker:
    return Asker(
        team=text_in(inner(body, "team"), "id"),
        user=text_in(inner(body, "user"), "id"),
        response_url=text_in(body, "response_url"),
        channel=text_in(inner(body, "channel"), "id"),
        thread=text_in(inner(body, "message"), "thread_ts"),
        trigger=text_in(body, "trigger_id"),
    )


def _inputs(view: Answer) -> tuple[str, ...]:
    blocks = listed(view, "blocks")
    return tuple(text_in(b, "block_id") for b in blocks if text_in(b, "type") == "input")


def _texts(errors: Mapping[str, object]) -> dict[str, str]:
    return {name: str(words) for name, words in errors.items()}
