"""Slack's Web API, one call at a time, with its errors told by whose turn it is next."""

import json
import logging
from collections.abc import AsyncIterator, Mapping, Sequence
from datetime import timedelta
from http import HTTPStatus
from types import MappingProxyType
from typing import Final, NoReturn, Self, TypeAlias

import aiohttp
from slack_sdk.errors import SlackApiError
from slack_sdk.web.async_client import AsyncWebClient
from slack_sdk.web.async_slack_response import AsyncSlackResponse

from bot.adapters.pacing.gate import Gate, within
from bot.adapters.pacing.queue import Scope
from bot.adapters.slack.budgets import scopes
from bot.adapters.slack.purpose import keeps_a_room
from bot.errors import OutcomeUnknown, Refused, Throttled, Unavailable
from bot.ports import Clock
from bot.values import Json

Answer: TypeAlias = Mapping[str, Json]

_WITHIN: Final = 10.0
"""Seconds that a call may take."""
_TIMEOUT: Final = aiohttp.ClientTimeout(total=_WITHIN, connect=3)
_PAGE: Final = 200
"""Items per page: what Slack recommends for every list."""
_PAGES: Final = 100
_BUSY: Final = frozenset({"ratelimited", "rate_limited"})
_NOT_NOW: Final = frozenset({"service_unavailable", "team_added_to_org", "request_timeout"})
_PERHAPS: Final = frozenset({"internal_error", "fatal_error"})
"""Slack says of these that a part of the call may have been carried out."""
_REASONS: Final = 5
_LONGEST_PAUSE: Final = 3600.0

_MEANING: Final[Mapping[str, str]] = MappingProxyType(
    {
        "channel_not_found": "there is no such conversation, or the bot is not in it",
        "not_in_channel": "the bot is not in that channel: invite it there",
        "is_archived": "the channel is archived",
        "restricted_action": "a workspace preference forbids it: ask an admin",
        "missing_scope": "the app lacks a scope: print the manifest anew and install it again",
        "token_revoked": "the bot's token was revoked: install the app again",
        "account_inactive": "the bot's account was switched off: install the app again",
        "invalid_auth": "the bot's token is wrong",
        "message_not_found": "the message was deleted",
        "user_disabled": "the person's account is deactivated",
    }
)

_log = logging.getLogger(__name__)


class Denied(Refused):
    """Slack's own word for why not, as `name_taken`."""

    def __init__(self, method: str, error: str, reasons: str = "") -> None:
        meant = f"{_MEANING.get(error, error)} ({error})"
        super().__init__(f"Slack refuses {method}: {meant}{reasons and f': {reasons}'}")
        self.error = error


class SlackWeb:
    """Calls methods; the library's own retries are off, because only delivery sends again.

    Every call passes the gate, which keeps Slack's limits and its Retry-After.
    """

    def __init__(
        self, *, client: AsyncWebClient, session: aiohttp.ClientSession, clock: Clock
    ) -> None:
        self._client = client
        self._session = session
        self._clock = clock
        self.gate = Gate(name="Slack", clock=clock)

    @classmethod
    def open(cls, *, token: str, base_url: str, clock: Clock) -> Self:
        """Connect nothing yet; needs a running event loop."""
        session = aiohttp.ClientSession(timeout=_TIMEOUT)
        client = AsyncWebClient(
            token=token, base_url=base_url, session=session, retry_handlers=[], logger=_log
        )
        return cls(client=client, session=session, clock=clock)

    async def close(self) -> None:
        """Close every connection."""
        await self._session.close()

    async def ask(self, method: str, **args: Json) -> Answer:
        """Call a method that may be repeated: a lost answer is `Unavailable`."""
        return await self._call(method, args, again=True)

    async def once(self, method: str, **args: Json) -> Answer:
        """Call a method that must not be repeated blindly: a lost answer is `OutcomeUnknown`."""
        return await self._call(method, args, again=False)

    def expect(self, method: str, channel: str) -> None:
        """Raise `Throttled` where a call would: nothing is rendered that may not go out."""
        self.gate.expect(scopes(method, channel))

    async def pages(self, method: str, items: str, **args: Json) -> AsyncIterator[Answer]:
        """Yield the items of every page of a list."""
        cursor = ""
        for _ in range(_PAGES):
            more = {"cursor": cursor} if cursor else {}
            answer = await self.ask(method, limit=_PAGE, **args, **more)
            for item in listed(answer, items):
                yield item
            cursor = text_in(inner(answer, "response_metadata"), "next_cursor")
            if not cursor:
                return

    async def put(self, url: str, body: bytes) -> None:
        """Send a file's bytes to the address that Slack gave for them; nobody sees them yet."""
        await self._plain(url, data=body)

    async def respond(self, url: str, body: Answer) -> None:
        """Answer over a response URL, which works five times within half an hour."""
        await self._plain(url, json=dict(body))

    async def _plain(
        self, url: str, *, data: bytes | None = None, json: dict[str, Json] | None = None
    ) -> None:
        try:
            async with self._session.post(url, data=data, json=json) as got:
                status = got.status
        except (aiohttp.ClientError, TimeoutError, OSError) as error:
            raise Unavailable(f"Slack did not answer: {type(error).__name__}") from error
        if status == HTTPStatus.TOO_MANY_REQUESTS or status >= HTTPStatus.INTERNAL_SERVER_ERROR:
            raise Unavailable(f"Slack answered {status}")
        if status != HTTPStatus.OK:
            raise Refused(f"Slack answered {status}")

    async def granted(self) -> tuple[str, frozenset[str]]:
        """Return the workspace's name and the scopes of the token."""
        response = await self._response("auth.test", {}, again=True)
        scopes = str(response.headers.get("X-OAuth-Scopes", ""))
        return text_in(_answer(response.data), "team"), frozenset(scopes.replace(",", " ").split())

    async def _call(self, method: str, args: Mapping[str, Json], *, again: bool) -> Answer:
        return _answer((await self._response(method, args, again=again)).data)

    async def _response(
        self, method: str, args: Mapping[str, Json], *, again: bool
    ) -> AsyncSlackResponse:
        try:
            return await self._in_turn(method, args, again=again)
        except Denied as denied:
            if denied.error != "not_in_channel" or not await self._returned(_channel(args)):
                raise
        return await self._in_turn(method, args, again=again)

    async def _in_turn(
        self, method: str, args: Mapping[str, Json], *, again: bool
    ) -> AsyncSlackResponse:
        async with self.gate.turn(_scopes(method, args), self._is_there):
            return await self._sent(method, args, again=again)

    async def _returned(self, channel: str) -> bool:
        """Come back into an incident's channel that the bot was removed from, where that is open.

        Into no other channel: the bot is only where it was invited, or what it has made.
        """
        try:
            found = inner(await self.ask("conversations.info", channel=channel), "channel")
            ours = keeps_a_room(text_in(inner(found, "purpose"), "value"))
            if not ours or found.get("is_private") is not False:
                return False
            await self.ask("conversations.join", channel=channel)
        except Denied as denied:
            _log.warning("the bot cannot come back into %s: %s", channel, denied)
            return False
        _log.warning("the bot was removed from %s, an incident's channel, and came back", channel)
        return True

    async def _sent(
        self, method: str, args: Mapping[str, Json], *, again: bool
    ) -> AsyncSlackResponse:
        form = {name: _written(value) for name, value in args.items()}
        try:
            call = self._client.api_call(method, data=form)
            response = await within(self._clock, _WITHIN, call)
        except SlackApiError as fault:
            self._failed(method, args, fault, again=again)
        except (aiohttp.ClientConnectorError, aiohttp.ConnectionTimeoutError) as fault:
            self.gate.silent()
            raise Unavailable(f"Slack cannot be reached: {type(fault).__name__}") from fault
        except (aiohttp.ClientError, TimeoutError, OSError) as fault:
            self._lost(method, type(fault).__name__, again=again)
        except AttributeError:
            # The library takes a text/plain body for an object, as proxies send them.
            self._lost(method, "no JSON", again=again)
        self.gate.heard()
        return response

    async def _is_there(self) -> None:
        await self._sent("auth.test", {}, again=True)

    def _failed(
        self, method: str, args: Mapping[str, Json], fault: SlackApiError, *, again: bool
    ) -> NoReturn:
        status, error, headers = _told(fault)
        if status == HTTPStatus.TOO_MANY_REQUESTS or error in _BUSY:
            pause = timedelta(seconds=_seconds(headers.get("Retry-After", "")))
            self.gate.heard()
            self.gate.throttled(_scopes(method, args), pause)
            raise Throttled(f"Slack throttles {method}", retry_after=pause)
        if error in _NOT_NOW:
            self.gate.silent()
            raise Unavailable(f"Slack cannot carry out {method} now: {error}")
        if status != HTTPStatus.OK or error in _PERHAPS or not error:
            self._lost(method, error or f"status {status}", again=again)
        self.gate.heard()
        raise Denied(method, error, _reasons(fault))

    def _lost(self, method: str, why: str, *, again: bool) -> NoReturn:
        self.gate.silent()
        if again:
            raise Unavailable(f"Slack did not answer {method}: {why}")
        raise OutcomeUnknown(f"Slack may have carried out {method}: {why}")


def inner(value: Answer, key: str) -> Answer:
    """Return an object inside an answer, an empty one where there is none."""
    found = value.get(key)
    return found if isinstance(found, Mapping) else {}


def listed(value: Answer, key: str) -> Sequence[Answer]:
    """Return a list of objects inside an answer."""
    found = value.get(key)
    if not isinstance(found, Sequence) or isinstance(found, str):
        return ()
    return [item for item in found if isinstance(item, Mapping)]


def text_in(value: Answer, key: str) -> str:
    """Return a text inside an answer, "" where there is none."""
    found = value.get(key)
    return found if isinstance(found, str) else ""


def _scopes(method: str, args: Mapping[str, Json]) -> tuple[Scope, ...]:
    return scopes(method, _channel(args))


def _channel(args: Mapping[str, Json]) -> str:
    return text_in(args, "channel") or text_in(args, "channel_id")


def _written(value: Json) -> str:
    """Write an argument for a form, which every method takes; JSON only some of them."""
    return value if isinstance(value, str) else json.dumps(value)


def _answer(body: object) -> Answer:
    return body if isinstance(body, Mapping) else {}


def _told(fault: SlackApiError) -> tuple[int, str, Mapping[str, str]]:
    """Return status, Slack's error word and headers, of whatever the library kept of them."""
    response = fault.response
    status = getattr(response, "status_code", None) or getattr(response, "status", 0)
    error = text_in(_answer(getattr(response, "data", None)), "error")
    return int(status or 0), error, getattr(response, "headers", None) or {}


def _reasons(fault: SlackApiError) -> str:
    """Return what Slack says is wrong with blocks or a view: places and limits, no content."""
    body = _answer(getattr(fault.response, "data", None))
    told = inner(body, "response_metadata").get("messages")
    found = told if isinstance(told, list) else []
    return "; ".join(str(reason) for reason in found[:_REASONS])


def _seconds(words: str) -> float:
    return min(float(words), _LONGEST_PAUSE) if words.isascii() and words.isdigit() else 1.0
