"""A bot as production serves it, whose hosts have one account for both logins.

`python -m tests.e2e.ssh.life` lives until it is killed; its settings are in the environment.
"""

import asyncio
from datetime import timedelta

from bot.app.seams import Seams
from bot.app.serving import serving
from bot.config import load_settings
from tests.crash.ssh import OneAccount

LEASE = timedelta(seconds=3)
"""How long a claim outlives a bot that was killed: shorter than usual, so that a test is short."""


async def live() -> None:
    """Serve for ever."""
    async with serving(load_settings(), seams=Seams(executor=OneAccount, lease=LEASE)):
        await asyncio.Event().wait()


if __name__ == "__main__":
    asyncio.run(live())
