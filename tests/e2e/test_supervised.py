"""A whole bot under a supervisor: it says when it is ready, that it lives, and when it stops."""

import asyncio
import signal
import socket
from contextlib import closing
from pathlib import Path
from tempfile import TemporaryDirectory

from tests.support.ports import free_port
from tests.support.process import process


async def heard(systemd: socket.socket) -> str:
    async with asyncio.timeout(30):
        return (await asyncio.get_running_loop().sock_recv(systemd, 100)).decode()


async def test_systemd_hears_of_readiness_life_and_the_end_in_this_order(tmp_path: Path) -> None:
    # A socket has a short name: pytest's own folders are too deep for it.
    with (
        TemporaryDirectory(prefix="fw-") as folder,
        closing(socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM)) as systemd,
    ):
        address = f"{folder}/notify"
        systemd.bind(address)
        systemd.setblocking(False)
        async with process(tmp_path, free_port()) as p:
            p.settings = {"NOTIFY_SOCKET": address, "WATCHDOG_USEC": "600000"}
            await p.start()
            first = [await heard(systemd) for _ in range(3)]
            p.send(signal.SIGTERM)
            assert await p.ended() == 0
            rest: list[str] = []
            while not rest or rest[-1] != "STOPPING=1":
                rest.append(await heard(systemd))
            p.settings = {}
    assert first[0] == "READY=1"
    assert set(first[1:]) == {"WATCHDOG=1"}
    assert set(rest[:-1]) <= {"WATCHDOG=1"}
