"""A small HTTP server on loopback that keeps what it was sent, and answers as it is told."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass, field

from aiohttp import web


@dataclass(slots=True)
class Receiver:
    """`url` is where it listens; `status` and `headers` are its next answers."""

    url: str = ""
    status: int = 200
    body: str = ""
    headers: dict[str, str] = field(default_factory=dict)
    received: list[tuple[dict[str, str], bytes]] = field(default_factory=list)


@asynccontextmanager
async def receiver() -> AsyncIterator[Receiver]:
    """Serve until the context closes."""
    kept = Receiver()

    async def take(request: web.Request) -> web.Response:
        kept.received.append((dict(request.headers), await request.read()))
        return web.Response(status=kept.status, text=kept.body, headers=kept.headers)

    application = web.Application()
    application.router.add_route("*", "/{path:.*}", take)
    runner = web.AppRunner(application)
    await runner.setup()
    site = web.TCPSite(runner, "127.0.0.1", 0)
    await site.start()
    host, port = runner.addresses[0][:2]
    kept.url = f"http://{host}:{port}/hook"
    try:
        yield kept
    finally:
        await runner.cleanup()
