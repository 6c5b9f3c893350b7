"""The other side of the Slack figures: a stock `AsyncApp` in aiohttp that stores nothing.

`python -m tests.bench.slack_stock API_URL CPU` prints the address that it listens on.
"""

import asyncio
import os
import sys

from aiohttp import web
from slack_bolt.adapter.aiohttp import to_aiohttp_response, to_bolt_request
from slack_bolt.async_app import AsyncAck, AsyncApp
from slack_sdk.web.async_client import AsyncWebClient

from tests.bench.servers import serve_plain
from tests.support.slack.workspace import BOT_TOKEN, SIGNING_SECRET


def application(api_url: str) -> web.Application:
    """Return the app as its documentation has it: a listener that acknowledges with a line."""
    app = AsyncApp(
        client=AsyncWebClient(token=BOT_TOKEN, base_url=api_url), signing_secret=SIGNING_SECRET
    )

    async def noted(ack: AsyncAck) -> None:
        await ack("Noted.")

    async def entry(request: web.Request) -> web.Response:
        return await to_aiohttp_response(await app.async_dispatch(await to_bolt_request(request)))

    app.command("/incident")(noted)
    server = web.Application()
    server.router.add_post("/slack/events", entry)
    return server


def main(api_url: str, cpu: str) -> None:
    """Serve until killed, on one CPU."""
    os.sched_setaffinity(0, {int(cpu)})
    asyncio.run(serve_plain(application(api_url)))


if __name__ == "__main__":
    main(*sys.argv[1:])
