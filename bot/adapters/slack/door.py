"""`/slack/events`: the signature is checked on raw bytes before anything else is done with them."""

import hashlib
import hmac
from http import HTTPStatus
from typing import Final

from slack_bolt.async_app import AsyncApp
from slack_bolt.request.async_request import AsyncBoltRequest
from slack_bolt.response import BoltResponse

from bot.adapters.http.raw import RawHead, RawRequest, RawResponse, text
from bot.adapters.http.routes import Caller, Route
from bot.adapters.slack.replays import Replays
from bot.errors import Fault, OperatorMistake
from bot.ports import Clock

PATH: Final = "/slack/events"
_LARGEST: Final = 1024 * 1024
"""Bytes: a click brings its whole message along, percent-encoded."""
_OLDEST: Final = 300
"""Seconds: https://docs.slack.dev/authentication/verifying-requests-from-slack"""


class Door:
    """Lets in what Slack signed within the last five minutes.

    The same request again is refused, once it was taken: it would show its answer to whoever has
    overheard it. Slack signs what it sends again anew.
    """

    def __init__(self, *, app: AsyncApp, secret: str, clock: Clock, replays: Replays) -> None:
        if not secret.strip():
            raise OperatorMistake(
                [
                    Fault(
                        file="environment",
                        message="SLACK_SIGNING_SECRET is empty",
                        hint="copy it from the app's page, Basic Information",
                    )
                ]
            )
        self._app = app
        self._secret = secret.encode()
        self._clock = clock
        self._replays = replays

    def route(self) -> Route:
        """Return the route for the machines' listener."""
        return Route(
            method="POST",
            pattern=PATH,
            endpoint=self._enter,
            caller=Caller.MACHINE,
            admit=self._admit,
            body_limit=_LARGEST,
        )

    def _admit(self, head: RawHead) -> RawResponse | None:
        stamp = head.headers.get("X-Slack-Request-Timestamp", "")
        if not (stamp.isascii() and stamp.isdigit() and len(stamp) < 12):  # noqa: PLR2004 - year 5138
            return _refused()
        if abs(self._clock.now().timestamp() - int(stamp)) > _OLDEST:
            return _refused()
        return None if head.headers.get("X-Slack-Signature") else _refused()

    async def _enter(self, request: RawRequest) -> RawResponse:
        stamp = request.headers["X-Slack-Request-Timestamp"]
        base = b"v0:" + stamp.encode() + b":" + request.body
        expected = "v0=" + hmac.new(self._secret, base, hashlib.sha256).hexdigest()
        shown = request.headers["X-Slack-Signature"]
        if not hmac.compare_digest(expected.encode(), shown.encode("utf-8", "surrogateescape")):
            return _refused()
        try:
            body = request.body.decode()
        except UnicodeDecodeError:
            return text(HTTPStatus.BAD_REQUEST, "The body is not UTF-8.")
        asked = AsyncBoltRequest(body=body, headers=dict(request.headers))
        if _is_event(request):
            # Its answer says nothing to whoever repeats it, the journal knows its id, and a busy
            # channel's messages are not worth a line there each.
            answer: BoltResponse | None = await self._app.async_dispatch(asked)
        else:
            answer = await self._taken(asked, shown)
        if answer is None:
            return _refused()
        kind = answer.first_headers().get("content-type", "text/plain; charset=utf-8")
        return RawResponse(status=answer.status, content_type=kind, body=answer.body.encode())

    async def _taken(self, asked: AsyncBoltRequest, signature: str) -> BoltResponse | None:
        """Answer, and remember the signature; None where the same was taken before."""
        if await self._replays.known(signature) or not self._replays.take(signature):
            return None
        answer = await self._app.async_dispatch(asked)
        # Now, and not before: what was asked for comes into the journal first.
        self._replays.keep(signature)
        return answer


def _is_event(request: RawRequest) -> bool:
    return request.headers.get("Content-Type", "").startswith("application/json")


def _refused() -> RawResponse:
    return text(
        HTTPStatus.UNAUTHORIZED, "This was not signed by Slack, is too old, or came before."
    )
