"""One warm command over SSH: ours against stock paramiko, with and without a receipt."""

import asyncio
import tempfile
import time
from collections.abc import Awaitable, Callable
from dataclasses import dataclass, replace
from datetime import timedelta
from itertools import count
from pathlib import Path

import paramiko

from bot.adapters.ssh.executor import ParamikoExecutor
from bot.ports import Attempt
from bot.redaction import Redactor
from bot.values import Host, RemoteCommand
from tests.bench.figures import Measured, Ratio
from tests.support.proxy import fault_proxy
from tests.support.sshd import Sshd, openssh

ROUND_TRIP = 0.04
LINE = "exec timeout -k 5 20 true </dev/null"
"""What both sides send: the line that our executor makes of `true`."""


def measure(quick: bool) -> Measured:  # noqa: FBT001 - the one word that every benchmark takes
    """Measure on a real OpenSSH server on loopback, both sides in turn in every round."""
    with tempfile.TemporaryDirectory() as folder, openssh(Path(folder)) as sshd:
        return asyncio.run(_measure(sshd, rounds=3 if quick else 15, commands=5 if quick else 20))


async def _measure(sshd: Sshd, *, rounds: int, commands: int) -> Measured:
    executor = ParamikoExecutor(redactor=Redactor())
    stock = _stock_client(sshd.host)
    bare, receipt = _Ours(executor, sshd.host, changes=False), _Ours(executor, sshd.host)
    sides: list[Callable[[], Awaitable[None]]] = [
        lambda: asyncio.to_thread(_stock_command, stock),
        bare.command,
        receipt.command,
    ]
    seconds = [[await _time(side, commands) for side in sides] for _ in range(rounds)]
    trips = await _round_trips(executor, sshd.host, rounds)
    stock.close()
    await executor.close()
    return Measured(
        ratios=[
            Ratio(
                name="stock paramiko / ours, warm command",
                values=[theirs / ours for theirs, ours, _ in seconds],
                wanted=8,
            ),
            Ratio(
                name="milliseconds more with a receipt",
                values=[1000 * (with_receipt - ours) for _, ours, with_receipt in seconds],
                wanted=8,
                at_least=False,
            ),
            Ratio(
                name="round trips of one command over a slow link",
                values=trips,
                wanted=2.5,
                at_least=False,
            ),
        ],
        lines=[
            f"stock {1000 * theirs:.1f} ms, ours {1000 * ours:.1f} ms, with receipt"
            f" {1000 * kept:.1f} ms"
            for theirs, ours, kept in seconds[:3]
        ],
    )


async def _round_trips(executor: ParamikoExecutor, host: Host, rounds: int) -> list[float]:
    """Return how many round trips a command waits for, without its own time on the host."""
    async with fault_proxy(host.port, delay=ROUND_TRIP / 2) as proxy:
        far = _Ours(executor, replace(host, port=proxy.port), changes=False)
        near = _Ours(executor, host, changes=False)
        await far.command()
        pairs = [(await _time(far.command, 3), await _time(near.command, 3)) for _ in range(rounds)]
    return [(slow - quick) / ROUND_TRIP for slow, quick in pairs]


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


async def _time(side: Callable[[], Awaitable[None]], commands: int) -> float:
    began = time.perf_counter()
    for _ in range(commands):
        await side()
    return (time.perf_counter() - began) / commands


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
    _, out, err = client.exec_command(LINE)
    out.read()
    err.read()
    if out.channel.recv_exit_status() != 0:
        raise RuntimeError(LINE)
