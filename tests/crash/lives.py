"""Lives from outside: started by the fork server, watched on a socket, killed, stopped, resumed."""

import asyncio
import os
import signal
import sys
from collections import Counter
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from itertools import count
from pathlib import Path

from tests.crash.life import ORDER, Order
from tests.crash.trail import Track

ROOT = Path(__file__).parents[2]
"""The checkout that this harness belongs to."""

ENDED_WITHIN = 120.0
"""Seconds for a life that was told to stop: it finishes what it has begun."""

READY_WITHIN = 60.0
"""Seconds for a life to be ready, or gone, on a machine that others use too."""


IDLE = ("before claim", "before extend", "after extend")
"""Points that a life comes by again and again while it waits."""


@dataclass(slots=True, kw_only=True, eq=False)
class Life:
    """One life: `address` once it is ready, `burnt` at its point, `gone` once it is over."""

    pid: int
    order: Order
    track: Track
    address: str = ""
    burnt: str = ""
    refused: str = ""
    """Why it did not begin to serve: the journal could not be opened."""
    ended: bool = False
    """Whether it ended because it was told to."""
    gone: asyncio.Event = field(default_factory=asyncio.Event)
    settled: asyncio.Event = field(default_factory=asyncio.Event)
    """Set each time that it gets ready, burns or is gone."""
    _writer: asyncio.StreamWriter | None = None
    _passed: Counter[str] = field(default_factory=Counter)
    _last: str = "before the first point"

    @property
    def passed(self) -> Counter[str]:
        """Count the points that it came by until now."""
        self._look()
        return self._passed

    @property
    def last(self) -> str:
        """Name the latest of them."""
        self._look()
        return self._last

    def steps(self) -> int:
        """Count the points that it came by, but for those that it passes without doing anything."""
        passed = self.passed
        return passed.total() - sum(passed[label] for label in IDLE)

    async def ready(self) -> bool:
        """Wait until it serves; False where it ended (or stopped) before."""
        async with asyncio.timeout(READY_WITHIN):
            while not (self.address or self.burnt or self.gone.is_set()):
                await self.settled.wait()
        return bool(self.address) and not self.gone.is_set()

    async def kill(self) -> None:
        """End it with SIGKILL, whatever it is doing; returns once the kernel has closed it."""
        if not self.gone.is_set():
            os.kill(self.pid, signal.SIGKILL)
        await self.gone.wait()

    def stop(self) -> None:
        """Take the processor from it."""
        os.kill(self.pid, signal.SIGSTOP)

    def resume(self) -> None:
        """Give it back."""
        os.kill(self.pid, signal.SIGCONT)

    async def end(self) -> None:
        """Tell it to stop, as SIGTERM does, and wait until it has."""
        if self._writer is not None:
            self._writer.write(b"stop\n")
        async with asyncio.timeout(ENDED_WITHIN):
            await self.gone.wait()

    async def hear(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        """Take everything that it says, until it is gone."""
        self._writer = writer
        try:
            while line := await reader.readline():
                self._said(line.decode().rstrip("\n"))
        except ConnectionError:
            pass  # it was killed between two lines: its end is what counts
        finally:
            writer.close()
            self._look()
            self.track.close()
            self.gone.set()
            self.settled.set()

    def _look(self) -> None:
        for label in () if self.gone.is_set() else self.track.news():
            self._passed[label] += 1
            self._last = label

    def _said(self, line: str) -> None:
        word, _, rest = line.partition(" ")
        match word:
            case "ready":
                self.address = rest
                self.settled.set()
            case "burnt":
                self.burnt = rest
                self.settled.set()
            case "refused":
                self.refused = rest
            case "ended":
                self.ended = True
            case _:
                raise AssertionError(line)


class Nursery:
    """Starts lives; one fork server for any number of worlds."""

    def __init__(self, server: asyncio.subprocess.Process, control: str) -> None:
        self._server = server
        self._control = control
        self._names = count(1)
        self._expected: dict[str, asyncio.Future[tuple[object, object]]] = {}
        self._turn = asyncio.Lock()
        self._hearing: set[asyncio.Task[None]] = set()

    async def start(self, order: Order) -> Life:
        """Fork a life; it is being heard when this returns. Where it is heard is filled in."""
        name = f"life-{next(self._names)}"
        trail = Path(f"{self._control}.{name}")
        track = Track(trail)
        placed = ORDER.dump_python(order) | {
            "name": name,
            "control": self._control,
            "trail": trail,
        }
        full = ORDER.validate_python(placed)
        connected: asyncio.Future[tuple[object, object]]
        connected = asyncio.get_running_loop().create_future()
        self._expected[name] = connected
        async with self._turn:
            assert self._server.stdin is not None
            assert self._server.stdout is not None
            self._server.stdin.write(ORDER.dump_json(full) + b"\n")
            pid = int(await self._server.stdout.readline())
        life = Life(pid=pid, order=full, track=track)
        async with asyncio.timeout(READY_WITHIN):
            reader, writer = await connected
        assert isinstance(reader, asyncio.StreamReader)
        assert isinstance(writer, asyncio.StreamWriter)
        hearing = asyncio.create_task(life.hear(reader, writer))
        self._hearing.add(hearing)
        hearing.add_done_callback(self._hearing.discard)
        return life

    async def took(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        """Take the connection of a life that has just begun."""
        name = (await reader.readline()).decode().removeprefix("name ").rstrip("\n")
        self._expected.pop(name).set_result((reader, writer))


@asynccontextmanager
async def nursery(folder: Path, tree: Path = ROOT) -> AsyncIterator[Nursery]:
    """Run a fork server while the context is open; every life ends with it.

    `tree` is the checkout whose application lives.
    """
    log = (folder / "lives.log").open("ab")
    server = await asyncio.create_subprocess_exec(
        sys.executable,
        "-m",
        "tests.crash.forkserver",
        cwd=tree,
        env={**os.environ, "PYTHONPATH": str(tree)},
        stdin=asyncio.subprocess.PIPE,
        stdout=asyncio.subprocess.PIPE,
        stderr=log,
    )
    log.close()
    control = str(folder / "control")
    lives = Nursery(server, control)
    listening = await asyncio.start_unix_server(lives.took, control)
    try:
        yield lives
    finally:
        listening.close()
        if server.returncode is None:
            server.kill()
        await server.wait()
