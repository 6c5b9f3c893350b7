"""The door of the server: which hosts and origins are let in, and what every response carries."""

from collections.abc import Mapping
from dataclasses import dataclass
from http import HTTPStatus
from urllib.parse import urlsplit

from bot.adapters.http.raw import Headers, RawResponse, text
from bot.adapters.http.routes import Caller, Route

CONTENT_SECURITY_POLICY = (
    "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self'; connect-src 'self'; "
    "form-action 'self'; frame-ancestors 'none'; base-uri 'none'"
)

SECURITY_HEADERS: Headers = (
    ("Content-Security-Policy", CONTENT_SECURITY_POLICY),
    ("X-Content-Type-Options", "nosniff"),
    ("X-Frame-Options", "DENY"),
    # `no-referrer` would make browsers send `Origin: null` with our own forms.
    ("Referrer-Policy", "same-origin"),
    ("Cross-Origin-Opener-Policy", "same-origin"),
    ("Cross-Origin-Resource-Policy", "same-origin"),
    ("Permissions-Policy", "camera=(), microphone=(), geolocation=()"),
)
"""Sent with every response that a browser may show."""

LOOPBACK_NAMES = frozenset({"127.0.0.1", "localhost", "[::1]"})


@dataclass(frozen=True, slots=True, kw_only=True)
class Door:
    """Who may knock: host names without port (empty = any), and our public origin ("" = none).

    A page of another name that resolves to this address (DNS rebinding) has its own name in
    `Host`; that is what the allow-list is for. Under the public name only the public origin
    counts: a page of the same name over http may be somebody else's.
    """

    hosts: frozenset[str] = LOOPBACK_NAMES
    public: str = ""

    def refusal(self, route: Route, headers: Mapping[str, str]) -> RawResponse | None:
        """Return the response that ends a request from a wrong host or origin, else None."""
        host = headers.get("Host", "")
        if self.hosts and _name_of(host) not in self.hosts:
            return text(
                HTTPStatus.MISDIRECTED_REQUEST,
                "This host name is not served here: FIREWARDEN_ALLOWED_HOSTS lists further ones.",
            )
        if route.method in {"GET", "HEAD"} and not route.streams:
            return None
        if self._known_origin(route, headers, host):
            return None
        return text(HTTPStatus.FORBIDDEN, "This request did not come from a page of Firewarden.")

    def _known_origin(self, route: Route, headers: Mapping[str, str], host: str) -> bool:
        origin = headers.get("Origin")
        if origin is not None:
            return self._is_ours(origin, host)
        if route.caller is Caller.MACHINE:
            return True
        # Browsers leave Origin out of a same-origin GET; they say so here instead.
        return route.streams and headers.get("Sec-Fetch-Site") == "same-origin"

    def _is_ours(self, origin: str, host: str) -> bool:
        public = urlsplit(self.public)
        if self.public and (origin == self.public or _name_of(host) == public.hostname):
            return origin == self.public
        return _is_ours(origin, host)


def refused_encoding(headers: Mapping[str, str]) -> RawResponse | None:
    """Refuse compressed bodies before a byte is read: unpacking a bomb costs seconds."""
    if headers.get("Content-Encoding", "identity").strip().lower() in {"", "identity"}:
        return None
    return text(
        HTTPStatus.UNSUPPORTED_MEDIA_TYPE,
        "Content-Encoding is not accepted: send the body as it is.",
    )


def _name_of(host: str) -> str:
    name, _, port = host.lower().rpartition(":")
    return name if name and port.isdigit() else host.lower()


def _is_ours(origin: str, host: str) -> bool:
    parts = urlsplit(origin)
    return parts.scheme in {"http", "https"} and parts.netloc.lower() == host.lower() != ""
