"""What a host may say on the channel of a command, and what it is answered (RFC 4254, 5 and 6)."""

import asyncio
import struct
from dataclasses import dataclass, field

import paramiko
import pytest
from paramiko import common

from bot.adapters.ssh.channel import ExecChannel
from bot.adapters.ssh.session import Ending
from bot.errors import OutcomeUnknown, Refused

REMOTE = 7
WINDOW = 2 * 1024 * 1024
CLOSE = struct.pack(">BI", common.MSG_CHANNEL_CLOSE, REMOTE)


@dataclass(slots=True)
class Said:
    """A link that keeps what a channel says on it."""

    packets: list[bytes] = field(default_factory=list)
    forgotten: list[int] = field(default_factory=list)

    def say(self, payload: bytes) -> None:
        self.packets.append(payload)

    def forget(self, channel: ExecChannel) -> None:
        self.forgotten.append(channel.number)


def told(channel: ExecChannel, kind: int, *parts: "int | bytes | bool") -> None:
    """Let the host say something: numbers, strings and truths as the packet has them."""
    message = paramiko.Message()
    for part in parts:
        if isinstance(part, bool):
            message.add_boolean(part)
        elif isinstance(part, int):
            message.add_int(part)
        else:
            message.add_string(part)
    channel.take(kind, paramiko.Message(message.asbytes()))


def opened(link: Said) -> ExecChannel:
    channel = ExecChannel(number=0, mux=link)
    told(channel, common.MSG_CHANNEL_OPEN_SUCCESS, REMOTE, WINDOW, 32_768)
    return channel


async def holding(channel: ExecChannel, patience: float = 60) -> "asyncio.Task[Ending]":
    """Begin a command; returns when it is asked for."""
    task = asyncio.create_task(channel.hold("true", patience))
    await asyncio.sleep(0)
    return task


async def test_a_command_is_over_when_its_status_and_the_end_of_its_output_are_there() -> None:
    link = Said()
    channel = opened(link)
    held = await holding(channel)
    told(channel, common.MSG_CHANNEL_DATA, b"out")
    told(channel, common.MSG_CHANNEL_EXTENDED_DATA, 1, b"err")
    told(channel, common.MSG_CHANNEL_EOF)
    told(channel, common.MSG_CHANNEL_REQUEST, b"exit-status", False, 3)

    ending = await held

    assert (ending.exit_status, ending.signal) == (3, "")
    assert (channel.stdout.raw(), channel.stderr.raw()) == (b"out", b"err")
    assert link.packets[-1] == CLOSE
    told(channel, common.MSG_CHANNEL_CLOSE)
    assert link.packets.count(CLOSE) == 1
    assert link.forgotten == [0]


async def test_a_death_by_signal_is_told_by_its_name() -> None:
    channel = opened(Said())
    held = await holding(channel)
    told(channel, common.MSG_CHANNEL_REQUEST, b"exit-signal", False, b"TERM", False, b"", b"")
    told(channel, common.MSG_CHANNEL_CLOSE)

    ending = await held

    assert (ending.exit_status, ending.signal) == (None, "TERM")


async def test_a_host_that_runs_no_commands_has_not_started_it() -> None:
    channel = opened(Said())
    held = await holding(channel)
    told(channel, common.MSG_CHANNEL_FAILURE)

    with pytest.raises(Refused, match="does not run commands"):
        await held


async def test_a_channel_that_is_closed_without_a_status_leaves_the_outcome_unknown() -> None:
    channel = opened(Said())
    held = await holding(channel)
    told(channel, common.MSG_CHANNEL_CLOSE)

    with pytest.raises(OutcomeUnknown, match="was lost while the command ran"):
        await held


async def test_a_lost_link_leaves_the_outcome_unknown() -> None:
    link = Said()
    channel = opened(link)
    held = await holding(channel)
    said = len(link.packets)
    channel.lose()

    with pytest.raises(OutcomeUnknown, match="was lost while the command ran"):
        await held
    assert len(link.packets) == said


async def test_a_silent_host_is_given_up_when_the_patience_ends() -> None:
    channel = opened(Said())

    with pytest.raises(OutcomeUnknown, match="said nothing for 0 seconds"):
        await channel.hold("true", 0)


async def test_room_is_given_anew_and_never_more_than_the_window() -> None:
    link = Said()
    channel = opened(link)
    await_room = WINDOW // 8
    told(channel, common.MSG_CHANNEL_DATA, b"x" * (await_room - 1))
    assert link.packets == []

    told(channel, common.MSG_CHANNEL_DATA, b"x")

    adjust = struct.pack(">BII", common.MSG_CHANNEL_WINDOW_ADJUST, REMOTE, await_room)
    assert link.packets == [adjust]


async def test_more_output_than_there_is_room_for_ends_the_link() -> None:
    channel = opened(Said())

    with pytest.raises(paramiko.SSHException, match="room"):
        told(channel, common.MSG_CHANNEL_DATA, b"x" * (WINDOW + 1))


async def test_a_question_that_wants_an_answer_gets_a_no() -> None:
    link = Said()
    channel = opened(link)
    told(channel, common.MSG_CHANNEL_REQUEST, b"keepalive@openssh.com", True)
    told(channel, common.MSG_CHANNEL_REQUEST, b"keepalive@openssh.com", False)

    assert link.packets == [struct.pack(">BI", common.MSG_CHANNEL_FAILURE, REMOTE)]


async def test_a_channel_that_nobody_wants_any_more_is_closed_as_soon_as_it_is_open() -> None:
    link = Said()
    channel = ExecChannel(number=0, mux=link)
    channel.close()
    assert link.packets == []

    told(channel, common.MSG_CHANNEL_OPEN_SUCCESS, REMOTE, WINDOW, 32_768)

    assert link.packets == [CLOSE]


async def test_a_channel_is_opened_once() -> None:
    channel = opened(Said())

    with pytest.raises(paramiko.SSHException, match="opened twice"):
        told(channel, common.MSG_CHANNEL_OPEN_SUCCESS, 8, WINDOW, 32_768)


async def test_a_session_that_the_host_refuses_is_told_with_its_reason() -> None:
    link = Said()
    channel = ExecChannel(number=0, mux=link)
    told(channel, common.MSG_CHANNEL_OPEN_FAILURE, 4, b"no more", b"")

    with pytest.raises(paramiko.ChannelException):
        await channel.opened
    assert link.forgotten == [0]
