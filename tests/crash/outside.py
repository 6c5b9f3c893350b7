"""The world's own ears: where pages are delivered, and the service whose health is probed."""

import json
import time
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass

from aiohttp import web

from tests.crash.history import Notes, Paged


@dataclass(frozen=True, slots=True, kw_only=True)
class Outside:
    """An HTTP server of the world; `url` is without a slash at its end."""

    url: str


@asynccontextmanager
async def outside(notes: Notes) -> AsyncIterator[Outside]:
    """Write down every page that arrives while the context is open."""

    async def page(request: web.Request) -> web.Response:
        body = json.loads(await request.read())
        notes.paged.append(
            Paged(
                at=time.time(),
                person=request.match_info["person"],
                key=request.headers["Firewarden-Delivery"],
                title=json.dumps(body),
            )
        )
        return web.Response(status=204)

    async def health(_: web.Request) -> web.Response:
        return web.Response(status=200, text="healthy")

    application = web.Application()
    application.router.add_post("/page/{person}", page)
    application.router.add_get("/health", health)
    runner = web.AppRunner(application)
    await runner.setup()
    await web.TCPSite(runner, "127.0.0.1", 0).start()
    host, port = runner.addresses[0][:2]
    try:
        yield Outside(url=f"http://{host}:{port}")
    finally:
        await runner.cleanup()
