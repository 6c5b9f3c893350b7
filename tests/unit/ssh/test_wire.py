"""What a peer can send that no packet is: the link is lost, and nothing is waited for."""

import asyncio
import socket
from collections.abc import Iterator

import paramiko
import pytest

from bot.adapters.ssh.wire import Wire

TAG = 16


@pytest.fixture
def ends() -> Iterator[tuple[Wire, socket.socket]]:
    ours, theirs = socket.socketpair()
    wire = Wire(ours)
    yield wire, theirs
    wire.close()
    theirs.close()


async def test_a_packet_is_there_when_its_last_byte_is(
    ends: tuple[Wire, socket.socket],
) -> None:
    wire, peer = ends
    wire.drive(asyncio.get_running_loop(), lambda: None)
    whole = []
    for piece in (b"\0\0", b"\0\x20", b"x" * 47, b"x"):
        peer.sendall(piece)
        wire.fill()
        whole.append(wire.whole_packet(TAG))

    assert whole == [False, False, False, True]


async def test_a_packet_longer_than_any_may_be_is_refused_before_it_is_kept(
    ends: tuple[Wire, socket.socket],
) -> None:
    wire, peer = ends
    wire.drive(asyncio.get_running_loop(), lambda: None)
    peer.sendall(b"\0\x04\0\x01")
    wire.fill()

    with pytest.raises(paramiko.SSHException, match="longer packet"):
        wire.whole_packet(TAG)


async def test_reading_past_what_came_ends_the_link_and_never_waits(
    ends: tuple[Wire, socket.socket],
) -> None:
    wire, _ = ends
    wire.drive(asyncio.get_running_loop(), lambda: None)

    with pytest.raises(EOFError):
        wire.recv(1)


async def test_the_end_of_the_other_side_is_told(ends: tuple[Wire, socket.socket]) -> None:
    wire, peer = ends
    wire.drive(asyncio.get_running_loop(), lambda: None)
    peer.close()

    with pytest.raises(EOFError):
        wire.fill()


async def test_what_the_other_side_has_no_room_for_is_sent_when_it_has(
    ends: tuple[Wire, socket.socket],
) -> None:
    wire, peer = ends
    wire.drive(asyncio.get_running_loop(), lambda: None)
    said = bytes(range(256)) * 2_000

    assert wire.send(said) == len(said)

    peer.setblocking(False)
    heard = b""
    while len(heard) < len(said):
        heard += await asyncio.get_running_loop().sock_recv(peer, 65_536)
    assert heard == said


async def test_a_peer_that_takes_nothing_any_more_is_given_up(
    ends: tuple[Wire, socket.socket],
) -> None:
    wire, _ = ends
    wire.drive(asyncio.get_running_loop(), lambda: None)

    wire.send(b"x" * 4_000_000)

    with pytest.raises(ConnectionAbortedError):
        wire.send(b"x")
