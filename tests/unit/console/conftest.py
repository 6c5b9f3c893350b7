"""A served world per test, and a browser that looks at it."""

from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from tests.unit.console.browsing import Browser, browsing
from tests.unit.console.world import World, world


@pytest.fixture
async def console(tmp_path: Path) -> AsyncIterator[World]:
    async with world(tmp_path) as built:
        yield built


@pytest.fixture
async def browser(console: World) -> AsyncIterator[Browser]:
    async with browsing(console.address) as opened:
        yield opened
