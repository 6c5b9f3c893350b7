"""The aiohttp server: from sockets to plain requests, and from plain answers back to sockets."""

import asyncio
import logging
import ssl
from collections.abc import AsyncGenerator, Sequence
from dataclasses import dataclass, field
from http import HTTPStatus
from typing import Final, Literal

from aiohttp import StreamReader, web

from bot.adapters.http.accepted import ACCEPTED, Accepted
from bot.adapters.http.guard import SECURITY_HEADERS, Door, refused_encoding
from bot.adapters.http.listening import Listen, address_of, bind
from bot.adapters.http.problems import for_caller
from bot.adapters.http.proxies import NamedProxies
from bot.adapters.http.raw import (
    Answer,
    BodyFault,
    RawHead,
    RawRequest,
    RawResponse,
    RawStream,
    text,
)
from bot.adapters.http.routes import Found, Route, Router, WrongMethod
from bot.ports import Ids

MAX_HEADERS: Final = 64

_log = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True, kw_only=True)
class Site:
    """One listener: its address, the setting that named it, its door and its routes.

    `proxies` None = nobody speaks for people here; `tls` None = words travel in the clear.
    """

    listen: Listen
    setting: str
    routes: tuple[Route, ...]
    door: Door = field(default_factory=Door)
    proxies: NamedProxies | None = None
    tls: ssl.SSLContext | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Limits:
    """How patient the server is, in seconds, and how many streams it keeps open.

    A body must arrive `within`, a TLS connection be agreed on; a connection may be `idle` without
    a complete request; after an early refusal we `linger`, reading on so that the sender sees it.
    Each browser tab holds one of the `streams`, and gives it back `notice` after it was closed. A
    request for a route that is not there yet waits as long as the rest is `starting`.
    """

    within: float = 10.0
    idle: float = 30.0
    linger: float = 2.0
    streams: int = 200
    notice: float = 2.0
    starting: float = 10.0


DEFAULT_LIMITS: Final = Limits()


class HttpServer:
    """Serves one or more sites in the running event loop.

    `start` binds and answers from then on; `addresses` tells where. `stop` ends streams, lets
    running requests finish and closes every socket. With `more_to_come`, a request that no route
    answers waits for `complete`, which brings the other routes.
    """

    def __init__(
        self,
        sites: Sequence[Site],
        *,
        ids: Ids,
        limits: Limits = DEFAULT_LIMITS,
        more_to_come: bool = False,
    ) -> None:
        self.limits = limits
        self._talks = [_Talk(site, self) for site in sites]
        self._ids = ids
        self._whole = asyncio.Event()
        if not more_to_come:
            self._whole.set()
        self._closing = asyncio.Event()
        self._open_streams = 0
        self._servers: list[tuple[asyncio.Server, web.Server]] = []
        self.addresses: tuple[str, ...] = ()

    async def start(self) -> None:
        """Bind every site, or none: `OperatorMistake` where an address cannot be had."""
        try:
            addresses = [await self._open(talk) for talk in self._talks]
        except BaseException:
            await self.stop()
            raise
        self.addresses = tuple(addresses)

    def complete(self, more: Sequence[Sequence[Route]]) -> None:
        """Take the routes that were still to come, site by site; whoever waited goes on."""
        for talk, routes in zip(self._talks, more, strict=True):
            talk.add(routes)
        self._whole.set()

    async def whole(self) -> bool:
        """Wait until every route is there; False where that takes too long."""
        if self._whole.is_set():
            return True
        try:
            async with asyncio.timeout(self.limits.starting):
                await self._whole.wait()
        except TimeoutError:
            return False
        return True

    async def stop(self) -> None:
        """Close; running requests have five seconds."""
        self._closing.set()
        for listener, _ in self._servers:
            listener.close()
        for _, protocols in self._servers:
            protocols.pre_shutdown()
        for _, protocols in self._servers:
            await protocols.shutdown(5.0)
        self._servers.clear()

    async def _open(self, talk: "_Talk") -> str:
        bound = bind(talk.site.listen, talk.site.setting)
        try:
            protocols = web.Server(
                talk.answer,
                access_log=None,
                # Nothing is ever unpacked: compressed bodies are refused on their header.
                auto_decompress=False,
                keepalive_timeout=self.limits.idle,
                lingering_time=self.limits.linger,
                max_headers=MAX_HEADERS,
            )
            loop = asyncio.get_running_loop()
            tls = talk.site.tls
            patience = None if tls is None else self.limits.within
            listener = await loop.create_server(
                protocols, sock=bound, ssl=tls, ssl_handshake_timeout=patience
            )
        except BaseException:
            bound.close()
            raise
        self._servers.append((listener, protocols))
        return address_of(bound)

    async def stream(
        self, request: web.BaseRequest, events: AsyncGenerator[bytes, None]
    ) -> web.StreamResponse:
        """Send events until the client goes away or the server stops."""
        if self._open_streams >= self.limits.streams:
            return _response(
                request,
                text(HTTPStatus.SERVICE_UNAVAILABLE, "Too many open pages.", ("Retry-After", "5")),
            )
        response = web.StreamResponse(
            headers=[
                *SECURITY_HEADERS,
                ("Content-Type", "text/event-stream; charset=utf-8"),
                ("Cache-Control", "no-store"),
                ("X-Accel-Buffering", "no"),
            ]
        )
        self._open_streams += 1
        try:
            await response.prepare(request)
            await self._pump(request, response, events)
        finally:
            self._open_streams -= 1
        return response

    async def _pump(
        self,
        request: web.BaseRequest,
        response: web.StreamResponse,
        events: AsyncGenerator[bytes, None],
    ) -> None:
        closing = asyncio.ensure_future(self._closing.wait())
        upcoming = asyncio.ensure_future(anext(events))
        try:
            while True:
                await asyncio.wait(
                    {upcoming, closing},
                    return_when=asyncio.FIRST_COMPLETED,
                    timeout=self.limits.notice,
                )
                if closing.done() or request.transport is None:
                    return
                if upcoming.done():
                    await response.write(upcoming.result())
                    upcoming = asyncio.ensure_future(anext(events))
        except (StopAsyncIteration, ConnectionError):
            return
        finally:
            await _ended(closing, upcoming)
            await events.aclose()

    def reference(self) -> str:
        """Return a short random reference that joins a log line and what the user sees."""
        return self._ids.new()[:8]


async def _ended(closing: asyncio.Future[Literal[True]], upcoming: asyncio.Future[bytes]) -> None:
    closing.cancel()
    upcoming.cancel()
    await asyncio.gather(closing, upcoming, return_exceptions=True)


class _Talk:
    """One request after another of one site."""

    def __init__(self, site: Site, server: HttpServer) -> None:
        self.site = site
        self._router = Router(site.routes)
        self._server = server

    def add(self, routes: Sequence[Route]) -> None:
        self._router = Router((*self._router.routes, *routes))

    async def answer(self, request: web.BaseRequest) -> web.StreamResponse:
        try:
            answer = await self._answer(request)
        except BodyFault as fault:
            answer = text(fault.status, fault.message)
        except Exception:  # noqa: BLE001 - the outermost frame: a bug is logged and answered
            reference = self._server.reference()
            _log.exception("a request failed; reference %s", reference)
            answer = text(
                HTTPStatus.INTERNAL_SERVER_ERROR,
                f"This is a bug in Firewarden; its log has the details under {reference}.",
            )
        if isinstance(answer, RawStream):
            return await self._server.stream(request, answer.events)
        return _response(request, for_caller(request.raw_path, answer))

    async def _answer(self, request: web.BaseRequest) -> Answer:
        method = "GET" if request.method == "HEAD" else request.method
        found = self._router.find(method, request.raw_path)
        if found is None:
            if not await self._server.whole():
                return text(
                    HTTPStatus.SERVICE_UNAVAILABLE, "Firewarden is starting.", ("Retry-After", "1")
                )
            found = self._router.find(method, request.raw_path)
        if found is None:
            return text(HTTPStatus.NOT_FOUND, "There is nothing here.")
        if isinstance(found, WrongMethod):
            allow = ", ".join(found.allowed)
            return text(HTTPStatus.METHOD_NOT_ALLOWED, f"Use {allow}.", ("Allow", allow))
        route, headers = found.route, request.headers
        refusal = self.site.door.refusal(route, headers) or refused_encoding(headers)
        if refusal is not None:
            return refusal
        identity = self._identity(request)
        if isinstance(identity, RawResponse):
            return identity
        head = _head(request, found, identity)
        refusal = route.admit(head)
        if refusal is not None:
            return refusal
        try:
            body = await _body(request, route.body_limit, self._server.limits.within)
        except BodyFault as fault:
            if route.rejected is None:
                raise
            return await route.rejected(head, fault)
        return await route.endpoint(RawRequest(head, body))

    def _identity(self, request: web.BaseRequest) -> str | RawResponse:
        proxies = self.site.proxies
        if proxies is None or not proxies.header:
            return ""
        said = request.headers.getall(proxies.header, [])
        return proxies.identity(request.remote or "", said)


def _head(request: web.BaseRequest, found: Found, identity: str) -> RawHead:
    raw = request.raw_path
    plain = "?" not in raw and "%" not in raw
    return RawHead(
        path=raw if plain else request.path,
        query={} if plain else dict(request.query),
        headers=request.headers,
        cookies=dict(request.cookies) if "Cookie" in request.headers else {},
        captured=found.captured,
        peer=request.remote or "",
        identity=identity,
    )


async def _body(request: web.BaseRequest, limit: int, within: float) -> bytes:
    """Read the whole body, or raise `BodyFault` as soon as it is too long, too slow or cut off."""
    content = request.content
    if content.is_eof():
        # It came with its head, as small bodies do: there is nothing to wait for.
        body = content.read_nowait()
    else:
        _check_length(request.content_length or 0, limit)
        body = await _waited_for(content, limit, within)
    _check_length(len(body), limit)
    return body


async def _waited_for(content: StreamReader, limit: int, within: float) -> bytes:
    body = bytearray()
    try:
        async with asyncio.timeout(within):
            while not content.at_eof() and len(body) <= limit:
                body += await content.readany()
    except TimeoutError:
        raise BodyFault(HTTPStatus.REQUEST_TIMEOUT, "The body did not arrive in time.") from None
    except web.RequestPayloadError:
        raise BodyFault(HTTPStatus.BAD_REQUEST, "The body was cut off or malformed.") from None
    return bytes(body)


def _check_length(length: int, limit: int) -> None:
    if length > limit:
        raise BodyFault(
            HTTPStatus.REQUEST_ENTITY_TOO_LARGE, f"The body is longer than {limit} bytes."
        )


def _response(request: web.BaseRequest, answer: RawResponse) -> web.StreamResponse:
    if answer.status == HTTPStatus.ACCEPTED:
        return ACCEPTED if Accepted.fits(request) else web.Response(status=answer.status)
    headers = {
        "Content-Type": answer.content_type,
        "Cache-Control": "no-store",
        **dict(SECURITY_HEADERS),
    }
    response = web.Response(status=answer.status, body=answer.body, headers=headers)
    for name, value in answer.headers:
        # Cookies come in several; everything else replaces what was there.
        if name == "Set-Cookie":
            response.headers.add(name, value)
        else:
            response.headers[name] = value
    return response
