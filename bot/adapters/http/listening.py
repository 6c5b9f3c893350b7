"""Where the server listens: reading `host:port`, binding, and moving on from a busy port."""

import errno
import ipaddress
import socket
from dataclasses import dataclass
from typing import Self

from bot.errors import Fault, OperatorMistake

_TRIES = 50
"""Ports that are tried after a busy one; a laptop with fifty in a row taken has other troubles."""

_BACKLOG = 1024


@dataclass(frozen=True, slots=True, kw_only=True)
class Listen:
    """An address to listen on. Port 0 lets the system choose; `may_move` tries the next ports."""

    host: str
    port: int
    may_move: bool = False

    @classmethod
    def parse(cls, words: str, *, setting: str, may_move: bool = False) -> Self:
        """Read `127.0.0.1:8080` or `[::1]:8080`; `OperatorMistake` names the setting."""
        host, colon, port = words.strip().rpartition(":")
        if not colon or not host or not port.isdigit() or int(port) > 65535:  # noqa: PLR2004 - the largest port
            raise OperatorMistake(
                [Fault(file=setting, message=f"{words!r} is not host:port", hint="127.0.0.1:8080")]
            )
        return cls(host=host.strip("[]"), port=int(port), may_move=may_move)

    @property
    def loopback(self) -> bool:
        """Whether only this machine can reach it."""
        if self.host == "localhost":
            return True
        try:
            return ipaddress.ip_address(self.host).is_loopback
        except ValueError:
            return False

    def __str__(self) -> str:
        """Format as `host:port`."""
        return f"[{self.host}]:{self.port}" if ":" in self.host else f"{self.host}:{self.port}"


def bind(listen: Listen, setting: str) -> socket.socket:
    """Bind and listen; `OperatorMistake` where that cannot be done."""
    for port in range(listen.port, min(listen.port + _TRIES, 65536)):
        try:
            return _bound(listen.host, port)
        except OSError as fault:
            if listen.may_move and fault.errno == errno.EADDRINUSE:
                continue
            raise OperatorMistake(
                [
                    Fault(
                        file=setting,
                        message=f"cannot listen on {listen}: {fault.strerror}",
                        hint="choose another address",
                    )
                ]
            ) from fault
    raise OperatorMistake(
        [
            Fault(
                file=setting,
                message=f"{listen} and the {_TRIES} ports after it are all busy",
                hint="choose another port, or end what listens there",
            )
        ]
    )


def address_of(bound: socket.socket) -> str:
    """Return the `host:port` that a socket really got."""
    host, port = bound.getsockname()[:2]
    return str(Listen(host=str(host), port=int(port)))


def _bound(host: str, port: int) -> socket.socket:
    family, kind, protocol, _, address = socket.getaddrinfo(
        host, port, type=socket.SOCK_STREAM, flags=socket.AI_PASSIVE
    )[0]
    bound = socket.socket(family, kind, protocol)
    try:
        bound.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        bound.bind(address)
        bound.listen(_BACKLOG)
        bound.setblocking(False)  # noqa: FBT003 - the standard library's own signature
    except OSError:
        bound.close()
        raise
    return bound
