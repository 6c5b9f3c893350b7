"""A storm of alerts from a process of its own: a thousand a second, or as fast as they are taken.

`python -m tests.bench.storm ADDRESS TOKEN SECONDS CPU` prints how many were acknowledged.
"""

# ruff: noqa: T201 - its output is how it tells what it did

import asyncio
import os
import sys
import time
from collections import Counter
from collections.abc import Iterator
from contextlib import contextmanager
from itertools import count
from pathlib import Path
from subprocess import PIPE, Popen

from tests.scale.storm import Storm

RATE = 1_000
GROUPS = 20
_ROOT = Path(__file__).parents[2]


@contextmanager
def storming(address: str, token: str, seconds: float, cpu: int) -> Iterator[Popen[str]]:
    """Let it storm beside the block; its end is waited for."""
    command = [sys.executable, "-m", "tests.bench.storm", address, token, f"{seconds}", f"{cpu}"]
    with Popen(command, cwd=_ROOT, stdout=PIPE, text=True) as process:
        try:
            yield process
        except BaseException:
            process.kill()
            raise


async def _storm(address: str, token: str, storm: Storm) -> Counter[int]:
    statuses: Counter[int] = Counter()
    numbers, began = count(), time.perf_counter()
    async with asyncio.TaskGroup() as senders:
        for _ in range(storm.connections):
            senders.create_task(_send(address, token, storm, numbers, began, statuses))
    return statuses


async def _send(
    address: str,
    token: str,
    storm: Storm,
    numbers: "count[int]",
    began: float,
    statuses: Counter[int],
) -> None:
    host, _, port = address.partition(":")
    reader, writer = await asyncio.open_connection(host, int(port))
    head = (
        f"POST /alerts/generic HTTP/1.1\r\nHost: {address}\r\nAuthorization: Bearer {token}\r\n"
        "Content-Type: application/json\r\nContent-Length: "
    )
    while (n := next(numbers)) < storm.alerts:
        await asyncio.sleep(began + n * storm.seconds / storm.alerts - time.perf_counter())
        body = storm.body(n)
        writer.write(f"{head}{len(body)}\r\n\r\n".encode() + body)
        answer = await reader.readuntil(b"\r\n\r\n")
        length = answer.lower().partition(b"content-length:")[2].split()[0]
        await reader.readexactly(int(length))
        statuses[int(answer.split()[1])] += 1
    writer.close()
    await writer.wait_closed()


def main(address: str, token: str, seconds: str, cpu: str) -> None:
    """Storm, then say what was answered."""
    os.sched_setaffinity(0, {int(cpu)})
    alerts = int(RATE * float(seconds))
    storm = Storm(alerts=alerts, groups=GROUPS, seconds=float(seconds))
    statuses = asyncio.run(_storm(address, token, storm))
    print(" ".join(f"{status}:{times}" for status, times in sorted(statuses.items())))


if __name__ == "__main__":
    main(*sys.argv[1:])
