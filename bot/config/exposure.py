"""What must be set before the console may be reached from elsewhere, and how that is read."""

import ipaddress
import re
from collections.abc import Iterator
from typing import TYPE_CHECKING, Final, TypeAlias
from urllib.parse import urlsplit

from bot.errors import MisfitError

if TYPE_CHECKING:
    from bot.config.settings import Settings

Network: TypeAlias = ipaddress.IPv4Network | ipaddress.IPv6Network

_LOOPBACK_HOSTS: Final = frozenset({"localhost", "127.0.0.1", "[::1]", "::1"})

_WIDEST: Final = {4: 8, 6: 16}
"""Bits that a network of proxies has at least fixed: what is wider names half of the world."""

_TAKEN_HEADERS: Final = frozenset(
    {"authorization", "connection", "content-length", "content-type", "cookie", "host", "origin"}
    | {"referer", "transfer-encoding", "upgrade", "x-forwarded-for", "x-real-ip"}
)
"""Headers that say something else; one of them in this place is a mistake."""


def networks(value: object) -> object:
    """Read `10.0.0.5, 10.1.0.0/16`; MisfitError where that is not what it is."""
    if not isinstance(value, str):
        return value
    return tuple(map(_network, value.replace(",", " ").split()))


def header_name(value: str) -> str:
    """Return the name of a header that may carry who somebody is; MisfitError otherwise."""
    if not re.fullmatch(r"[A-Za-z][A-Za-z0-9-]{0,63}", value):
        raise MisfitError("it is no name of a header", "write one, as X-Forwarded-Email")
    if value.lower() in _TAKEN_HEADERS:
        raise MisfitError(f"{value} says something else", "take X-Forwarded-Email or the like")
    return value


def issuer(value: str) -> str:
    """Return an issuer's name as it is written, which is compared letter by letter."""
    parts = urlsplit(value)
    safe = parts.scheme == "https" or (parts.scheme == "http" and _is_loopback(parts.hostname))
    if not safe or not parts.hostname or parts.query or parts.fragment or parts.username:
        raise MisfitError(
            "it is no issuer", "write the issuer's https address, without query or fragment"
        )
    return value


def exposure_faults(settings: "Settings") -> Iterator[tuple[str, str, str]]:
    """Yield (variable, what is wrong, how to mend it) of everything that would let anybody in."""
    yield from _incomplete(settings)
    if settings.signs_in:
        yield from _sign_in_faults(settings)
    if not settings.listen.loopback:
        yield from _reasons_to_stay(settings)


def _incomplete(settings: "Settings") -> Iterator[tuple[str, str, str]]:
    if (settings.tls_cert is None) != (settings.tls_key is None):
        lacks = "FIREWARDEN_TLS_KEY" if settings.tls_key is None else "FIREWARDEN_TLS_CERT"
        yield lacks, "a certificate and its key go together, and this one is not set", "set both"
    oidc = {
        "FIREWARDEN_OIDC_ISSUER": settings.oidc_issuer,
        "FIREWARDEN_OIDC_CLIENT_ID": settings.oidc_client_id,
        "FIREWARDEN_OIDC_CLIENT_SECRET": settings.oidc_client_secret,
    }
    if any(value is not None for value in oidc.values()):
        for name in (name for name, value in oidc.items() if value is None):
            yield name, "OpenID Connect needs issuer, client id and secret", "set this one too"
    if settings.identity_header is not None and not settings.proxies:
        yield (
            "FIREWARDEN_IDENTITY_HEADER",
            "nobody may set this header, so nobody could sign in",
            "name the proxies that set it in FIREWARDEN_PROXIES",
        )
    if settings.encrypts and settings.policy is None:
        yield "FIREWARDEN_TLS_CERT", *_EMBEDDED


_EMBEDDED: Final = (
    "the embedded default is for this machine alone: its people are in no policy",
    "set FIREWARDEN_POLICY",
)


def _sign_in_faults(settings: "Settings") -> Iterator[tuple[str, str, str]]:
    if settings.oidc_issuer is not None and settings.identity_header is not None:
        yield (
            "FIREWARDEN_IDENTITY_HEADER",
            "people prove who they are either to the issuer or to the proxy, not to both",
            "take FIREWARDEN_OIDC_ISSUER out, or this",
        )
    if settings.policy is None:
        way = "OIDC_ISSUER" if settings.oidc_issuer is not None else "IDENTITY_HEADER"
        yield f"FIREWARDEN_{way}", *_EMBEDDED
    url = settings.public_url
    if url is None:
        yield (
            "FIREWARDEN_PUBLIC_URL",
            "a sign-in needs the address that people come back to",
            "set it to https://host[:port]/",
        )
    elif url.scheme != "https" and not _is_loopback(url.host):
        yield (
            "FIREWARDEN_PUBLIC_URL",
            "a sign-in over http can be stolen on its way",
            "write https://",
        )
    elif url.path not in {None, "", "/"} or url.query or url.fragment:
        yield (
            "FIREWARDEN_PUBLIC_URL",
            "the console lives at the root of its address",
            "write https://host[:port]/",
        )


def _reasons_to_stay(settings: "Settings") -> Iterator[tuple[str, str, str]]:
    binds = f"the console binds to loopback only, not to {settings.listen.host}"
    if not settings.encrypts and not settings.proxies:
        yield (
            "FIREWARDEN_LISTEN",
            f"{binds}, while its words would travel in the clear",
            (
                "set FIREWARDEN_TLS_CERT and FIREWARDEN_TLS_KEY, or name the proxies before it in "
                "FIREWARDEN_PROXIES; machine endpoints alone go on FIREWARDEN_INGEST_LISTEN"
            ),
        )
    if not settings.signs_in:
        yield (
            "FIREWARDEN_LISTEN",
            f"{binds}, while nobody is asked who they are",
            "set FIREWARDEN_OIDC_ISSUER, or FIREWARDEN_IDENTITY_HEADER with FIREWARDEN_PROXIES",
        )


def _network(word: str) -> Network:
    try:
        found = ipaddress.ip_network(word)
    except ValueError:
        raise MisfitError(
            f"{word!r} is no address or network", "write 10.0.0.5 or 10.1.0.0/16"
        ) from None
    if found.prefixlen < _WIDEST[found.version]:
        raise MisfitError(f"{word} is no proxy but half of the world", "name the proxies alone")
    return found


def _is_loopback(host: str | None) -> bool:
    return host in _LOOPBACK_HOSTS
