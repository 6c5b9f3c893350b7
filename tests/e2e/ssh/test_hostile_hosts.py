"""A host that was broken into speaks SSH as it likes: its link is lost, and nothing else is."""

import asyncio
import socket
import tempfile
import threading
from collections.abc import AsyncIterator, Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

import paramiko
import pytest
from paramiko import common

from bot.adapters.ssh.boot import BOOT_ID
from bot.adapters.ssh.executor import ParamikoExecutor
from bot.adapters.ssh.limits import Limits
from bot.errors import OutcomeUnknown
from bot.redaction import Redactor
from bot.values import Host, HostName
from tests.support.sshd import fresh_key

BOOT = "11111111-2222-3333-4444-555555555555"
Mischief = Callable[[paramiko.Transport, paramiko.Channel], None]


class _Door(paramiko.ServerInterface):
    """Lets everybody in, and answers each command with some mischief."""

    def __init__(self, mischief: Mischief) -> None:
        self._mischief = mischief

    def get_allowed_auths(self, username: str) -> str:
        del username
        return "publickey"

    def check_auth_publickey(self, username: str, key: paramiko.PKey) -> int:
        del username, key
        return common.AUTH_SUCCESSFUL

    def check_channel_request(self, kind: str, chanid: int) -> int:
        del kind, chanid
        return common.OPEN_SUCCEEDED

    def check_channel_exec_request(self, channel: paramiko.Channel, command: bytes) -> bool:
        assert command.decode() == BOOT_ID
        threading.Thread(
            target=self._mischief, args=(channel.get_transport(), channel), daemon=True
        ).start()
        return True


@contextmanager
def hostile(folder: Path, mischief: Mischief) -> Iterator[Host]:
    """Serve one link after the other until the block ends."""
    pinned = fresh_key(folder / "host_key")
    fresh_key(folder / "observe_key")
    listener = socket.create_server(("127.0.0.1", 0))
    links: list[paramiko.Transport] = []

    def serve() -> None:
        while True:
            try:
                link, _ = listener.accept()
            except OSError:
                return
            transport = paramiko.Transport(link)
            transport.add_server_key(paramiko.Ed25519Key(filename=str(folder / "host_key")))
            links.append(transport)
            transport.start_server(server=_Door(mischief))

    thread = threading.Thread(target=serve, daemon=True)
    thread.start()
    try:
        yield Host(
            name=HostName("web-1"),
            address="127.0.0.1",
            port=listener.getsockname()[1],
            service="shop",
            host_key=pinned,
            observe_user="observe",
            observe_key_file=str(folder / "observe_key"),
            change_user="change",
            change_key_file=str(folder / "observe_key"),
        )
    finally:
        listener.shutdown(socket.SHUT_RDWR)
        listener.close()
        thread.join(10)
        for transport in links:
            transport.close()


def packet(kind: int, *parts: "int | bytes") -> paramiko.Message:
    message = paramiko.Message()
    message.add_byte(bytes([kind]))
    for part in parts:
        if isinstance(part, int):
            message.add_int(part)
        else:
            message.add_string(part)
    return message


def says(message: paramiko.Message) -> Mischief:
    def mischief(transport: paramiko.Transport, _: paramiko.Channel) -> None:
        transport._send_message(message)  # type: ignore[attr-defined]

    return mischief


def sends(raw: bytes) -> Mischief:
    def mischief(transport: paramiko.Transport, _: paramiko.Channel) -> None:
        transport.sock.sendall(raw)

    return mischief


def another_key_at_renewal(transport: paramiko.Transport, _: paramiko.Channel) -> None:
    with tempfile.TemporaryDirectory() as folder:
        fresh_key(Path(folder) / "other")
        transport.add_server_key(paramiko.Ed25519Key(filename=f"{folder}/other"))
    transport._send_kex_init()  # type: ignore[attr-defined]


def answered(transport: paramiko.Transport, channel: paramiko.Channel) -> None:
    del transport
    channel.sendall(f"{BOOT}\n".encode())
    channel.send_exit_status(0)
    channel.close()


@pytest.fixture
async def executor() -> AsyncIterator[ParamikoExecutor]:
    made = ParamikoExecutor(redactor=Redactor(), limits=Limits(grace=2))
    yield made
    await made.close()


@pytest.mark.parametrize(
    "mischief",
    [
        pytest.param(says(packet(common.MSG_CHANNEL_DATA, 99, b"x")), id="a channel never opened"),
        pytest.param(says(packet(common.MSG_CHANNEL_REQUEST, 0, b"\xff\xfe")), id="not text"),
        pytest.param(says(packet(common.MSG_CHANNEL_OPEN_SUCCESS, 0, 5, 9, 9)), id="opened twice"),
        pytest.param(says(packet(common.MSG_DISCONNECT, 2, b"", b"")), id="a disconnect"),
        pytest.param(says(packet(common.MSG_NEWKEYS)), id="new keys out of turn"),
        pytest.param(sends(b"\xff\xff\xff\xff"), id="a length that no packet has"),
        pytest.param(sends(b"\0\0\0\x20" + b"x" * 48), id="a packet that nobody sealed"),
        pytest.param(sends(b"\0\0\0\0" + b"x" * 16), id="an empty packet"),
        pytest.param(another_key_at_renewal, id="another host key when keys are renewed"),
    ],
)
async def test_what_no_ssh_server_says_ends_the_link_at_once(
    executor: ParamikoExecutor, tmp_path: Path, mischief: Mischief
) -> None:
    with hostile(tmp_path, mischief) as host:
        with pytest.raises(OutcomeUnknown, match="web-1: the link was lost"):
            await executor.boot_id(host)

        assert executor.links() == {"open": 0, "running": 0}


async def test_half_a_packet_is_waited_for_no_longer_than_the_command_may_take(
    executor: ParamikoExecutor, tmp_path: Path
) -> None:
    with (
        hostile(tmp_path, sends(b"\0\0\x10\0only a part")) as host,
        pytest.raises(OutcomeUnknown, match="web-1: the host said nothing for 2 seconds"),
    ):
        await executor.boot_id(host)


@pytest.mark.parametrize(
    "question",
    [
        packet(common.MSG_CHANNEL_OPEN, b"x11", 3, 100_000, 1_000, b"127.0.0.1", 6_000),
        packet(common.MSG_GLOBAL_REQUEST, b"tcpip-forward", 0x01000000),
        packet(common.MSG_UNIMPLEMENTED, 0),
        packet(common.MSG_IGNORE, b"x" * 30_000),
        packet(199, b"no such message"),
    ],
    ids=["a channel to us", "a forwarding", "not implemented", "noise", "an unknown message"],
)
async def test_what_a_host_asks_of_us_gets_nothing_and_its_command_goes_on(
    executor: ParamikoExecutor, tmp_path: Path, question: paramiko.Message
) -> None:
    def mischief(transport: paramiko.Transport, channel: paramiko.Channel) -> None:
        says(question)(transport, channel)
        answered(transport, channel)

    with hostile(tmp_path, mischief) as host:
        told = await executor.boot_id(host)
        again = await asyncio.gather(*(executor.boot_id(host) for _ in range(3)))

    assert (told, again) == (BOOT, [BOOT] * 3)
