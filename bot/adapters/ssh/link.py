"""One authenticated SSH link to one host as one login, with the host's pinned key and no other."""

import logging
import re
import socket
from collections.abc import Callable
from pathlib import Path
from typing import ClassVar

import paramiko
from paramiko.common import MSG_CHANNEL_REQUEST
from paramiko.ssh_exception import IncompatiblePeer

from bot.adapters.ssh.hostkeys import Pinned, check_shown, pinned
from bot.adapters.ssh.keys import login_key
from bot.adapters.ssh.limits import Limits
from bot.adapters.ssh.wire import Frames, HandedOver, Wire
from bot.errors import Refused, Unavailable
from bot.values import Host, Login

_AEAD = ("aes128-gcm@openssh.com", "aes256-gcm@openssh.com")
"""Cheapest for both sides (one call a packet), and the length of a packet is in clear."""

# Private in paramiko, as are the seams of `Link` below.
_CIPHERS = paramiko.Transport._preferred_ciphers  # type: ignore[attr-defined]  # noqa: SLF001

_LOG = "paramiko.firewarden"
logging.getLogger(_LOG).setLevel(logging.CRITICAL)
"""Paramiko logs a traceback for each fault that it also raises; we translate what it raises."""


_KEX_REPLIES = range(30, 42)
"""Message numbers whose meaning depends on the key exchange (RFC 4250, 4.1.2)."""


class Link(paramiko.Transport):
    """A transport that can be taken over by an event loop once it is logged in.

    It also keeps the signal which ended a remote command. Paramiko drops `exit-signal` (RFC 4254,
    6.10), so that a death by signal looks like a lost link.
    """

    packetizer: Frames
    _expected_packet: tuple[int, ...]
    _handler_table: dict[int, Callable[[paramiko.Message], None]]
    _preferred_ciphers = (*_AEAD, *(c for c in _CIPHERS if c not in _AEAD))

    def __init__(
        self, way: "Wire | socket.socket | paramiko.Channel", through: "Link | None"
    ) -> None:
        super().__init__(way, packetizer_class=Frames)  # type: ignore[arg-type]
        self._wire = way if isinstance(way, Wire) else None
        self.packetizer.leave = self._may_leave
        self._through = through
        self._signals: dict[int, str] = {}
        self.wanted: Pinned | None = None
        self.shown = b""
        """The key or certificate that the server has proved to hold, as it came."""
        self.set_log_channel(_LOG)

    def close(self) -> None:
        """Close it, and the link to the jump host that it went through."""
        super().close()
        if self._through is not None:
            self._through.close()

    def _may_leave(self) -> bool:
        readable = self._wire is not None and self.packetizer.after_length is not None
        return readable and self.is_authenticated()

    def take_signal(self, channel: paramiko.Channel) -> str:
        """Return the signal's name (`TERM`) where the host named one, else ''; once."""
        return self._signals.pop(channel.chanid, "")

    def run(self) -> None:
        """Read in a thread of its own until the link ends or is handed over."""
        try:
            super().run()
        except HandedOver:
            # What a thread does at its end: paramiko's list of them would keep the link for ever.
            paramiko.transport._active_threads.remove(self)  # type: ignore[attr-defined]  # noqa: SLF001

    def hand_over(self) -> Wire | None:
        """Log in first. Then end the thread, so that a loop reads on; None where none can.

        That is a link which others go through or that goes through another, or whose cipher
        hides how long a packet is.
        """
        if not self._may_leave():
            return None
        self.join()
        self.packetizer.leave = None
        return self._wire

    def step(self, kind: int, message: paramiko.Message) -> bool:
        """Take a packet that is about keys or the link itself; False where it is not.

        What paramiko's thread does with it, for whoever reads in its place. Raises
        `SSHException` and others where the link is not to be gone on with.
        """
        if self._expected_packet:
            if kind not in self._expected_packet:
                raise paramiko.SSHException("another packet than the key exchange has next")
            self._expected_packet = ()
            if kind in _KEX_REPLIES:
                self.kex_engine.parse_next(kind, message)  # type: ignore[union-attr]
                return True
        act = self._handler_table.get(kind)
        if act is not None:
            act(message)
        return act is not None

    def renew_keys(self) -> None:
        """Begin a key exchange, unless one is under way: enough was sent under these keys."""
        if not self.in_kex:
            self._send_kex_init()  # type: ignore[attr-defined]

    @property
    def preferred_keys(self) -> tuple[str, ...]:
        """The kinds of host key that are offered: the pinned one and no other."""
        return self.wanted.algorithms if self.wanted is not None else ()

    # Private in paramiko: it keeps the key of a certificate and drops the rest. Pinned below 6,
    # covered by tests.
    def _verify_key(self, host_key: bytes, signature: bytes) -> None:
        super()._verify_key(host_key, signature)  # type: ignore[misc]
        if self.shown and self.shown != host_key:
            raise paramiko.SSHException("the host showed another key when keys were renewed")
        self.shown = bytes(host_key)

    def _channel_request(self, channel: paramiko.Channel, message: paramiko.Message) -> None:
        peek = paramiko.Message(message.get_remainder())
        if peek.get_text() == "exit-signal":
            peek.get_boolean()
            self._signals[channel.chanid] = peek.get_text()
            channel.status_event.set()
        else:
            # What this table entry held before.
            channel._handle_request(message)  # type: ignore[attr-defined]  # noqa: SLF001

    @staticmethod
    def _route(channel: paramiko.Channel, message: paramiko.Message) -> None:
        link = channel.transport
        assert isinstance(link, Link)  # noqa: S101 - only Link has this table
        link._channel_request(channel, message)  # noqa: SLF001 - our own

    # Private in paramiko: its only seam for channel messages. Pinned below 6, covered by a test.
    _channel_handler_table: ClassVar = {
        **paramiko.Transport._channel_handler_table,  # type: ignore[attr-defined]  # noqa: SLF001
        MSG_CHANNEL_REQUEST: _route,
    }


def open_link(host: Host, login: Login, limits: Limits, *, jump: bool = False) -> Link:
    """Connect, check the host key, log in; blocking. Through a `jump` link others will go.

    Raises `Unavailable` where nothing or nobody answered, `Refused` where the host key, the login
    or the key file is not as it should be. Nothing but SSH's own greeting was sent by then.
    """
    user, key_file = _login(host, login)
    with login_key(Path(key_file)) as key:
        link = _linked(host, limits, jump=jump)
        try:
            _greet(link, host, limits)
            _log_in(link, host, user, key)
        except BaseException:
            link.close()
            raise
    return link


def _linked(host: Host, limits: Limits, *, jump: bool) -> Link:
    if host.jump is None:
        way = _connected(host, limits)
        return Link(way if jump else Wire(way), None)
    through = open_link(host.jump, Login.OBSERVE, limits, jump=True)
    return Link(_forwarded(through, host, limits), through)


def _login(host: Host, login: Login) -> tuple[str, str]:
    if login is Login.OBSERVE:
        return host.observe_user, host.observe_key_file
    return host.change_user, host.change_key_file


_ADDRESS = re.compile(r"[A-Za-z0-9][A-Za-z0-9.:-]*")


def _plain(host: Host) -> str:
    """Return the address. Only ASCII: the resolver folds full-width digits into an address."""
    if not _ADDRESS.fullmatch(host.address):
        raise Refused(f"{host.name}: {host.address!a} is not an address")
    return host.address


def _forwarded(through: Link, host: Host, limits: Limits) -> paramiko.Channel:
    target = (_plain(host), host.port)
    try:
        return through.open_channel(
            "direct-tcpip", target, ("127.0.0.1", 0), timeout=limits.connect
        )
    except (paramiko.SSHException, EOFError, OSError) as error:
        through.close()
        raise Unavailable(f"{host.name} cannot be reached through its jump host") from error


def _connected(host: Host, limits: Limits) -> socket.socket:
    try:
        sock = socket.create_connection((_plain(host), host.port), limits.connect)
    except OSError as error:
        raise Unavailable(f"{host.name} does not answer: {error.strerror or error}") from error
    sock.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
    sock.setsockopt(socket.SOL_SOCKET, socket.SO_KEEPALIVE, 1)
    quarter = max(1, int(limits.silence / 4))
    sock.setsockopt(socket.IPPROTO_TCP, socket.TCP_KEEPIDLE, quarter)
    sock.setsockopt(socket.IPPROTO_TCP, socket.TCP_KEEPINTVL, quarter)
    sock.setsockopt(socket.IPPROTO_TCP, socket.TCP_USER_TIMEOUT, int(limits.silence * 1000))
    return sock


def _greet(link: Link, host: Host, limits: Limits) -> None:
    wanted = pinned(host)
    link.banner_timeout = limits.banner
    link.handshake_timeout = limits.handshake
    link.auth_timeout = limits.auth
    try:
        link.wanted = wanted
        link.start_client(timeout=limits.banner + limits.handshake)
    except IncompatiblePeer as error:
        raise Refused(f"{host.name} does not have the host key that is pinned") from error
    except (paramiko.SSHException, EOFError, OSError) as error:
        raise Unavailable(f"{host.name} broke off the SSH greeting") from error
    check_shown(host, link.shown)


def _log_in(link: Link, host: Host, user: str, key: paramiko.PKey) -> None:
    try:
        missing = link.auth_publickey(user, key)
    except paramiko.AuthenticationException as error:
        raise Refused(f"{host.name} does not accept the login {user}") from error
    except (paramiko.SSHException, EOFError, OSError) as error:
        raise Unavailable(f"{host.name} broke off the login") from error
    if missing:
        raise Refused(f"{host.name} wants more than a key for the login {user}")
