"""Serve the scenery on a fixed port, to look at the pages: `python -m tests.unit.console PORT`."""

import asyncio
import sys
import tempfile
from datetime import UTC, datetime
from pathlib import Path

from tests.unit.console.scenery import set_the_scene
from tests.unit.console.world import world


async def _serve() -> None:
    with tempfile.TemporaryDirectory() as folder:
        async with world(Path(folder), int(sys.argv[1]), datetime.now(UTC)) as built:
            await set_the_scene(built)
            print(f"http://{built.address}/sign-in/link-commander", flush=True)  # noqa: T201 - for a person
            await asyncio.Event().wait()


asyncio.run(_serve())
