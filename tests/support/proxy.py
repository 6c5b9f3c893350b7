"""A TCP proxy on loopback that cuts links, freezes, slows or doubles them, and counts bytes."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass, field


@dataclass(slots=True)
class FaultProxy:
    """`up` and `down` are bytes to and from the server; `cut` and `freeze` act on every link.

    `delay` is the time in seconds that each byte takes in one direction. `cut_after` resets every
    link once as many bytes more have gone through, and `double_after` sends a piece twice then;
    each once, None = never. `cut_every` resets every link again and again; `cuts` counts resets.
    """

    target: int
    delay: float = 0.0
    port: int = 0
    links: int = 0
    up: int = 0
    down: int = 0
    cut_after: int | None = None
    double_after: int | None = None
    cut_every: int | None = None
    cuts: int = 0
    _moving: asyncio.Event = field(default_factory=asyncio.Event)
    _writers: list[asyncio.StreamWriter] = field(default_factory=list)
    _pumps: set[asyncio.Task[None]] = field(default_factory=set)

    def cut(self) -> None:
        """Reset every link now."""
        self.cuts += 1
        for writer in self._writers:
            writer.transport.abort()
        self._writers.clear()

    def freeze(self) -> None:
        """Pass nothing on from now on, and say nothing about it."""
        self._moving.clear()

    def thaw(self) -> None:
        """Pass everything on again, what was held back first."""
        self._moving.set()

    async def accept(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        """Join a new link to the target."""
        far_reader, far_writer = await asyncio.open_connection("127.0.0.1", self.target)
        self.links += 1
        self._writers += [writer, far_writer]
        for source, sink, upwards in ((reader, far_writer, True), (far_reader, writer, False)):
            pump = asyncio.create_task(self._pump(source, sink, upwards=upwards))
            self._pumps.add(pump)
            pump.add_done_callback(self._pumps.discard)

    async def close(self) -> None:
        """End every pump and link."""
        self.cut()
        for pump in list(self._pumps):
            pump.cancel()
        await asyncio.gather(*self._pumps, return_exceptions=True)

    async def _pump(
        self, source: asyncio.StreamReader, sink: asyncio.StreamWriter, *, upwards: bool
    ) -> None:
        try:
            while chunk := await source.read(65536):
                await self._moving.wait()
                if upwards:
                    self.up += len(chunk)
                else:
                    self.down += len(chunk)
                if self._falls_due(len(chunk)):
                    self.cut()
                    return
                if self._doubles(len(chunk)):
                    sink.write(chunk)
                if self.delay:
                    asyncio.get_running_loop().call_later(self.delay, sink.write, chunk)
                else:
                    sink.write(chunk)
                    await sink.drain()
        except OSError:
            pass
        finally:
            sink.close()

    def _falls_due(self, size: int) -> bool:
        if self.cut_after is None:
            self.cut_after = self.cut_every
        if self.cut_after is None:
            return False
        left = self.cut_after - size
        self.cut_after = None if left <= 0 else left
        return left <= 0

    def _doubles(self, size: int) -> bool:
        if self.double_after is None:
            return False
        left = self.double_after - size
        self.double_after = None if left <= 0 else left
        return left <= 0


@asynccontextmanager
async def fault_proxy(target: int, delay: float = 0.0) -> AsyncIterator[FaultProxy]:
    """Run a proxy to a port on loopback until the block ends."""
    proxy = FaultProxy(target=target, delay=delay)
    proxy._moving.set()
    server = await asyncio.start_server(proxy.accept, "127.0.0.1", 0)
    proxy.port = server.sockets[0].getsockname()[1]
    try:
        yield proxy
    finally:
        server.close()
        await proxy.close()
