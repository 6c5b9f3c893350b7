"""What other adapters see of HTTP: a request with its body read, and the response to send."""

from collections.abc import AsyncGenerator, Awaitable, Callable, Mapping
from dataclasses import dataclass
from http import HTTPStatus
from typing import TypeAlias

Headers: TypeAlias = tuple[tuple[str, str], ...]


# These two are made for each request, and a frozen one takes twice as long to make.
@dataclass(slots=True, kw_only=True)
class RawHead:
    """A request before its body is read. `headers` are looked up in any case.

    `path` is decoded; `captured` holds the named parts of the route's pattern. `peer` is the
    address at the other end of the socket; `identity` is the e-mail address of whoever a named
    proxy vouches for, "" where none does.
    """

    path: str
    query: Mapping[str, str]
    headers: Mapping[str, str]
    cookies: Mapping[str, str]
    captured: Mapping[str, str]
    peer: str = ""
    identity: str = ""


@dataclass(slots=True)
class RawRequest:
    """A request with its whole body, never longer than its route allows."""

    head: RawHead
    body: bytes = b""

    @property
    def path(self) -> str:
        """The decoded path."""
        return self.head.path

    @property
    def query(self) -> Mapping[str, str]:
        """The query's pairs; of a repeated name the last."""
        return self.head.query

    @property
    def headers(self) -> Mapping[str, str]:
        """The headers, looked up in any case."""
        return self.head.headers

    @property
    def cookies(self) -> Mapping[str, str]:
        """The cookies."""
        return self.head.cookies

    @property
    def captured(self) -> Mapping[str, str]:
        """The named parts of the route's pattern."""
        return self.head.captured

    @property
    def identity(self) -> str:
        """The e-mail address of whoever a named proxy vouches for, "" where none does."""
        return self.head.identity


@dataclass(frozen=True, slots=True, kw_only=True)
class RawResponse:
    """A whole response. `headers` are added to the server's own security headers."""

    status: int = HTTPStatus.OK
    content_type: str = "text/plain; charset=utf-8"
    body: bytes = b""
    headers: Headers = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class RawStream:
    """Server-sent events: each item is one complete event, ended by an empty line.

    The server closes the generator when the client goes away.
    """

    events: AsyncGenerator[bytes, None]


Answer: TypeAlias = RawResponse | RawStream
Endpoint: TypeAlias = Callable[[RawRequest], Awaitable[Answer]]
Admission: TypeAlias = Callable[[RawHead], RawResponse | None]
"""Looks at a request before its body is read; a response here ends it."""


class BodyFault(Exception):
    """Why a body could not be read; its message is for the sender."""

    def __init__(self, status: HTTPStatus, message: str) -> None:
        super().__init__(message)
        self.status = status
        self.message = message


def text(status: int, message: str, *headers: tuple[str, str]) -> RawResponse:
    """Build a plain-text response of one line."""
    return RawResponse(status=status, body=f"{message}\n".encode(), headers=headers)


def see_other(location: str, *headers: tuple[str, str]) -> RawResponse:
    """Send the browser on with a GET."""
    return RawResponse(status=HTTPStatus.SEE_OTHER, headers=(("Location", location), *headers))
