"""One remote command on one channel: asked once, drained, ended by its answer or a deadline."""

import os
import select
import threading
import time
from dataclasses import dataclass, field

import paramiko

from bot.adapters.ssh.link import Link
from bot.adapters.ssh.output import Capture
from bot.errors import OutcomeUnknown, Refused

_CHUNK = 64 * 1024
AFTERMATH = 1.0
"""Seconds that a stream may stay open after the exit: a process left behind may hold it."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Ending:
    """How a remote command ended: by exit status or signal; `seconds` since it was asked for."""

    exit_status: int | None
    signal: str
    seconds: float


@dataclass(slots=True)
class Session:
    """A channel that carries one command. `hold` blocks in a worker thread; `abandon` frees it."""

    link: Link
    channel: paramiko.Channel
    stdout: Capture = field(default_factory=Capture)
    stderr: Capture = field(default_factory=Capture)
    taken: bool = False
    """Whether a thread has it: that thread closes it."""
    _lock: threading.Lock = field(default_factory=threading.Lock)
    _wake: int = field(default_factory=lambda: os.eventfd(0))
    _asking: bool = True
    _abandoned: bool = False

    def hold(self, line: str, patience: float) -> Ending:
        """Send the command line and stay until its end, at most `patience` seconds.

        Raises `Refused` where the host will not run commands (surely not started), and
        `OutcomeUnknown` where the link or the patience ended first.
        """
        began = time.monotonic()
        try:
            self._ask(line)
            self._drain(began + patience)
            return self._ending(time.monotonic() - began)
        finally:
            self.close()

    def abandon(self) -> None:
        """Make `hold` raise `OutcomeUnknown` soon; for any thread, blocks for at most one send."""
        with self._lock:
            self._abandoned = True
            if self._wake >= 0:
                os.eventfd_write(self._wake, 1)
            asking = self._asking
        if asking:
            self.channel.close()

    def close(self) -> None:
        """Close the channel; the remote command is not ended by that."""
        with self._lock:
            self._asking = False
            if self._wake >= 0:
                os.close(self._wake)
                self._wake = -1
        self.channel.close()

    def _ask(self, line: str) -> None:
        try:
            # No end of input is sent: where the command is over by then, OpenSSH takes it for that
            # of a channel that it never had, and ends the whole link.
            self.channel.exec_command(line.encode("utf-8", "surrogateescape"))
        except (paramiko.SSHException, EOFError, OSError) as error:
            if self._abandoned or not self.link.is_active():
                raise OutcomeUnknown("the link was lost while the command was sent") from error
            if self.channel.exit_status < 0:
                raise Refused("the host does not run commands for this login") from error
        with self._lock:
            self._asking = False

    def _drain(self, until: float) -> None:
        poll = select.poll()
        poll.register(self.channel.fileno(), select.POLLIN)
        poll.register(self._wake, select.POLLIN)
        status_seen = self.channel.status_event
        quiet_from = None
        while not self._abandoned:
            moved = self._take()
            if self._all_came():
                status_seen.wait(max(0.0, until - time.monotonic()))
                return
            now = time.monotonic()
            if status_seen.is_set():
                quiet_from = now if moved or quiet_from is None else quiet_from
                wait = quiet_from + AFTERMATH - now
            else:
                wait = until - now
            if wait <= 0:
                return
            if not moved:
                # An exit status does not wake the poll: look for it now and then.
                poll.poll(min(wait, AFTERMATH) * 1000)

    def _take(self) -> bool:
        moved = False
        while self.channel.recv_ready():
            self.stdout.add(self.channel.recv(_CHUNK))
            moved = True
        while self.channel.recv_stderr_ready():
            self.stderr.add(self.channel.recv_stderr(_CHUNK))
            moved = True
        return moved

    def _all_came(self) -> bool:
        over = self.channel.eof_received or self.channel.closed
        return bool(over) and not (self.channel.recv_ready() or self.channel.recv_stderr_ready())

    def _ending(self, seconds: float) -> Ending:
        signal = self.link.take_signal(self.channel)
        status = self.channel.exit_status
        if self._abandoned:
            raise OutcomeUnknown("the wait for the command was given up")
        if signal:
            return Ending(exit_status=None, signal=signal, seconds=seconds)
        if status >= 0:
            return Ending(exit_status=status, signal="", seconds=seconds)
        if self.link.is_active() and not self.channel.closed:
            raise OutcomeUnknown(f"the host said nothing for {seconds:.0f} seconds")
        raise OutcomeUnknown("the link was lost while the command ran")
