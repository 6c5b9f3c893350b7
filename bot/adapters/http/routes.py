"""Routes: which endpoint answers a method and path, and what it lets in."""

from collections.abc import Awaitable, Callable, Iterable, Mapping
from dataclasses import dataclass
from enum import StrEnum
from typing import Final
from urllib.parse import unquote

from bot.adapters.http.raw import Admission, BodyFault, Endpoint, RawHead, RawResponse

SMALL_BODY = 64 * 1024
"""Bytes that a form or an API call may send; a full card answer is under 20 KiB."""


class Caller(StrEnum):
    """Who calls a route, which decides how its origin is checked.

    A machine proves itself by a token or signature, so an `Origin` is only checked where it is
    present. A browser proves itself by a cookie, so its origin must be known and ours.
    """

    MACHINE = "machine"
    BROWSER = "browser"


def admit_all(_: RawHead) -> RawResponse | None:
    """Let everything in: the endpoint itself decides."""
    return None


@dataclass(frozen=True, slots=True, kw_only=True)
class Route:
    """One method and path pattern (`/api/incidents/{id}`).

    `admit` runs on the headers before the body is read. `body_limit` is in bytes; a longer body
    is answered 413, after `rejected` (where set) was told of it. `streams` marks routes that
    answer with server-sent events, whose origin is checked even for a GET.
    """

    method: str
    pattern: str
    endpoint: Endpoint
    caller: Caller
    admit: Admission = admit_all
    body_limit: int = SMALL_BODY
    streams: bool = False
    rejected: Callable[[RawHead, BodyFault], Awaitable[RawResponse]] | None = None


@dataclass(frozen=True, slots=True)
class Found:
    """A route and the named parts of the path."""

    route: Route
    captured: Mapping[str, str]


@dataclass(frozen=True, slots=True)
class WrongMethod:
    """The path exists, for these methods."""

    allowed: tuple[str, ...]


_REMEMBERED: Final = 512
"""Found paths that are kept: senders of alerts ask for the same few again and again."""


class Router:
    """Finds routes: paths without parameters by one look-up, the others segment by segment."""

    def __init__(self, routes: Iterable[Route]) -> None:
        self.routes = tuple(routes)
        self._exact: dict[str, dict[str, Route]] = {}
        self._patterns: dict[int, list[tuple[tuple[str, ...], Route]]] = {}
        self._remembered: dict[tuple[str, str], Found] = {}
        for route in self.routes:
            self._add(route)

    def find(self, method: str, raw_path: str) -> Found | WrongMethod | None:
        """Return the route of an undecoded path, the methods it does have, or None."""
        known = self._remembered.get((method, raw_path))
        if known is not None:
            return known
        found = self._found(method, raw_path.partition("?")[0])
        if isinstance(found, Found) and len(self._remembered) < _REMEMBERED:
            self._remembered[method, raw_path] = found
        return found

    def _found(self, method: str, path: str) -> Found | WrongMethod | None:
        exact = self._exact.get(path)
        if exact is not None:
            route = exact.get(method)
            return Found(route, {}) if route else WrongMethod(tuple(sorted(exact)))
        return self._match(method, tuple(path.split("/")[1:]))

    def _add(self, route: Route) -> None:
        if "{" not in route.pattern:
            self._exact.setdefault(route.pattern, {})[route.method] = route
            return
        parts = tuple(route.pattern.split("/")[1:])
        self._patterns.setdefault(len(parts), []).append((parts, route))

    def _match(self, method: str, segments: tuple[str, ...]) -> Found | WrongMethod | None:
        allowed: set[str] = set()
        for parts, route in self._patterns.get(len(segments), ()):
            captured = _captured(parts, segments)
            if captured is None:
                continue
            if route.method == method:
                return Found(route, captured)
            allowed.add(route.method)
        return WrongMethod(tuple(sorted(allowed))) if allowed else None


def _captured(parts: tuple[str, ...], segments: tuple[str, ...]) -> dict[str, str] | None:
    found: dict[str, str] = {}
    for part, segment in zip(parts, segments, strict=True):
        if part.startswith("{"):
            value = unquote(segment)
            if not value or "/" in value or "\0" in value:
                return None
            found[part[1:-1]] = value
        elif part != segment:
            return None
    return found
