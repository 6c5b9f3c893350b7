"""Serves routes on a free loopback port for a test, and talks to it in bytes."""

import asyncio
from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager

from bot.adapters.http.guard import Door
from bot.adapters.http.listening import Listen
from bot.adapters.http.proxies import NamedProxies
from bot.adapters.http.routes import Route
from bot.adapters.http.server import DEFAULT_LIMITS, HttpServer, Limits, Site
from tests.unit.http.doubles import CountingIds


@asynccontextmanager
async def serving(
    routes: Sequence[Route],
    door: Door | None = None,
    limits: Limits = DEFAULT_LIMITS,
    proxies: NamedProxies | None = None,
) -> AsyncIterator[str]:
    """Yield the `host:port` that answers."""
    site = Site(
        listen=Listen(host="127.0.0.1", port=0),
        setting="FIREWARDEN_LISTEN",
        routes=tuple(routes),
        door=door or Door(),
        proxies=proxies,
    )
    server = HttpServer([site], ids=CountingIds(), limits=limits)
    await server.start()
    try:
        yield server.addresses[0]
    finally:
        await server.stop()


async def connect(address: str) -> tuple[asyncio.StreamReader, asyncio.StreamWriter]:
    """Open a connection, which the caller closes."""
    host, _, port = address.rpartition(":")
    return await asyncio.open_connection(host, int(port))


async def say(address: str, request: str) -> tuple[int, dict[str, str], str]:
    """Send one request as typed and return status, headers (lower case) and body.

    Lines end with a bare newline in `request`; `Host` and `Connection: close` are added where
    the text has no `Host`.
    """
    head, _, body = request.partition("\n\n")
    if "\nHost:" not in head:
        head += f"\nHost: {address}\nConnection: close"
    if body and "\nContent-Length:" not in head and "\nTransfer-Encoding:" not in head:
        head += f"\nContent-Length: {len(body.encode())}"
    reader, writer = await connect(address)
    try:
        writer.write(head.replace("\n", "\r\n").encode() + b"\r\n\r\n" + body.encode())
        return await read_response(reader)
    finally:
        writer.close()
        await writer.wait_closed()


async def read_response(reader: asyncio.StreamReader) -> tuple[int, dict[str, str], str]:
    """Read one response with a Content-Length."""
    lines = (await reader.readuntil(b"\r\n\r\n")).decode().split("\r\n")
    headers = dict(line.lower().split(": ", 1) for line in lines[1:] if line)
    length = int(headers.get("content-length", "0"))
    body = (await reader.readexactly(length)).decode()
    return int(lines[0].split(" ")[1]), headers, body
