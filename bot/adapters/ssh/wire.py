"""A socket as paramiko wants one, which an event loop can take over, and the frames on it."""

import asyncio
import socket
from collections.abc import Callable

from paramiko import Message, SSHException
from paramiko.packet import Packetizer

_CHUNK = 256 * 1024
"""Bytes read at once: many packets for one system call, a millisecond of decryption."""

_LONGEST_PACKET = 256 * 1024
"""OpenSSH's own bound (PACKET_MAX_SIZE); RFC 4253, 6.1 demands 35,000 bytes."""

_MOST_UNSENT = 1024 * 1024
"""What we say is small: a peer that lets this much wait takes nothing any more."""


class Wire:
    """Blocking with a timeout for paramiko's thread, until `drive` makes it an event loop's."""

    def __init__(self, sock: socket.socket) -> None:
        self._sock = sock
        self._came = bytearray()
        self._unsent = bytearray()
        self._loop: asyncio.AbstractEventLoop | None = None

    def drive(self, loop: asyncio.AbstractEventLoop, on_readable: Callable[[], None]) -> None:
        """Never block from now on; `on_readable` is called where `fill` has something to read."""
        self._sock.settimeout(0)
        self._loop = loop
        loop.add_reader(self._sock, on_readable)

    def fill(self) -> None:
        """Take what has come; raises EOFError where the other side is done, OSError of the link."""
        try:
            came = self._sock.recv(_CHUNK)
        except BlockingIOError:
            return
        if not came:
            raise EOFError
        self._came += came

    def whole_packet(self, more: int) -> bool:
        """Whether a packet is here: a length in clear, so many bytes, and `more` behind them."""
        if len(self._came) < 4:  # noqa: PLR2004 - RFC 4253, 6: the length is a uint32
            return False
        length = int.from_bytes(self._came[:4], "big")
        if length > _LONGEST_PACKET:
            raise SSHException("a longer packet than there may be")
        return len(self._came) >= 4 + length + more

    # What paramiko calls.

    def settimeout(self, seconds: float) -> None:
        """Wait so long in `recv` and `send`; not once it is driven."""
        self._sock.settimeout(seconds)

    def recv(self, size: int) -> bytes:
        """Return at most `size` bytes; where none is here, wait for them, or raise EOFError."""
        if not self._came:
            if self._loop is not None:
                # A packet that is shorter than it says: to wait here would be for ever.
                raise EOFError
            self._came += self._sock.recv(_CHUNK)
        taken = bytes(self._came[:size])
        del self._came[:size]
        return taken

    def send(self, raw: bytes) -> int:
        """Send some; where it is driven take all, and send the rest when there is room."""
        if self._loop is None:
            return self._sock.send(raw)
        if self._unsent:
            if len(self._unsent) > _MOST_UNSENT:
                raise ConnectionAbortedError
            self._unsent += raw
            return len(raw)
        try:
            sent = self._sock.send(raw)
        except BlockingIOError:
            sent = 0
        if sent < len(raw):
            self._unsent += raw[sent:]
            self._loop.add_writer(self._sock, self._send_on)
        return len(raw)

    def getpeername(self) -> object:
        """Return the other side's address."""
        return self._sock.getpeername()

    def close(self) -> None:
        """Close it; in the loop's thread where it is driven."""
        if self._loop is not None and self._sock.fileno() >= 0:
            self._loop.remove_reader(self._sock)
            self._loop.remove_writer(self._sock)
        self._sock.close()

    @property
    def _closed(self) -> bool:
        # Asked for by paramiko while it waits for its thread.
        return self._sock.fileno() < 0

    def _send_on(self) -> None:
        assert self._loop is not None  # noqa: S101 - only a loop calls this
        try:
            sent = self._sock.send(self._unsent)
        except BlockingIOError:
            return
        except OSError:
            # Reading finds the same, and says it to everybody.
            self._unsent.clear()
        else:
            del self._unsent[:sent]
        if not self._unsent:
            self._loop.remove_writer(self._sock)


class HandedOver(BaseException):
    """Ends paramiko's thread with the link as it stands: somebody else reads on.

    No `Exception`: paramiko takes each of those for the end of the link.
    """


class Frames(Packetizer):
    """Paramiko's packets, with a word on when the next one is there whole."""

    after_length: int | None = None
    """Bytes behind a packet whose length is in clear; None where the cipher hides the length."""

    leave: Callable[[], bool] | None = None
    """Whether the thread that reads next shall raise `HandedOver` instead."""

    def set_inbound_cipher(self, **words: object) -> None:  # type: ignore[override]
        """See paramiko, which names each; keeps how packets are framed from the next one on."""
        super().set_inbound_cipher(**words)  # type: ignore[arg-type]
        in_clear = words["etm"] or words["aead"]
        self.after_length = self.get_mac_size_in() if in_clear else None

    def read_message(self) -> tuple[int, Message]:
        """See paramiko."""
        if self.leave is not None and self.leave():
            raise HandedOver
        return super().read_message()
