"""The named proxies: who may stand between people and us, and say in a header who they are."""

import ipaddress
import logging
from collections.abc import Sequence
from functools import lru_cache
from http import HTTPStatus
from typing import Final, TypeAlias

from bot.adapters.http.raw import RawResponse, text

Network: TypeAlias = ipaddress.IPv4Network | ipaddress.IPv6Network

_REMEMBERED: Final = 256
"""Addresses that were told of in the log; further ones are refused without a line each."""

_LONGEST: Final = 254
"""Characters of an e-mail address."""

_log = logging.getLogger(__name__)


class NamedProxies:
    """Proxies by their addresses, and the `header` in which they name people ("" = they do not).

    What counts is the address at the other end of the socket: no header says where a request
    came from. `own` is the address that we listen on: who comes from there is on this machine.
    """

    def __init__(
        self, networks: Sequence[Network], *, header: str = "", own: str = "127.0.0.1"
    ) -> None:
        self.header = header
        self._own = _address(own)
        self._networks = tuple(networks)
        self._told: set[str] = set()

    def name(self, peer: str) -> bool:
        """Whether this peer is one of them."""
        address = _address(peer)
        return address is not None and any(address in network for network in self._networks)

    def let_through(self, peer: str) -> bool:
        """Whether people may come from this peer: through a proxy, or from this machine."""
        address = _address(peer)
        if address is None:
            return False
        return address.is_loopback or address == self._own or self.name(peer)

    def identity(self, peer: str, said: Sequence[str]) -> str | RawResponse:
        """Return whom a request's headers name, "" where they name nobody, or the refusal."""
        if not said:
            return ""
        if not self.name(peer):
            self._tell(peer)
            return text(HTTPStatus.FORBIDDEN, "This address may not say who somebody is.")
        if len(said) > 1:
            return text(HTTPStatus.BAD_REQUEST, f"{self.header} comes more than once.")
        if not _is_a_name(said[0]):
            return text(HTTPStatus.BAD_REQUEST, f"{self.header} holds no e-mail address.")
        return said[0]

    def _tell(self, peer: str) -> None:
        if peer in self._told or len(self._told) >= _REMEMBERED:
            return
        self._told.add(peer)
        _log.error(
            "%s sent %s and is none of FIREWARDEN_PROXIES: refused, and not told again",
            peer,
            self.header,
        )


@lru_cache(maxsize=_REMEMBERED)
def _address(peer: str) -> ipaddress.IPv4Address | ipaddress.IPv6Address | None:
    try:
        address = ipaddress.ip_address(peer)
    except ValueError:
        return None
    # A socket that speaks both families shows IPv4 as ::ffff:10.0.0.5.
    mapped = address.ipv4_mapped if isinstance(address, ipaddress.IPv6Address) else None
    return mapped or address


def _is_a_name(said: str) -> bool:
    """Whether it may be one e-mail address; two that a proxy joined hold a comma."""
    plain = said.isascii() and said.isprintable() and not set(said) & set(' ,;<>"')
    return plain and 0 < len(said) <= _LONGEST and said.count("@") == 1
