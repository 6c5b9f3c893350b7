"""The sessions of one link, read and written by the event loop: no thread is woken for them."""

import asyncio
import struct
from itertools import count

import paramiko
from paramiko.common import (
    MSG_CHANNEL_OPEN_SUCCESS,
    MSG_DEBUG,
    MSG_DISCONNECT,
    MSG_IGNORE,
    MSG_UNIMPLEMENTED,
)

from bot.adapters.ssh.channel import ExecChannel, opening
from bot.adapters.ssh.link import Link
from bot.adapters.ssh.wire import Wire

_FOR_CHANNELS = range(MSG_CHANNEL_OPEN_SUCCESS, 128)
"""What names one of our channels first (RFC 4250, 4.1.2)."""

_SAYS_NOTHING = (MSG_IGNORE, MSG_DEBUG, MSG_UNIMPLEMENTED)


class Mux:
    """All that is said on a link after its login; every method is for the loop's thread."""

    def __init__(self, link: Link, wire: Wire) -> None:
        self._link = link
        self._wire = wire
        self._channels: dict[int, ExecChannel] = {}
        self._numbers = count()
        self._highest = -1
        self._waiting: list[bytes] = []
        loop = asyncio.get_running_loop()
        wire.drive(loop, self._readable)
        # Some may have been read with the end of the login.
        loop.call_soon(self._readable)

    async def open_session(self, seconds: float) -> ExecChannel:
        """Open a channel for one command.

        Raises ChannelException where the host refuses it, TimeoutError after `seconds` without an
        answer, EOFError where the link is lost.
        """
        self._highest = next(self._numbers)
        channel = ExecChannel(number=self._highest, mux=self)
        self._channels[channel.number] = channel
        self.say(opening(channel.number))
        try:
            async with asyncio.timeout(seconds):
                await channel.opened
        except BaseException:
            channel.close()
            raise
        return channel

    def say(self, payload: bytes) -> None:
        """Send a packet, or keep it while keys are renewed: only those may be sent then."""
        if not self._link.is_active():
            return
        if not self._link.clear_to_send.is_set():
            self._waiting.append(payload)
            return
        try:
            self._link.packetizer.send_message(paramiko.Message(payload))
        except (EOFError, OSError, paramiko.SSHException):
            self.close()

    def forget(self, channel: ExecChannel) -> None:
        """Drop a channel whose end both sides have said."""
        self._channels.pop(channel.number, None)

    def is_active(self) -> bool:
        """Whether the link stands, as far as is known."""
        return self._link.is_active()

    def close(self) -> None:
        """Close the link; every channel learns that it is lost."""
        self._link.close()
        self._wire.close()
        channels, self._channels = list(self._channels.values()), {}
        for channel in channels:
            channel.lose()

    def _readable(self) -> None:
        if not self._link.is_active():
            return
        try:
            self._wire.fill()
            self._take_packets()
        except Exception:  # noqa: BLE001 - a link that says anything wrong is lost, in any way
            self.close()

    def _take_packets(self) -> None:
        link, frames = self._link, self._link.packetizer
        while link.is_active() and frames.after_length is not None:
            if not self._wire.whole_packet(frames.after_length):
                break
            self._take(*frames.read_message())
        if frames.need_rekey():
            link.renew_keys()
        if self._waiting and link.clear_to_send.is_set():
            waiting, self._waiting = self._waiting, []
            for payload in waiting:
                self.say(payload)

    def _take(self, kind: int, message: paramiko.Message) -> None:
        if kind in _SAYS_NOTHING:
            return
        if kind == MSG_DISCONNECT:
            raise EOFError
        if kind not in _FOR_CHANNELS:
            if not self._link.step(kind, message):
                self.say(struct.pack(">BI", MSG_UNIMPLEMENTED, message.seqno))
            return
        number = message.get_int()
        channel = self._channels.get(number)
        if channel is not None:
            channel.take(kind, message)
        elif number > self._highest:
            raise paramiko.SSHException("a packet for a channel that there never was")
