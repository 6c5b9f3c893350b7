"""The HTTP API: the same reads and requests as the console, as JSON for programs."""

import asyncio
import hashlib
import math
from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass
from datetime import timedelta
from http import HTTPStatus
from typing import Final, TypeAlias, TypeVar

from pydantic import BaseModel, ValidationError

from bot.adapters.http.bodies import (
    CARDS,
    INCIDENTS,
    TIMELINE,
    AnswerBody,
    CommandBody,
    Problem,
    QuestionBody,
    ReplyJson,
    card_json,
    entry_json,
    field_of,
    incident_json,
    option_of,
    result_json,
)
from bot.adapters.http.keys import MOST, Keys, fingerprint, is_a_key
from bot.adapters.http.raw import Headers, RawRequest, RawResponse
from bot.adapters.http.routes import Caller, Route
from bot.errors import Unavailable
from bot.ports import Ids
from bot.requests import (
    CardAnswer,
    Dispatch,
    QuestionAsked,
    Reply,
    ReplyTone,
    Request,
    Sender,
    SlashCommand,
)
from bot.usecases.seats import ApiToken, SeatLookup, TokenKind
from bot.usecases.views import Reader, Viewer
from bot.values import CardId, ConversationRef, Untrusted
from cards import plain

PLATFORM: Final = "console"
"""Tokens belong to seats, and seats to the console."""

RECORDED_WITHIN: Final = 10.0
"""Seconds until a program is told that its request was not recorded."""

_ANY = frozenset(TokenKind)
_WRITING = frozenset({TokenKind.OPERATE, TokenKind.ANSWER})
_ANSWERING = frozenset({TokenKind.ANSWER})


@dataclass(frozen=True, slots=True, kw_only=True)
class Call:
    """An authenticated call."""

    request: RawRequest
    sender: Sender
    viewer: Viewer


Operation: TypeAlias = Callable[[Call], Awaitable[RawResponse]]
B = TypeVar("B", bound=BaseModel)


@dataclass(frozen=True, slots=True, kw_only=True)
class ApiRoute:
    """One operation as it is served and documented; `answers` names the JSON of a 200."""

    method: str
    pattern: str
    summary: str
    operation: Operation
    kinds: frozenset[TokenKind]
    answers: str
    takes: type[BaseModel] | None = None
    query: Mapping[str, str] | None = None


class _Rejected(Exception):
    """Ends an operation with a problem."""

    def __init__(
        self, status: HTTPStatus, error: str, message: str, *headers: tuple[str, str]
    ) -> None:
        super().__init__(message)
        self.response = _json(
            Problem(error=error, message=message).model_dump_json().encode(), status, headers
        )


class Api:
    """The operations. Forbidden and absent look the same: 404."""

    def __init__(
        self, *, dispatch: Dispatch, reader: Reader, seats: SeatLookup, keys: Keys, ids: Ids
    ) -> None:
        self._dispatch = dispatch
        self._reader = reader
        self._seats = seats
        self._keys = keys
        self._ids = ids
        self.table = self._table()

    def routes(self) -> tuple[Route, ...]:
        """Build the server's routes, the document's own among them."""
        served = [self._served(route) for route in self.table]
        return (
            *served,
            Route(
                method="GET",
                pattern="/api/openapi.json",
                endpoint=self._document,
                caller=Caller.MACHINE,
            ),
        )

    def _table(self) -> tuple[ApiRoute, ...]:
        return (
            ApiRoute(
                method="GET",
                pattern="/api/incidents",
                summary="List incidents, worst and newest first",
                operation=self._incidents,
                kinds=_ANY,
                answers="IncidentJson[]",
                query={"state": "`open` (default) or `all`", "text": "words that must all occur"},
            ),
            ApiRoute(
                method="GET",
                pattern="/api/incidents/{id}",
                summary="Show one incident, by id or number",
                operation=self._incident,
                kinds=_ANY,
                answers="IncidentJson",
            ),
            ApiRoute(
                method="GET",
                pattern="/api/incidents/{id}/timeline",
                summary="Show an incident's timeline, oldest first",
                operation=self._timeline,
                kinds=_ANY,
                answers="EntryJson[]",
            ),
            ApiRoute(
                method="POST",
                pattern="/api/incidents/{id}/cards",
                summary="Ask people something in an incident",
                operation=self._ask,
                kinds=_WRITING,
                answers="ReplyJson",
                takes=QuestionBody,
            ),
            ApiRoute(
                method="POST",
                pattern="/api/commands",
                summary="Type a command, as in a chat",
                operation=self._command,
                kinds=_WRITING,
                answers="ReplyJson",
                takes=CommandBody,
            ),
            ApiRoute(
                method="GET",
                pattern="/api/cards",
                summary="List open cards, most urgent first",
                operation=self._cards,
                kinds=_ANY,
                answers="CardJson[]",
            ),
            ApiRoute(
                method="GET",
                pattern="/api/cards/{id}",
                summary="Show what became of a card",
                operation=self._result,
                kinds=_ANY,
                answers="ResultJson",
            ),
            ApiRoute(
                method="POST",
                pattern="/api/cards/{id}/answers",
                summary="Answer a card",
                operation=self._answer,
                kinds=_ANSWERING,
                answers="ReplyJson",
                takes=AnswerBody,
            ),
        )

    def _served(self, route: ApiRoute) -> Route:
        async def endpoint(request: RawRequest) -> RawResponse:
            try:
                return await route.operation(await self._call(route, request))
            except _Rejected as rejected:
                return rejected.response

        return Route(
            method=route.method, pattern=route.pattern, endpoint=endpoint, caller=Caller.MACHINE
        )

    async def _call(self, route: ApiRoute, request: RawRequest) -> Call:
        token = await self._token(request)
        if token.kind not in route.kinds:
            needed = " or ".join(f"`{kind}`" for kind in sorted(route.kinds))
            raise _Rejected(
                HTTPStatus.FORBIDDEN,
                "wrong token kind",
                f"This token is of kind `{token.kind}`; this needs {needed}.",
            )
        sender = Sender(
            platform=PLATFORM,
            account=token.seat.name,
            name=Untrusted(token.seat.name),
            token_kind=token.kind,
        )
        viewer = await self._reader.viewer(sender)
        if viewer is None:
            raise _unauthorised()
        return Call(request=request, sender=sender, viewer=viewer)

    async def _token(self, request: RawRequest) -> ApiToken:
        scheme, _, secret = request.headers.get("Authorization", "").partition(" ")
        token = None
        if scheme.lower() == "bearer" and secret.strip():
            token = await self._seats.behind_token(secret.strip())
        if token is None:
            raise _unauthorised()
        return token

    async def _incidents(self, call: Call) -> RawResponse:
        state = call.request.query.get("state", "open")
        if state not in {"open", "all"}:
            raise _invalid("`state` is `open` or `all`.")
        found = await self._reader.incidents(
            call.viewer, only_open=state == "open", text=call.request.query.get("text", "")
        )
        return _json(INCIDENTS.dump_json(tuple(incident_json(one) for one in found)))

    async def _incident(self, call: Call) -> RawResponse:
        found = await self._reader.incident(call.viewer, call.request.captured["id"])
        if found is None:
            raise _absent("incident")
        return _json(incident_json(found).model_dump_json().encode())

    async def _timeline(self, call: Call) -> RawResponse:
        found = await self._reader.incident(call.viewer, call.request.captured["id"])
        entries = None if found is None else await self._reader.timeline(call.viewer, found.id)
        if entries is None:
            raise _absent("incident")
        return _json(TIMELINE.dump_json(tuple(entry_json(entry) for entry in entries)))

    async def _cards(self, call: Call) -> RawResponse:
        found = await self._reader.open_cards(call.viewer)
        return _json(CARDS.dump_json(tuple(card_json(card) for card in found)))

    async def _command(self, call: Call) -> RawResponse:
        body = _parsed(CommandBody, call.request.body)
        conversation = None if body.room is None else await self._room(call.viewer, body.room)
        return await self._carry_out(
            SlashCommand(
                id=await self._request_id(call),
                sender=call.sender,
                text=body.text,
                conversation=conversation,
            )
        )

    async def _room(self, viewer: Viewer, words: str) -> ConversationRef:
        incident = await self._reader.incident(viewer, words)
        if incident is not None and incident.room is not None:
            return incident.room
        room = ConversationRef(platform=PLATFORM, id=words)
        if not await self._reader.may_see_conversation(viewer, room):
            raise _absent("room")
        return room

    async def _result(self, call: Call) -> RawResponse:
        card = CardId(call.request.captured["id"])
        result = await self._reader.card_result(call.viewer, card)
        if result is None:
            raise _absent("card")
        return _json(result_json(result).model_dump_json().encode())

    async def _ask(self, call: Call) -> RawResponse:
        body = _parsed(QuestionBody, call.request.body)
        incident = await self._reader.incident(call.viewer, call.request.captured["id"])
        if incident is None:
            raise _absent("incident")
        ident = await self._request_id(call)
        return await self._carry_out(
            QuestionAsked(
                id=ident,
                sender=call.sender,
                incident=incident.id,
                card=_card_of(ident),
                style=body.style,
                title=body.title,
                description=body.description,
                options=tuple(option_of(option) for option in body.options),
                fields=tuple(field_of(field) for field in body.fields),
                answerers=tuple(body.answerers),
                count=body.count,
                expires_in=None if body.expires_in is None else timedelta(seconds=body.expires_in),
            ),
            card=_card_of(ident),
        )

    async def _answer(self, call: Call) -> RawResponse:
        body = _parsed(AnswerBody, call.request.body)
        card = CardId(call.request.captured["id"])
        if await self._reader.card(call.viewer, card) is None:
            raise _absent("card")
        return await self._carry_out(
            mistake=HTTPStatus.CONFLICT,
            request=CardAnswer(
                id=await self._request_id(call),
                sender=call.sender,
                card=card,
                option=body.option,
                reason=body.reason,
                values=body.values,
            ),
        )

    async def _request_id(self, call: Call) -> str:
        """Return what the request is known by; a key that stands for another one is refused."""
        key = call.request.headers.get("Idempotency-Key", "")
        if not key:
            return f"api:{call.sender.account}:{self._ids.new()}"
        if not is_a_key(key):
            raise _invalid(f"`Idempotency-Key` is up to {MOST} printable ASCII characters.")
        ident = f"api:{call.sender.account}:key:{key}"
        same = fingerprint("POST", call.request.path, call.request.body)
        try:
            fits = await self._keys.fits(ident, same)
        except Unavailable as unavailable:
            raise _not_recorded(str(unavailable), unavailable.retry_after) from None
        if not fits:
            raise _Rejected(
                HTTPStatus.CONFLICT,
                "key used before",
                "This `Idempotency-Key` was used for another request. Nothing was done: send a new"
                " key with a new request.",
            )
        return ident

    async def _carry_out(
        self,
        request: Request,
        mistake: HTTPStatus = HTTPStatus.UNPROCESSABLE_ENTITY,
        card: CardId | None = None,
    ) -> RawResponse:
        try:
            async with asyncio.timeout(RECORDED_WITHIN):
                reply = await self._dispatch.handle(request)
        except TimeoutError:
            raise _not_recorded("it took too long", timedelta(seconds=2)) from None
        except Unavailable as unavailable:
            raise _not_recorded(str(unavailable), unavailable.retry_after) from None
        body = _reply_json(reply, card).model_dump_json().encode()
        return _json(body, _status(reply, mistake))

    async def _document(self, _: RawRequest) -> RawResponse:
        # Imported when first asked for: building the schemas takes longer than starting.
        from bot.adapters.http.openapi import document  # noqa: PLC0415

        return _json(document(self.table))


def _parsed(kind: type[B], body: bytes) -> B:
    try:
        return kind.model_validate_json(body)
    except ValidationError as fault:
        raise _invalid(
            "; ".join(
                f"{'.'.join(str(part) for part in error['loc']) or 'body'}: {error['msg']}"
                for error in fault.errors(include_input=False, include_url=False)
            )
        ) from None


def _card_of(request_id: str) -> CardId:
    """Return the id of the card that this request asks for: a repeat names the same one."""
    return CardId(f"ask-{hashlib.sha256(request_id.encode()).hexdigest()[:26]}")


def _reply_json(reply: Reply, card: CardId | None) -> ReplyJson:
    return ReplyJson(
        outcome=reply.tone.value,
        text=reply.text,
        details="" if reply.card is None else plain.render(reply.card),
        field_errors=dict(reply.field_errors),
        room=None if reply.go_to is None else reply.go_to.id,
        card=card if reply.tone is ReplyTone.DONE else None,
    )


def _status(reply: Reply, mistake: HTTPStatus) -> HTTPStatus:
    match reply.tone:
        case ReplyTone.NOT_RECORDED:
            return HTTPStatus.SERVICE_UNAVAILABLE
        case ReplyTone.MISTAKE if not reply.field_errors:
            return mistake
        case ReplyTone.MISTAKE:
            return HTTPStatus.UNPROCESSABLE_ENTITY
        case ReplyTone.DONE | ReplyTone.ANSWER:
            return HTTPStatus.UNPROCESSABLE_ENTITY if reply.field_errors else HTTPStatus.OK


def _json(body: bytes, status: int = HTTPStatus.OK, headers: Headers = ()) -> RawResponse:
    return RawResponse(status=status, content_type="application/json", body=body, headers=headers)


def _unauthorised() -> _Rejected:
    return _Rejected(
        HTTPStatus.UNAUTHORIZED,
        "unauthorised",
        "Send `Authorization: Bearer <token>`; `firewarden seat add NAME` prints a token.",
        ("WWW-Authenticate", "Bearer"),
    )


def _absent(what: str) -> _Rejected:
    return _Rejected(HTTPStatus.NOT_FOUND, "not found", f"There is no such {what}.")


def _invalid(message: str) -> _Rejected:
    return _Rejected(HTTPStatus.BAD_REQUEST, "invalid", message)


def _not_recorded(why: str, after: timedelta) -> _Rejected:
    return _Rejected(
        HTTPStatus.SERVICE_UNAVAILABLE,
        "not recorded",
        f"This was NOT recorded: {why}. Send it again.",
        ("Retry-After", str(max(1, math.ceil(after.total_seconds())))),
    )
