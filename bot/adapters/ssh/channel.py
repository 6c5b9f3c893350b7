"""One remote command on one channel of a link that the event loop drives (RFC 4254, 5 and 6)."""

import asyncio
import struct
from dataclasses import dataclass, field
from typing import Protocol

import paramiko
from paramiko import common

from bot.adapters.ssh.output import Capture
from bot.adapters.ssh.session import AFTERMATH, Ending
from bot.errors import OutcomeUnknown, Refused

_WINDOW = 2 * 1024 * 1024
"""Bytes that a host may send ahead; OpenSSH's own, enough for 100 MB/s over 20 ms."""

_LONGEST_PIECE = 32 * 1024
_STDERR = 1
"""The one kind of extended data there is (RFC 4254, 5.2)."""


class Says(Protocol):
    """What a channel needs of its link."""

    def say(self, payload: bytes) -> None:
        """Send a packet."""

    def forget(self, channel: "ExecChannel") -> None:
        """Drop a channel that is over on both sides."""


def opening(number: int) -> bytes:
    """Return the packet that asks for a session under our `number`."""
    return (
        struct.pack(">BI", common.MSG_CHANNEL_OPEN, 7)
        + b"session"
        + struct.pack(">III", number, _WINDOW, _LONGEST_PIECE)
    )


@dataclass(slots=True, eq=False)
class ExecChannel:
    """A channel that carries one command, and what has come of it."""

    number: int
    mux: Says
    stdout: Capture = field(default_factory=Capture)
    stderr: Capture = field(default_factory=Capture)
    taken: bool = False
    """Whether somebody holds it: that one closes it."""
    opened: "asyncio.Future[None]" = field(
        default_factory=lambda: asyncio.get_running_loop().create_future()
    )
    _over: "asyncio.Future[None]" = field(
        default_factory=lambda: asyncio.get_running_loop().create_future()
    )
    _remote: int | None = None
    _room: int = _WINDOW
    """Bytes that the host may send before it is given more room."""
    _status: int | None = None
    _signal: str = ""
    _moved: float = 0.0
    _aftermath: asyncio.TimerHandle | None = None
    _eof: bool = False
    _refused: bool = False
    _closed: bool = False
    _lost: bool = False
    _unwanted: bool = False
    _close_said: bool = False

    async def hold(self, line: str, patience: float) -> Ending:
        """Send the command line and stay until its end, at most `patience` seconds.

        Raises `Refused` where the host will not run commands (surely not started), and
        `OutcomeUnknown` where the link or the patience ended first.
        """
        loop = asyncio.get_running_loop()
        began = loop.time()
        deadline = loop.call_at(began + patience, self._settle)
        try:
            self._ask(line.encode("utf-8", "surrogateescape"))
            await self._over
            return self._ending(loop.time() - began)
        finally:
            deadline.cancel()
            self.close()

    def close(self) -> None:
        """Close the channel; the remote command is not ended by that."""
        self._unwanted = True
        if self._remote is not None and not self._close_said and not self._lost:
            self._close_said = True
            self.mux.say(struct.pack(">BI", common.MSG_CHANNEL_CLOSE, self._remote))
            if self._closed:
                self.mux.forget(self)

    def lose(self) -> None:
        """Learn that the link is gone."""
        self._lost = True
        if not self.opened.done():
            self.opened.set_exception(EOFError("the link was lost"))
            # Whoever asked may be gone: an error that nobody takes is no news.
            self.opened.exception()
        self._settle()

    def take(self, kind: int, message: paramiko.Message) -> None:
        """Take a packet for this channel, whose number was read from it."""
        match kind:
            case common.MSG_CHANNEL_OPEN_SUCCESS:
                self._confirm(message.get_int())
            case common.MSG_CHANNEL_OPEN_FAILURE:
                self._turn_away(message.get_int())
            case common.MSG_CHANNEL_DATA:
                self._take_data(self.stdout, message.get_binary())
            case common.MSG_CHANNEL_EXTENDED_DATA:
                kind_of_data = message.get_int()
                stream = self.stderr if kind_of_data == _STDERR else Capture()
                self._take_data(stream, message.get_binary())
            case common.MSG_CHANNEL_REQUEST:
                self._take_request(message)
            case common.MSG_CHANNEL_FAILURE:
                self._refused = True
            case common.MSG_CHANNEL_EOF:
                self._eof = True
            case common.MSG_CHANNEL_CLOSE:
                self._take_close()
            case _:
                # The exec request was taken, or there is more room for input: we send none.
                return
        self._look()

    def _ask(self, line: bytes) -> None:
        assert self._remote is not None  # noqa: S101 - `open_session` gives no other out
        if not self._lost:
            head = struct.pack(">BII", common.MSG_CHANNEL_REQUEST, self._remote, 4)
            self.mux.say(head + b"exec\1" + struct.pack(">I", len(line)) + line)

    def _confirm(self, remote: int) -> None:
        if self._remote is not None:
            raise paramiko.SSHException("a channel was opened twice")
        self._remote = remote
        if self._unwanted:
            self.close()
        elif not self.opened.done():
            self.opened.set_result(None)

    def _turn_away(self, reason: int) -> None:
        self._closed = self._close_said = True
        self.mux.forget(self)
        if not self.opened.done():
            self.opened.set_exception(paramiko.ChannelException(reason, "not opened"))
            self.opened.exception()

    def _take_data(self, stream: Capture, raw: bytes) -> None:
        stream.add(raw)
        self._moved = asyncio.get_running_loop().time()
        self._room -= len(raw)
        if self._room < 0:
            raise paramiko.SSHException("more output than there was room for")
        more = _WINDOW - self._room
        if more < _WINDOW // 8 or self._remote is None or self._close_said or self._closed:
            return
        adjust = struct.pack(">BII", common.MSG_CHANNEL_WINDOW_ADJUST, self._remote, more)
        self.mux.say(adjust)
        self._room = _WINDOW

    def _take_request(self, message: paramiko.Message) -> None:
        name, answer = message.get_text(), message.get_boolean()
        self._moved = asyncio.get_running_loop().time()
        if name == "exit-status":
            self._status = message.get_int()
        elif name == "exit-signal":
            self._signal = message.get_text()
        elif answer and self._remote is not None and not self._close_said:
            # Among others OpenSSH's question whether we are still there.
            self.mux.say(struct.pack(">BI", common.MSG_CHANNEL_FAILURE, self._remote))

    def _take_close(self) -> None:
        self._closed = True
        if self._close_said:
            self.mux.forget(self)
        else:
            self.close()

    @property
    def _ended(self) -> bool:
        return self._status is not None or bool(self._signal)

    def _look(self) -> None:
        if self._over.done():
            return
        if self._closed or self._refused or (self._eof and self._ended):
            self._settle()
        elif self._ended and self._aftermath is None:
            self._wait_for_quiet()

    def _wait_for_quiet(self) -> None:
        loop = asyncio.get_running_loop()
        if loop.time() >= self._moved + AFTERMATH:
            self._settle()
        else:
            self._aftermath = loop.call_at(self._moved + AFTERMATH, self._wait_for_quiet)

    def _settle(self) -> None:
        if self._aftermath is not None:
            self._aftermath.cancel()
        if not self._over.done():
            self._over.set_result(None)

    def _ending(self, seconds: float) -> Ending:
        if self._refused:
            raise Refused("the host does not run commands for this login")
        if self._signal:
            return Ending(exit_status=None, signal=self._signal, seconds=seconds)
        if self._status is not None:
            return Ending(exit_status=self._status, signal="", seconds=seconds)
        if self._lost or self._closed:
            raise OutcomeUnknown("the link was lost while the command ran")
        raise OutcomeUnknown(f"the host said nothing for {seconds:.0f} seconds")
