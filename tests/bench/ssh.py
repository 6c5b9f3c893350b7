"""One warm command over SSH, against stock paramiko and asyncssh; then what a receipt costs."""

import asyncio
import tempfile
import time
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from dataclasses import dataclass, replace
from datetime import timedelta
from itertools import count
from pathlib import Path
from statistics import median

import asyncssh
import paramiko

from bot.adapters.ssh.boot import BOOT_ID
from bot.adapters.ssh.executor import ParamikoExecutor
from bot.ports import Attempt
from bot.redaction import Redactor
from bot.values import Host, Login, RemoteCommand
from tests.bench.figures import Measured, Ratio
from tests.support.proxy import fault_proxy
from tests.support.sshd import Sshd, openssh

ROUND_TRIP = 0.04
BARE = BOOT_ID
"""What all three send for the bare figures: the line that our executor asks a host's boot id by."""

PROGRAM = "/bin/true"
"""What a receipt is measured against: a change starts a program, and the line above none."""


def measure(quick: bool) -> Measured:  # noqa: FBT001 - the one word that every benchmark takes
    """Measure on a real OpenSSH server on loopback, both sides in turn in every round."""
    with tempfile.TemporaryDirectory() as folder, openssh(Path(folder)) as sshd:
        return asyncio.run(_measure(sshd, rounds=3 if quick else 15, commands=5 if quick else 20))


async def _measure(sshd: Sshd, *, rounds: int, commands: int) -> Measured:
    executor = ParamikoExecutor(redactor=Redactor())
    stock = _stock_client(sshd.host)
    kept = _Ours(executor, sshd.host, changes=True)
    async with _asyncssh(sshd.host) as other:
        sides: list[Callable[[], Awaitable[object]]] = [
            lambda: asyncio.to_thread(_stock_command, stock),
            lambda: _asyncssh_command(other),
            lambda: executor.boot_id(sshd.host),
            lambda: executor._say(sshd.host, Login.OBSERVE, PROGRAM, 20),
            kept.command,
        ]
        seconds = [[await _time(side, commands) for side in sides] for _ in range(rounds)]
    trips = await _round_trips(executor, sshd.host, rounds)
    stock.close()
    await executor.close()
    return Measured(
        ratios=[
            Ratio(
                name="stock paramiko / ours, bare warm command",
                values=[theirs / ours for theirs, _, ours, _, _ in seconds],
                wanted=8,
            ),
            Ratio(
                name="ours / asyncssh, bare warm command",
                values=[ours / theirs for _, theirs, ours, _, _ in seconds],
                wanted=1.2,
                at_least=False,
            ),
            Ratio(
                name="milliseconds more with remote timeout and receipt",
                values=[1000 * (with_receipt - bare) for *_, bare, with_receipt in seconds],
                wanted=8,
                at_least=False,
            ),
            *trips,
        ],
        lines=[
            "milliseconds a command: "
            + "  ".join(
                f"{name} {1000 * median(column):.1f}"
                for name, column in zip(
                    ("stock", "asyncssh", "ours", "ours, a program", "with receipt"),
                    zip(*seconds, strict=True),
                    strict=True,
                )
            )
        ],
    )


async def _round_trips(executor: ParamikoExecutor, host: Host, rounds: int) -> list[Ratio]:
    """Return how many round trips a command waits for, without its own time on the host."""
    async with fault_proxy(host.port, delay=ROUND_TRIP / 2) as proxy:
        far = replace(host, port=proxy.port)
        pairs: list[tuple[str, Callable[[Host], Awaitable[object]]]] = [
            ("bare", executor.boot_id),
            ("with a receipt", lambda at: _Ours(executor, at, changes=True).command()),
        ]
        return [
            Ratio(
                name=f"round trips of one command over a slow link, {name}",
                values=[await _trips(side, far, host) for _ in range(rounds)],
                wanted=2.5,
                at_least=False,
            )
            for name, side in pairs
        ]


async def _trips(side: Callable[[Host], Awaitable[object]], far: Host, near: Host) -> float:
    await side(far)
    slow, quick = await _time(lambda: side(far), 3), await _time(lambda: side(near), 3)
    return (slow - quick) / ROUND_TRIP


@dataclass(frozen=True, slots=True)
class _Ours:
    executor: ParamikoExecutor
    host: Host
    changes: bool = True

    async def command(self) -> None:
        command = RemoteCommand(argv=("true",), timeout=timedelta(seconds=20), changes=self.changes)
        attempt = Attempt(key=f"bench {next(_numbers)}", digest="bench")
        result = await self.executor.run(self.host, command, attempt)
        if result.exit_status != 0:
            raise RuntimeError(result)


_numbers = count()


async def _time(side: Callable[[], Awaitable[object]], commands: int) -> float:
    began = time.perf_counter()
    for _ in range(commands):
        await side()
    return (time.perf_counter() - began) / commands


@asynccontextmanager
async def _asyncssh(host: Host) -> AsyncIterator[asyncssh.SSHClientConnection]:
    async with asyncssh.connect(
        host.address,
        host.port,
        username=host.observe_user,
        client_keys=[host.observe_key_file],
        known_hosts=asyncssh.import_known_hosts(f"[{host.address}]:{host.port} {host.host_key}"),
    ) as connection:
        yield connection


async def _asyncssh_command(connection: asyncssh.SSHClientConnection) -> None:
    result = await connection.run(BARE)
    if result.exit_status != 0:
        raise RuntimeError(BARE)


def _stock_client(host: Host) -> paramiko.SSHClient:
    client = paramiko.SSHClient()
    client.set_missing_host_key_policy(paramiko.RejectPolicy())
    kind, text = host.host_key.split()
    key = paramiko.hostkeys.HostKeyEntry.from_line(f"[{host.address}]:{host.port} {kind} {text}")
    if key is None or key.key is None:
        raise RuntimeError(host.host_key)
    client.get_host_keys().add(f"[{host.address}]:{host.port}", kind, key.key)
    client.connect(
        host.address,
        host.port,
        username=host.observe_user,
        key_filename=host.observe_key_file,
        allow_agent=False,
        look_for_keys=False,
    )
    return client


def _stock_command(client: paramiko.SSHClient) -> None:
    _, out, err = client.exec_command(BARE)
    out.read()
    err.read()
    if out.channel.recv_exit_status() != 0:
        raise RuntimeError(BARE)
