"""What an asker alone is told, by whatever way still reaches them: no truth, and may be lost."""

import asyncio
import logging
from collections.abc import Coroutine
from dataclasses import dataclass

from bot.adapters.slack import outgoing
from bot.adapters.slack.forms import Forms
from bot.adapters.slack.web import SlackWeb
from bot.errors import FirewardenError, Refused
from bot.ports import Clock
from bot.requests import Reply
from bot.values import Json

_log = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True, kw_only=True)
class Asker:
    """Who asked, and from where: empty where Slack did not say."""

    team: str
    user: str
    response_url: str = ""
    channel: str = ""
    thread: str = ""
    trigger: str = ""


class Answers:
    """Sends answers after the acknowledgement, as tasks that end nothing when they fail."""

    def __init__(
        self, *, web: SlackWeb, forms: Forms, clock: Clock, tasks: asyncio.TaskGroup
    ) -> None:
        self._web = web
        self._forms = forms
        self._clock = clock
        self._tasks = tasks

    def body(self, reply: Reply, team: str) -> dict[str, Json]:
        """Return a reply as the body of an acknowledgement or of a response URL."""
        return outgoing.ephemeral(reply, team=team, today=self._clock.now().date())

    def tell(self, reply: Reply, asker: Asker) -> None:
        """Answer the asker, later."""
        self.later(self._told(reply, asker))

    def later(self, sending: Coroutine[object, object, object]) -> None:
        """Send something after the acknowledgement."""
        self._tasks.create_task(_sent(sending))

    async def _told(self, reply: Reply, asker: Asker) -> None:
        body = self.body(reply, asker.team)
        if asker.response_url:
            try:
                await self._web.respond(asker.response_url, body)
            except Refused as refused:
                # Used five times, or half an hour old: a person still waits for an answer.
                _log.info("a response URL is used up: %s", refused)
            else:
                return
        if asker.channel:
            await self._beside(body, asker)
            return
        view = outgoing.last_view(reply, team=asker.team, today=self._clock.now().date())
        await self._forms.shown(view, asker.trigger)

    async def _beside(self, body: dict[str, Json], asker: Asker) -> None:
        thread: dict[str, Json] = {"thread_ts": asker.thread} if asker.thread else {}
        await self._web.ask(
            "chat.postEphemeral",
            channel=asker.channel,
            user=asker.user,
            text=body["text"],
            blocks=body["blocks"],
            **thread,
        )


async def _sent(sending: Coroutine[object, object, object]) -> None:
    try:
        await sending
    except FirewardenError as fault:
        _log.warning("an answer did not reach its asker: %s", fault)
    except Exception:  # noqa: BLE001 - the outermost frame: a bug in an answer ends nothing else
        _log.exception("an answer could not be sent")
